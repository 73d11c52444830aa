"""Wrong average, global and fractional poolings."""

import numpy as np

from tests.students.average_pooling import global_sum
from tests.students.wrong.registry import fractional_backward, pooling_backward, pooling_forward, wrong


def options(pool_param):
    return pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]


# --- average --------------------------------------------------------------------------------------------------------


@pooling_forward(r"KH and KW|not square|KH \* KW", kind="avg_pool2d")
def divides_by_height_squared(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for n, c, i, j in np.ndindex(*out.shape):
        out[n, c, i, j] = np.sum(x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]) / HH**2
    return out, (x, pool_param)


@pooling_forward(r"KH \* KW|divide|mean|window", kind="avg_pool2d")
def divides_by_stride_squared(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for n, c, i, j in np.ndindex(*out.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        out[n, c, i, j] = np.sum(window) / (stride * stride)
    return out, (x, pool_param)


@pooling_forward(r"mean or sum|divide|KH \* KW", kind="avg_pool2d")
def sums_the_window(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for n, c, i, j in np.ndindex(*out.shape):
        out[n, c, i, j] = np.sum(x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW])
    return out, (x, pool_param)


@pooling_forward(r"mean over the channels|channel", kind="avg_pool2d")
def averages_channels_too(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for n, c, i, j in np.ndindex(*out.shape):
        out[n, c, i, j] = x[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW].mean()
    return out, (x, pool_param)


@pooling_backward(r"divide|KH \* KW|mean|share", kind="avg_pool2d")
def gradient_is_not_divided(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += dout[n, c, i, j]
    return dx


@pooling_backward(r"overlap|add up|\+=", kind="avg_pool2d")
def share_is_assigned(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] = dout[n, c, i, j] / (HH * WW)
    return dx


@pooling_backward(r"KH \* KW|window|divide", kind="avg_pool2d")
def divides_by_the_image(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    H, W = x.shape[2:]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += dout[n, c, i, j] / (H * W)
    return dx


@pooling_backward(r"overlap|stride|tile", kind="avg_pool2d")
def repeats_as_if_tiled(dout, cache):
    x, pool_param = cache
    HH, WW, _stride = options(pool_param)
    dx = np.zeros_like(x)
    spread = np.repeat(np.repeat(dout / (HH * WW), HH, axis=2), WW, axis=3)[:, :, : x.shape[2], : x.shape[3]]
    dx[:, :, : spread.shape[2], : spread.shape[3]] = spread
    return dx


@pooling_backward(r"are 0 and should not be|every entry|equally", kind="avg_pool2d")
def average_routed_like_a_maximum(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        part = (window == window.max()) * dout[n, c, i, j]
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += part
    return dx


# --- the whole image ------------------------------------------------------------------------------------------------


@wrong("global_avg_pool_forward", r"axes|axis|\(2, 3\)|channel")
def mean_over_the_wrong_axes(x):
    return x.mean(axis=(1, 2)), x.shape


@wrong("global_avg_pool_forward", r"keepdims|axis|axes|shape|reshape")
def mean_keeps_axes(x):
    return x.mean(axis=(2, 3), keepdims=True), x.shape


@wrong("global_avg_pool_forward", r"H \* W|not square|divide")
def divides_by_the_height_twice(x):
    return x.sum(axis=(2, 3)) / x.shape[2] ** 2, x.shape


@wrong("global_avg_pool_backward", r"mean or sum|H \* W|divide", global_avg_pool_forward=global_sum)
def global_gradient_is_not_divided(dout, cache):
    return np.ones(cache) * dout[:, :, None, None]


@wrong(
    "global_avg_pool_backward", r"shape|pixel|H, W|axes|axis|broadcast", global_avg_pool_forward=global_sum
)
def global_gradient_is_not_spread(dout, cache):
    _, _, H, W = cache
    return dout[:, :, None, None] / (H * W)


@wrong(
    "global_avg_pool_backward",
    r"one (pixel|entry)|every|zero|written|only",
    global_avg_pool_forward=global_sum,
)
def global_gradient_to_one_pixel(dout, cache):
    dx = np.zeros(cache)
    dx[:, :, 0, 0] = dout
    return dx


# --- fractional -----------------------------------------------------------------------------------------------------


@wrong("fractional_pool_boundaries", r"round")
def boundaries_rounded(input_size, output_size, u):
    alpha = input_size / output_size
    return np.round(alpha * (np.arange(output_size + 1) + u)).astype(int)


@wrong("fractional_pool_boundaries", r"fraction|use /|//|divi")
def boundaries_with_whole_alpha(input_size, output_size, u):
    alpha = input_size // output_size
    return np.ceil(alpha * (np.arange(output_size + 1) + u)).astype(int) - 1


@wrong("fractional_pool_boundaries", r"1|first|last|number|output_size \+ 1")
def boundaries_without_the_last(input_size, output_size, u):
    alpha = input_size / output_size
    return np.ceil(alpha * (np.arange(output_size) + u)).astype(int) - 1


@wrong("fractional_pool_boundaries", r"subtract 1")
def boundaries_without_minus_one(input_size, output_size, u):
    alpha = input_size / output_size
    return np.ceil(alpha * (np.arange(output_size + 1) + u)).astype(int)


@wrong("fractional_pool_boundaries", r"integer")
def boundaries_are_floats(input_size, output_size, u):
    alpha = input_size / output_size
    return np.ceil(alpha * (np.arange(output_size + 1) + u)) - 1


@wrong("fractional_pool_boundaries", r"inside|\(i \+ u\)|times|multipl|u ")
def boundaries_shifted_outside(input_size, output_size, u):
    alpha = input_size / output_size
    return np.ceil(alpha * np.arange(output_size + 1) + u).astype(int) - 1


@wrong("fractional_max_pool_forward", r"overlap|disjoint|half-open|end|rows\[i \+ 1\]")
def regions_include_the_end(x, *, rows, cols):
    out = np.zeros((*x.shape[:2], len(rows) - 1, len(cols) - 1))
    for i in range(len(rows) - 1):
        for j in range(len(cols) - 1):
            out[:, :, i, j] = x[:, :, rows[i] : rows[i + 1] + 1, cols[j] : cols[j + 1] + 1].max(axis=(2, 3))
    return out, (x, rows, cols)


@wrong("fractional_max_pool_forward", r"region|2 x 2|sizes|window|boundar")
def regions_are_two_by_two(x, *, rows, cols):
    out = np.zeros((*x.shape[:2], len(rows) - 1, len(cols) - 1))
    for i in range(len(rows) - 1):
        for j in range(len(cols) - 1):
            out[:, :, i, j] = x[:, :, rows[i] : rows[i] + 2, cols[j] : cols[j] + 2].max(axis=(2, 3))
    return out, (x, rows, cols)


@wrong("fractional_max_pool_forward", r"rows and cols|mixed|swapped|not square|transpos|axes")
def regions_swap_rows_and_cols(x, *, rows, cols):
    out = np.zeros((*x.shape[:2], len(cols) - 1, len(rows) - 1))
    for i in range(len(cols) - 1):
        for j in range(len(rows) - 1):
            region = x[:, :, cols[i] : cols[i + 1], rows[j] : rows[j + 1]]
            out[:, :, i, j] = region.max(axis=(2, 3)) if region.size else 0
    return out, (x, rows, cols)


@fractional_backward(r"mask|maximum|only|should be zero")
def whole_region_gets_the_gradient(dout, cache):
    x, rows, cols = cache
    dx = np.zeros_like(x)
    for i in range(len(rows) - 1):
        for j in range(len(cols) - 1):
            dx[:, :, rows[i] : rows[i + 1], cols[j] : cols[j + 1]] = dout[:, :, i, j][:, :, None, None]
    return dx


@fractional_backward(r"divid|share|number|too small|maximum|tie")
def region_shares_by_size(dout, cache):
    x, rows, cols = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        region = x[n, c, rows[i] : rows[i + 1], cols[j] : cols[j + 1]]
        part = (region == region.max()) / region.size * dout[n, c, i, j]
        dx[n, c, rows[i] : rows[i + 1], cols[j] : cols[j + 1]] = part
    return dx


@fractional_backward(r"begin|offset|rows\[i\]|region")
def winner_without_offset(dout, cache):
    x, rows, cols = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        region = x[n, c, rows[i] : rows[i + 1], cols[j] : cols[j + 1]]
        r, q = np.unravel_index(region.argmax(), region.shape)
        dx[n, c, i + r, j + q] += dout[n, c, i, j]
    return dx

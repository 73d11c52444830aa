"""Wrong backward passes of a convolution; many pass a gradient check of one configuration."""

import numpy as np

from tests.students.wrong.registry import convolution_backward


def pad_sides(x, pad):
    return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")


def naive(x_pad, w, dout, stride):
    """Return the right gradients with dx still padded, for mistakes that come after."""
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.zeros(len(w))
    HH, WW = w.shape[2:]
    for n in range(dout.shape[0]):
        for f in range(dout.shape[1]):
            db[f] += dout[n, f].sum()
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    rows, cols = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                    dw[f] += x_pad[n, :, rows, cols] * dout[n, f, i, j]
                    dx_pad[n, :, rows, cols] += w[f] * dout[n, f, i, j]
    return dx_pad, dw, db


# --- the way back from the padded image -----------------------------------------------------------------------------


@convolution_backward(r"\[p:-p\] is empty|padding is 0|p = 0")
def crops_with_minus_pad(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    dx = dx_pad[:, :, pad:-pad, pad:-pad]
    return dx, dw, db


@convolution_backward(r"padding is still there|still contain|cut|remove")
def keeps_the_padding(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    return naive(pad_sides(x, pad), w, dout, stride)


@convolution_backward(r"padding|cut|offset")
def crops_from_pad_to_height(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad:H, pad:W], dw, db


@convolution_backward(r"padding|offset")
def crops_the_wrong_corner(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, :H, :W], dw, db


@convolution_backward(r"padding")
def crops_one_whatever_the_padding(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, 1:-1, 1:-1], dw, db


@convolution_backward(r"padding|padded")
def slides_over_the_image_without_padding(dout, cache):
    x, w, b, conv_param = cache
    stride = conv_param["stride"]
    N, F, OH, OW = dout.shape
    HH, WW = w.shape[2:]
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    window = x[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    part = dx[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    h, v = window.shape[1:]
                    dw[f, :, :h, :v] += window * dout[n, f, i, j]
                    part += w[f, :, :h, :v] * dout[n, f, i, j]
                    db[f] += dout[n, f, i, j]
    return dx, dw, db


@convolution_backward(r"pad")
def filters_see_no_padding(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    dx_pad, _, db = naive(pad_sides(x, pad), w, dout, stride)
    H, W = x.shape[2:]
    shifted = np.zeros_like(dx_pad)
    shifted[:, :, :H, :W] = x
    _, dw, _ = naive(shifted, w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


def forward_that_keeps_the_padded_image(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    HH, WW = w.shape[2:]
    x = pad_sides(x, pad)
    out = np.zeros((len(x), len(w), 1 + (x.shape[2] - HH) // stride, 1 + (x.shape[3] - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", window, w) + b
    return out, (x, w, b, conv_param)


@convolution_backward(r"border|pad", forward=forward_that_keeps_the_padded_image)
def cached_image_is_padded_already(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


# --- sums -----------------------------------------------------------------------------------------------------------


@convolution_backward(r"overlap|add up|\+=")
def assigns_where_windows_overlap(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = pad_sides(x, pad)
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                rows, cols = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                total = 0
                for f in range(F):
                    db[f] += dout[n, f, i, j]
                    dw[f] += x_pad[n, :, rows, cols] * dout[n, f, i, j]
                    total = total + w[f] * dout[n, f, i, j]
                dx_pad[n, :, rows, cols] = total
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"filter|overlap|add up|\+=|overwrit")
def assigns_to_dx_for_every_filter(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    dx_pad = np.zeros_like(dx_pad)
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    rows, cols = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                    dx_pad[n, :, rows, cols] = w[f] * dout[n, f, i, j]
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"sum|add up|\+=|overwrit|last")
def last_window_makes_dw(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = pad_sides(x, pad)
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    rows, cols = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                    db[f] += dout[n, f, i, j]
                    dw[f] = x_pad[n, :, rows, cols] * dout[n, f, i, j]
                    dx_pad[n, :, rows, cols] += w[f] * dout[n, f, i, j]
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"batch|image")
def last_image_makes_dw_and_db(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = pad_sides(x, pad)
    dx_pad = np.zeros_like(x_pad)
    for n in range(N):
        dw, db = np.zeros_like(w), np.zeros_like(b)
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    rows, cols = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                    db[f] += dout[n, f, i, j]
                    dw[f] += x_pad[n, :, rows, cols] * dout[n, f, i, j]
                    dx_pad[n, :, rows, cols] += w[f] * dout[n, f, i, j]
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"axis|axes|sum")
def db_sums_two_axes(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, _ = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, np.sum(dout, axis=(2, 3))


@convolution_backward(r"axis|axes|sum")
def db_sums_everything(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, _ = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, np.sum(dout)


@convolution_backward(r"shape|reshape|keepdims|axis|axes")
def db_keeps_dimensions(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, _ = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, np.sum(dout, axis=(0, 2, 3), keepdims=True)


@convolution_backward(r"mean|batch|sum")
def means_over_the_batch(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw / N, db / N


@convolution_backward(r"mean|sum")
def db_is_a_mean(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, _ = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, dout.mean(axis=(0, 2, 3))


# --- the kernel -----------------------------------------------------------------------------------------------------


@convolution_backward(r"flip|reversed|rotat")
def spreads_the_flipped_kernel(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    _, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    dx_pad, _, _ = naive(pad_sides(x, pad), w[:, :, ::-1, ::-1], dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"flip|reversed|rotat")
def dw_is_flipped(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], np.rot90(dw, 2, (2, 3)), db


@convolution_backward(r"kernel|window|KH")
def kernel_is_three_by_three(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    x_pad = pad_sides(x, pad)
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(dout.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    db[f] += dout[n, f, i, j]
                    dw[f] += (
                        x_pad[n, :, i * stride : i * stride + 3, j * stride : j * stride + 3]
                        * dout[n, f, i, j]
                    )
                    dx_pad[n, :, i * stride : i * stride + 3, j * stride : j * stride + 3] += (
                        w[f] * dout[n, f, i, j]
                    )
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"KH and KW|HH|not square")
def kernel_height_for_both(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    _, _, HH, _WW = w.shape
    x_pad = pad_sides(x, pad)
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(dout.shape[1]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    rows, cols = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + HH)
                    db[f] += dout[n, f, i, j]
                    dw[f] += x_pad[n, :, rows, cols] * dout[n, f, i, j]
                    dx_pad[n, :, rows, cols] += w[f] * dout[n, f, i, j]
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db

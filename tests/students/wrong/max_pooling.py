"""Wrong max poolings, in the style of the most used course."""

import numpy as np

from tests.students.wrong.registry import pooling_backward, pooling_forward


def options(pool_param):
    return pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]


@pooling_forward(r"negative|below 0")
def maximum_starts_at_zero(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for i in range(HH):
        for j in range(WW):
            ends = i + stride * out.shape[2], j + stride * out.shape[3]
            out = np.maximum(out, x[:, :, i : ends[0] : stride, j : ends[1] : stride])
    return out, (x, pool_param)


@pooling_forward(r"stride|KH")
def stride_is_the_window(x, pool_param):
    HH, WW, _stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, H // HH, W // WW))
    for i in range(H // HH):
        for j in range(W // WW):
            out[:, :, i, j] = np.max(x[:, :, i * HH : i * HH + HH, j * WW : j * WW + WW], axis=(2, 3))
    return out, (x, pool_param)


@pooling_forward(r"stride")
def window_starts_at_i(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for n in range(N):
        for c in range(C):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    out[n, c, i, j] = np.max(x[n, c, i : i + HH, j : j + WW])
    return out, (x, pool_param)


@pooling_forward(r"stride")
def stride_is_two(x, pool_param):
    HH, WW, _ = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // 2, 1 + (W - WW) // 2))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = np.max(x[:, :, i * 2 : i * 2 + HH, j * 2 : j * 2 + WW], axis=(2, 3))
    return out, (x, pool_param)


@pooling_forward(r"round down|does not divide")
def size_is_rounded_up(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, int(np.ceil((H - HH) / stride)) + 1, int(np.ceil((W - WW) / stride)) + 1))
    for n in range(N):
        for c in range(C):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, c, i, j] = np.max(window) if window.size else 0
    return out, (x, pool_param)


@pooling_forward(r"does not divide|round down|rest")
def insists_that_windows_fit(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    assert (H - HH) % stride == 0
    assert (W - WW) % stride == 0
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)


@pooling_forward(r"overlap|stride|tile|reshape")
def only_tiles(x, pool_param):
    HH, WW, _stride = options(pool_param)
    N, C, H, W = x.shape
    x_reshaped = x.reshape(N, C, H // HH, HH, W // WW, WW)
    return x_reshaped.max(axis=3).max(axis=4), (x, pool_param)


@pooling_forward(r"KH and KW|not square|swapped")
def window_height_and_width_swapped(x, pool_param):
    WW, HH, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (x, pool_param)


@pooling_forward(r"channel")
def maximum_over_channels_too(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for n in range(N):
        for c in range(C):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    window = x[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, c, i, j] = np.max(window)
    return out, (x, pool_param)


@pooling_forward(r"abs|sign|magnitude|negative")
def maximum_of_magnitudes(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // stride, 1 + (W - WW) // stride))
    for n, c, i, j in np.ndindex(*out.shape):
        out[n, c, i, j] = np.abs(x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]).max()
    return out, (x, pool_param)


@pooling_forward(r"\+ 1|one |too (small|few)|size")
def pooled_size_without_plus_one(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, (H - HH) // stride, (W - WW) // stride))
    for n, c, i, j in np.ndindex(*out.shape):
        out[n, c, i, j] = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW].max()
    return out, (x, pool_param)


@pooling_forward(r"number of windows")
def size_divided_by_stride(x, pool_param):
    HH, WW, stride = options(pool_param)
    N, C, H, W = x.shape
    out = np.zeros((N, C, H // stride, W // stride))
    for n, c, i, j in np.ndindex(*out.shape):
        out[n, c, i, j] = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW].max()
    return out, (x, pool_param)


# --- backward -------------------------------------------------------------------------------------------------------


@pooling_backward(r"overlap|add up|\+=")
def mask_is_assigned(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        mask = window == np.max(window)
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] = mask * dout[n, c, i, j]
    return dx


@pooling_backward(r"overlap|add up|\+=")
def winner_is_assigned(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        r, q = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + r, j * stride + q] = dout[n, c, i, j]
    return dx


@pooling_backward(r"tie|mask|too small|share|divid|maximum")
def mask_divided_by_window_size(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        mask = (window == np.max(window)) / window.size
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += mask * dout[n, c, i, j]
    return dx


@pooling_backward(r"mask|only.*maximum|maximum.*only|all entries|winner|should be zero")
def every_entry_gets_the_gradient(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += dout[n, c, i, j]
    return dx


@pooling_backward(r"rows and columns|KH and KW|unravel")
def unravels_with_the_wrong_shape(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        q, r = np.unravel_index(window.argmax(), (WW, HH))
        dx[n, c, i * stride + r, j * stride + q] += dout[n, c, i, j]
    return dx


@pooling_backward(r"channel|whole image|window")
def compares_with_the_maximum_of_the_image(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        mask = window == np.max(x[n, c])
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += mask * dout[n, c, i, j]
    return dx


@pooling_backward(r"offset|begins|i \* stride|window")
def forgets_where_the_window_begins(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        r, q = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i + r, j + q] += dout[n, c, i, j]
    return dx


@pooling_backward(r"copy|modif|cache as it found")
def marks_the_winner_in_x(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        r, q = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + r, j * stride + q] += dout[n, c, i, j]
    x[dx != 0] = 0
    return dx


@pooling_backward(r"upstream|dout|values of x|multipl")
def passes_the_value_on(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        mask = window == np.max(window)
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += mask * window
    return dx


@pooling_backward(r"channel")
def one_winner_for_all_channels(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                window = x[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                r, q = np.unravel_index(window.sum(axis=0).argmax(), (HH, WW))
                dx[n, :, i * stride + r, j * stride + q] += dout[n, :, i, j]
    return dx


@pooling_backward(r"stride")
def backward_stride_is_the_window(dout, cache):
    x, pool_param = cache
    HH, WW, _ = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * HH : i * HH + HH, j * WW : j * WW + WW]
        if window.size:
            mask = window == np.max(window)
            dx[n, c, i * HH : i * HH + HH, j * WW : j * WW + WW] += mask * dout[n, c, i, j]
    return dx


@pooling_backward(r"dtype|integer")
def integer_gradient(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros(x.shape, dtype=int)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        r, q = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + r, j * stride + q] += dout[n, c, i, j]
    return dx


@pooling_backward(r".")
def memory_never_written(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.empty_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        r, q = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + r, j * stride + q] = dout[n, c, i, j]
    return dx


@pooling_backward(r"plain numpy|single|bare|not a NumPy array|return dx")
def returns_a_tuple(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
        part = (window == window.max()) * dout[n, c, i, j]
        dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += part
    return dx, pool_param


@pooling_backward(r"batch|second image|first image|image")
def winners_of_the_first_image(dout, cache):
    x, pool_param = cache
    HH, WW, stride = options(pool_param)
    dx = np.zeros_like(x)
    for c in range(x.shape[1]):
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                window = x[0, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
                r, q = np.unravel_index(window.argmax(), window.shape)
                dx[:, c, i * stride + r, j * stride + q] += dout[:, c, i, j]
    return dx

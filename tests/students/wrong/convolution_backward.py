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


# --- stride and sizes -----------------------------------------------------------------------------------------------


@convolution_backward(r"stride")
def stride_is_one(dout, cache):
    x, w, _b, conv_param = cache
    pad = conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, 1)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"stride")
def dw_slices_without_stride(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    x_pad = pad_sides(x, pad)
    dx_pad, dw, db = naive(x_pad, w, dout, stride)
    for f, c, p, q in np.ndindex(*w.shape):
        shifted = x_pad[:, c, p : p + dout.shape[2], q : q + dout.shape[3]]
        dw[f, c, p, q] = np.sum(shifted * dout[:, f])
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"stride")
def full_convolution_without_dilation(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    HH, WW = w.shape[2:]
    _, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    wide = np.pad(dout, ((0, 0), (0, 0), (HH - 1, H + HH), (WW - 1, W + WW)))
    dx = np.zeros_like(x)
    for i in range(H):
        for j in range(W):
            window = wide[:, :, i + pad : i + pad + HH, j + pad : j + pad + WW]
            dx[:, :, i, j] = np.einsum("nfhw,fchw->nc", window, w[:, :, ::-1, ::-1])
    return dx, dw, db


@convolution_backward(r"does not divide|lacks|rest|left over|last")
def full_convolution_forgets_the_rest(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, F, OH, OW = dout.shape
    HH, WW = w.shape[2:]
    x_pad = pad_sides(x, pad)
    _, dw, db = naive(x_pad, w, dout, stride)
    dilated = np.zeros((N, F, (OH - 1) * stride + 1, (OW - 1) * stride + 1))
    dilated[:, :, ::stride, ::stride] = dout
    wide = np.pad(dilated, ((0, 0), (0, 0), (HH - 1, HH - 1), (WW - 1, WW - 1)))
    dx_pad = np.zeros((N, x.shape[1], wide.shape[2] - HH + 1, wide.shape[3] - WW + 1))
    for i in range(dx_pad.shape[2]):
        for j in range(dx_pad.shape[3]):
            dx_pad[:, :, i, j] = np.einsum(
                "nfhw,fchw->nc", wide[:, :, i : i + HH, j : j + WW], w[:, :, ::-1, ::-1]
            )
    return dx_pad[:, :, pad : dx_pad.shape[2] - pad, pad : dx_pad.shape[3] - pad], dw, db


@convolution_backward(r"padding")
def full_convolution_pads_kernel_minus_padding(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    _N, _C, H, W = x.shape
    HH, WW = w.shape[2:]
    _, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    dilated = np.zeros((*dout.shape[:2], H + 2 * pad - HH + 1, W + 2 * pad - WW + 1))
    dilated[:, :, ::stride, ::stride] = dout
    wide = np.pad(dilated, ((0, 0), (0, 0), (HH - 1 - pad, HH - 1 - pad), (WW - 1 - pad, WW - 1 - pad)))
    dx = np.zeros_like(x)
    for i in range(H):
        for j in range(W):
            dx[:, :, i, j] = np.einsum(
                "nfhw,fchw->nc", wide[:, :, i : i + HH, j : j + WW], w[:, :, ::-1, ::-1]
            )
    return dx, dw, db


@convolution_backward(r"does not divide|round down|rest")
def raises_if_the_stride_does_not_divide(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    HH, WW = w.shape[2:]
    if (H + 2 * pad - HH) % stride or (W + 2 * pad - WW) % stride:
        raise ValueError("invalid convolution")
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"H and W|swapped|row|not square|transpos")
def rows_and_columns_swapped(dout, cache):
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
                    rows, cols = slice(j * stride, j * stride + HH), slice(i * stride, i * stride + WW)
                    if x_pad[n, :, rows, cols].shape == w[f].shape:
                        dw[f] += x_pad[n, :, rows, cols] * dout[n, f, i, j]
                        dx_pad[n, :, rows, cols] += w[f] * dout[n, f, i, j]
                    db[f] += dout[n, f, i, j]
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"last (row|column)|end|last")
def loops_stop_one_window_early(dout, cache):
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    HH, WW = w.shape[2:]
    x_pad = pad_sides(x, pad)
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.sum(dout, axis=(0, 2, 3))
    for h in range(0, x_pad.shape[2] - HH, stride):
        for v in range(0, x_pad.shape[3] - WW, stride):
            upstream = dout[:, :, h // stride, v // stride]
            dx_pad[:, :, h : h + HH, v : v + WW] += np.einsum("nf,fchw->nchw", upstream, w)
            dw += np.einsum("nf,nchw->fchw", upstream, x_pad[:, :, h : h + HH, v : v + WW])
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


# --- the contract ---------------------------------------------------------------------------------------------------


@convolution_backward(r"order|dx, dweight, dbias|expected \(|swapped|return")
def returns_dw_first(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dw, db, dx_pad[:, :, pad : pad + H, pad : pad + W]


@convolution_backward(r"return")
def returns_two_gradients(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, _ = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw


@convolution_backward(r"copy|modif")
def scales_dout_in_place(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    dout /= N
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W] * N, dw * N, db * N


@convolution_backward(r"copy|modif")
def builds_dx_in_the_memory_of_x(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    dx = x
    dx[:] = dx_pad[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


gradients = {"dw": 0, "db": 0}


@convolution_backward(r"second call|zeros each|start from zeros|another")
def accumulates_in_a_global(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    if np.shape(gradients["dw"]) != dw.shape:
        gradients.update(dw=np.zeros_like(dw), db=np.zeros_like(db))
    gradients["dw"] = gradients["dw"] + dw
    gradients["db"] = gradients["db"] + db
    return dx_pad[:, :, pad : pad + H, pad : pad + W], gradients["dw"], gradients["db"]


@convolution_backward(r".")
def starts_from_empty(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    x_pad = pad_sides(x, pad)
    _, dw, db = naive(x_pad, w, dout, stride)
    dx_pad = np.empty(x_pad.shape)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            place = np.s_[:, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
            dx_pad[place] += np.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"dtype|float16|half")
def half_precision_dx(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W].astype(np.float16), dw, db


@convolution_backward(r"float32")
def single_precision_inside(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad).astype(np.float32), w.astype(np.float32), dout, stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W].astype(float), dw.astype(float), db


@convolution_backward(r"upstream|dout|multipl")
def forgets_the_upstream_in_dx(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    x_pad = pad_sides(x, pad)
    _, dw, db = naive(x_pad, w, dout, stride)
    dx_pad, _, _ = naive(x_pad, w, np.ones_like(dout), stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


@convolution_backward(r"image|batch")
def first_image_only(dout, cache):
    x, w, _b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    H, W = x.shape[2:]
    dx_pad, dw, db = naive(pad_sides(x, pad), w, dout[:1], stride)
    return dx_pad[:, :, pad : pad + H, pad : pad + W], dw, db


# --- numerical instead of analytic ----------------------------------------------------------------------------------


def numerical(f, x, df, h):
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        ix = it.multi_index
        old = x[ix]
        x[ix] = old + h
        pos = f(x)
        x[ix] = old - h
        neg = f(x)
        x[ix] = old
        grad[ix] = np.sum((pos - neg) * df) / (2 * h)
        it.iternext()
    return grad


def convolve(x, w, b, conv_param):
    return forward_that_keeps_the_padded_image(x, w, b, conv_param)[0]


@convolution_backward(r"finite differences|derive")
def finite_differences(dout, cache):
    x, w, b, conv_param = cache
    x, w, b = x.astype(float), w.astype(float), b.astype(float)
    dx = numerical(lambda v: convolve(v, w, b, conv_param), x, dout, 0.5)
    dw = numerical(lambda v: convolve(x, v, b, conv_param), w, dout, 0.5)
    return dx, dw, numerical(lambda v: convolve(x, w, v, conv_param), b, dout, 0.5)


@convolution_backward(r"finite differences|derive")
def one_sided_differences(dout, cache):
    x, w, b, conv_param = cache
    start, step = np.sum(convolve(x, w, b, conv_param) * dout), 1e-5
    gradients = []
    for value in (x, w, b):
        grad = np.zeros(value.shape)
        for index in np.ndindex(*value.shape):
            moved = value.astype(float)
            moved[index] += step
            arguments = [moved if other is value else other for other in (x, w, b)]
            grad[index] = (np.sum(convolve(*arguments, conv_param) * dout) - start) / step
        gradients.append(grad)
    return tuple(gradients)

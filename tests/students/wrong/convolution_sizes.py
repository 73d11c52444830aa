"""Wrong backward passes of a convolution: stride, sizes, and rows and columns mixed up."""

import numpy as np

from tests.students.wrong.convolution_backward import naive, pad_sides
from tests.students.wrong.registry import convolution_backward


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

"""Right convolutions without a matrix of columns: windows as views, shifts, Fourier transforms, full convolutions."""

import itertools

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tests.students.registry import hand_in_convolution


def pad_both(x, padding):
    return np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])


# --- einsum over sliding windows; the gradient of x by kernel position ----------------------------------------------


def einsum_forward(x, weight, bias, *, stride=1, padding=0):
    windows = sliding_window_view(pad_both(x, padding), weight.shape[2:], axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    out = np.einsum("ncijhw,fchw->nfij", windows, weight, optimize=True) + bias[:, None, None]
    return out, (x.shape, windows, weight, stride, padding)


def einsum_backward(dout, cache):
    (N, C, H, W), windows, weight, s, p = cache
    KH, KW = weight.shape[-2:]
    OH, OW = dout.shape[-2:]
    dweight = np.einsum("nfij,ncijhw->fchw", dout, windows)
    dxp = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=dout.dtype)
    share = np.einsum("nfij,fchw->hwncij", dout, weight)
    for h, w in np.ndindex(KH, KW):
        dxp[..., h : h + s * OH : s, w : w + s * OW : s] += share[h, w]
    return dxp[..., p : p + H, p : p + W], dweight, np.einsum("nfij->f", dout)


hand_in_convolution("einsum over sliding windows", einsum_forward, einsum_backward, vectorized=True)


# --- tensordot over as_strided windows; the gradient of x written through a view, one row of windows apart ----------


def tensordot_forward(x, weight, bias, *, stride=1, padding=0):
    padded = np.ascontiguousarray(pad_both(x, padding))
    N, C, H, W = padded.shape
    KH, KW = weight.shape[2:]
    a, b, c, d = padded.strides
    shape = (N, C, 1 + (H - KH) // stride, 1 + (W - KW) // stride, KH, KW)
    windows = as_strided(padded, shape, (a, b, c * stride, d * stride, c, d), writeable=False)
    out = np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
    return out + bias.reshape(1, -1, 1, 1), (padded, windows, weight, stride, padding)


def tensordot_backward(dout, cache):
    padded, windows, weight, stride, padding = cache
    dweight = np.tensordot(dout, windows, axes=((0, 2, 3), (0, 2, 3)))
    # (N, OH, OW, C, KH, KW)
    shares = np.tensordot(dout, weight, axes=(1, 0))
    dpadded = np.zeros(padded.shape)
    rows = np.arange(shares.shape[1])[:, None, None, None] * stride + np.arange(weight.shape[2])[:, None]
    cols = np.arange(shares.shape[2])[:, None, None] * stride + np.arange(weight.shape[3])
    np.add.at(dpadded, (slice(None), slice(None), rows, cols), shares.transpose(0, 3, 1, 2, 4, 5))
    H, W = padded.shape[2] - padding, padded.shape[3] - padding
    return dpadded[:, :, padding:H, padding:W], dweight, dout.sum(axis=3).sum(axis=2).sum(axis=0)


hand_in_convolution("tensordot over as_strided", tensordot_forward, tensordot_backward, vectorized=True)


# --- one matrix product a kernel position, images shifted -----------------------------------------------------------


def shifts_forward(x, weight, bias, *, stride=1, padding=0):
    padded = pad_both(x, padding)
    F, _, KH, KW = weight.shape
    OH = (padded.shape[2] - KH) // stride + 1
    OW = (padded.shape[3] - KW) // stride + 1
    out = np.zeros((x.shape[0], F, OH * OW), dtype=x.dtype)
    out += bias.reshape(F, 1)
    for kh, kw in itertools.product(range(KH), range(KW)):
        shifted = padded[
            :, :, kh : kh + (OH - 1) * stride + 1 : stride, kw : kw + (OW - 1) * stride + 1 : stride
        ]
        out += weight[:, :, kh, kw] @ shifted.reshape(*shifted.shape[:2], -1)
    return out.reshape(-1, F, OH, OW), {"padded": padded, "w": weight, "b": bias, "s": stride, "p": padding}


def shifts_backward(dout, cache):
    padded, weight, stride, p = cache["padded"], cache["w"], cache["s"], cache["p"]
    KH, KW = weight.shape[2:]
    N, F, OH, OW = dout.shape
    flat = dout.reshape(N, F, OH * OW)
    dpadded, dweight = np.zeros_like(padded), np.empty_like(weight)
    for kh in range(KH):
        for kw in range(KW):
            place = np.s_[:, :, kh : kh + stride * OH : stride, kw : kw + stride * OW : stride]
            shifted = padded[place]
            dpadded[place] += (weight[:, :, kh, kw].T @ flat).reshape(shifted.shape)
            dweight[:, :, kh, kw] = np.tensordot(flat, shifted.reshape(N, -1, OH * OW), axes=((0, 2), (0, 2)))
    inside = slice(p, -p) if p else slice(None)
    return dpadded[:, :, inside, inside], dweight, flat.sum(axis=(0, 2)).astype(cache["b"].dtype)


hand_in_convolution("shifted matrix products", shifts_forward, shifts_backward, vectorized=True)


# --- Fourier transforms, cropped and subsampled ---------------------------------------------------------------------


def fft_forward(x, weight, bias, *, stride=1, padding=0):
    padded = pad_both(x, padding)
    H, W = padded.shape[2:]
    KH, KW = weight.shape[2:]
    spectrum = np.fft.rfft2(padded)
    kernel = np.fft.rfft2(weight, s=(H, W))
    full = np.fft.irfft2(np.einsum("nchw,fchw->nfhw", spectrum, kernel.conj()), s=(H, W))
    out = full[:, :, : H - KH + 1 : stride, : W - KW + 1 : stride] + bias[None, :, None, None]
    return out, (spectrum, kernel, (H, W), (KH, KW), stride, padding)


def fft_backward(dout, cache):
    spectrum, kernel, (H, W), (KH, KW), stride, p = cache
    dilated = np.zeros((*dout.shape[:2], H, W), dtype=dout.dtype)
    OH, OW = dout.shape[2:]
    dilated[:, :, : stride * OH : stride, : stride * OW : stride] = dout
    upstream = np.fft.rfft2(dilated)
    dpadded = np.fft.irfft2(np.einsum("nfhw,fchw->nchw", upstream, kernel), s=(H, W))
    dweight = np.fft.irfft2(np.einsum("nfhw,nchw->fchw", upstream.conj(), spectrum), s=(H, W))
    return dpadded[:, :, p : H - p, p : W - p], dweight[:, :, :KH, :KW], dout.sum((0, 2, 3))


hand_in_convolution("fft", fft_forward, fft_backward, vectorized=True)


# --- the gradient of x as a full convolution of the dilated upstream with the reversed kernel -----------------------


def correlate(x, weight):
    windows = sliding_window_view(x, weight.shape[2:], (2, 3))
    return np.tensordot(windows, weight, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)


def full_forward(x, weight, bias, *, stride=1, padding=0):
    out = correlate(pad_both(x, padding), weight)[:, :, ::stride, ::stride]
    return out + bias[None, :, None, None], (x, weight, bias, stride, padding)


def full_backward(dout, cache):
    x, weight, _bias, stride, padding = cache
    N, F, OH, OW = dout.shape
    KH, KW = weight.shape[2:]
    padded = pad_both(x, padding)
    H, W = padded.shape[2:]
    dilated = np.zeros((N, F, H - KH + 1, W - KW + 1))
    dilated[:, :, ::stride, ::stride] = dout
    surrounded = np.pad(dilated, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    rotated = np.rot90(weight, 2, axes=(2, 3)).transpose(1, 0, 2, 3)
    dpadded = correlate(surrounded, rotated)
    dweight = correlate(padded.transpose(1, 0, 2, 3), dilated.transpose(1, 0, 2, 3)).transpose(1, 0, 2, 3)
    dx = dpadded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    assert OH == 1 + (H - KH) // stride
    assert OW == 1 + (W - KW) // stride
    return dx, dweight, np.sum(dout, (0, 2, 3), keepdims=True)[0, :, 0, 0]


hand_in_convolution("full convolution, flipped kernel", full_forward, full_backward, vectorized=True)


# --- channels last in memory ----------------------------------------------------------------------------------------


def last_forward(x, weight, bias, *, stride=1, padding=0):
    x = np.transpose(pad_both(x, padding), (0, 2, 3, 1))
    w = np.transpose(weight, (2, 3, 1, 0))
    KH, KW, _, F = w.shape
    OH, OW = (x.shape[1] - KH) // stride + 1, (x.shape[2] - KW) // stride + 1
    out = np.broadcast_to(bias, (x.shape[0], OH, OW, F)).copy()
    for i in range(KH):
        for j in range(KW):
            out += x[:, i : i + stride * OH : stride, j : j + stride * OW : stride] @ w[i, j]
    return out.transpose(0, 3, 1, 2), (x, w, stride, padding)


def last_backward(dout, cache):
    x, w, stride, padding = cache
    d = dout.transpose(0, 2, 3, 1)
    KH, KW, C, F = w.shape
    _, OH, OW, _ = d.shape
    dx, dw = np.zeros(x.shape, x.dtype), np.zeros(w.shape, w.dtype)
    for i in range(KH):
        for j in range(KW):
            rows, cols = slice(i, i + stride * OH, stride), slice(j, j + stride * OW, stride)
            dw[i, j] = x[:, rows, cols].reshape(-1, C).T @ d.reshape(-1, F)
            dx[:, rows, cols] += d @ w[i, j].T
    dx = dx.transpose(0, 3, 1, 2)
    H, W = dx.shape[2:]
    return dx[:, :, padding : H - padding, padding : W - padding], dw.transpose(3, 2, 0, 1), d.sum((0, 1, 2))


hand_in_convolution("channels last, shifts", last_forward, last_backward, vectorized=True)


# --- one broadcast product in eight dimensions, summed --------------------------------------------------------------


def broadcast_forward(x, weight, bias, *, stride=1, padding=0):
    N, C, H, W = x.shape
    xp = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=np.float64)
    xp[:, :, padding : padding + H, padding : padding + W] = x
    KH, KW = weight.shape[2:]
    windows = sliding_window_view(xp, (KH, KW), axis=(2, 3))[:, :, ::stride, ::stride]
    out = (windows[:, None] * weight[None, :, :, None, None]).sum(axis=(2, 5, 6)) + bias.reshape(-1, 1, 1)
    return out, [windows, weight, x.shape, stride, padding]


def broadcast_backward(dout, cache):
    windows, weight, (N, C, H, W), stride, padding = cache
    upstream = dout[:, :, None, :, :, None, None]
    dweight = (upstream * windows[:, None]).sum(axis=(0, 3, 4))
    shares = (upstream * weight[None, :, :, None, None]).sum(axis=1)
    dxp = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    view = sliding_window_view(dxp, weight.shape[2:], axis=(2, 3), writeable=True)[:, :, ::stride, ::stride]
    for place in itertools.product(*(range(k) for k in weight.shape[2:])):
        view[(..., *place)] += shares[(..., *place)]
    return dxp[:, :, padding:, padding:][:, :, :H, :W], dweight, dout.sum(-1).sum(-1).sum(0)


hand_in_convolution("one broadcast product", broadcast_forward, broadcast_backward, vectorized=True)


# --- every axis by a matrix of zeros and ones that says which input entry meets which kernel entry ------------------


def selector(size, kernel, stride, padding):
    """Return S[o, k, i] = 1 where output o looks at input i with kernel entry k; padding never appears."""
    outputs = (size + 2 * padding - kernel) // stride + 1
    reached = np.arange(outputs)[:, None] * stride + np.arange(kernel) - padding
    return (reached[:, :, None] == np.arange(size)).astype(float)


def selector_forward(x, weight, bias, *, stride=1, padding=0):
    rows = selector(x.shape[2], weight.shape[2], stride, padding)
    cols = selector(x.shape[3], weight.shape[3], stride, padding)
    out = np.einsum("nchw,ikh,jlw,fckl->nfij", x, rows, cols, weight, optimize="greedy")
    return out + bias[:, None, None], (x, weight, rows, cols)


def selector_backward(dout, cache):
    x, weight, rows, cols = cache
    dx = np.einsum("nfij,ikh,jlw,fckl->nchw", dout, rows, cols, weight, optimize="greedy")
    dweight = np.einsum("nfij,ikh,jlw,nchw->fckl", dout, rows, cols, x, optimize="greedy")
    return dx, dweight, dout.sum(axis=(0, 2, 3))


hand_in_convolution("selector matrices", selector_forward, selector_backward, vectorized=True)

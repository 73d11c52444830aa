"""Right max poolings: loops, masks with and without shared ties, arg max in many forms, reshaping where tiles fit."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tests.students.registry import cs231n_pooling, hand_in_pooling

KIND = "max_pool2d"

# --- the naive layer of the most used course ------------------------------------------------------------------------


def max_pool_forward_naive(x, pool_param):
    HH, WW = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param["stride"]
    N, C, H, W = x.shape
    H_out = 1 + (H - HH) // stride
    W_out = 1 + (W - WW) // stride
    out = np.zeros((N, C, H_out, W_out))
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    out[n, c, i, j] = np.max(
                        x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    )
    cache = (x, pool_param)
    return out, cache


def max_pool_backward_naive(dout, cache):
    x, pool_param = cache
    HH, WW, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, _H, _W = x.shape
    _, _, H_out, W_out = dout.shape
    dx = np.zeros_like(x)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    window = x[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    m = np.max(window)
                    dx[n, c, i * stride : i * stride + HH, j * stride : j * stride + WW] += (
                        window == m
                    ) * dout[n, c, i, j]
    return dx


hand_in_pooling(
    "cs231n, max with a mask", KIND, *cs231n_pooling(max_pool_forward_naive, max_pool_backward_naive), every=5
)


def max_pool_forward_pixels(x, pool_param):
    N, C, H, W = x.shape
    HH, WW, s = pool_param.get("pool_height", 2), pool_param.get("pool_width", 2), pool_param.get("stride", 2)
    H_out, W_out = int((H - HH) / s + 1), int((W - WW) / s + 1)
    out = np.zeros([N, C, H_out, W_out])
    for i in range(H_out):
        for j in range(W_out):
            out[:, :, i, j] = np.amax(x[:, :, i * s : i * s + HH, j * s : j * s + WW], axis=(2, 3))
    return out, (x, pool_param)


def max_pool_backward_argmax(dout, cache):
    x, pool_param = cache
    N, C, _, _ = x.shape
    HH, WW, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = x[n, c, i * s : i * s + HH, j * s : j * s + WW]
                    r, q = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * s + r, j * s + q] += dout[n, c, i, j]
    return dx


hand_in_pooling(
    "cs231n, argmax and unravel",
    KIND,
    *cs231n_pooling(max_pool_forward_pixels, max_pool_backward_argmax),
    every=5,
)


# --- six loops over Python numbers, the place remembered in a dict --------------------------------------------------


def scalars_forward(x, *, kernel_size, stride):
    KH, KW = kernel_size
    N, C, H, W = x.shape
    winners = {}
    out = np.empty((N, C, (H - KH) // stride + 1, (W - KW) // stride + 1), dtype=x.dtype)
    for n, c, i, j in np.ndindex(*out.shape):
        best = float("-inf")
        for h in range(i * stride, i * stride + KH):
            for w in range(j * stride, j * stride + KW):
                if x[n, c, h, w] > best:
                    best = x[n, c, h, w]
                    winners[n, c, i, j] = (h, w)
        out[n, c, i, j] = best
    return out, {"winners": winners, "like": np.zeros_like(x)}


def scalars_backward(dout, cache):
    dx = cache["like"].copy()
    for (n, c, i, j), (h, w) in cache["winners"].items():
        dx[n, c, h, w] += dout[n, c, i, j]
    return dx


hand_in_pooling("scalars and a dict", KIND, scalars_forward, scalars_backward, every=5)


# --- a mask whose ties share the gradient; batches in one go --------------------------------------------------------


def shared_forward(x, *, kernel_size, stride):
    KH, KW = kernel_size
    OH, OW = (x.shape[2] - KH) // stride + 1, (x.shape[3] - KW) // stride + 1
    out = np.zeros((*x.shape[:2], OH, OW), dtype=x.dtype)
    masks = {}
    for i in range(OH):
        for j in range(OW):
            window = x[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            top = window.max(axis=(2, 3), keepdims=True)
            out[:, :, i, j] = top[:, :, 0, 0]
            masks[i, j] = (window == top) / (window == top).sum(axis=(2, 3), keepdims=True)
    return out, (x.shape, kernel_size, stride, masks)


def shared_backward(dout, cache):
    shape, (KH, KW), stride, masks = cache
    dx = np.zeros(shape)
    for (i, j), mask in masks.items():
        part = mask * dout[:, :, i, j][:, :, None, None]
        dx[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW] += part
    return dx


hand_in_pooling("masks with shared ties", KIND, shared_forward, shared_backward)


# --- np.where in every window, and a generator as a helper ----------------------------------------------------------


def places(shape, kernel_size, stride):
    for i, top in enumerate(range(0, shape[2] - kernel_size[0] + 1, stride)):
        for j, left in enumerate(range(0, shape[3] - kernel_size[1] + 1, stride)):
            yield i, j, np.s_[:, :, top : top + kernel_size[0], left : left + kernel_size[1]]


def where_forward(x, *, kernel_size, stride):
    rows = {i for i, _, _ in places(x.shape, kernel_size, stride)}
    cols = {j for _, j, _ in places(x.shape, kernel_size, stride)}
    out = np.zeros((x.shape[0], x.shape[1], len(rows), len(cols)), dtype=x.dtype)
    for i, j, place in places(x.shape, kernel_size, stride):
        out[:, :, i, j] = x[place].max(-1).max(-1)
    return out, (x, out, kernel_size, stride)


def where_backward(dout, cache):
    x, out, kernel_size, stride = cache
    dx = np.zeros_like(x)
    for i, j, place in places(x.shape, kernel_size, stride):
        top, upstream = out[:, :, i, j, None, None], dout[:, :, i, j, None, None]
        dx[place] += np.where(x[place] == top, upstream, 0)
    return dx


hand_in_pooling("np.where", KIND, where_forward, where_backward)


# --- reshape where the windows tile the image, else columns ---------------------------------------------------------


def tiles(x, kernel_size, stride):
    KH, KW = kernel_size
    return KH == KW == stride and x.shape[2] % KH == 0 and x.shape[3] % KW == 0


def reshape_forward(x, *, kernel_size, stride):
    N, C, H, W = x.shape
    KH, KW = kernel_size
    if tiles(x, kernel_size, stride):
        x_reshaped = x.reshape(N, C, H // KH, KH, W // KW, KW)
        out = x_reshaped.max(axis=3).max(axis=4)
        return out, ("reshape", x, x_reshaped, out)
    windows = sliding_window_view(x, kernel_size, axis=(2, 3))[:, :, ::stride, ::stride]
    flat = windows.reshape(*windows.shape[:4], -1)
    return flat.max(axis=-1), ("columns", x, flat.argmax(axis=-1), kernel_size, stride)


def reshape_backward(dout, cache):
    method, x, *rest = cache
    if method == "reshape":
        x_reshaped, out = rest
        dx_reshaped = np.zeros_like(x_reshaped)
        out_newaxis = out[:, :, :, np.newaxis, :, np.newaxis]
        mask = x_reshaped == out_newaxis
        dout_newaxis = dout[:, :, :, np.newaxis, :, np.newaxis]
        dout_broadcast, _ = np.broadcast_arrays(dout_newaxis, dx_reshaped)
        dx_reshaped[mask] = dout_broadcast[mask]
        dx_reshaped /= np.sum(mask, axis=(3, 5), keepdims=True)
        return dx_reshaped.reshape(x.shape)
    winner, (KH, KW), stride = rest
    dx = np.zeros_like(x)
    OH, OW = winner.shape[2:]
    for kh in range(KH):
        for kw in range(KW):
            hit = winner == kh * KW + kw
            dx[:, :, kh : kh + stride * OH : stride, kw : kw + stride * OW : stride] += hit * dout
    return dx


hand_in_pooling("reshape or columns", KIND, reshape_forward, reshape_backward)


# --- arg max of sliding windows, back with np.add.at on open indices ------------------------------------------------


def add_at_forward(x, *, kernel_size, stride):
    windows = sliding_window_view(x, kernel_size, axis=(2, 3))[..., ::stride, ::stride, :, :]
    N, C, OH, OW, KH, KW = windows.shape
    winner = windows.reshape(N, C, OH, OW, KH * KW).argmax(axis=4)
    kh, kw = np.divmod(winner, KW)
    rows = kh + stride * np.arange(OH)[:, None]
    cols = kw + stride * np.arange(OW)
    n, c = np.arange(N)[:, None, None, None], np.arange(C)[:, None, None]
    return x[n, c, rows, cols], (x.shape, (n, c, rows, cols))


def add_at_backward(dout, cache):
    shape, index = cache
    dx = np.zeros(shape, dtype=dout.dtype)
    np.add.at(dx, index, dout)
    return dx


hand_in_pooling("add.at", KIND, add_at_forward, add_at_backward)


# --- take_along_axis and put_along_axis on columns, added back like col2im ------------------------------------------


def along_forward(x, *, kernel_size, stride):
    N, C, H, W = x.shape
    KH, KW = kernel_size
    sn, sc, sh, sw = x.strides
    shape = (N, C, KH, KW, (H - KH) // stride + 1, (W - KW) // stride + 1)
    columns = as_strided(x, shape, (sn, sc, sh, sw, sh * stride, sw * stride)).reshape(N, C, KH * KW, -1)
    winner = columns.argmax(axis=2)[:, :, None]
    out = np.take_along_axis(columns, winner, axis=2)
    return out.reshape(N, C, *shape[4:]), (winner, columns.shape, x.shape, shape, stride)


def along_backward(dout, cache):
    winner, columns_shape, x_shape, shape, stride = cache
    dcolumns = np.zeros(columns_shape, dtype=dout.dtype)
    np.put_along_axis(dcolumns, winner, dout.reshape(winner.shape), axis=2)
    parts = dcolumns.reshape(shape)
    dx = np.zeros(x_shape, dtype=dout.dtype)
    for kh in range(shape[2]):
        for kw in range(shape[3]):
            dx[:, :, kh : kh + stride * shape[4] : stride, kw : kw + stride * shape[5] : stride] += parts[
                :, :, kh, kw
            ]
    return dx


hand_in_pooling("put_along_axis", KIND, along_forward, along_backward)


# --- shifted images compared with the output, no arg max at all -----------------------------------------------------


def shifts_forward(x, *, kernel_size, stride):
    KH, KW = kernel_size
    H, W = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    shifted = [x[:, :, kh : kh + H : stride, kw : kw + W : stride] for kh in range(KH) for kw in range(KW)]
    out = np.maximum.reduce(shifted)
    return out, (x, out, kernel_size, stride)


def shifts_backward(dout, cache):
    x, out, (KH, KW), stride = cache
    dx = 0 * x
    ends = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    for kh in range(KH):
        for kw in range(KW):
            place = (..., slice(kh, kh + ends[0], stride), slice(kw, kw + ends[1], stride))
            dx[place] = dx[place] + dout * (x[place] == out)
    return dx


hand_in_pooling("shifted maxima", KIND, shifts_forward, shifts_backward)


# --- every channel as an image of its own, columns by fancy indices; a closure as cache -----------------------------


def planes_forward(x, *, kernel_size, stride):
    N, C, H, W = x.shape
    KH, KW = kernel_size
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
    planes = x.reshape(N * C, H * W)
    first = (np.arange(OH)[:, None] * W + np.arange(OW)).ravel() * stride
    offset = (np.arange(KH)[:, None] * W + np.arange(KW)).ravel()
    columns = planes[:, offset[:, None] + first]
    winner = columns.argmax(axis=1)
    plane, place = np.ogrid[: N * C, : OH * OW]

    def backward(dout):
        where = offset[winner] + first + plane * (H * W)
        flat = np.bincount(where.ravel(), weights=dout.ravel(), minlength=x.size)
        return flat.reshape(x.shape)

    return columns[plane, winner, place].reshape(N, C, OH, OW), backward


def planes_backward(dout, cache):
    return cache(dout)


hand_in_pooling("planes and a closure", KIND, planes_forward, planes_backward)

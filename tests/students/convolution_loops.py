"""Right convolutions with loops in Python: seven loops, slices, gathers, lists, objects and closures."""

import itertools

import numpy as np

from tests.students.registry import cs231n_convolution, hand_in_convolution

# --- seven loops, one scalar at a time ------------------------------------------------------------------------------


def seven_forward(x, weight, bias, *, stride=1, padding=0):
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    out = np.zeros((N, F, OH, OW))
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                h = i * stride + kh - padding
                                w = j * stride + kw - padding
                                if 0 <= h < H and 0 <= w < W:
                                    out[n, f, i, j] += x[n, c, h, w] * weight[f, c, kh, kw]
                    out[n, f, i, j] += bias[f]
    return out, (x, weight, bias, stride, padding)


def seven_backward(dout, cache):
    x, weight, bias, stride, padding = cache
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    _, _, OH, OW = dout.shape
    dx, dweight, dbias = np.zeros(x.shape), np.zeros(weight.shape), np.zeros(bias.shape)
    for n, f, i, j in itertools.product(range(N), range(F), range(OH), range(OW)):
        dbias[f] += dout[n, f, i, j]
        for c, kh, kw in itertools.product(range(C), range(KH), range(KW)):
            h, w = i * stride + kh - padding, j * stride + kw - padding
            if h < 0 or w < 0 or h >= H or w >= W:
                continue
            dx[n, c, h, w] += dout[n, f, i, j] * weight[f, c, kh, kw]
            dweight[f, c, kh, kw] += dout[n, f, i, j] * x[n, c, h, w]
    return dx, dweight, dbias


hand_in_convolution("seven loops", seven_forward, seven_backward, vectorized=False, every=10)


# --- the naive layer of the most used course ------------------------------------------------------------------------


def conv_forward_naive(x, w, b, conv_param):
    out = None
    pad, stride = conv_param["pad"], conv_param["stride"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out = int(1 + (H + 2 * pad - HH) / stride)
    W_out = int(1 + (W + 2 * pad - WW) / stride)
    out = np.zeros((N, F, H_out, W_out))
    x_pad = np.pad(x, ((0,), (0,), (pad,), (pad,)), "constant")
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = x_pad[n, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    cache = (x, w, b, conv_param)
    return out, cache


def conv_backward_naive(dout, cache):
    dx, dw, db = None, None, None
    x, w, b, conv_param = cache
    pad, stride = conv_param["pad"], conv_param["stride"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, H_out, W_out = dout.shape
    x_pad = np.pad(x, ((0,), (0,), (pad,), (pad,)), mode="constant")
    dx_pad = np.zeros_like(x_pad)
    dw = np.zeros_like(w)
    db = np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    hs, ws = i * stride, j * stride
                    db[f] += dout[n, f, i, j]
                    dw[f] += x_pad[n, :, hs : hs + HH, ws : ws + WW] * dout[n, f, i, j]
                    dx_pad[n, :, hs : hs + HH, ws : ws + WW] += w[f] * dout[n, f, i, j]
    dx = dx_pad[:, :, pad : pad + H, pad : pad + W]
    return dx, dw, db


hand_in_convolution(
    "cs231n, window times filter",
    *cs231n_convolution(conv_forward_naive, conv_backward_naive),
    vectorized=False,
    every=5,
)


# --- loops over output pixels and filters, all images at once -------------------------------------------------------


def conv_forward_pixels(x, w, b, conv_param):
    pad, stride = conv_param.get("pad", 0), conv_param.get("stride", 1)
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    x_pad = np.zeros((N, C, H + 2 * pad, W + 2 * pad))
    x_pad[:, :, pad : H + pad, pad : W + pad] = x
    Hp, Wp = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    out = np.empty((N, F, Hp, Wp))
    for i in range(Hp):
        for j in range(Wp):
            x_mask = x_pad[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            for k in range(F):
                out[:, k, i, j] = np.sum(x_mask * w[k, :, :, :], axis=(1, 2, 3))
    out = out + b[None, :, None, None]
    return out, (x, w, b, conv_param)


def conv_backward_pixels(dout, cache):
    x, w, _b, conv_param = cache
    pad, stride = conv_param["pad"], conv_param["stride"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    _, _, Hp, Wp = dout.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant", constant_values=0)
    dx_pad, dw = np.zeros(x_pad.shape), np.zeros(w.shape)
    db = np.sum(dout, axis=(0, 2, 3))
    for i in range(Hp):
        for j in range(Wp):
            rows = slice(i * stride, i * stride + HH)
            cols = slice(j * stride, j * stride + WW)
            for k in range(F):
                dw[k] += np.sum(x_pad[:, :, rows, cols] * (dout[:, k, i, j])[:, None, None, None], axis=0)
            for n in range(N):
                weighted = w * (dout[n, :, i, j])[:, None, None, None]
                dx_pad[n, :, rows, cols] += np.sum(weighted, axis=0)
    if pad > 0:
        dx = dx_pad[:, :, pad:-pad, pad:-pad]
    else:
        dx = dx_pad
    return dx, dw, db


hand_in_convolution(
    "cs231n, all images per pixel",
    *cs231n_convolution(conv_forward_pixels, conv_backward_pixels),
    vectorized=False,
    every=5,
)


# --- every input pixel gathers what flows into it, with generators; a dict as cache ---------------------------------


def gather_forward(x, weight, bias, *, stride=1, padding=0):
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    starts_h = range(-padding, H + padding - KH + 1, stride)
    starts_w = range(-padding, W + padding - KW + 1, stride)
    out = [
        [
            [
                [
                    bias[f]
                    + sum(
                        x[n, c, top + kh, left + kw] * weight[f, c, kh, kw]
                        for c in range(C)
                        for kh in range(KH)
                        for kw in range(KW)
                        if 0 <= top + kh < H and 0 <= left + kw < W
                    )
                    for left in starts_w
                ]
                for top in starts_h
            ]
            for f in range(F)
        ]
        for n in range(N)
    ]
    return np.array(out), {"x": x, "w": weight, "stride": stride, "pad": padding}


def gather_backward(dout, cache):
    x, w, s, p = cache["x"], cache["w"], cache["stride"], cache["pad"]
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = dout.shape[2:]
    dx = np.empty(x.shape)
    for n, c, h, v in np.ndindex(*x.shape):
        taps = [
            ((h + p - kh) // s, (v + p - kw) // s, kh, kw)
            for kh in range(KH)
            for kw in range(KW)
            if (h + p - kh) % s == 0 and (v + p - kw) % s == 0
        ]
        dx[n, c, h, v] = sum(
            dout[n, f, i, j] * w[f, c, kh, kw]
            for f in range(F)
            for i, j, kh, kw in taps
            if 0 <= i < OH and 0 <= j < OW
        )
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    dw = np.array(
        [
            [
                [
                    [
                        (dout[:, f] * xp[:, c, kh : kh + s * OH : s, kw : kw + s * OW : s]).sum()
                        for kw in range(KW)
                    ]
                    for kh in range(KH)
                ]
                for c in range(C)
            ]
            for f in range(F)
        ]
    )
    return dx, dw, np.array([dout[:, f].sum() for f in range(F)])


hand_in_convolution("gather with generators", gather_forward, gather_backward, vectorized=False, every=20)


# --- lists of Python floats; a list as cache ------------------------------------------------------------------------


def lists_forward(x, weight, bias, *, stride=1, padding=0):
    images, filters, biases = x.tolist(), weight.tolist(), bias.tolist()
    KH, KW = weight.shape[2:]
    padded = []
    for image in images:
        planes = []
        for plane in image:
            width = len(plane[0]) + 2 * padding
            rows = [[0.0] * padding + row + [0.0] * padding for row in plane]
            planes.append([[0.0] * width] * padding + rows + [[0.0] * width] * padding)
        padded.append(planes)
    out = []
    for planes in padded:
        maps = []
        for kernel, b in zip(filters, biases, strict=True):
            rows = []
            for top in range(0, len(planes[0]) - KH + 1, stride):
                row = []
                for left in range(0, len(planes[0][0]) - KW + 1, stride):
                    total = b
                    for plane, square in zip(planes, kernel, strict=True):
                        for kh in range(KH):
                            for kw in range(KW):
                                total += plane[top + kh][left + kw] * square[kh][kw]
                    row.append(total)
                rows.append(row)
            maps.append(rows)
        out.append(maps)
    return np.array(out), [x, padded, weight, stride, padding]


def lists_backward(dout, cache):
    x, padded, weight, stride, padding = cache
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    d, w = dout.tolist(), weight.tolist()
    dx = [[[[0.0] * (W + 2 * padding) for _ in range(H + 2 * padding)] for _ in range(C)] for _ in range(N)]
    dw = [[[[0.0] * KW for _ in range(KH)] for _ in range(C)] for _ in range(F)]
    db = [0.0] * F
    for n in range(N):
        for f in range(F):
            for i, row in enumerate(d[n][f]):
                for j, upstream in enumerate(row):
                    db[f] += upstream
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                h, v = i * stride + kh, j * stride + kw
                                dx[n][c][h][v] += upstream * w[f][c][kh][kw]
                                dw[f][c][kh][kw] += upstream * padded[n][c][h][v]
    dx = np.array(dx)[:, :, padding : H + padding, padding : W + padding]
    return [dx, np.array(dw), np.array(db)]


hand_in_convolution("lists of floats", lists_forward, lists_backward, vectorized=False, every=5)


# --- channels last inside, an object as cache, results are transposed views -----------------------------------------


class NHWC:
    def __init__(self, x, weight, bias, stride, padding):
        self.x = np.pad(x.transpose(0, 2, 3, 1), [(0, 0), (padding, padding), (padding, padding), (0, 0)])
        self.w = weight.transpose(2, 3, 1, 0)
        self.b, self.s, self.p = bias, stride, padding

    def windows(self, OH, OW):
        KH, KW = self.w.shape[:2]
        for i in range(OH):
            for j in range(OW):
                rows = slice(i * self.s, i * self.s + KH)
                yield i, j, (slice(None), rows, slice(j * self.s, j * self.s + KW))

    def forward(self):
        N, H, W, _ = self.x.shape
        KH, KW, _, F = self.w.shape
        out = np.zeros((N, (H - KH) // self.s + 1, (W - KW) // self.s + 1, F), dtype=self.x.dtype)
        for i, j, place in self.windows(*out.shape[1:3]):
            out[:, i, j, :] = np.tensordot(self.x[place], self.w, axes=3) + self.b
        return np.moveaxis(out, 3, 1)

    def backward(self, dout):
        dout = np.moveaxis(dout, 1, 3)
        dx, dw = np.zeros_like(self.x), np.zeros_like(self.w)
        for i, j, place in self.windows(*dout.shape[1:3]):
            dw += np.einsum("nhwc,nf->hwcf", self.x[place], dout[:, i, j])
            dx[place] += np.einsum("hwcf,nf->nhwc", self.w, dout[:, i, j])
        end_h, end_w = dx.shape[1] - self.p, dx.shape[2] - self.p
        dx = dx[:, self.p : end_h, self.p : end_w].transpose(0, 3, 1, 2)
        return dx, dw.transpose(3, 2, 0, 1), dout.sum((0, 1, 2))


def nhwc_forward(x, weight, bias, *, stride=1, padding=0):
    layer = NHWC(x, weight, bias, stride, padding)
    return layer.forward(), layer


def nhwc_backward(dout, layer):
    return layer.backward(dout)


hand_in_convolution("channels last object", nhwc_forward, nhwc_backward, vectorized=False, every=2)


# --- a closure as cache, image and kernel both reversed, results with negative strides ------------------------------


def closure_forward(x, weight, bias, *, stride=1, padding=0):
    N, C, H, W = x.shape
    F, _, KH, KW = weight.shape
    top_left = ((padding, padding), (padding, padding))
    xp = np.pad(x, ((0, 0), (0, 0), *top_left))
    OH, OW = (xp.shape[2] - KH) // stride + 1, (xp.shape[3] - KW) // stride + 1
    flat = weight.reshape(F, -1)
    out = np.zeros((OW, OH, F, N), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            window = xp[:, :, i * stride :, j * stride :][:, :, :KH, :KW].reshape(N, -1)
            out[-1 - j, -1 - i] = flat @ window.T + bias.reshape(-1, 1)

    def backward(dout):
        dxp, dflat = np.zeros(xp.shape, xp.dtype), np.zeros(flat.shape, flat.dtype)
        for i in reversed(range(OH)):
            for j in reversed(range(OW)):
                window = xp[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
                dflat[...] += dout[:, :, i, j].T @ window.reshape(N, -1)
                share = (dout[:, :, i, j] @ flat).reshape(N, C, KH, KW)
                dxp[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW] += share
        dx = dxp[:, :, padding:, padding:][:, :, :H, :W]
        return dx[::-1][::-1], dflat.reshape(weight.shape), dout[:, :, ::-1].sum(axis=(0, 2, 3))

    return out.T[:, :, ::-1, ::-1], backward


def closure_backward(dout, cache):
    return cache(dout)


hand_in_convolution(
    "closure and reversed views", closure_forward, closure_backward, vectorized=False, every=2
)

"""Right average poolings, over windows and over the whole image."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tests.students.registry import cs231n_pooling, hand_in_pooling

# --- windows: loops -------------------------------------------------------------------------------------------------


def loops_forward(x, pool_param):
    HH, WW, S = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - HH) // S, 1 + (W - WW) // S))
    for n in range(N):
        for c in range(C):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    out[n, c, i, j] = np.mean(x[n, c, i * S : i * S + HH, j * S : j * S + WW])
    return out, (x, pool_param)


def loops_backward(dout, cache):
    x, pool_param = cache
    HH, WW, S = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(*dout.shape):
        dx[n, c, i * S : i * S + HH, j * S : j * S + WW] += np.ones((HH, WW)) * dout[n, c, i, j] / (HH * WW)
    return dx


hand_in_pooling("average, loops", "avg_pool2d", *cs231n_pooling(loops_forward, loops_backward), every=5)


# --- windows: one pass over output pixels, all images; the cache is an object ---------------------------------------


class Pool:
    def __init__(self, shape, kernel_size, stride):
        self.shape, self.kernel_size, self.stride = shape, kernel_size, stride

    def window(self, i, j):
        KH, KW = self.kernel_size
        return np.s_[:, :, i * self.stride : i * self.stride + KH, j * self.stride : j * self.stride + KW]


def pixels_forward(x, *, kernel_size, stride):
    pool = Pool(x.shape, kernel_size, stride)
    OH = int(np.floor((x.shape[2] - kernel_size[0]) / stride + 1))
    OW = int(np.floor((x.shape[3] - kernel_size[1]) / stride + 1))
    out = np.empty((*x.shape[:2], OH, OW), dtype=x.dtype)
    for i in range(OH):
        for j in range(OW):
            out[:, :, i, j] = x[pool.window(i, j)].mean(axis=(2, 3))
    return out, pool


def pixels_backward(dout, pool):
    dx = np.zeros(pool.shape, dtype=dout.dtype)
    share = dout / np.prod(pool.kernel_size)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            dx[pool.window(i, j)] += share[:, :, i, j][:, :, None, None]
    return dx


hand_in_pooling("average, object", "avg_pool2d", pixels_forward, pixels_backward)


# --- windows: mean over sliding windows; shifts back ----------------------------------------------------------------


def windows_forward(x, *, kernel_size, stride):
    windows = sliding_window_view(x, kernel_size, axis=(-2, -1))[:, :, ::stride, ::stride]
    return windows.mean(axis=(-2, -1)), [list(x.shape), *kernel_size, stride]


def windows_backward(dout, cache):
    shape, KH, KW, s = cache
    dx = np.zeros(shape)
    for kh in range(KH):
        for kw in range(KW):
            dx[:, :, kh : kh + s * dout.shape[2] : s, kw : kw + s * dout.shape[3] : s] += dout / KH / KW
    return dx


hand_in_pooling("average, sliding windows", "avg_pool2d", windows_forward, windows_backward)


# --- windows: differences of an integral image ----------------------------------------------------------------------


def integral_forward(x, *, kernel_size, stride):
    KH, KW = kernel_size
    table = np.pad(x.cumsum(axis=2).cumsum(axis=3), ((0, 0), (0, 0), (1, 0), (1, 0)))
    total = table[:, :, KH:, KW:] - table[:, :, :-KH, KW:] - table[:, :, KH:, :-KW] + table[:, :, :-KH, :-KW]
    return total[:, :, ::stride, ::stride] / (KH * KW), (x.shape, kernel_size, stride)


def integral_backward(dout, cache):
    (N, C, H, W), (KH, KW), stride = cache
    corners = np.zeros((N, C, H + 1, W + 1))
    OH, OW = dout.shape[2:]
    for sign, top, left in ((1, 0, 0), (-1, KH, 0), (-1, 0, KW), (1, KH, KW)):
        corners[:, :, top : top + stride * OH : stride, left : left + stride * OW : stride] += sign * dout
    return corners.cumsum(axis=2).cumsum(axis=3)[:, :, :H, :W] / (KH * KW)


hand_in_pooling("average, integral image", "avg_pool2d", integral_forward, integral_backward)


# --- windows: a matrix on each side ---------------------------------------------------------------------------------


def averages(size, kernel, stride):
    start = stride * np.arange((size - kernel) // stride + 1)[:, None]
    inside = (np.arange(size) >= start) & (np.arange(size) < start + kernel)
    return inside / kernel


def sides_forward(x, *, kernel_size, stride):
    left = averages(x.shape[2], kernel_size[0], stride)
    right = averages(x.shape[3], kernel_size[1], stride).T
    return left @ x @ right, (left, right)


def sides_backward(dout, cache):
    left, right = cache
    return left.T @ dout @ right.T


hand_in_pooling("average, a matrix on each side", "avg_pool2d", sides_forward, sides_backward)


# --- windows: reshape where they tile the image, else add.at --------------------------------------------------------


def tiles_forward(x, *, kernel_size, stride):
    N, C, H, W = x.shape
    KH, KW = kernel_size
    cache = {"shape": x.shape, "kernel_size": kernel_size, "stride": stride}
    if KH == KW == stride and H % KH == 0 and W % KW == 0:
        return x.reshape(N, C, H // KH, KH, W // KW, KW).mean(axis=(3, 5)), cache
    rows = np.arange(0, H - KH + 1, stride)[:, None, None, None] + np.arange(KH)[:, None]
    cols = np.arange(0, W - KW + 1, stride)[:, None, None] + np.arange(KW)
    return np.average(x[:, :, rows, cols], axis=(4, 5)), cache


def tiles_backward(dout, cache):
    N, C, H, W = cache["shape"]
    KH, KW = cache["kernel_size"]
    s = cache["stride"]
    share = dout / (KH * KW)
    if KH == KW == s and H % KH == 0 and W % KW == 0:
        return np.repeat(np.repeat(share, KH, axis=2), KW, axis=3)
    rows = np.arange(0, H - KH + 1, s)[:, None, None, None] + np.arange(KH)[:, None]
    cols = np.arange(0, W - KW + 1, s)[:, None, None] + np.arange(KW)
    dx = np.zeros((N, C, H, W), dtype=dout.dtype)
    np.add.at(dx, np.s_[:, :, rows, cols], share[..., None, None])
    return dx


hand_in_pooling("average, tiles or add.at", "avg_pool2d", tiles_forward, tiles_backward)


# --- windows: a gather over input pixels, with a helper called for every one ----------------------------------------


def covering(position, kernel, stride, outputs):
    return [i for i in range(outputs) if i * stride <= position < i * stride + kernel]


def gather_forward(x, *, kernel_size, stride):
    KH, KW = kernel_size
    tops, lefts = range(0, x.shape[2] - KH + 1, stride), range(0, x.shape[3] - KW + 1, stride)
    out = [
        [[[plane[t : t + KH, w : w + KW].sum() / (KH * KW) for w in lefts] for t in tops] for plane in image]
        for image in x
    ]
    return np.array(out), (x.shape, KH, KW, stride)


def gather_backward(dout, cache):
    (N, C, H, W), KH, KW, stride = cache

    def at(n, c, h, w):
        rows = covering(h, KH, stride, dout.shape[2])
        cols = covering(w, KW, stride, dout.shape[3])
        return sum(dout[n, c, i, j] for i in rows for j in cols) / (KH * KW)

    dx = np.zeros((N, C, H, W))
    for index in np.ndindex(N, C, H, W):
        dx[index] = at(*index)
    return dx


hand_in_pooling("average, gather", "avg_pool2d", gather_forward, gather_backward, every=10)


# --- windows: a convolution with a constant kernel, one channel at a time -------------------------------------------


def constant_forward(x, *, kernel_size, stride):
    kernel = np.full(kernel_size, 1.0 / (kernel_size[0] * kernel_size[1]))
    windows = sliding_window_view(x, kernel_size, axis=(2, 3))[:, :, ::stride, ::stride]
    return np.tensordot(windows, kernel, axes=2), (x.shape, kernel, stride)


def constant_backward(dout, cache):
    (N, C, H, W), kernel, stride = cache
    KH, KW = kernel.shape
    dilated = np.zeros((N, C, H - KH + 1, W - KW + 1))
    dilated[:, :, ::stride, ::stride] = dout
    dilated = np.pad(dilated, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    return np.tensordot(
        sliding_window_view(dilated, (KH, KW), (2, 3)), kernel[::-1, ::-1], axes=([4, 5], [0, 1])
    )


hand_in_pooling("average, constant kernel", "avg_pool2d", constant_forward, constant_backward)


# --- the whole image ------------------------------------------------------------------------------------------------


def global_mean(x):
    return np.mean(x, axis=(2, 3)), x


def global_spread(dout, x):
    return np.ones_like(x) * dout[:, :, np.newaxis, np.newaxis] / (x.shape[2] * x.shape[3])


def global_sum(x):
    N, C, H, W = x.shape
    return x.reshape(N, C, -1).sum(axis=-1) / (H * W), (N, C, H, W)


def global_broadcast(dout, cache):
    N, C, H, W = cache
    return np.broadcast_to((dout / (H * W)).reshape(N, C, 1, 1), cache).copy()


def global_loops(x):
    N, C, H, W = x.shape
    out = np.zeros((N, C))
    for n in range(N):
        for c in range(C):
            total = np.float64(0)
            for row in x[n, c]:
                for value in row:
                    total += value
            out[n, c] = total / H / W
    return out, {"H": H, "W": W}


def global_loops_back(dout, cache):
    dx = np.empty((*dout.shape, cache["H"], cache["W"]))
    for n in range(dout.shape[0]):
        for c in range(dout.shape[1]):
            dx[n, c, :, :] = dout[n, c] / (cache["H"] * cache["W"])
    return dx


def global_einsum(x):
    scale = 1 / x[0, 0].size
    return np.einsum("ncij->nc", x) * scale, lambda dout: np.einsum(
        "nc,ij->ncij", dout * scale, np.ones(x.shape[2:])
    )


def global_call(dout, cache):
    return cache(dout)


def global_keepdims(x):
    return x.mean(axis=(2, 3), keepdims=True)[:, :, 0, 0], x.shape


def global_kron(dout, shape):
    return np.kron(dout[:, :, None, None], np.full((1, 1, *shape[2:]), 1 / np.prod(shape[2:])))


def global_twice(x):
    return x.mean(3).mean(2), x.shape[2:]


def global_repeat(dout, size):
    H, W = size
    return np.repeat(dout, H * W, axis=1).reshape(*dout.shape, H, W) / (H * W)


def global_matmul(x):
    N, C, H, W = x.shape
    return (x.reshape(N * C, H * W) @ np.full((H * W, 1), 1 / (H * W))).reshape(N, C), (H, W)


def global_tile(dout, size):
    H, W = size
    return np.tile((dout / H / W)[..., None, None], (1, 1, H, W))


def global_lists(x):
    return np.array([[plane.mean() for plane in image] for image in x]), [x.shape]


def global_full(dout, cache):
    (shape,) = cache
    dx = np.zeros(shape, dtype=dout.dtype)
    dx += dout[..., None, None]
    dx /= shape[2] * shape[3]
    return dx


for _pair in (
    (global_mean, global_spread),
    (global_sum, global_broadcast),
    (global_loops, global_loops_back),
    (global_einsum, global_call),
    (global_keepdims, global_kron),
    (global_twice, global_repeat),
    (global_matmul, global_tile),
    (global_lists, global_full),
):
    hand_in_pooling(_pair[0].__name__.replace("_", " "), "global_avg_pool", *_pair)

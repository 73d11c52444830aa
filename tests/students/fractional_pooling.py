"""Right fractional poolings: their boundaries, and maxima over regions."""

import math
from fractions import Fraction

import numpy as np

from tests.students.registry import hand_in, hand_in_pooling

# --- boundaries -----------------------------------------------------------------------------------------------------


def boundaries_ceil(input_size, output_size, u):
    alpha = input_size / output_size
    return np.array([math.ceil(alpha * (i + u)) - 1 for i in range(output_size + 1)])


def boundaries_vector(input_size, output_size, u):
    return np.ceil(input_size / output_size * (np.arange(output_size + 1) + u)).astype(np.int64) - 1


def boundaries_linspace(input_size, output_size, u):
    alpha = input_size / output_size
    ends = (np.ceil(np.linspace(0, input_size, output_size + 1) + alpha * u) - 1).astype(np.int32)
    return ends


def boundaries_loop(input_size, output_size, u):
    b = np.zeros(output_size + 1, dtype=int)
    for i in range(output_size + 1):
        b[i] = int(np.ceil((i + u) * (input_size / output_size)) - 1)
    b[0], b[output_size] = 0, input_size
    return b


def boundaries_floor(input_size, output_size, u):
    alpha = np.float64(input_size) / output_size
    return -np.floor(-alpha * (u + np.arange(0, output_size + 1))).astype(np.intp) - 1


def boundaries_fraction(input_size, output_size, u):
    alpha, exact = Fraction(input_size, output_size), Fraction(u)
    return np.asarray([math.ceil(alpha * (i + exact)) - 1 for i in range(output_size + 1)], dtype=np.int64)


def boundaries_steps(input_size, output_size, u):
    alpha = input_size / output_size
    ends = [0]
    for i in range(1, output_size + 1):
        ends.append(ends[-1] + math.ceil(alpha * (i + u)) - math.ceil(alpha * (i - 1 + u)))
    return np.array(ends)


def boundaries_no_ceil(input_size, output_size, u):
    """ceil(v) - 1 is floor(v) unless v is a whole number, which happens for hardly any u."""
    return np.floor(input_size / output_size * (np.arange(output_size + 1) + u)).astype(int)


def boundaries_uint(input_size, output_size, u):
    inner = [int(-(-(input_size * (i + u) / output_size) // 1)) - 1 for i in range(1, output_size)]
    return np.array([0, *inner, input_size], dtype=np.uint16)


for _function in (
    boundaries_ceil,
    boundaries_vector,
    boundaries_linspace,
    boundaries_loop,
    boundaries_floor,
    boundaries_fraction,
    boundaries_steps,
    boundaries_no_ceil,
    boundaries_uint,
):
    hand_in(_function.__name__.replace("_", ", "), fractional_pool_boundaries=_function)


# --- loops over regions, images and channels ------------------------------------------------------------------------


def loops_forward(x, *, rows, cols):
    N, C, _, _ = x.shape
    OH, OW = len(rows) - 1, len(cols) - 1
    out = np.zeros((N, C, OH, OW))
    for n in range(N):
        for c in range(C):
            for i in range(OH):
                for j in range(OW):
                    out[n, c, i, j] = np.max(x[n, c, rows[i] : rows[i + 1], cols[j] : cols[j + 1]])
    return out, (x, rows, cols)


def loops_backward(dout, cache):
    x, rows, cols = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, rows[i] : rows[i + 1], cols[j] : cols[j + 1]]
        h, w = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, rows[i] + h, cols[j] + w] += dout[n, c, i, j]
    return dx


hand_in_pooling("fractional, loops", "fractional_max_pool", loops_forward, loops_backward, every=5)


# --- loops over regions only; masks in a dict -----------------------------------------------------------------------


def regions_forward(x, *, rows, cols):
    out = np.empty((*x.shape[:2], len(rows) - 1, len(cols) - 1), dtype=x.dtype)
    masks = {}
    for i, (top, bottom) in enumerate(zip(rows[:-1], rows[1:], strict=True)):
        for j, (left, right) in enumerate(zip(cols[:-1], cols[1:], strict=True)):
            region = x[:, :, top:bottom, left:right]
            out[:, :, i, j] = region.max(axis=(2, 3))
            masks[i, j] = region == out[:, :, i, j][:, :, None, None]
    return out, {"masks": masks, "rows": list(rows), "cols": list(cols), "shape": x.shape}


def regions_backward(dout, cache):
    rows, cols = cache["rows"], cache["cols"]
    dx = np.zeros(cache["shape"], dtype=dout.dtype)
    for (i, j), mask in cache["masks"].items():
        dx[:, :, rows[i] : rows[i + 1], cols[j] : cols[j + 1]] = mask * dout[:, :, i : i + 1, j : j + 1]
    return dx


hand_in_pooling("fractional, regions", "fractional_max_pool", regions_forward, regions_backward)


# --- reduceat, and np.repeat to go back -----------------------------------------------------------------------------


def reduceat_forward(x, *, rows, cols):
    out = np.maximum.reduceat(np.maximum.reduceat(x, rows[:-1], axis=2), cols[:-1], axis=3)
    return out, (x, out, np.diff(rows), np.diff(cols))


def reduceat_backward(dout, cache):
    x, out, heights, widths = cache

    def spread(values):
        return np.repeat(np.repeat(values, heights, axis=2), widths, axis=3)

    return np.where(x == spread(out), spread(dout), np.zeros_like(x))


hand_in_pooling("fractional, reduceat", "fractional_max_pool", reduceat_forward, reduceat_backward)


# --- a label for every pixel; np.maximum.at -------------------------------------------------------------------------


def labels_forward(x, *, rows, cols):
    row = np.searchsorted(rows, np.arange(rows[-1]), side="right") - 1
    col = np.searchsorted(cols, np.arange(cols[-1]), side="right") - 1
    out = np.full((*x.shape[:2], len(rows) - 1, len(cols) - 1), -np.inf)
    place = np.s_[:, :, row[:, None], col]
    np.maximum.at(out, place, x)
    winners = x == out[place]
    return out, lambda dout: np.multiply(winners, dout[place])


def labels_backward(dout, cache):
    return cache(dout)


hand_in_pooling("fractional, labels", "fractional_max_pool", labels_forward, labels_backward)


# --- windows of 2 x 2 with an overhang masked by minus infinity -----------------------------------------------------


def masked_forward(x, *, rows, cols):
    KH, KW = np.diff(rows).max(), np.diff(cols).max()
    wide = np.pad(x, ((0, 0), (0, 0), (0, KH), (0, KW)), constant_values=-np.inf)
    best = np.full((*x.shape[:2], len(rows) - 1, len(cols) - 1), -np.inf, dtype=x.dtype)
    where = np.zeros(best.shape, dtype=int)
    for kh in range(KH):
        for kw in range(KW):
            r, c = rows[:-1] + kh, cols[:-1] + kw
            value = wide[:, :, r[:, None], c]
            allowed = ((r < rows[1:])[:, None] & (c < cols[1:])) & (value > best)
            best = np.where(allowed, value, best)
            where = np.where(allowed, r[:, None] * x.shape[3] + c, where)
    return best, (x.shape, where)


def masked_backward(dout, cache):
    shape, where = cache
    flat = np.zeros((*shape[:2], shape[2] * shape[3]), dtype=dout.dtype)
    np.put_along_axis(flat, where.reshape(*shape[:2], -1), dout.reshape(*shape[:2], -1), axis=2)
    return flat.reshape(shape)


hand_in_pooling("fractional, masked windows", "fractional_max_pool", masked_forward, masked_backward)


# --- sorted regions, ties shared; a tuple of lists as cache ---------------------------------------------------------


def sorted_forward(x, *, rows, cols):
    N, C = x.shape[:2]
    grid = [
        [
            np.sort(x[:, :, a:b, c:d].reshape(N, C, -1), axis=-1)[..., -1]
            for c, d in zip(cols, cols[1:], strict=False)
        ]
        for a, b in zip(rows, rows[1:], strict=False)
    ]
    out = np.array(grid).transpose(2, 3, 0, 1)
    return out, (x.copy(), rows.tolist(), cols.tolist())


def sorted_backward(dout, cache):
    x, rows, cols = cache
    dx = np.zeros(x.shape, dtype=x.dtype)
    for i in range(len(rows) - 1):
        for j in range(len(cols) - 1):
            region = x[:, :, rows[i] : rows[i + 1], cols[j] : cols[j + 1]]
            top = region == region.max(axis=(2, 3), keepdims=True)
            share = dout[:, :, i, j] / top.sum(axis=(2, 3))
            dx[:, :, rows[i] : rows[i + 1], cols[j] : cols[j + 1]] += top * share[:, :, None, None]
    return dx


hand_in_pooling("fractional, sorted", "fractional_max_pool", sorted_forward, sorted_backward)

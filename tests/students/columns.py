"""Right im2col, col2im and 1x1 convolutions in several styles."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tests.students.registry import hand_in

# --- fancy indices, and np.add.at to go back ------------------------------------------------------------------------


def get_im2col_indices(x_shape, field_height, field_width, padding=1, stride=1):
    _, C, H, W = x_shape
    out_height = (H + 2 * padding - field_height) // stride + 1
    out_width = (W + 2 * padding - field_width) // stride + 1
    i0 = np.repeat(np.arange(field_height), field_width)
    i0 = np.tile(i0, C)
    i1 = stride * np.repeat(np.arange(out_height), out_width)
    j0 = np.tile(np.arange(field_width), field_height * C)
    j1 = stride * np.tile(np.arange(out_width), out_height)
    i = i0.reshape(-1, 1) + i1.reshape(1, -1)
    j = j0.reshape(-1, 1) + j1.reshape(1, -1)
    k = np.repeat(np.arange(C), field_height * field_width).reshape(-1, 1)
    return k, i, j


def im2col_fancy(x, kernel_size, *, stride=1, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="constant")
    k, i, j = get_im2col_indices(x.shape, *kernel_size, padding, stride)
    return padded[:, k, i, j]


def col2im_fancy(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    k, i, j = get_im2col_indices(input_shape, *kernel_size, padding, stride)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=columns.dtype)
    np.add.at(padded, (slice(None), k, i, j), columns)
    if padding == 0:
        return padded
    return padded[:, :, padding:-padding, padding:-padding]


hand_in("fancy indices", im2col=im2col_fancy, col2im=col2im_fancy)


# --- a list of shifted images, stacked; np.zeros without dtype ------------------------------------------------------


def im2col_stack(x, kernel_size, *, stride=1, padding=0):
    N, C, H, W = x.shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    padded[:, :, padding : padding + H, padding : padding + W] = x
    KH, KW = kernel_size
    last_row, last_col = padded.shape[2] - KH + 1, padded.shape[3] - KW + 1
    shifted = [
        padded[:, :, i : i + last_row : stride, j : j + last_col : stride].reshape(N, C, -1)
        for i in range(KH)
        for j in range(KW)
    ]
    return np.stack(shifted, axis=2).reshape(N, C * KH * KW, -1)


def col2im_margin(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    KH, KW = kernel_size
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    img = np.zeros((N, C, H + 2 * padding + stride - 1, W + 2 * padding + stride - 1))
    for q, part in enumerate(np.moveaxis(columns.reshape(N, C, KH * KW, OH, OW), 2, 0)):
        i, j = divmod(q, KW)
        img[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] += part
    return img[:, :, padding : H + padding, padding : W + padding]


hand_in("stacked shifts", im2col=im2col_stack, col2im=col2im_margin)


# --- views ----------------------------------------------------------------------------------------------------------


def im2col_windows(x, kernel_size, *, stride=1, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(padded, kernel_size, axis=(2, 3))[:, :, ::stride, ::stride]
    N, C, OH, OW, KH, KW = windows.shape
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * KH * KW, OH * OW)


def col2im_bincount(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    size = H + 2 * padding, W + 2 * padding
    numbers = np.arange(N * C * size[0] * size[1]).reshape(N, C, *size)
    places = im2col_windows(numbers, kernel_size, stride=stride)
    sums = np.bincount(places.ravel(), columns.ravel(), minlength=numbers.size).reshape(numbers.shape)
    return sums[:, :, padding : size[0] - padding, padding : size[1] - padding].astype(columns.dtype)


hand_in("sliding windows and bincount", im2col=im2col_windows, col2im=col2im_bincount)


def im2col_strided(x, kernel_size, *, stride=1, padding=0):
    KH, KW = kernel_size
    x = np.ascontiguousarray(np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))))
    N, C, H, W = x.shape
    OH, OW = int(np.floor((H - KH) / stride)) + 1, int(np.floor((W - KW) / stride)) + 1
    sn, sc, sh, sw = x.strides
    view = as_strided(x, (N, C, KH, KW, OH, OW), (sn, sc, sh, sw, sh * stride, sw * stride))
    return view.reshape(N, C * KH * KW, OH * OW).copy()


def col2im_windows(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=columns.dtype)
    view = sliding_window_view(padded, kernel_size, axis=(2, 3), writeable=True)[:, :, ::stride, ::stride]
    parts = columns.reshape(N, C, *kernel_size, *view.shape[2:4])
    for i in range(kernel_size[0]):
        for j in range(kernel_size[1]):
            view[:, :, :, :, i, j] += parts[:, :, i, j]
    return np.array(padded[:, :, padding : padding + H, padding : padding + W])


hand_in("as_strided", im2col=im2col_strided, col2im=col2im_windows)


# --- matrices of zeros and ones: what an adjoint is -----------------------------------------------------------------


def selector(size, kernel, stride, padding):
    outputs = (size + 2 * padding - kernel) // stride + 1
    reached = np.arange(kernel)[:, None] + np.arange(outputs) * stride - padding
    return np.equal.outer(reached, np.arange(size)).astype(np.float64)


def im2col_selector(x, kernel_size, *, stride=1, padding=0):
    N, C, H, W = x.shape
    rows = selector(H, kernel_size[0], stride, padding)
    cols = selector(W, kernel_size[1], stride, padding)
    columns = np.einsum("kih,ljw,nchw->ncklij", rows, cols, x, optimize=True)
    return columns.reshape(N, C * kernel_size[0] * kernel_size[1], -1)


def col2im_selector(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    rows = selector(H, kernel_size[0], stride, padding)
    cols = selector(W, kernel_size[1], stride, padding)
    parts = columns.reshape(N, C, len(rows), len(cols), rows.shape[1], cols.shape[1])
    return np.einsum("kih,ljw,ncklij->nchw", rows, cols, parts, optimize=True)


hand_in("selector matrices, columns", im2col=im2col_selector, col2im=col2im_selector)


# --- channels last inside; the result is a transposed copy ----------------------------------------------------------


def im2col_last(x, kernel_size, *, stride=1, padding=0):
    N, C, H, W = x.shape
    KH, KW = kernel_size
    image = np.pad(x.transpose(0, 2, 3, 1), ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    rows = np.empty((N, OH, OW, KH, KW, C), dtype=x.dtype)
    for i in range(KH):
        for j in range(KW):
            rows[..., i, j, :] = image[:, i : i + OH * stride : stride, j : j + OW * stride : stride]
    return rows.transpose(0, 5, 3, 4, 1, 2).reshape(N, C * KH * KW, OH * OW)


def col2im_rows(columns, input_shape, kernel_size, *, stride=1, padding=0):
    """First along the width, then along the height."""
    N, C, H, W = input_shape
    KH, KW = kernel_size
    OH, OW = 1 + (H + 2 * padding - KH) // stride, 1 + (W + 2 * padding - KW) // stride
    parts = columns.reshape(N, C, KH, KW, OH, OW)
    wide = np.zeros((N, C, KH, OH, W + 2 * padding), columns.dtype)
    for j in range(KW):
        wide[..., j : j + OW * stride : stride] += parts[:, :, :, j]
    tall = np.zeros((N, C, H + 2 * padding, W + 2 * padding), columns.dtype)
    for i in range(KH):
        tall[:, :, i : i + OH * stride : stride] += wide[:, :, i]
    if padding:
        tall = tall[:, :, padding:-padding, padding:-padding]
    return tall


hand_in("channels last columns", im2col=im2col_last, col2im=col2im_rows)


# --- 1x1 convolutions -----------------------------------------------------------------------------------------------


def pixels_as_rows(x, weight, bias):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    return (rows.dot(weight.T) + bias).reshape(N, H, W, -1).transpose(0, 3, 1, 2)


def pixels_einsum(x, weight, bias):
    return np.einsum("nchw,fc->nfhw", x, weight) + bias[None, :, None, None]


def pixels_tensordot(x, weight, bias):
    return np.moveaxis(np.tensordot(weight, x, axes=(1, 1)), 0, 1) + bias.reshape(1, -1, 1, 1)


def pixels_last_axis(x, weight, bias):
    out = np.swapaxes(x, 1, 3) @ weight.T
    out += bias
    return np.swapaxes(out, 3, 1)


def pixels_broadcast(x, weight, bias):
    total = (x[:, np.newaxis] * weight[np.newaxis, :, :, np.newaxis, np.newaxis]).sum(axis=2)
    return np.add(total, np.expand_dims(bias, (0, 2, 3)))


def pixels_float64(x, weight, bias):
    N, C, H, W = x.shape
    out = np.zeros((N, weight.shape[0], H * W))
    out[:] = np.matmul(weight.astype(float), x.reshape(N, C, H * W))
    return out.reshape(N, -1, H, W) + bias[:, None, None]


def pixels_augmented(x, weight, bias):
    N, _C, H, W = x.shape
    ones = np.ones((N, 1, H, W), dtype=x.dtype)
    return np.einsum("fc,nchw->nfhw", np.c_[weight, bias], np.concatenate([x, ones], axis=1))


def pixels_one_matrix(x, weight, bias):
    N, C, H, W = x.shape
    flat = np.reshape(np.swapaxes(x, 0, 1), (C, -1))
    out = np.dot(weight, flat) + bias[:, None]
    return out.reshape(-1, N, H, W).swapaxes(0, 1)


for _function in (
    pixels_as_rows,
    pixels_einsum,
    pixels_tensordot,
    pixels_last_axis,
    pixels_broadcast,
    pixels_float64,
    pixels_augmented,
    pixels_one_matrix,
):
    hand_in(_function.__name__.replace("_", " "), conv1x1_as_affine=_function)

"""Right convolutions as one product with a matrix: of columns in several layouts, or of the whole layer."""

import numpy as np

from tests.students.columns import get_im2col_indices
from tests.students.registry import cs231n_convolution, hand_in, hand_in_convolution

# --- with the course's own im2col and col2im ------------------------------------------------------------------------


def im2col(x, kernel_size, *, stride=1, padding=0):
    N, C, H, W = x.shape
    KH, KW = kernel_size
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    columns = np.zeros((N, C, KH, KW, OH, OW), dtype=x.dtype)
    for i in range(KH):
        for j in range(KW):
            columns[:, :, i, j] = padded[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride]
    return columns.reshape(N, C * KH * KW, OH * OW)


def col2im(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    KH, KW = kernel_size
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    columns = columns.reshape(N, C, KH, KW, OH, OW)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=columns.dtype)
    for i in range(KH):
        for j in range(KW):
            padded[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] += columns[:, :, i, j]
    return padded[:, :, padding : padding + H, padding : padding + W]


def conv2d_forward(x, weight, bias, *, stride=1, padding=0):
    F, _, KH, KW = weight.shape
    N, _, H, W = x.shape
    columns = im2col(x, (KH, KW), stride=stride, padding=padding)
    out = np.einsum("fk,nkp->nfp", weight.reshape(F, -1), columns) + bias.reshape(1, F, 1)
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    return out.reshape(N, F, OH, OW), (x, weight, stride, padding)


def conv2d_backward(dout, cache):
    x, weight, stride, padding = cache
    N, F = dout.shape[:2]
    columns = im2col(x, weight.shape[2:], stride=stride, padding=padding)
    flat = dout.reshape(N, F, -1)
    dweight = np.einsum("nfp,nkp->fk", flat, columns).reshape(weight.shape)
    dcolumns = np.einsum("fk,nfp->nkp", weight.reshape(F, -1), flat)
    dx = col2im(dcolumns, x.shape, weight.shape[2:], stride=stride, padding=padding)
    return dx, dweight, flat.sum(axis=(0, 2))


hand_in(
    "im2col and col2im",
    im2col=im2col,
    col2im=col2im,
    conv2d_forward=conv2d_forward,
    conv2d_backward=conv2d_backward,
)


# --- the fast layer of the most used course: fancy indices, columns with the batch last -----------------------------


def im2col_indices(x, field_height, field_width, padding=1, stride=1):
    p = padding
    x_padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="constant")
    k, i, j = get_im2col_indices(x.shape, field_height, field_width, padding, stride)
    cols = x_padded[:, k, i, j]
    C = x.shape[1]
    return cols.transpose(1, 2, 0).reshape(field_height * field_width * C, -1)


def col2im_indices(cols, x_shape, field_height=3, field_width=3, padding=1, stride=1):
    N, C, H, W = x_shape
    H_padded, W_padded = H + 2 * padding, W + 2 * padding
    x_padded = np.zeros((N, C, H_padded, W_padded), dtype=cols.dtype)
    k, i, j = get_im2col_indices(x_shape, field_height, field_width, padding, stride)
    cols_reshaped = cols.reshape(C * field_height * field_width, -1, N).transpose(2, 0, 1)
    np.add.at(x_padded, (slice(None), k, i, j), cols_reshaped)
    if padding == 0:
        return x_padded
    return x_padded[:, :, padding:-padding, padding:-padding]


def conv_forward_fast(x, w, b, conv_param):
    N, _C, H, W = x.shape
    num_filters, _, filter_height, filter_width = w.shape
    stride, pad = conv_param["stride"], conv_param["pad"]
    out_height = (H + 2 * pad - filter_height) // stride + 1
    out_width = (W + 2 * pad - filter_width) // stride + 1
    x_cols = im2col_indices(x, w.shape[2], w.shape[3], pad, stride)
    res = w.reshape((w.shape[0], -1)).dot(x_cols) + b.reshape(-1, 1)
    out = res.reshape(w.shape[0], out_height, out_width, x.shape[0])
    out = out.transpose(3, 0, 1, 2)
    return out, (x, w, b, conv_param, x_cols)


def conv_backward_fast(dout, cache):
    x, w, _b, conv_param, x_cols = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    db = np.sum(dout, axis=(0, 2, 3))
    num_filters, _, filter_height, filter_width = w.shape
    dout_reshaped = dout.transpose(1, 2, 3, 0).reshape(num_filters, -1)
    dw = dout_reshaped.dot(x_cols.T).reshape(w.shape)
    dx_cols = w.reshape(num_filters, -1).T.dot(dout_reshaped)
    dx = col2im_indices(dx_cols, x.shape, filter_height, filter_width, pad, stride)
    return dx, dw, db


hand_in_convolution(
    "cs231n, fancy indices", *cs231n_convolution(conv_forward_fast, conv_backward_fast), vectorized=True
)


# --- a well-known book: one row a window, an object as cache --------------------------------------------------------


def book_im2col(input_data, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_data.shape
    out_h = (H + 2 * pad - filter_h) // stride + 1
    out_w = (W + 2 * pad - filter_w) // stride + 1
    img = np.pad(input_data, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant")
    col = np.zeros((N, C, filter_h, filter_w, out_h, out_w))
    for y in range(filter_h):
        y_max = y + stride * out_h
        for x in range(filter_w):
            x_max = x + stride * out_w
            col[:, :, y, x, :, :] = img[:, :, y:y_max:stride, x:x_max:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * out_h * out_w, -1)


def book_col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_shape
    out_h = (H + 2 * pad - filter_h) // stride + 1
    out_w = (W + 2 * pad - filter_w) // stride + 1
    col = col.reshape(N, out_h, out_w, C, filter_h, filter_w).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2 * pad + stride - 1, W + 2 * pad + stride - 1))
    for y in range(filter_h):
        y_max = y + stride * out_h
        for x in range(filter_w):
            x_max = x + stride * out_w
            img[:, :, y:y_max:stride, x:x_max:stride] += col[:, :, y, x, :, :]
    return img[:, :, pad : H + pad, pad : W + pad]


class BookConvolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.x = self.col = self.col_W = self.dW = self.db = None

    def forward(self, x):
        FN, _, FH, FW = self.W.shape
        N, _, H, W = x.shape
        out_h = 1 + int((H + 2 * self.pad - FH) / self.stride)
        out_w = 1 + int((W + 2 * self.pad - FW) / self.stride)
        col = book_im2col(x, FH, FW, self.stride, self.pad)
        col_W = self.W.reshape(FN, -1).T
        out = np.dot(col, col_W) + self.b
        self.x, self.col, self.col_W = x, col, col_W
        return out.reshape(N, out_h, out_w, -1).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.col.T, dout).transpose(1, 0).reshape(FN, C, FH, FW)
        return book_col2im(np.dot(dout, self.col_W.T), self.x.shape, FH, FW, self.stride, self.pad)


def book_forward(x, weight, bias, *, stride=1, padding=0):
    layer = BookConvolution(weight, bias, stride, padding)
    return layer.forward(x), layer


def book_backward(dout, layer):
    dx = layer.backward(dout)
    return dx, layer.dW, layer.db


hand_in_convolution("book, one row a window", book_forward, book_backward, vectorized=True)


# --- flat positions: np.take forward, np.bincount backward ----------------------------------------------------------


def positions(C, H, W, KH, KW, stride):
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
    first = (np.arange(OH)[:, None] * W + np.arange(OW)) * stride
    offset = np.arange(C)[:, None, None] * (H * W) + np.arange(KH)[:, None] * W + np.arange(KW)
    return np.add.outer(offset.ravel(), first.ravel()), OH, OW


def flat_forward(x, weight, bias, *, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    N, F = len(x), len(weight)
    index, OH, OW = positions(*x.shape[1:], *weight.shape[2:], stride)
    columns = np.take(x.reshape(N, -1), index, axis=1)
    out = np.matmul(weight.reshape(1, F, -1), columns) + bias[:, np.newaxis]
    return out.reshape(N, F, OH, OW), {
        "shape": x.shape,
        "columns": columns,
        "index": index,
        "w": weight,
        "p": padding,
    }


def flat_backward(dout, cache):
    N, C, H, W = cache["shape"]
    w, p = cache["w"], cache["p"]
    F = len(w)
    d = dout.reshape(N, F, -1)
    dw = np.matmul(d, np.swapaxes(cache["columns"], 1, 2)).sum(0).reshape(w.shape)
    shares = np.matmul(w.reshape(F, -1).T, d)
    places = cache["index"][None] + np.arange(N).reshape(N, 1, 1) * (C * H * W)
    dx = np.bincount(places.ravel(), weights=shares.ravel(), minlength=N * C * H * W).reshape(N, C, H, W)
    return dx[:, :, p : H - p, p : W - p], dw, np.einsum("nfp->f", d)


hand_in_convolution("flat positions and bincount", flat_forward, flat_backward, vectorized=True)


# --- the whole layer as one sparse matrix, written out --------------------------------------------------------------


def layer_matrix(x_shape, weight, stride):
    _, C, H, W = x_shape
    F, _, KH, KW = weight.shape
    index, OH, OW = positions(C, H, W, KH, KW, stride)
    matrix = np.zeros((F, OH * OW, C * H * W), dtype=weight.dtype)
    place = np.arange(OH * OW)
    matrix[:, place, index] = weight.reshape(F, -1, 1)
    return matrix.reshape(F * OH * OW, C * H * W), index, (OH, OW)


def toeplitz_forward(x, weight, bias, *, stride=1, padding=0):
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    matrix, index, (OH, OW) = layer_matrix(padded.shape, weight, stride)
    out = padded.reshape(len(x), -1) @ matrix.T + np.repeat(bias, OH * OW)
    return out.reshape(len(x), len(weight), OH, OW), (padded, weight, matrix, index, padding)


def toeplitz_backward(dout, cache):
    padded, weight, matrix, index, p = cache
    N, _C, H, W = padded.shape
    F = len(weight)
    d = dout.reshape(N, -1)
    dx = (d @ matrix).reshape(padded.shape)[:, :, p : H - p, p : W - p]
    dmatrix = (d.T @ padded.reshape(N, -1)).reshape(F, -1, matrix.shape[1])
    dweight = dmatrix[:, np.arange(dmatrix.shape[1]), index].sum(axis=-1).reshape(weight.shape)
    return dx, dweight, d.reshape(N, F, -1).sum(axis=2).sum(axis=0)


hand_in_convolution("the layer as one matrix", toeplitz_forward, toeplitz_backward, vectorized=True)

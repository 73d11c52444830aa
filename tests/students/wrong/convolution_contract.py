"""Wrong convolutions by their contract: order, dtype and number of results, inputs modified, gradients not derived."""

import numpy as np

from tests.students.wrong.convolution_backward import forward_that_keeps_the_padded_image, naive, pad_sides
from tests.students.wrong.registry import convolution_backward, convolution_forward


@convolution_forward(r"copy|modif|shape")
def bias_is_reshaped_in_place(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = pad_sides(x, pad)
    b.shape = (1, F)
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x_pad[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", window, w) + b
    return out, (x, w, b, conv_param)


@convolution_forward(r"copy|modif")
def filters_are_flipped_in_place(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, _C, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = pad_sides(x, pad)
    for f in range(F):
        w[f] = w[f, :, ::-1, ::-1].copy()
    out = np.zeros((N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x_pad[:, :, i * stride : i * stride + HH, j * stride : j * stride + WW]
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", window[:, :, ::-1, ::-1], w) + b
    return out, (x, w, b, conv_param)


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

"""Two-dimensional convolution: with loops, as a matrix product of columns, and with a 1x1 kernel."""

import numpy as np


def conv2d_loops_forward(x, weight, bias, *, stride=1, padding=0):
    """Convolve a batch of images with a bank of filters, one multiplication at a time.

    out[n, f, i, j] = bias[f] + sum over c, kh, kw of
                      padded[n, c, i * stride + kh, j * stride + kw] * weight[f, c, kh, kw]

    where `padded` is x with `padding` zeros added on all four sides of each image.

    Parameters
    ----------
    x : (N, C, H, W) array of float
        Batch of N images with C channels.
    weight : (F, C, KH, KW) array of float
        F filters; KH and KW may differ.
    bias : (F,) array of float
        One bias per filter.
    stride : int
        Step between neighboring windows, the same for both axes.
    padding : int
        Number of zeros added on each of the four sides.

    Returns
    -------
    out : (N, F, OH, OW) array of float
        OH = floor((H + 2 * padding - KH) / stride) + 1 and OW = floor((W + 2 * padding - KW) / stride) + 1.
    cache : tuple
        ``(x, weight, bias, stride, padding)``, for `conv2d_loops_backward`. The x in it is not padded.

    Notes
    -----
    The kernel is not flipped (mathematically a cross-correlation, as in all deep-learning libraries).
    Where the stride does not divide evenly, the last rows and columns of the padded image are not used.
    Never modify an argument. float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, KH, KW = weight.shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    total = bias[f]
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                pixel = padded[n, c, i * stride + kh, j * stride + kw]
                                total = total + pixel * weight[f, c, kh, kw]
                    out[n, f, i, j] = total
    cache = (x, weight, bias, stride, padding)
    return out, cache
    ### END SOLUTION


def conv2d_loops_backward(dout, cache):
    """Compute the gradients of a convolution, one multiplication at a time.

    With L the loss, dout = dL/dout; the three results are dL/dx, dL/dweight and dL/dbias.

    Parameters
    ----------
    dout : (N, F, OH, OW) array of float
        Gradient of the loss with respect to the output of the forward pass.
    cache : tuple
        ``(x, weight, bias, stride, padding)``, as `conv2d_loops_forward` returns it. The x in it is not
        padded.

    Returns
    -------
    dx : (N, C, H, W) array of float
        Gradient with respect to the images, in the shape of x before padding.
    dweight : (F, C, KH, KW) array of float
        Gradient with respect to the filters.
    dbias : (F,) array of float
        Gradient with respect to the biases.

    Notes
    -----
    Windows may overlap: an entry of x receives the sum of the gradients of all windows that contain it. An
    entry that no window contains receives zero.
    Gradients are sums over the batch, not means.
    Never modify an argument; the cache can be used again.
    float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    x, weight, bias, stride, padding = cache
    N, C, H, W = x.shape
    F, C, KH, KW = weight.shape
    N, F, OH, OW = dout.shape
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dpadded = np.zeros_like(padded)
    dweight = np.zeros_like(weight)
    dbias = np.zeros_like(bias)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    upstream = dout[n, f, i, j]
                    dbias[f] += upstream
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                row = i * stride + kh
                                col = j * stride + kw
                                dpadded[n, c, row, col] += upstream * weight[f, c, kh, kw]
                                dweight[f, c, kh, kw] += upstream * padded[n, c, row, col]
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]
    return dx, dweight, dbias
    ### END SOLUTION


def im2col(x, kernel_size, *, stride=1, padding=0):
    """Arrange every window of a batch of images as one column of a matrix.

    columns[n, (c * KH + kh) * KW + kw, i * OW + j] = padded[n, c, i * stride + kh, j * stride + kw]

    where `padded` is x with `padding` zeros added on all four sides of each image.

    Parameters
    ----------
    x : (N, C, H, W) array
        Batch of N images with C channels.
    kernel_size : (int, int)
        Height and width (KH, KW) of a window; they may differ.
    stride : int
        Step between neighboring windows, the same for both axes.
    padding : int
        Number of zeros added on each of the four sides.

    Returns
    -------
    columns : (N, C * KH * KW, OH * OW) array
        A new array of the dtype of x. OH = floor((H + 2 * padding - KH) / stride) + 1 and
        OW = floor((W + 2 * padding - KW) / stride) + 1.

    Notes
    -----
    Row order: channel first, then kernel row, then kernel column. Column order: output row first, then output
    column. This is the layout of ``torch.nn.functional.unfold``.
    Windows may overlap (stride smaller than the kernel) or leave gaps (stride larger than the kernel).
    No Python loop over N, C, H or W; a loop over the KH * KW positions of the kernel is fine.
    Never modify an argument, and share no memory with it.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    KH, KW = kernel_size
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    padded = x
    if padding > 0:
        padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=x.dtype)
        padded[:, :, padding : padding + H, padding : padding + W] = x
    columns = np.empty((N, C, KH, KW, OH, OW), dtype=x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh, kh + stride * OH, stride)
            cols = slice(kw, kw + stride * OW, stride)
            columns[:, :, kh, kw] = padded[:, :, rows, cols]
    return columns.reshape(N, C * KH * KW, OH * OW)
    ### END SOLUTION


def col2im(columns, input_shape, kernel_size, *, stride=1, padding=0):
    """Add every column back to the pixels it was taken from: the adjoint of `im2col`.

    padded[n, c, i * stride + kh, j * stride + kw] += columns[n, (c * KH + kh) * KW + kw, i * OW + j]

    for all kh, kw, i, j, starting from zeros; x is `padded` without its border.

    Parameters
    ----------
    columns : (N, C * KH * KW, OH * OW) array
        Columns in the layout of `im2col`.
    input_shape : (int, int, int, int)
        Shape (N, C, H, W) of the result, without padding.
    kernel_size : (int, int)
        Height and width (KH, KW) of a window; they may differ.
    stride : int
        Step between neighboring windows, the same for both axes.
    padding : int
        Number of border entries on each of the four sides that `im2col` had added and that are dropped here.

    Returns
    -------
    x : (N, C, H, W) array
        A new array of the dtype of the columns.

    Notes
    -----
    Adjoint means ``sum(im2col(x) * columns) == sum(x * col2im(columns))`` for all x and columns. It is not
    the inverse: where windows overlap the contributions add up, and a pixel that no window contains is zero.
    This is ``torch.nn.functional.fold``.
    No Python loop over N, C, H or W; a loop over the KH * KW positions of the kernel is fine.
    Never modify an argument, and share no memory with it.
    """
    ### BEGIN SOLUTION
    N, C, H, W = input_shape
    KH, KW = kernel_size
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    windows = columns.reshape(N, C, KH, KW, OH, OW)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=columns.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh, kh + stride * OH, stride)
            cols = slice(kw, kw + stride * OW, stride)
            padded[:, :, rows, cols] += windows[:, :, kh, kw]
    return padded[:, :, padding : padding + H, padding : padding + W]
    ### END SOLUTION


def conv2d_forward(x, weight, bias, *, stride=1, padding=0):
    """Convolve a batch of images with a bank of filters, as a matrix product.

    out[n, f, i, j] = bias[f] + sum over c, kh, kw of
                      padded[n, c, i * stride + kh, j * stride + kw] * weight[f, c, kh, kw]

    where `padded` is x with `padding` zeros added on all four sides of each image. Same values as
    `conv2d_loops_forward`.

    Parameters
    ----------
    x : (N, C, H, W) array of float
        Batch of N images with C channels.
    weight : (F, C, KH, KW) array of float
        F filters; KH and KW may differ.
    bias : (F,) array of float
        One bias per filter.
    stride : int
        Step between neighboring windows, the same for both axes.
    padding : int
        Number of zeros added on each of the four sides.

    Returns
    -------
    out : (N, F, OH, OW) array of float
        OH = floor((H + 2 * padding - KH) / stride) + 1 and OW = floor((W + 2 * padding - KW) / stride) + 1.
    cache : whatever your backward needs
        Handed to `conv2d_backward` as it is.

    Notes
    -----
    The kernel is not flipped (mathematically a cross-correlation, as in all deep-learning libraries).
    Where the stride does not divide evenly, the last rows and columns of the padded image are not used.
    No Python loop over N, C, H, W or F; a loop over the KH * KW positions of the kernel is fine.
    Never modify an argument. float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, KH, KW = weight.shape
    OH = (H + 2 * padding - KH) // stride + 1
    OW = (W + 2 * padding - KW) // stride + 1
    columns = im2col(x, (KH, KW), stride=stride, padding=padding)
    out = weight.reshape(F, C * KH * KW) @ columns
    out += bias[:, None]
    cache = (x.shape, weight, columns, stride, padding)
    return out.reshape(N, F, OH, OW), cache
    ### END SOLUTION


def conv2d_backward(dout, cache):
    """Compute the gradients of a convolution with matrix products.

    With L the loss, dout = dL/dout; the three results are dL/dx, dL/dweight and dL/dbias. Same values as
    `conv2d_loops_backward`.

    Parameters
    ----------
    dout : (N, F, OH, OW) array of float
        Gradient of the loss with respect to the output of the forward pass.
    cache : whatever your backward needs
        As your `conv2d_forward` returned it.

    Returns
    -------
    dx : (N, C, H, W) array of float
        Gradient with respect to the images, in the shape of x before padding.
    dweight : (F, C, KH, KW) array of float
        Gradient with respect to the filters.
    dbias : (F,) array of float
        Gradient with respect to the biases.

    Notes
    -----
    Windows may overlap: an entry of x receives the sum of the gradients of all windows that contain it. An
    entry that no window contains receives zero.
    Gradients are sums over the batch, not means.
    No Python loop over N, C, H, W or F; a loop over the KH * KW positions of the kernel is fine.
    Never modify an argument; the cache can be used again.
    float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    input_shape, weight, columns, stride, padding = cache
    F, C, KH, KW = weight.shape
    N, F, OH, OW = dout.shape
    dout = dout.reshape(N, F, OH * OW)
    dbias = dout.sum(axis=(0, 2))
    dweight = (dout @ columns.transpose(0, 2, 1)).sum(axis=0)
    dcolumns = weight.reshape(F, C * KH * KW).T @ dout
    dx = col2im(dcolumns, input_shape, (KH, KW), stride=stride, padding=padding)
    return dx, dweight.reshape(weight.shape), dbias
    ### END SOLUTION


def conv1x1_as_affine(x, weight, bias):
    """Apply the same affine layer to the channels of every pixel: a convolution with a 1x1 kernel.

    out[n, f, i, j] = bias[f] + sum over c of weight[f, c] * x[n, c, i, j]

    Parameters
    ----------
    x : (N, C, H, W) array of float
        Batch of N images with C channels.
    weight : (F, C) array of float
        Weights of the affine layer, one row per output channel.
    bias : (F,) array of float
        One bias per output channel.

    Returns
    -------
    out : (N, F, H, W) array of float
        Same as a convolution with the filters ``weight[:, :, None, None]``, stride 1 and no padding.

    Notes
    -----
    The height and the width do not change, only the number of channels does.
    No Python loop over N, C, H, W or F.
    Never modify an argument. float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C = weight.shape
    pixels = x.reshape(N, C, H * W)
    out = weight @ pixels + bias[:, None]
    return out.reshape(N, F, H, W)
    ### END SOLUTION

"""Pooling layers: maximum, average, global average and fractional maximum."""

import numpy as np


def max_pool2d_forward(x, *, kernel_size, stride):
    """Take the maximum of every window of every channel.

    out[n, c, i, j] = max over kh, kw of x[n, c, i * stride + kh, j * stride + kw]

    Parameters
    ----------
    x : (N, C, H, W) array of float
        Batch of N images with C channels.
    kernel_size : (int, int)
        Height and width (KH, KW) of a window; they may differ.
    stride : int
        Step between neighboring windows, the same for both axes.

    Returns
    -------
    out : (N, C, OH, OW) array of float
        OH = floor((H - KH) / stride) + 1 and OW = floor((W - KW) / stride) + 1.
    cache : whatever your backward needs
        Handed to `max_pool2d_backward` as it is.

    Notes
    -----
    There is no padding. Windows may overlap (stride smaller than the kernel) or leave gaps (stride larger
    than the kernel); the values may all be negative.
    Because of the floor division, pixels at the lower and right border may belong to no window.
    Python loops are accepted; a loop over just the KH * KW positions of the window is much faster.
    Never modify an argument. float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    KH, KW = kernel_size
    OH = (H - KH) // stride + 1
    OW = (W - KW) // stride + 1
    out = np.full((N, C, OH, OW), -np.inf, dtype=x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh, kh + stride * OH, stride)
            cols = slice(kw, kw + stride * OW, stride)
            np.maximum(out, x[:, :, rows, cols], out=out)
    cache = (x, out, kernel_size, stride)
    return out, cache
    ### END SOLUTION


def max_pool2d_backward(dout, cache):
    """Send the gradient of every window to the entry that was its maximum.

    dx[n, c, h, w] = sum of dout[n, c, i, j] over all windows (i, j) whose maximum is x[n, c, h, w]

    Parameters
    ----------
    dout : (N, C, OH, OW) array of float
        Gradient of the loss with respect to the output of the forward pass.
    cache : whatever your backward needs
        As your `max_pool2d_forward` returned it.

    Returns
    -------
    dx : (N, C, H, W) array of float
        Gradient with respect to the images.

    Notes
    -----
    Windows may overlap: an entry that is the maximum of several windows receives the sum of their gradients.
    All other entries, also those that belong to no window because of the floor division, receive zero.
    If several entries of a window tie for its maximum, giving the gradient to one of them or sharing it among
    them is accepted; the checks have no ties.
    Python loops are accepted; a loop over just the KH * KW positions of the window is much faster.
    Never modify an argument; the cache can be used again.
    float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    x, out, (KH, KW), stride = cache
    OH, OW = dout.shape[2:]
    dx = np.zeros_like(x)
    waiting = np.ones(out.shape, dtype=bool)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh, kh + stride * OH, stride)
            cols = slice(kw, kw + stride * OW, stride)
            winner = waiting & (x[:, :, rows, cols] == out)
            dx[:, :, rows, cols] += winner * dout
            waiting &= ~winner
    return dx
    ### END SOLUTION


def avg_pool2d_forward(x, *, kernel_size, stride):
    """Take the mean of every window of every channel.

    out[n, c, i, j] = 1 / (KH * KW) * sum over kh, kw of x[n, c, i * stride + kh, j * stride + kw]

    Parameters
    ----------
    x : (N, C, H, W) array of float
        Batch of N images with C channels.
    kernel_size : (int, int)
        Height and width (KH, KW) of a window; they may differ.
    stride : int
        Step between neighboring windows, the same for both axes.

    Returns
    -------
    out : (N, C, OH, OW) array of float
        OH = floor((H - KH) / stride) + 1 and OW = floor((W - KW) / stride) + 1.
    cache : whatever your backward needs
        Handed to `avg_pool2d_backward` as it is.

    Notes
    -----
    There is no padding. Windows may overlap (stride smaller than the kernel) or leave gaps (stride larger
    than the kernel). Because of the floor division, pixels at the lower and right border may belong to no
    window.
    Python loops are accepted; a loop over just the KH * KW positions of the window is much faster.
    Never modify an argument. float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    KH, KW = kernel_size
    OH = (H - KH) // stride + 1
    OW = (W - KW) // stride + 1
    out = np.zeros((N, C, OH, OW), dtype=x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh, kh + stride * OH, stride)
            cols = slice(kw, kw + stride * OW, stride)
            out += x[:, :, rows, cols]
    out /= KH * KW
    cache = (x.shape, kernel_size, stride)
    return out, cache
    ### END SOLUTION


def avg_pool2d_backward(dout, cache):
    """Share the gradient of every window equally among its entries.

    dx[n, c, h, w] = sum of dout[n, c, i, j] / (KH * KW) over all windows (i, j) that contain (h, w)

    Parameters
    ----------
    dout : (N, C, OH, OW) array of float
        Gradient of the loss with respect to the output of the forward pass.
    cache : whatever your backward needs
        As your `avg_pool2d_forward` returned it.

    Returns
    -------
    dx : (N, C, H, W) array of float
        Gradient with respect to the images.

    Notes
    -----
    Windows may overlap: an entry of several windows receives the sum of its shares. An entry that belongs to
    no window, because of a gap or of the floor division, receives zero.
    Python loops are accepted; a loop over just the KH * KW positions of the window is much faster.
    Never modify an argument; the cache can be used again.
    float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    input_shape, (KH, KW), stride = cache
    OH, OW = dout.shape[2:]
    share = dout / (KH * KW)
    dx = np.zeros(input_shape, dtype=dout.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh, kh + stride * OH, stride)
            cols = slice(kw, kw + stride * OW, stride)
            dx[:, :, rows, cols] += share
    return dx
    ### END SOLUTION


def global_avg_pool_forward(x):
    """Take the mean of every channel over the whole image.

    out[n, c] = 1 / (H * W) * sum over h, w of x[n, c, h, w]

    Parameters
    ----------
    x : (N, C, H, W) array of float
        Batch of N images with C channels.

    Returns
    -------
    out : (N, C) array of float
        One number per image and channel; the two image axes are gone.
    cache : whatever your backward needs
        Handed to `global_avg_pool_backward` as it is.

    Notes
    -----
    Never modify an argument. float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    out = x.mean(axis=(2, 3))
    cache = x.shape
    return out, cache
    ### END SOLUTION


def global_avg_pool_backward(dout, cache):
    """Share the gradient of every channel equally among its pixels.

    dx[n, c, h, w] = dout[n, c] / (H * W)

    Parameters
    ----------
    dout : (N, C) array of float
        Gradient of the loss with respect to the output of the forward pass.
    cache : whatever your backward needs
        As your `global_avg_pool_forward` returned it.

    Returns
    -------
    dx : (N, C, H, W) array of float
        Gradient with respect to the images, an ordinary array that may be written to.

    Notes
    -----
    Never modify an argument; the cache can be used again.
    float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    N, C, H, W = cache
    dx = np.empty((N, C, H, W), dtype=dout.dtype)
    dx[:] = dout[:, :, None, None] / (H * W)
    return dx
    ### END SOLUTION


def fractional_pool_boundaries(input_size, output_size, u):
    """Compute where the regions of fractional max pooling begin and end along one axis.

    alpha = input_size / output_size
    b_i = ceil(alpha * (i + u)) - 1    for i = 0, ..., output_size

    This is the pseudorandom sequence of Graham (2014). Region i is the half-open range b_i, ..., b_(i+1) - 1.

    Parameters
    ----------
    input_size : int
        Size of the input along the axis.
    output_size : int
        Number of regions; 1 <= alpha <= 2.
    u : float
        Offset of the sequence, 0 < u <= 1 / alpha; drawn at random, once per axis, by the caller.

    Returns
    -------
    boundaries : (output_size + 1,) array of int
        b_0, ..., b_(output_size). The first is 0, the last is input_size, and neighbors differ by 1 or 2.

    Notes
    -----
    The result depends on u alone: no random numbers are drawn here.
    The dtype is an integer dtype, so that the boundaries can be used as indices.
    The checks avoid values of u at which floating-point rounding of alpha * (i + u) would decide.
    """
    ### BEGIN SOLUTION
    alpha = input_size / output_size
    index = np.arange(output_size + 1)
    boundaries = np.ceil(alpha * (index + u)).astype(int) - 1
    boundaries[0] = 0
    boundaries[-1] = input_size
    return boundaries
    ### END SOLUTION


def fractional_max_pool_forward(x, *, rows, cols):
    """Take the maximum of every region of a grid of disjoint regions of varying sizes.

    out[n, c, i, j] = max of x[n, c, rows[i]:rows[i + 1], cols[j]:cols[j + 1]]

    Parameters
    ----------
    x : (N, C, H, W) array of float
        Batch of N images with C channels.
    rows : (OH + 1,) array of int
        Strictly increasing boundaries of the regions along the height, from 0 to H.
    cols : (OW + 1,) array of int
        Strictly increasing boundaries of the regions along the width, from 0 to W.

    Returns
    -------
    out : (N, C, OH, OW) array of float
        One number per region; OH = len(rows) - 1 and OW = len(cols) - 1.
    cache : whatever your backward needs
        Handed to `fractional_max_pool_backward` as it is.

    Notes
    -----
    The regions are the same for all images and channels. They need not have equal sizes; in fractional
    pooling each is 1 or 2 entries high and 1 or 2 wide, but any strictly increasing boundaries are valid.
    Python loops are accepted; one over just the OH * OW regions is much faster.
    Never modify an argument. float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    row_maxima = np.maximum.reduceat(x, rows[:-1], axis=2)
    out = np.maximum.reduceat(row_maxima, cols[:-1], axis=3)
    cache = (x, out, rows, cols)
    return out, cache
    ### END SOLUTION


def fractional_max_pool_backward(dout, cache):
    """Send the gradient of every region to the entry that was its maximum.

    dx[n, c, h, w] = dout[n, c, i, j] if x[n, c, h, w] is the maximum of its region (i, j), else 0

    Parameters
    ----------
    dout : (N, C, OH, OW) array of float
        Gradient of the loss with respect to the output of the forward pass.
    cache : whatever your backward needs
        As your `fractional_max_pool_forward` returned it.

    Returns
    -------
    dx : (N, C, H, W) array of float
        Gradient with respect to the images.

    Notes
    -----
    The regions are disjoint, so at most one gradient reaches each entry.
    If several entries of a region tie for its maximum, giving the gradient to one of them or sharing it among
    them is accepted; the checks have no ties.
    Python loops are accepted; one over just the OH * OW regions is much faster.
    Never modify an argument; the cache can be used again.
    float32 stays float32; returning float64 for a float32 input is accepted.
    """
    ### BEGIN SOLUTION
    x, out, rows, cols = cache
    region_row = np.repeat(np.arange(len(rows) - 1), np.diff(rows))
    region_col = np.repeat(np.arange(len(cols) - 1), np.diff(cols))
    region = np.ix_(region_row, region_col)
    winner = x == out[:, :, region[0], region[1]]
    ties = np.add.reduceat(np.add.reduceat(winner, rows[:-1], axis=2, dtype=x.dtype), cols[:-1], axis=3)
    share = dout / ties
    return winner * share[:, :, region[0], region[1]]
    ### END SOLUTION

"""Common mistakes in the convolution exercises that use loops."""

from grader.bugs import Bug

_PAD = "np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))"


def _forward(mistake: str, replace: str, by: str, hint: str, aspect: str = "values") -> Bug:
    return Bug(f"conv2d_loops_forward/{mistake}", replace, by, f"check_conv2d_loops_forward_{aspect}", hint)


def _backward(mistake: str, replace: str, by: str, aspect: str, hint: str) -> Bug:
    return Bug(f"conv2d_loops_backward/{mistake}", replace, by, f"check_conv2d_loops_backward_{aspect}", hint)


LOOPS_FORWARD = [
    _forward(
        "ignores_stride",
        "pixel = padded[n, c, i * stride + kh, j * stride + kw]",
        "pixel = padded[n, c, i + kh, j + kw]",
        "window (i, j) begins at row i * stride and column j * stride, not at (i, j).",
    ),
    _forward(
        "stride_in_rows_only",
        "pixel = padded[n, c, i * stride + kh, j * stride + kw]",
        "pixel = padded[n, c, i * stride + kh, j + kw]",
        "the stride is used for the rows but not for the columns of the window.",
    ),
    _forward(
        "stride_in_columns_only",
        "pixel = padded[n, c, i * stride + kh, j * stride + kw]",
        "pixel = padded[n, c, i + kh, j * stride + kw]",
        "the stride is used for the columns but not for the rows of the window.",
    ),
    _forward(
        "flips_the_kernel",
        "total = total + pixel * weight[f, c, kh, kw]",
        "total = total + pixel * weight[f, c, KH - 1 - kh, KW - 1 - kw]",
        "the kernel is flipped: deep learning's convolution does not flip it (it is a cross-correlation).",
    ),
    _forward(
        "forgets_bias",
        "total = bias[f]",
        "total = 0.0",
        "the bias of the filter is missing from the output.",
    ),
    _forward(
        "bias_for_every_channel",
        "                    for c in range(C):",
        "                    total = total * C\n                    for c in range(C):",
        "the bias is added once per output entry, not once per input channel.",
    ),
    _forward(
        "first_channel_only",
        "for c in range(C):",
        "for c in range(1):",
        "only the first input channel is used: a filter sums over all channels.",
    ),
    _forward(
        "last_channel_wins",
        "for c in range(C):",
        "for c in range(C - 1, C):",
        "only the last input channel counts: the sum over channels starts anew for each one.",
    ),
    _forward(
        "padding_ignored",
        _PAD,
        "np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))",
        "the zeros are added below and on the right only; padding goes on all four sides.",
    ),
    _forward(
        "pads_the_channels",
        f"padded = {_PAD}",
        "padded = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (padding, padding)))",
        "the channel axis is padded too: np.pad needs (0, 0) for the batch and channel axes.",
    ),
    _forward(
        "repeats_the_edge",
        f"padded = {_PAD}",
        'padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="edge")',
        "the border repeats the edge of the image: padding adds zeros.",
    ),
    _forward(
        "swaps_height_and_width",
        "return out, cache",
        "return out.transpose(0, 1, 3, 2), cache",
        "height and width are swapped: the first image axis is H (rows), the second W (columns).",
    ),
    _forward(
        "output_size_forgets_padding",
        "    out = np.zeros((N, F, OH, OW), dtype=x.dtype)",
        "    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1\n"
        "    out = np.zeros((N, F, OH, OW), dtype=x.dtype)",
        "the size of the output is computed without the padding: H + 2 * padding is what the window moves over.",
    ),
    _forward(
        "square_kernel",
        "for kw in range(KW):",
        "for kw in range(min(KH, KW)):",
        "the loop over the kernel's columns runs over too few of them: KW, not KH.",
    ),
    _forward(
        "rounds_up",
        "    out = np.zeros((N, F, OH, OW), dtype=x.dtype)",
        "    OH = -(-(H + 2 * padding - KH) // stride) + 1\n"
        "    OW = -(-(W + 2 * padding - KW) // stride) + 1\n"
        "    padded = np.pad(padded, ((0, 0), (0, 0), (0, stride), (0, stride)))\n"
        "    out = np.zeros((N, F, OH, OW), dtype=x.dtype)",
        "where the stride does not divide evenly the output size is rounded down; here it is rounded up.",
    ),
    _forward(
        "first_image_only",
        "pixel = padded[n, c, i * stride + kh, j * stride + kw]",
        "pixel = padded[0, c, i * stride + kh, j * stride + kw]",
        "every output is computed from the first image of the batch: where is n?",
    ),
    _forward(
        "mean_instead_of_sum",
        "total = total + pixel * weight[f, c, kh, kw]",
        "total = total + pixel * weight[f, c, kh, kw] / (C * KH * KW)",
        "a convolution adds the products up; here they are averaged.",
    ),
    _forward(
        "whole_numbers",
        "out = np.zeros((N, F, OH, OW), dtype=x.dtype)",
        "out = np.zeros((N, F, OH, OW), dtype=int)",
        "the output array holds whole numbers, so every value is cut off: use the dtype of x.",
    ),
]

LOOPS_BACKWARD = [
    _backward(
        "assigns_dx",
        "dpadded[n, c, row, col] += upstream * weight[f, c, kh, kw]",
        "dpadded[n, c, row, col] = upstream * weight[f, c, kh, kw]",
        "dx",
        "an entry of x belongs to several windows and filters: add their gradients up (+=), do not overwrite (=).",
    ),
    _backward(
        "overlap_overwrites",
        "                    for c in range(C):",
        "                    top, left = i * stride, j * stride\n"
        "                    if f == 0:\n"
        "                        dpadded[n, :, top : top + KH, left : left + KW] = 0\n"
        "                    for c in range(C):",
        "dx",
        "where windows overlap the last one wins: the gradients of all windows add up (+=, not =).",
    ),
    _backward(
        "assigns_dweight",
        "dweight[f, c, kh, kw] += upstream * padded[n, c, row, col]",
        "dweight[f, c, kh, kw] = upstream * padded[n, c, row, col]",
        "dweight",
        "a weight is used at every position of every image: its gradient is a sum over all of them (+=, not =).",
    ),
    _backward(
        "assigns_dbias",
        "dbias[f] += upstream",
        "dbias[f] = upstream",
        "dbias",
        "a bias is used at every position of every image: its gradient is the sum of dout over all of them.",
    ),
    _backward(
        "empty_slice_without_padding",
        "dx = dpadded[:, :, padding : padding + H, padding : padding + W]",
        "dx = dpadded[:, :, padding:-padding, padding:-padding]",
        "dx",
        "[padding:-padding] is empty when padding is 0, because -0 is 0: slice up to padding + H instead.",
    ),
    _backward(
        "keeps_the_padding",
        "dx = dpadded[:, :, padding : padding + H, padding : padding + W]",
        "dx = dpadded",
        "dx",
        "the border that was added in the forward pass is still there: cut it off, dx has the shape of x.",
    ),
    _backward(
        "cuts_the_wrong_corner",
        "dx = dpadded[:, :, padding : padding + H, padding : padding + W]",
        "dx = dpadded[:, :, :H, :W]",
        "dx",
        "the padding is cut off on one side only: the image begins at row and column `padding`.",
    ),
    _backward(
        "unpadded_x_in_dweight",
        f"padded = {_PAD}",
        "padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))",
        "dweight",
        "dweight is made from another image than the forward pass saw: pad x on all four sides here too.",
    ),
    _backward(
        "flips_the_kernel",
        "dpadded[n, c, row, col] += upstream * weight[f, c, kh, kw]",
        "dpadded[n, c, row, col] += upstream * weight[f, c, KH - 1 - kh, KW - 1 - kw]",
        "dx",
        "the kernel is flipped once too often: each pixel gets back the weight that multiplied it.",
    ),
    _backward(
        "ignores_stride",
        "                                row = i * stride + kh\n                                col = j * stride + kw",
        "                                row = i + kh\n                                col = j + kw",
        "dx",
        "window (i, j) begins at row i * stride and column j * stride in the backward pass too.",
    ),
    _backward(
        "stride_in_rows_only",
        "col = j * stride + kw",
        "col = j + kw",
        "dx",
        "the stride is used for the rows but not for the columns.",
    ),
    _backward(
        "loops_end_early",
        "            for i in range(OH):\n                for j in range(OW):",
        "            for i in range((H + 2 * padding - KH + stride - 1) // stride):\n"
        "                for j in range((W + 2 * padding - KW + stride - 1) // stride):",
        "dx",
        "the last windows contribute nothing: a range up to H + 2 * padding - KH leaves the last one out, so add 1.",
    ),
    _backward(
        "averages_over_the_batch",
        "    return dx, dweight, dbias",
        "    return dx, dweight / N, dbias / N",
        "dweight",
        "dweight and dbias are sums over the batch; dividing by N belongs to the loss, not to the layer.",
    ),
    _backward(
        "dbias_per_image",
        "    return dx, dweight, dbias",
        "    return dx, dweight, dout.sum(axis=(1, 2, 3))",
        "dbias",
        "dbias is summed over the wrong axes: one number per filter, so sum over N, OH and OW.",
    ),
    _backward(
        "dbias_keeps_axes",
        "    return dx, dweight, dbias",
        "    return dx, dweight, dout.sum(axis=0)",
        "dbias",
        "dbias must have the shape of bias: sum dout over the batch and over both image axes.",
    ),
    _backward(
        "dbias_averaged",
        "    return dx, dweight, dbias",
        "    return dx, dweight, dout.mean(axis=(0, 2, 3))",
        "dbias",
        "dbias is a sum over all positions, not a mean.",
    ),
    _backward(
        "dbias_of_the_last_image",
        "    dx = dpadded",
        "    dbias = dout[-1].sum(axis=(1, 2))\n    dx = dpadded",
        "dbias",
        "only the last image of the batch contributes to dbias: is it reset inside the loop over n?",
    ),
    _backward(
        "dweight_of_the_last_image",
        "    for n in range(N):\n",
        "    for n in range(N):\n        dweight[...] = 0\n",
        "dweight",
        "only the last image of the batch contributes to dweight: it is reset inside the loop over n.",
    ),
    _backward(
        "first_channel_only",
        "dpadded[n, c, row, col] += upstream * weight[f, c, kh, kw]",
        "dpadded[n, c, row, col] += upstream * weight[f, 0, kh, kw]",
        "dx",
        "every channel gets the weights of the first one: index the weight with c.",
    ),
    _backward(
        "overwrites_the_upstream_gradient",
        "    N, F, OH, OW = dout.shape\n",
        "    N, F, OH, OW = dout.shape\n    dout /= N + 1\n",
        "keeps_inputs",
        "the upstream gradient is changed in place: another layer may still need it, so work on a copy.",
    ),
    _backward(
        "accumulates_across_calls",
        "dbias = np.zeros_like(bias)",
        "dbias = bias",
        "keeps_inputs",
        "the gradient is accumulated in the bias itself: start from a new array of zeros.",
    ),
    _backward(
        "forgets_the_upstream_gradient",
        "dweight[f, c, kh, kw] += upstream * padded[n, c, row, col]",
        "dweight[f, c, kh, kw] += padded[n, c, row, col]",
        "dweight",
        "the chain rule is not finished: multiply by the upstream gradient dout.",
    ),
    _backward(
        "swapped_return",
        "    return dx, dweight, dbias",
        "    return dweight, dx, dbias",
        "dx",
        "the gradients come in the wrong order: return dx, dweight, dbias.",
    ),
]

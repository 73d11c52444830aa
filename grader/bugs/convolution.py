"""Common mistakes in the convolution exercises; those with loops are in convolution_loops."""

from grader.bugs import Bug
from grader.bugs.convolution_loops import LOOPS_BACKWARD, LOOPS_FORWARD

IM2COL = [
    Bug(
        "im2col/rows_in_the_wrong_order",
        replace="return columns.reshape(N, C * KH * KW, OH * OW)",
        by="return columns.transpose(0, 2, 3, 1, 4, 5).reshape(N, C * KH * KW, OH * OW)",
        caught_by="check_im2col_values",
        hint="the rows of a column run through the channel first, then the kernel row, then its column.",
    ),
    Bug(
        "im2col/mixes_axes_in_reshape",
        replace="return columns.reshape(N, C * KH * KW, OH * OW)",
        by="return columns.transpose(0, 4, 5, 1, 2, 3).reshape(N, C * KH * KW, OH * OW)",
        caught_by="check_im2col_values",
        hint="reshape does not swap axes: bring them into the order N, C, KH, KW, OH, OW before reshaping.",
    ),
    Bug(
        "im2col/windows_as_rows",
        replace="return columns.reshape(N, C * KH * KW, OH * OW)",
        by="return columns.reshape(N, C * KH * KW, OH * OW).transpose(0, 2, 1).copy()",
        caught_by="check_im2col_values",
        hint="every window is one column, not one row: the result is (N, C * KH * KW, OH * OW).",
    ),
    Bug(
        "im2col/output_columns_first",
        replace="return columns.reshape(N, C * KH * KW, OH * OW)",
        by="return columns.transpose(0, 1, 2, 3, 5, 4).reshape(N, C * KH * KW, OH * OW)",
        caught_by="check_im2col_values",
        hint="windows are numbered row by row: i * OW + j, not j * OH + i.",
    ),
    Bug(
        "im2col/transposes_the_kernel",
        replace="return columns.reshape(N, C * KH * KW, OH * OW)",
        by="return columns.transpose(0, 1, 3, 2, 4, 5).reshape(N, C * KH * KW, OH * OW)",
        caught_by="check_im2col_values",
        hint="inside a window the entries run row by row: kh * KW + kw, not kw * KH + kh.",
    ),
    Bug(
        "im2col/ignores_stride",
        replace="            rows = slice(kh, kh + stride * OH, stride)\n"
        "            cols = slice(kw, kw + stride * OW, stride)",
        by="            rows = slice(kh, kh + OH)\n            cols = slice(kw, kw + OW)",
        caught_by="check_im2col_values",
        hint="neighboring windows are `stride` pixels apart: the slice needs a step.",
    ),
    Bug(
        "im2col/stride_in_rows_only",
        replace="cols = slice(kw, kw + stride * OW, stride)",
        by="cols = slice(kw, kw + OW)",
        caught_by="check_im2col_values",
        hint="the stride is used for the rows but not for the columns of the windows.",
    ),
    Bug(
        "im2col/padding_on_one_side",
        replace="padded[:, :, padding : padding + H, padding : padding + W] = x",
        by="padded[:, :, :H, :W] = x",
        caught_by="check_im2col_values",
        hint="the image sits in the upper left corner of the padded one: zeros go on all four sides.",
    ),
    Bug(
        "im2col/flips_the_kernel",
        replace="columns[:, :, kh, kw] = padded",
        by="columns[:, :, KH - 1 - kh, KW - 1 - kw] = padded",
        caught_by="check_im2col_values",
        hint="the windows are flipped: entry (kh, kw) of a window goes to row kh * KW + kw.",
    ),
    Bug(
        "im2col/loops_over_the_batch",
        replace="            columns[:, :, kh, kw] = padded[:, :, rows, cols]",
        by="            for n in range(N):\n                columns[n, :, kh, kw] = padded[n, :, rows, cols]",
        caught_by="check_im2col_vectorized",
        hint="there is a Python loop over the batch: a slice with : takes all images at once.",
    ),
]

COL2IM = [
    Bug(
        "col2im/assigns",
        replace="padded[:, :, rows, cols] += windows[:, :, kh, kw]",
        by="padded[:, :, rows, cols] = windows[:, :, kh, kw]",
        caught_by="check_col2im_values",
        hint="where windows overlap the contributions add up: +=, not =.",
    ),
    Bug(
        "col2im/averages_overlaps",
        replace="    return padded[:, :, padding : padding + H, padding : padding + W]",
        by="    count = np.zeros_like(padded)\n"
        "    for kh in range(KH):\n"
        "        for kw in range(KW):\n"
        "            count[:, :, kh : kh + stride * OH : stride, kw : kw + stride * OW : stride] += 1\n"
        "    padded /= np.maximum(count, 1)\n"
        "    return padded[:, :, padding : padding + H, padding : padding + W]",
        caught_by="check_col2im_values",
        hint="overlapping contributions are averaged: col2im is the adjoint of im2col, not its inverse; add them up.",
    ),
    Bug(
        "col2im/keeps_the_padding",
        replace="return padded[:, :, padding : padding + H, padding : padding + W]",
        by="return padded",
        caught_by="check_col2im_values",
        hint="the border is still there: the result has the shape input_shape, without padding.",
    ),
    Bug(
        "col2im/empty_slice_without_padding",
        replace="return padded[:, :, padding : padding + H, padding : padding + W]",
        by="return padded[:, :, padding:-padding, padding:-padding]",
        caught_by="check_col2im_values",
        hint="[padding:-padding] is empty when padding is 0, because -0 is 0: slice up to padding + H instead.",
    ),
    Bug(
        "col2im/cuts_the_wrong_corner",
        replace="return padded[:, :, padding : padding + H, padding : padding + W]",
        by="return padded[:, :, :H, :W]",
        caught_by="check_col2im_values",
        hint="the padding is cut off on one side only: the image begins at row and column `padding`.",
    ),
    Bug(
        "col2im/ignores_stride",
        replace="            rows = slice(kh, kh + stride * OH, stride)\n"
        "            cols = slice(kw, kw + stride * OW, stride)",
        by="            rows = slice(kh, kh + OH)\n            cols = slice(kw, kw + OW)",
        caught_by="check_col2im_values",
        hint="neighboring windows are `stride` pixels apart: the slice needs a step.",
    ),
    Bug(
        "col2im/transposes_the_kernel",
        replace="windows = columns.reshape(N, C, KH, KW, OH, OW)",
        by="windows = columns.reshape(N, C, KW, KH, OH, OW).transpose(0, 1, 3, 2, 4, 5)",
        caught_by="check_col2im_values",
        hint="inside a column the entries run row by row: the axes are N, C, KH, KW, OH, OW in this order.",
    ),
    Bug(
        "col2im/output_columns_first",
        replace="windows = columns.reshape(N, C, KH, KW, OH, OW)",
        by="windows = columns.reshape(N, C, KH, KW, OW, OH).transpose(0, 1, 2, 3, 5, 4)",
        caught_by="check_col2im_values",
        hint="windows are numbered row by row: the last two axes are OH, OW in this order.",
    ),
    Bug(
        "col2im/channels_last",
        replace="windows = columns.reshape(N, C, KH, KW, OH, OW)",
        by="windows = columns.reshape(N, KH, KW, C, OH, OW).transpose(0, 3, 1, 2, 4, 5)",
        caught_by="check_col2im_values",
        hint="the channel is the slowest index of a column: reshape to (N, C, KH, KW, OH, OW).",
    ),
    Bug(
        "col2im/loops_over_the_batch",
        replace="            padded[:, :, rows, cols] += windows[:, :, kh, kw]",
        by="            for n in range(N):\n                padded[n, :, rows, cols] += windows[n, :, kh, kw]",
        caught_by="check_col2im_vectorized",
        hint="there is a Python loop over the batch: a slice with : takes all images at once.",
    ),
]

MATRIX_FORWARD = [
    Bug(
        "conv2d_forward/forgets_bias",
        replace="out += bias[:, None]",
        by="out += 0 * bias[:, None]",
        caught_by="check_conv2d_forward_values",
        hint="the bias of the filter is missing from the output.",
    ),
    Bug(
        "conv2d_forward/bias_along_the_wrong_axis",
        replace="out += bias[:, None]",
        by="out = out + bias",
        caught_by="check_conv2d_forward_values",
        hint="the biases meet the wrong entries: bias[:, None] lines them up with the filter axis.",
    ),
    Bug(
        "conv2d_forward/bias_along_the_width",
        replace="    out += bias[:, None]\n    cache = (x.shape, weight, columns, stride, padding)\n"
        "    return out.reshape(N, F, OH, OW), cache",
        by="    cache = (x.shape, weight, columns, stride, padding)\n"
        "    return out.reshape(N, F, OH, OW) + bias, cache",
        caught_by="check_conv2d_forward_values",
        hint="there is one bias per filter, but broadcasting lines it up with the width: add bias[:, None, None].",
    ),
    Bug(
        "conv2d_forward/wrong_reshape_of_the_product",
        replace="return out.reshape(N, F, OH, OW), cache",
        by="return out.transpose(0, 2, 1).reshape(N, F, OH, OW), cache",
        caught_by="check_conv2d_forward_values",
        hint="reshape does not swap axes: the product must have the filters before the positions.",
    ),
    Bug(
        "conv2d_forward/swaps_height_and_width",
        replace="return out.reshape(N, F, OH, OW), cache",
        by="return out.reshape(N, F, OW, OH), cache",
        caught_by="check_conv2d_forward_values",
        hint="OH and OW are swapped in the last reshape: rows come before columns.",
    ),
    Bug(
        "conv2d_forward/transposes_the_kernel",
        replace="out = weight.reshape(F, C * KH * KW) @ columns",
        by="out = weight.transpose(0, 1, 3, 2).reshape(F, C * KH * KW) @ columns",
        caught_by="check_conv2d_forward_values",
        hint="the kernel's rows and columns are swapped before the product.",
    ),
    Bug(
        "conv2d_forward/flips_the_kernel",
        replace="out = weight.reshape(F, C * KH * KW) @ columns",
        by="out = weight[:, :, ::-1, ::-1].reshape(F, C * KH * KW) @ columns",
        caught_by="check_conv2d_forward_values",
        hint="the kernel is flipped: deep learning's convolution does not flip it (it is a cross-correlation).",
    ),
    Bug(
        "conv2d_forward/filters_in_the_wrong_order",
        replace="out = weight.reshape(F, C * KH * KW) @ columns",
        by="out = weight.reshape(C * KH * KW, F).T @ columns",
        caught_by="check_conv2d_forward_values",
        hint="reshape the weight to (F, C * KH * KW): one filter per row; reshape(-1, F).T mixes the filters.",
    ),
    Bug(
        "conv2d_forward/ignores_padding",
        replace="columns = im2col(x, (KH, KW), stride=stride, padding=padding)",
        by="columns = im2col(x, (KH, KW), stride=stride)",
        caught_by="check_conv2d_forward_values",
        hint="the padding is not handed to im2col, so there are fewer columns than output entries.",
    ),
    Bug(
        "conv2d_forward/loops_over_the_batch",
        replace="out = weight.reshape(F, C * KH * KW) @ columns",
        by="out = np.stack([weight.reshape(F, C * KH * KW) @ columns[n] for n in range(N)])",
        caught_by="check_conv2d_forward_vectorized",
        hint="there is a Python loop over the batch: @ multiplies a stack of matrices at once.",
    ),
    Bug(
        "conv2d_forward/loops_over_the_filters",
        replace="out = weight.reshape(F, C * KH * KW) @ columns",
        by="out = np.stack([weight[f].ravel() @ columns for f in range(F)], axis=1)",
        caught_by="check_conv2d_forward_vectorized",
        hint="there is a Python loop over the filters: one matrix product does them all.",
    ),
]

MATRIX_BACKWARD = [
    Bug(
        "conv2d_backward/dbias_per_image",
        replace="dbias = dout.sum(axis=(0, 2))",
        by="dbias = dout.sum(axis=(1, 2))",
        caught_by="check_conv2d_backward_dbias",
        hint="dbias is summed over the wrong axes: one number per filter, so sum over the batch and all positions.",
    ),
    Bug(
        "conv2d_backward/dbias_keeps_the_batch",
        replace="dbias = dout.sum(axis=(0, 2))",
        by="dbias = dout.sum(axis=2)",
        caught_by="check_conv2d_backward_dbias",
        hint="dbias must have the shape of bias: sum over the batch too.",
    ),
    Bug(
        "conv2d_backward/dbias_averaged",
        replace="dbias = dout.sum(axis=(0, 2))",
        by="dbias = dout.mean(axis=(0, 2))",
        caught_by="check_conv2d_backward_dbias",
        hint="dbias is a sum over all positions, not a mean.",
    ),
    Bug(
        "conv2d_backward/averages_over_the_batch",
        replace="dweight = (dout @ columns.transpose(0, 2, 1)).sum(axis=0)",
        by="dweight = (dout @ columns.transpose(0, 2, 1)).mean(axis=0)",
        caught_by="check_conv2d_backward_dweight",
        hint="dweight is the sum over the batch; dividing by N belongs to the loss, not to the layer.",
    ),
    Bug(
        "conv2d_backward/dweight_of_the_first_image",
        replace="dweight = (dout @ columns.transpose(0, 2, 1)).sum(axis=0)",
        by="dweight = (dout @ columns.transpose(0, 2, 1))[0]",
        caught_by="check_conv2d_backward_dweight",
        hint="only the first image of the batch contributes to dweight.",
    ),
    Bug(
        "conv2d_backward/dweight_without_dout",
        replace="dweight = (dout @ columns.transpose(0, 2, 1)).sum(axis=0)",
        by="dweight = (np.ones_like(dout) @ columns.transpose(0, 2, 1)).sum(axis=0)",
        caught_by="check_conv2d_backward_dweight",
        hint="the chain rule is not finished: multiply by the upstream gradient dout.",
    ),
    Bug(
        "conv2d_backward/transposes_dweight",
        replace="return dx, dweight.reshape(weight.shape), dbias",
        by="return dx, dweight.reshape(F, C, KW, KH).transpose(0, 1, 3, 2), dbias",
        caught_by="check_conv2d_backward_dweight",
        hint="dweight's kernel axes are swapped: reshape to (F, C, KH, KW).",
    ),
    Bug(
        "conv2d_backward/dweight_stays_flat",
        replace="return dx, dweight.reshape(weight.shape), dbias",
        by="return dx, dweight, dbias",
        caught_by="check_conv2d_backward_dweight",
        hint="dweight is still a matrix: give it the shape of weight, (F, C, KH, KW).",
    ),
    Bug(
        "conv2d_backward/ignores_stride",
        replace="dx = col2im(dcolumns, input_shape, (KH, KW), stride=stride, padding=padding)",
        by="dx = col2im(dcolumns, input_shape, (KH, KW), padding=padding)",
        caught_by="check_conv2d_backward_dx",
        hint="the columns are put back without the stride: hand the stride of the forward pass to col2im.",
    ),
    Bug(
        "conv2d_backward/keeps_the_padding",
        replace="dx = col2im(dcolumns, input_shape, (KH, KW), stride=stride, padding=padding)",
        by="N, C, H, W = input_shape\n"
        "    padded_shape = (N, C, H + 2 * padding, W + 2 * padding)\n"
        "    dx = col2im(dcolumns, padded_shape, (KH, KW), stride=stride)",
        caught_by="check_conv2d_backward_dx",
        hint="the border that was added in the forward pass is still there: dx has the shape of x.",
    ),
    Bug(
        "conv2d_backward/cuts_the_wrong_corner",
        replace="dx = col2im(dcolumns, input_shape, (KH, KW), stride=stride, padding=padding)",
        by="N, C, H, W = input_shape\n"
        "    padded_shape = (N, C, H + 2 * padding, W + 2 * padding)\n"
        "    dx = col2im(dcolumns, padded_shape, (KH, KW), stride=stride)[:, :, :H, :W].copy()",
        caught_by="check_conv2d_backward_dx",
        hint="the padding is cut off on one side only: the image begins at row and column `padding`.",
    ),
    Bug(
        "conv2d_backward/filters_in_the_wrong_order",
        replace="dcolumns = weight.reshape(F, C * KH * KW).T @ dout",
        by="dcolumns = weight.reshape(C * KH * KW, F) @ dout",
        caught_by="check_conv2d_backward_dx",
        hint="reshape is not a transpose: the matrix of the forward pass, transposed, is what dx needs.",
    ),
    Bug(
        "conv2d_backward/flips_the_kernel",
        replace="dcolumns = weight.reshape(F, C * KH * KW).T @ dout",
        by="dcolumns = weight[:, :, ::-1, ::-1].reshape(F, C * KH * KW).T @ dout",
        caught_by="check_conv2d_backward_dx",
        hint="the kernel is flipped once too often: each pixel gets back the weight that multiplied it.",
    ),
    Bug(
        "conv2d_backward/overwrites_the_upstream_gradient",
        replace="dout = dout.reshape(N, F, OH * OW)",
        by="dout /= N + 1\n    dout = dout.reshape(N, F, OH * OW)",
        caught_by="check_conv2d_backward_keeps_inputs",
        hint="the upstream gradient is changed in place: another layer may still need it, so work on a copy.",
    ),
    Bug(
        "conv2d_backward/overwrites_the_cache",
        replace="return dx, dweight.reshape(weight.shape), dbias",
        by="columns *= 0\n    return dx, dweight.reshape(weight.shape), dbias",
        caught_by="check_conv2d_backward_repeatable",
        hint="the columns in the cache are overwritten: a second backward pass would see something else.",
    ),
    Bug(
        "conv2d_backward/loops_over_the_batch",
        replace="dweight = (dout @ columns.transpose(0, 2, 1)).sum(axis=0)",
        by="dweight = sum(dout[n] @ columns[n].T for n in range(N))",
        caught_by="check_conv2d_backward_vectorized",
        hint="there is a Python loop over the batch: @ multiplies a stack of matrices at once.",
    ),
]

CONV1X1 = [
    Bug(
        "conv1x1_as_affine/forgets_bias",
        replace="out = weight @ pixels + bias[:, None]",
        by="out = weight @ pixels",
        caught_by="check_conv1x1_as_affine_values",
        hint="the bias of the affine layer is missing.",
    ),
    Bug(
        "conv1x1_as_affine/mixes_channels_and_pixels",
        replace="pixels = x.reshape(N, C, H * W)",
        by="pixels = x.reshape(N, H * W, C).transpose(0, 2, 1)",
        caught_by="check_conv1x1_as_affine_values",
        hint="reshape does not move the channel axis: x is (N, C, H, W), so transpose before you reshape.",
    ),
    Bug(
        "conv1x1_as_affine/does_not_move_the_channels_back",
        replace="return out.reshape(N, F, H, W)",
        by="return out.transpose(0, 2, 1).reshape(N, F, H, W)",
        caught_by="check_conv1x1_as_affine_values",
        hint="the result has the channels last; transpose before you reshape to (N, F, H, W).",
    ),
    Bug(
        "conv1x1_as_affine/transposes_the_weight",
        replace="out = weight @ pixels + bias[:, None]",
        by="out = weight.reshape(C, F).T @ pixels + bias[:, None]",
        caught_by="check_conv1x1_as_affine_values",
        hint="the weight is (F, C), one row per output channel: it is used in the wrong orientation.",
    ),
    Bug(
        "conv1x1_as_affine/swaps_height_and_width",
        replace="return out.reshape(N, F, H, W)",
        by="return out.reshape(N, F, W, H)",
        caught_by="check_conv1x1_as_affine_values",
        hint="H and W are swapped in the last reshape: rows come before columns.",
    ),
    Bug(
        "conv1x1_as_affine/loops_over_the_batch",
        replace="out = weight @ pixels + bias[:, None]",
        by="out = np.stack([weight @ pixels[n] + bias[:, None] for n in range(N)])",
        caught_by="check_conv1x1_as_affine_vectorized",
        hint="there is a Python loop over the batch: @ multiplies a stack of matrices at once.",
    ),
]

BUGS = [
    *LOOPS_FORWARD,
    *LOOPS_BACKWARD,
    *IM2COL,
    *COL2IM,
    *MATRIX_FORWARD,
    *MATRIX_BACKWARD,
    *CONV1X1,
]

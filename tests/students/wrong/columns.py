"""Wrong im2col and col2im, wrong matrix products, wrong 1x1 convolutions."""

import numpy as np

from tests.students.columns import get_im2col_indices
from tests.students.convolution_matrices import col2im as right_col2im
from tests.students.convolution_matrices import im2col as right_im2col
from tests.students.wrong.registry import matrix_backward, wrong


def sizes(x_shape, kernel_size, stride, padding):
    KH, KW = kernel_size
    OH, OW = (x_shape[2] + 2 * padding - KH) // stride + 1, (x_shape[3] + 2 * padding - KW) // stride + 1
    return KH, KW, OH, OW


# --- im2col ---------------------------------------------------------------------------------------------------------


@wrong("im2col", r"order|channel first|C, KH, KW|rows")
def rows_by_kernel_position_first(x, kernel_size, *, stride=1, padding=0):
    N, C = x.shape[:2]
    KH, KW, OH, OW = sizes(x.shape, kernel_size, stride, padding)
    columns = right_im2col(x, kernel_size, stride=stride, padding=padding)
    return columns.reshape(N, C, KH, KW, OH * OW).transpose(0, 2, 3, 1, 4).reshape(N, C * KH * KW, -1)


@wrong("im2col", r"transpos|one column|axes|axis|N, C \* KH \* KW|order")
def one_row_a_window(x, kernel_size, *, stride=1, padding=0):
    return right_im2col(x, kernel_size, stride=stride, padding=padding).transpose(0, 2, 1)


@wrong("im2col", r"transpose first")
def two_dimensions_like_the_book(x, kernel_size, *, stride=1, padding=0):
    columns = right_im2col(x, kernel_size, stride=stride, padding=padding)
    return columns.transpose(1, 0, 2).reshape(columns.shape[1], -1)


@wrong("im2col", r"row by row|order|transpos")
def places_column_by_column(x, kernel_size, *, stride=1, padding=0):
    N = x.shape[0]
    _, _, OH, OW = sizes(x.shape, kernel_size, stride, padding)
    columns = right_im2col(x, kernel_size, stride=stride, padding=padding)
    return columns.reshape(N, -1, OH, OW).transpose(0, 1, 3, 2).reshape(N, -1, OH * OW)


@wrong("im2col", r"stride")
def slices_end_without_stride(x, kernel_size, *, stride=1, padding=0):
    N, C = x.shape[:2]
    KH, KW, OH, OW = sizes(x.shape, kernel_size, stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    columns = np.zeros((N, C, KH, KW, OH, OW))
    for i in range(KH):
        for j in range(KW):
            columns[:, :, i, j] = padded[:, :, i : i + OH, j : j + OW]
    return columns.reshape(N, C * KH * KW, OH * OW)


@wrong("im2col", r"KH and KW|not square|kernel")
def kernel_is_square(x, kernel_size, *, stride=1, padding=0):
    N, C = x.shape[:2]
    k = kernel_size[0]
    KH, KW, OH, OW = sizes(x.shape, (k, k), stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    columns = np.zeros((N, C, KH, KW, OH, OW))
    for i in range(KH):
        for j in range(KW):
            columns[:, :, i, j] = padded[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride]
    return columns.reshape(N, C * KH * KW, OH * OW)


@wrong("im2col", r"loop|batch")
def one_image_after_the_other(x, kernel_size, *, stride=1, padding=0):
    columns = []
    for image in x:
        columns.append(right_im2col(image[None], kernel_size, stride=stride, padding=padding)[0])
    return np.array(columns)


@wrong("im2col", r"all of the rows|loop")
def one_window_after_the_other(x, kernel_size, *, stride=1, padding=0):
    N, C = x.shape[:2]
    KH, KW, OH, OW = sizes(x.shape, kernel_size, stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    columns = np.zeros((N, C * KH * KW, OH * OW))
    for i in range(OH):
        for j in range(OW):
            window = padded[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            columns[:, :, i * OW + j] = window.reshape(N, -1)
    return columns


@wrong("im2col", r"copy|memory")
def columns_share_memory(x, kernel_size, *, stride=1, padding=0):
    N, C = x.shape[:2]
    if padding:
        x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    KH, KW = kernel_size
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel_size, axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * KH * KW, -1)


# --- col2im ---------------------------------------------------------------------------------------------------------


@wrong("col2im", r"overlap|add up|\+=")
def assigns_instead_of_adding(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    KH, KW, OH, OW = sizes(input_shape, kernel_size, stride, padding)
    parts = columns.reshape(N, C, KH, KW, OH, OW)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    for i in range(KH):
        for j in range(KW):
            padded[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] = parts[:, :, i, j]
    return padded[:, :, padding : padding + H, padding : padding + W]


@wrong("col2im", r"overlap|add up|add\.at|\+=|repeated")
def fancy_index_adds_once(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    k, i, j = get_im2col_indices(input_shape, *kernel_size, padding, stride)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    padded[:, k, i, j] += columns
    return padded[:, :, padding : padding + H, padding : padding + W]


@wrong("col2im", r"\[p:-p\] is empty|padding is 0|p = 0")
def crops_with_minus_padding(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    k, i, j = get_im2col_indices(input_shape, *kernel_size, padding, stride)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    np.add.at(padded, (slice(None), k, i, j), columns)
    return padded[:, :, padding:-padding, padding:-padding]


@wrong("col2im", r"inverse|overlap|sum|mean|add up")
def averages_like_an_inverse(columns, input_shape, kernel_size, *, stride=1, padding=0):
    options = {"stride": stride, "padding": padding}
    total = right_col2im(columns, input_shape, kernel_size, **options)
    count = right_col2im(np.ones_like(columns), input_shape, kernel_size, **options)
    return total / np.maximum(count, 1)


@wrong("col2im", r"padding is still there|still contain|cut|border")
def leaves_the_border(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C, H, W = input_shape
    wide = (N, C, H + 2 * padding, W + 2 * padding)
    return right_col2im(columns, wide, kernel_size, stride=stride)


@wrong("col2im", r"order|C, KH, KW|channel|reshape")
def reads_channels_last(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C = input_shape[:2]
    KH, KW, OH, OW = sizes(input_shape, kernel_size, stride, padding)
    parts = columns.reshape(N, KH, KW, C, OH * OW).transpose(0, 3, 1, 2, 4).reshape(columns.shape)
    return right_col2im(parts, input_shape, kernel_size, stride=stride, padding=padding)


@wrong("col2im", r"OH|output row|order|row|transpos|swapped|not square")
def reads_places_column_by_column(columns, input_shape, kernel_size, *, stride=1, padding=0):
    N, C = input_shape[:2]
    KH, KW, OH, OW = sizes(input_shape, kernel_size, stride, padding)
    parts = columns.reshape(N, C * KH * KW, OW, OH).transpose(0, 1, 3, 2).reshape(columns.shape)
    return right_col2im(parts, input_shape, kernel_size, stride=stride, padding=padding)


@wrong("col2im", r"does not divide|reshape|rest|last")
def size_from_the_padded_end(columns, input_shape, kernel_size, *, stride=1, padding=0):
    """The classic that forgets the rows which no window reaches."""
    N, C, H, W = input_shape
    KH, KW, OH, OW = sizes(input_shape, kernel_size, stride, padding)
    parts = columns.reshape(N, C, KH, KW, OH, OW)
    padded = np.zeros((N, C, (OH - 1) * stride + KH, (OW - 1) * stride + KW))
    for i in range(KH):
        for j in range(KW):
            padded[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] += parts[:, :, i, j]
    return padded[:, :, padding : padding + H, padding : padding + W]


# --- matrix products ------------------------------------------------------------------------------------------------


@wrong("conv2d_forward", r"reshape|transpose|order|batch|axes")
def reshapes_without_transposing(x, weight, bias, *, stride=1, padding=0):
    N, F = x.shape[0], weight.shape[0]
    _, _, OH, OW = sizes(x.shape, weight.shape[2:], stride, padding)
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    flat = columns.transpose(1, 0, 2).reshape(columns.shape[1], -1)
    out = weight.reshape(F, -1) @ flat + bias[:, None]
    return out.reshape(N, F, OH, OW), (x, weight, stride, padding)


@wrong("conv2d_forward", r"loop|batch")
def loops_over_images(x, weight, bias, *, stride=1, padding=0):
    N, F = x.shape[0], weight.shape[0]
    _, _, OH, OW = sizes(x.shape, weight.shape[2:], stride, padding)
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    out = np.zeros((N, F, OH, OW))
    for n in range(N):
        out[n] = (weight.reshape(F, -1) @ columns[n] + bias[:, None]).reshape(F, OH, OW)
    return out, (x, weight, stride, padding)


@wrong("conv2d_forward", r"out.*(H|W|OH)|transpos|swapped|not square|shape|axes")
def output_height_and_width_swapped(x, weight, bias, *, stride=1, padding=0):
    N, F = x.shape[0], weight.shape[0]
    _, _, OH, OW = sizes(x.shape, weight.shape[2:], stride, padding)
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    out = weight.reshape(F, -1) @ columns + bias[:, None]
    return out.reshape(N, F, OW, OH), (x, weight, stride, padding)


@wrong("conv2d_forward", r"bias")
def bias_along_the_width(x, weight, bias, *, stride=1, padding=0):
    N, F = x.shape[0], weight.shape[0]
    _, _, OH, OW = sizes(x.shape, weight.shape[2:], stride, padding)
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    out = (weight.reshape(F, -1) @ columns).reshape(N, F, OH, OW)
    return out + bias, (x, weight, stride, padding)


@matrix_backward(r"reshape|transpose|order|batch|axes")
def flattens_dout_without_transposing(dout, cache):
    x, weight, stride, padding = cache
    F = weight.shape[0]
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    flat = dout.reshape(F, -1)
    dweight = (flat @ columns.transpose(1, 0, 2).reshape(columns.shape[1], -1).T).reshape(weight.shape)
    dcolumns = (weight.reshape(F, -1).T @ flat).reshape(columns.shape[1], len(x), -1).transpose(1, 0, 2)
    dx = right_col2im(dcolumns, x.shape, weight.shape[2:], stride=stride, padding=padding)
    return dx, dweight, dout.sum(axis=(0, 2, 3))


@matrix_backward(r"sum.*batch|batch|sum over axis 0|add(ed)? up")
def forgets_to_sum_over_the_batch(dout, cache):
    x, weight, stride, padding = cache
    N, F = dout.shape[:2]
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    flat = dout.reshape(N, F, -1)
    dweight = (flat @ columns.transpose(0, 2, 1)).mean(axis=0).reshape(weight.shape)
    dcolumns = weight.reshape(F, -1).T @ flat
    dx = right_col2im(dcolumns, x.shape, weight.shape[2:], stride=stride, padding=padding)
    return dx, dweight, flat.sum(axis=(0, 2))


@matrix_backward(r"stride|padding|option|default")
def forgets_the_options(dout, cache):
    x, weight, stride, padding = cache
    N, F = dout.shape[:2]
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    flat = dout.reshape(N, F, -1)
    dweight = np.einsum("nfp,nkp->fk", flat, columns).reshape(weight.shape)
    dcolumns = weight.reshape(F, -1).T @ flat
    return right_col2im(dcolumns, x.shape, weight.shape[2:]), dweight, flat.sum(axis=(0, 2))


@matrix_backward(r"transpos|order|reshape|axes|swapped")
def filters_reshaped_instead_of_transposed(dout, cache):
    x, weight, stride, padding = cache
    N, F = dout.shape[:2]
    columns = right_im2col(x, weight.shape[2:], stride=stride, padding=padding)
    flat = dout.reshape(N, F, -1)
    dweight = np.einsum("nfp,nkp->kf", flat, columns).reshape(weight.shape)
    dcolumns = weight.reshape(-1, F) @ flat
    dx = right_col2im(dcolumns, x.shape, weight.shape[2:], stride=stride, padding=padding)
    return dx, dweight, flat.sum(axis=(0, 2))


@matrix_backward(r"all of the rows|loop")
def loops_over_windows_backward(dout, cache):
    x, weight, stride, padding = cache
    N, C, H, W = x.shape
    KH, KW = weight.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            place = np.s_[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            dpadded[place] += np.tensordot(dout[:, :, i, j], weight, axes=1)
            dweight += np.tensordot(dout[:, :, i, j].T, padded[place], axes=1)
    return dpadded[:, :, padding : padding + H, padding : padding + W], dweight, dout.sum(axis=(0, 2, 3))


# --- 1x1 ------------------------------------------------------------------------------------------------------------


@wrong("conv1x1_as_affine", r"transpos|channel|axis|reshape|order")
def pixels_by_reshape_alone(x, weight, bias):
    N, C, H, W = x.shape
    return (x.reshape(-1, C) @ weight.T + bias).reshape(N, H, W, -1).transpose(0, 3, 1, 2)


@wrong("conv1x1_as_affine", r"transpos|order|axes|reshape|back")
def back_by_reshape_alone(x, weight, bias):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    return (rows @ weight.T + bias).reshape(N, -1, H, W)


@wrong("conv1x1_as_affine", r"bias|constant")
def affine_without_bias(x, weight, bias):
    return np.einsum("nchw,fc->nfhw", x, weight)


@wrong("conv1x1_as_affine", r"all of the rows|loop")
def one_pixel_after_the_other(x, weight, bias):
    out = np.zeros((x.shape[0], weight.shape[0], *x.shape[2:]))
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            out[:, :, i, j] = x[:, :, i, j] @ weight.T + bias
    return out

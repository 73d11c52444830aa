"""Right sizes, parameter counts and receptive fields in several styles."""

import math
from functools import reduce

import numpy as np

from tests.students.registry import hand_in


def size_floor_division(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError("the kernel is larger than the padded input")
    return (size + 2 * padding - kernel_size) // stride + 1


def size_int(size, kernel_size, *, stride=1, padding=0):
    if size + 2 * padding < kernel_size:
        raise ValueError
    return int(1 + (size - kernel_size + 2 * padding) / stride)


def size_math_floor(size, kernel_size, *, stride=1, padding=0):
    out = math.floor((size + 2 * padding - kernel_size) / stride) + 1
    if out < 1:
        raise ValueError(f"no position for a kernel of {kernel_size}")
    return out


def size_numpy_floor(size, kernel_size, *, stride=1, padding=0):
    room = size - kernel_size + 2 * padding
    if room < 0:
        raise ValueError("does not fit")
    return np.floor(room / stride).astype(int) + 1


def size_positions(size, kernel_size, *, stride=1, padding=0):
    positions = range(0, size + 2 * padding - kernel_size + 1, stride)
    if not positions:
        raise ValueError("no positions")
    return len(positions)


def size_divmod(size, kernel_size, *, stride=1, padding=0):
    steps, _left_over = divmod(size + padding + padding - kernel_size, stride)
    if steps < 0:
        raise ValueError("kernel too large")
    return np.int64(steps + 1)


def size_counting(size, kernel_size, *, stride=1, padding=0):
    count, end = 0, kernel_size
    while end <= size + 2 * padding:
        count += 1
        end += stride
    if count == 0:
        raise ValueError("kernel too large")
    return count


class KernelTooLargeError(ValueError):
    pass


def size_own_error(size, kernel_size, *, stride=1, padding=0):
    span = size + 2 * padding
    if kernel_size > span:
        raise KernelTooLargeError(f"{kernel_size} > {span}")
    return -(-(span - kernel_size + 1) // stride)


for _function in (
    size_floor_division,
    size_int,
    size_math_floor,
    size_numpy_floor,
    size_positions,
    size_divmod,
    size_counting,
    size_own_error,
):
    hand_in(_function.__name__.replace("_", " "), conv_output_size=_function)


def count_formula(in_channels, out_channels, kernel_size, *, bias=True):
    KH, KW = kernel_size
    return KH * KW * in_channels * out_channels + (out_channels if bias else 0)


def count_prod(in_channels, out_channels, kernel_size, *, bias=True):
    return (np.prod(kernel_size) * in_channels + int(bias)) * out_channels


def count_bool(in_channels, out_channels, kernel_size, *, bias=True):
    return out_channels * (in_channels * kernel_size[0] * kernel_size[1] + bias)


def count_arrays(in_channels, out_channels, kernel_size, *, bias=True):
    weight = np.zeros((out_channels, in_channels, *kernel_size))
    parameters = [weight, np.zeros(out_channels)] if bias else [weight]
    return sum(p.size for p in parameters)


def count_reduce(in_channels, out_channels, kernel_size, *, bias=True):
    weights = reduce(lambda a, b: a * b, kernel_size, in_channels) * out_channels
    if bias is True:
        weights += out_channels
    return weights


def count_math_prod(in_channels, out_channels, kernel_size, *, bias=True):
    return math.prod([out_channels, in_channels, *kernel_size]) + bias * out_channels


for _function in (count_formula, count_prod, count_bool, count_arrays, count_reduce, count_math_prod):
    hand_in(_function.__name__.replace("_", " "), conv_parameter_count=_function)


def field_forward(layers):
    field, jump = 1, 1
    for kernel_size, stride in layers:
        field = field + (kernel_size - 1) * jump
        jump = jump * stride
    return field


def field_backward(layers):
    field = 1
    for kernel_size, stride in reversed(layers):
        field = (field - 1) * stride + kernel_size
    return field


def field_recursive(layers):
    if len(layers) == 0:
        return 1
    (kernel_size, stride), *rest = layers
    return stride * (field_recursive(rest) - 1) + kernel_size


def field_sum(layers):
    return 1 + sum((k - 1) * math.prod(s for _, s in layers[:i]) for i, (k, _) in enumerate(layers))


def field_numpy(layers):
    if not layers:
        return 1
    kernels, strides = np.array(layers).T
    jumps = np.concatenate([[1], np.cumprod(strides)[:-1]])
    return 1 + np.sum((kernels - 1) * jumps)


def field_positions(layers):
    low = high = 0
    for kernel_size, stride in list(layers)[::-1]:
        low, high = low * stride, high * stride + kernel_size - 1
    return high - low + 1


for _function in (field_forward, field_backward, field_recursive, field_sum, field_numpy, field_positions):
    hand_in(_function.__name__.replace("_", " "), receptive_field=_function)

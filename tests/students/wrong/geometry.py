"""Wrong sizes, counts and receptive fields."""

import math

from tests.students.wrong.registry import wrong


@wrong("conv_output_size", r"round down")
def size_rounded_up(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError
    return math.ceil((size + 2 * padding - kernel_size) / stride) + 1


@wrong("conv_output_size", r"round down|//")
def size_rounded(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError
    return round((size + 2 * padding - kernel_size) / stride + 1)


@wrong("conv_output_size", r"//|int")
def size_is_a_float(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError
    return (size + 2 * padding - kernel_size) / stride + 1


@wrong("conv_output_size", r"both ends|twice|2 \* padding")
def size_with_padding_once(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError
    return (size + padding - kernel_size) // stride + 1


@wrong("conv_output_size", r"\+ 1|first position|add 1|one more")
def size_without_one(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError
    return (size + 2 * padding - kernel_size) // stride


@wrong("conv_output_size", r"ValueError|raise")
def size_never_raises(size, kernel_size, *, stride=1, padding=0):
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("conv_output_size", r"own check")
def size_raises_too_often(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size:
        raise ValueError("the kernel is larger than the image")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("conv_output_size", r"does not divide|round down|uneven|not.*(error|refuse|raise)")
def size_refuses_a_rest(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding or (size + 2 * padding - kernel_size) % stride:
        raise ValueError("does not fit")
    return (size + 2 * padding - kernel_size) // stride + 1


@wrong("conv_output_size", r"divide first")
def size_adds_one_before_dividing(size, kernel_size, *, stride=1, padding=0):
    if kernel_size > size + 2 * padding:
        raise ValueError
    return (size + 2 * padding - kernel_size + 1) // stride


@wrong("conv_parameter_count", r"bias")
def one_bias_for_all(in_channels, out_channels, kernel_size, *, bias=True):
    return out_channels * in_channels * kernel_size[0] * kernel_size[1] + int(bias)


@wrong("conv_parameter_count", r"bias")
def bias_for_every_channel(in_channels, out_channels, kernel_size, *, bias=True):
    return out_channels * in_channels * (kernel_size[0] * kernel_size[1] + int(bias))


@wrong("conv_parameter_count", r"bias=False|no bias|leaves out")
def bias_always(in_channels, out_channels, kernel_size, *, bias=True):
    return out_channels * (in_channels * kernel_size[0] * kernel_size[1] + 1)


@wrong("conv_parameter_count", r"KH \* KW|height and width|differ")
def kernel_squared(in_channels, out_channels, kernel_size, *, bias=True):
    return out_channels * (in_channels * kernel_size[0] ** 2 + int(bias))


@wrong("conv_parameter_count", r"channel")
def forgets_channels(in_channels, out_channels, kernel_size, *, bias=True):
    return out_channels * (kernel_size[0] * kernel_size[1] + int(bias))


@wrong("receptive_field", r"kernel - 1|adds")
def field_adds_kernels(layers):
    field, jump = 0, 1
    for kernel_size, stride in layers:
        field += kernel_size * jump
        jump *= stride
    return max(field, 1)


@wrong("receptive_field", r"own stride")
def field_multiplies_own_stride(layers):
    field, jump = 1, 1
    for kernel_size, stride in layers:
        jump *= stride
        field += (kernel_size - 1) * jump
    return field


@wrong("receptive_field", r"stride")
def field_ignores_strides(layers):
    return 1 + sum(kernel_size - 1 for kernel_size, _ in layers)


@wrong("receptive_field", r"first layer|order|other end|stride")
def field_reads_layers_backward(layers):
    field, jump = 1, 1
    for kernel_size, stride in reversed(layers):
        field += (kernel_size - 1) * jump
        jump *= stride
    return field


@wrong("receptive_field", r"empty|no layers|one pixel|raise|index")
def field_needs_a_layer(layers):
    field, jump = layers[0]
    for kernel_size, stride in layers[1:]:
        field += (kernel_size - 1) * jump
        jump *= stride
    return field


@wrong("receptive_field", r"stride|product|multipl|every later")
def field_uses_the_last_stride_only(layers):
    field, before = 1, 1
    for kernel_size, stride in layers:
        field += (kernel_size - 1) * before
        before = stride
    return field

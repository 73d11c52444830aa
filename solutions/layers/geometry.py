"""Sizes, parameter counts and receptive fields of convolutional layers."""


def conv_output_size(size, kernel_size, *, stride=1, padding=0):
    """Compute the output size of a convolution or pooling layer along one axis.

    out_size = floor((size + 2 * padding - kernel_size) / stride) + 1

    Parameters
    ----------
    size : int
        Size of the input along the axis, before padding.
    kernel_size : int
        Size of the kernel along the axis.
    stride : int
        Step between neighboring windows, at least 1.
    padding : int
        Number of zeros added at *each* end of the axis, at least 0.

    Returns
    -------
    out_size : int
        Number of positions at which the kernel lies fully inside the padded input; at least 1.

    Raises
    ------
    ValueError
        If the kernel does not fit: ``kernel_size > size + 2 * padding``.

    Notes
    -----
    Where the stride does not divide evenly, the remaining entries at the far end are not covered by any
    window.
    The result is a Python int, not a float.
    """
    ### BEGIN SOLUTION
    room = size + 2 * padding - kernel_size
    if room < 0:
        raise ValueError(f"kernel size {kernel_size} exceeds the padded input size {size + 2 * padding}")
    return room // stride + 1
    ### END SOLUTION


def conv_parameter_count(in_channels, out_channels, kernel_size, *, bias=True):
    """Count the learned parameters of a convolutional layer.

    With F filters of size KH x KW over C channels, each filter has C * KH * KW weights and, if `bias`, one
    bias.

    Parameters
    ----------
    in_channels : int
        Number C of input channels.
    out_channels : int
        Number F of filters, which is the number of output channels.
    kernel_size : (int, int)
        Height and width (KH, KW) of the kernel; they may differ.
    bias : bool
        Whether each filter has a bias.

    Returns
    -------
    count : int
        Number of weights and biases.

    Notes
    -----
    The size of the image does not appear: the same filters are used at every position.
    """
    ### BEGIN SOLUTION
    KH, KW = kernel_size
    weights_per_filter = in_channels * KH * KW
    if bias:
        return out_channels * (weights_per_filter + 1)
    return out_channels * weights_per_filter
    ### END SOLUTION


def receptive_field(layers):
    """Compute how many input entries one output entry of a stack of layers sees along one axis.

    Layer l has kernel size k_l and stride s_l. With l = 1 the layer next to the input,

    field = 1 + sum over l of (k_l - 1) * (s_1 * s_2 * ... * s_(l-1))

    Parameters
    ----------
    layers : sequence of (int, int)
        Pairs (kernel_size, stride) of convolution or pooling layers, the first layer (next to the input)
        first.

    Returns
    -------
    field : int
        Size of the receptive field along the axis, away from the border of the image.

    Notes
    -----
    The stride of a layer affects the layers after it, never the layer itself: the stride of the last layer
    does not change the result. An empty sequence has a receptive field of 1.
    """
    ### BEGIN SOLUTION
    field = 1
    jump = 1
    for kernel_size, stride in layers:
        field += (kernel_size - 1) * jump
        jump *= stride
    return field
    ### END SOLUTION

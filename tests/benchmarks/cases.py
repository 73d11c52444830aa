"""What the benchmark times: layers, and for each operation our call, torch's and the bare product."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from solutions.layers import convolution, pooling


@dataclass(frozen=True)
class Layer:
    """A convolution (with `filters`) or pooling layer and the shape (N, C, H, W) of its input."""

    name: str
    shape: tuple
    kernel_size: tuple
    stride: int
    padding: int = 0
    filters: int = 0


CONVOLUTIONS = [
    Layer("LeNet conv1", (64, 1, 32, 32), (5, 5), 1, 0, 6),
    Layer("LeNet conv2", (64, 6, 14, 14), (5, 5), 1, 0, 16),
    Layer("ResNet stage", (4, 64, 56, 56), (3, 3), 1, 1, 64),
    Layer("strided", (8, 32, 56, 56), (3, 3), 2, 1, 64),
    Layer("1x1", (8, 64, 28, 28), (1, 1), 1, 0, 32),
]
POOLINGS = [
    Layer("LeNet pool", (64, 6, 28, 28), (2, 2), 2),
    Layer("VGG pool", (8, 64, 56, 56), (2, 2), 2),
    Layer("AlexNet pool", (8, 64, 55, 55), (3, 3), 2),
]


@dataclass(frozen=True)
class Operation:
    """One line of the table: two functions without arguments that compute the same, and the bare product."""

    layer: Layer
    dtype: type
    name: str
    ours: object
    torch: object
    product: object = None

    @property
    def family(self):
        """Return "conv2d" for "conv2d_forward"."""
        return self.name.removesuffix("_forward").removesuffix("_backward")


def convolution_operations(layer, dtype, rng):
    """Return forward, backward, im2col and col2im of one layer."""
    shape, kernel, filters, stride, padding = (
        layer.shape, layer.kernel_size, layer.filters, layer.stride, layer.padding
    )  # fmt: skip
    options = {"stride": stride, "padding": padding}
    x, weight, bias = draw(rng, dtype, shape, (filters, shape[1], *kernel), (filters,))
    out, cache = convolution.conv2d_forward(x, weight, bias, **options)
    columns = convolution.im2col(x, kernel, **options)
    (dout,) = draw(rng, dtype, out.shape)
    tensors = [torch.from_numpy(array) for array in (dout, x, weight, bias, columns)]

    # the products inside, on operands that lie ready in memory
    matrix = weight.reshape(filters, -1)
    upstream = dout.reshape(shape[0], filters, -1)

    def both_products():
        return upstream @ columns.transpose(0, 2, 1), matrix.T @ upstream

    def torch_backward():
        pair = [[stride, stride], [padding, padding], [1, 1], False, [0, 0], 1, [True, True, True]]
        return torch.ops.aten.convolution_backward(tensors[0], tensors[1], tensors[2], [filters], *pair)

    return [
        Operation(
            layer, dtype, "conv2d_forward",
            lambda: convolution.conv2d_forward(x, weight, bias, **options)[0],
            lambda: functional.conv2d(tensors[1], tensors[2], tensors[3], stride, padding),
            lambda: matrix @ columns,
        ),
        Operation(
            layer, dtype, "conv2d_backward",
            lambda: convolution.conv2d_backward(dout, cache),
            torch_backward,
            both_products,
        ),
        Operation(
            layer, dtype, "im2col",
            lambda: convolution.im2col(x, kernel, **options),
            lambda: functional.unfold(tensors[1], kernel, **options),
        ),
        Operation(
            layer, dtype, "col2im",
            lambda: convolution.col2im(columns, shape, kernel, **options),
            lambda: functional.fold(tensors[4], shape[2:], kernel, **options),
        ),
    ]  # fmt: skip


def pooling_operations(layer, dtype, rng):
    """Return forward and backward of maximum and average pooling of one layer."""
    kernel, stride = layer.kernel_size, layer.stride
    options = {"kernel_size": kernel, "stride": stride}
    (x,) = draw(rng, dtype, layer.shape)
    out, max_cache = pooling.max_pool2d_forward(x, **options)
    _, avg_cache = pooling.avg_pool2d_forward(x, **options)
    (dout,) = draw(rng, dtype, out.shape)
    x_tensor, dout_tensor = torch.from_numpy(x), torch.from_numpy(dout)
    _, indices = torch.ops.aten.max_pool2d_with_indices(x_tensor, kernel, stride)
    window = [list(kernel), [stride, stride], [0, 0]]
    return [
        Operation(
            layer, dtype, "max_pool2d_forward",
            lambda: pooling.max_pool2d_forward(x, **options)[0],
            lambda: functional.max_pool2d(x_tensor, kernel, stride),
        ),
        Operation(
            layer, dtype, "max_pool2d_backward",
            lambda: pooling.max_pool2d_backward(dout, max_cache),
            lambda: torch.ops.aten.max_pool2d_with_indices_backward(
                dout_tensor, x_tensor, *window, [1, 1], False, indices
            ),
        ),
        Operation(
            layer, dtype, "avg_pool2d_forward",
            lambda: pooling.avg_pool2d_forward(x, **options)[0],
            lambda: functional.avg_pool2d(x_tensor, kernel, stride),
        ),
        Operation(
            layer, dtype, "avg_pool2d_backward",
            lambda: pooling.avg_pool2d_backward(dout, avg_cache),
            lambda: torch.ops.aten.avg_pool2d_backward(dout_tensor, x_tensor, *window, False, True, None),
        ),
    ]  # fmt: skip


def draw(rng, dtype, *shapes):
    """Return one normal array per shape."""
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def operations(dtype, batch=None):
    """Yield every operation in the order of the table.

    `batch` replaces the number of images of every layer.
    """
    rng = np.random.default_rng(6)
    for layers, make in ((CONVOLUTIONS, convolution_operations), (POOLINGS, pooling_operations)):
        for layer in layers:
            shape = (batch or layer.shape[0], *layer.shape[1:])
            yield from make(replace(layer, shape=shape), dtype, rng)


COUNT = 4 * (len(CONVOLUTIONS) + len(POOLINGS))

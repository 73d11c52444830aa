"""Compare every reference function of unit a06 with torch, over a grid of configurations."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional

from solutions.layers import convolution, geometry, pooling

DTYPES = [np.float64, np.float32]

# (N, C, H, W), number of filters, (KH, KW), stride, padding
CONFIGURATIONS = [
    ((2, 3, 7, 5), 4, (3, 2), 1, 0),
    ((2, 3, 7, 5), 4, (3, 2), 1, 1),
    ((2, 3, 7, 5), 4, (3, 2), 1, 2),
    ((2, 3, 7, 5), 4, (3, 2), 2, 0),
    ((2, 3, 7, 5), 4, (3, 2), 2, 1),
    ((2, 3, 7, 5), 4, (3, 2), 3, 0),
    ((2, 3, 7, 5), 4, (3, 2), 3, 2),
    ((3, 2, 5, 8), 1, (2, 3), 2, 1),  # sizes that do not divide, one filter
    ((1, 2, 6, 4), 3, (3, 3), 1, 1),  # one image
    ((2, 1, 4, 6), 3, (1, 3), 1, 2),  # one channel, flat kernel
    ((2, 3, 8, 7), 2, (1, 2), 3, 1),  # gaps between windows
    ((2, 3, 5, 4), 6, (1, 1), 1, 0),  # 1x1
    ((2, 3, 5, 4), 6, (1, 1), 2, 1),  # 1x1 with stride and padding
    ((2, 3, 5, 4), 2, (5, 4), 1, 0),  # kernel as large as the image
    ((1, 1, 5, 5), 1, (3, 3), 1, 0),  # the 5x5 input and 3x3 kernel of the lecture
    ((1, 1, 1, 1), 1, (1, 1), 1, 0),
]
POOLINGS = [
    ((2, 3, 6, 4), (2, 2), 2),
    ((2, 3, 7, 9), (3, 3), 2),  # AlexNet: overlapping windows
    ((2, 3, 8, 6), (3, 2), 2),  # the last row belongs to no window
    ((2, 3, 7, 5), (2, 3), 1),
    ((2, 3, 8, 7), (2, 1), 3),  # gaps between windows
    ((1, 2, 5, 7), (5, 7), 1),
    ((3, 1, 5, 4), (1, 1), 1),
]
BOUNDARIES = [
    ((2, 3, 5, 7), [0, 1, 3, 5], [0, 2, 3, 5, 6, 7]),
    ((1, 2, 4, 6), [0, 4], [0, 1, 6]),
    ((2, 1, 3, 2), [0, 1, 2, 3], [0, 1, 2]),
]


def name_of(value):
    """Return a readable test id for one parameter."""
    return value.__name__ if isinstance(value, type) else str(value).replace(" ", "")


def draw(rng, *shapes, dtype=np.float64):
    """Draw one normal array per shape, read-only so that a function that modifies its argument raises."""
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    for array in arrays:
        array.flags.writeable = False
    return arrays


def tensors(*arrays):
    """Return torch copies that track gradients."""
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def assert_same(expected, actual, dtype):
    """Compare type, dtype, shape and values, with a tolerance that fits the dtype."""
    expected = expected.detach().numpy() if isinstance(expected, torch.Tensor) else expected
    assert type(actual) is np.ndarray
    assert dtype == actual.dtype
    assert expected.shape == actual.shape
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def as_tuple(gradients):
    """Return the gradients as a tuple, also where there is only one."""
    return gradients if isinstance(gradients, tuple) else (gradients,)


def assert_layer_equals_torch(forward, backward, expected, inputs, dtype, rng):
    """Check values, gradients, fresh memory, a cache that can be used twice, and a zero upstream gradient."""
    leaves = tensors(*inputs)
    expected_out = expected(*leaves)
    out, cache = forward(*inputs)
    assert_same(expected_out, out, dtype)
    (dout,) = draw(rng, out.shape, dtype=dtype)
    expected_gradients = torch.autograd.grad(expected_out, leaves, torch.tensor(dout))
    for _ in range(2):
        gradients = as_tuple(backward(dout, cache))
        for one, other in zip(expected_gradients, gradients, strict=True):
            assert_same(one, other, dtype)
    for fresh in (out, *gradients):
        assert not any(np.shares_memory(fresh, argument) for argument in (*inputs, dout))
    assert all(not zero.any() for zero in as_tuple(backward(np.zeros_like(dout), cache)))


@pytest.fixture
def rng():
    """Return a seeded generator."""
    return np.random.default_rng(6)


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("kernel_size", range(1, 6))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_output_size_counts_the_windows(size, kernel_size, stride, padding):
    """Whether the size is the number of windows torch finds, and a kernel that does not fit is an error."""
    if kernel_size > size + 2 * padding:
        with pytest.raises(ValueError, match="exceeds"):
            geometry.conv_output_size(size, kernel_size, stride=stride, padding=padding)
        return
    expected = torch.zeros(size + 2 * padding).unfold(0, kernel_size, stride).shape[0]
    actual = geometry.conv_output_size(size, kernel_size, stride=stride, padding=padding)
    assert type(actual) is int
    assert expected == actual


def test_parameter_counts_of_the_lecture():
    """Whether 3x3 over 3 channels with 4 filters makes 112, and torch counts the same elsewhere."""
    assert geometry.conv_parameter_count(3, 4, (3, 3)) == 112
    assert geometry.conv_parameter_count(3, 4, (3, 3), bias=False) == 108
    assert geometry.conv_parameter_count(1, 6, (5, 5)) == 156
    assert geometry.conv_parameter_count(6, 16, (5, 5)) == 2416
    for bias in (True, False):
        layer = torch.nn.Conv2d(5, 7, (3, 2), bias=bias)
        expected = sum(parameter.numel() for parameter in layer.parameters())
        assert expected == geometry.conv_parameter_count(5, 7, (3, 2), bias=bias)


def test_receptive_fields_of_the_lecture():
    """Whether two 3x3 layers see 5 pixels and three of them 7."""
    assert geometry.receptive_field([(3, 1), (3, 1)]) == 5
    assert geometry.receptive_field([(3, 1), (3, 1), (3, 1)]) == 7
    assert geometry.receptive_field([]) == 1


@pytest.mark.parametrize(
    "layers", [[(5, 1)], [(3, 2), (3, 2)], [(5, 1), (2, 2), (5, 1), (2, 2)], [(1, 3), (2, 1)]]
)
def test_receptive_field_is_the_reach_of_a_gradient(layers):
    """Whether the gradient of one output entry reaches as many input entries as the formula says."""
    x = torch.ones(1, 1, 200, requires_grad=True)
    out = x
    for kernel_size, stride in layers:
        out = functional.conv1d(out, torch.ones(1, 1, kernel_size), stride=stride)
    out[0, 0, out.shape[2] // 2].backward()
    reached = torch.nonzero(x.grad[0, 0]).flatten()
    assert int(reached[-1] - reached[0]) + 1 == geometry.receptive_field(layers)


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=name_of)
@pytest.mark.parametrize("pair", ["conv2d_loops", "conv2d"])
def test_convolution_equals_torch(pair, configuration, dtype, rng):
    """Whether output and all three gradients equal torch's."""
    shape, filters, kernel_size, stride, padding = configuration
    forward = getattr(convolution, f"{pair}_forward")
    inputs = draw(rng, shape, (filters, shape[1], *kernel_size), (filters,), dtype=dtype)
    options = {"stride": stride, "padding": padding}
    assert_layer_equals_torch(
        lambda x, weight, bias: forward(x, weight, bias, **options),
        getattr(convolution, f"{pair}_backward"),
        lambda x, weight, bias: functional.conv2d(x, weight, bias, **options),
        inputs,
        dtype,
        rng,
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=name_of)
def test_im2col_is_unfold_and_col2im_is_fold(configuration, dtype, rng):
    """Whether columns and folded images equal torch's and share no memory with the argument."""
    shape, _, kernel_size, stride, padding = configuration
    (x,) = draw(rng, shape, dtype=dtype)
    expected = functional.unfold(torch.tensor(x), kernel_size, stride=stride, padding=padding)
    columns = convolution.im2col(x, kernel_size, stride=stride, padding=padding)
    assert_same(expected, columns, dtype)
    assert not np.shares_memory(x, columns)

    (columns,) = draw(rng, columns.shape, dtype=dtype)
    expected = functional.fold(torch.tensor(columns), shape[2:], kernel_size, stride=stride, padding=padding)
    folded = convolution.col2im(columns, shape, kernel_size, stride=stride, padding=padding)
    assert_same(expected, folded, dtype)
    assert not np.shares_memory(folded, columns)


def test_convolution_takes_arrays_of_any_memory_order(rng):
    """Whether the result is the same for arrays that are not contiguous."""
    x, weight, bias = draw(rng, (2, 3, 7, 5), (4, 3, 3, 2), (4,))
    out, cache = convolution.conv2d_forward(x, weight, bias, stride=2, padding=1)
    gradients = convolution.conv2d_backward(out, cache)
    weight = np.asfortranarray(weight)
    for other in (np.repeat(x, 2, axis=3)[..., ::2], np.asfortranarray(x)):
        again, cache = convolution.conv2d_forward(other, weight, bias, stride=2, padding=1)
        assert_same(out, again, np.float64)
        for one, two in zip(
            gradients, convolution.conv2d_backward(np.asfortranarray(out), cache), strict=True
        ):
            assert_same(one, two, np.float64)


def test_col2im_takes_columns_of_any_memory_order(rng):
    """Whether the images are the same for columns that are not contiguous."""
    (columns,) = draw(rng, (2, 18, 20))
    expected = convolution.col2im(columns, (2, 3, 7, 5), (3, 2), padding=0, stride=1)
    assert np.array_equal(expected, convolution.col2im(np.asfortranarray(columns), (2, 3, 7, 5), (3, 2)))


@pytest.mark.parametrize("kind", ["max_pool2d", "avg_pool2d"])
def test_pooling_takes_arrays_of_any_memory_order(kind, rng):
    """Whether the result is the same for arrays that are not contiguous."""
    forward, backward = getattr(pooling, f"{kind}_forward"), getattr(pooling, f"{kind}_backward")
    (x,) = draw(rng, (2, 3, 7, 5))
    out, cache = forward(x, kernel_size=(3, 2), stride=2)
    again, cache_again = forward(np.repeat(x, 2, axis=3)[..., ::2], kernel_size=(3, 2), stride=2)
    assert np.array_equal(out, again)
    assert np.array_equal(backward(out, cache), backward(np.asfortranarray(out), cache_again))


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
def test_conv1x1_is_a_linear_layer_on_every_pixel(dtype, rng):
    """Whether the lecture's 64 to 32 channels equal torch's 1x1 convolution and its linear layer."""
    for shape, filters in [((2, 64, 5, 4), 32), ((1, 3, 2, 7), 1), ((3, 1, 4, 2), 5)]:
        x, weight, bias = draw(rng, shape, (filters, shape[1]), (filters,), dtype=dtype)
        images, matrix, offset = torch.tensor(x), torch.tensor(weight), torch.tensor(bias)
        actual = convolution.conv1x1_as_affine(x, weight, bias)
        assert_same(functional.conv2d(images, matrix[:, :, None, None], offset), actual, dtype)
        affine = functional.linear(images.permute(0, 2, 3, 1), matrix, offset).permute(0, 3, 1, 2)
        assert_same(affine.contiguous(), actual, dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("configuration", POOLINGS, ids=name_of)
@pytest.mark.parametrize("kind", ["max_pool2d", "avg_pool2d"])
def test_pooling_equals_torch(kind, configuration, dtype, rng):
    """Whether output and gradient equal torch's, also where all values are negative."""
    shape, kernel_size, stride = configuration
    forward = getattr(pooling, f"{kind}_forward")
    inputs = draw(rng, shape, dtype=dtype)
    for x in (inputs[0], inputs[0] - 100):
        assert_layer_equals_torch(
            lambda x: forward(x, kernel_size=kernel_size, stride=stride),
            getattr(pooling, f"{kind}_backward"),
            lambda x: getattr(functional, kind)(x, kernel_size, stride=stride),
            [x],
            dtype,
            rng,
        )


def test_max_pooling_gives_a_tied_gradient_away_once():
    """Whether the gradient of a window with equal entries is neither lost nor doubled."""
    x = np.zeros((2, 3, 6, 4))
    _, cache = pooling.max_pool2d_forward(x, kernel_size=(2, 2), stride=2)
    assert pooling.max_pool2d_backward(np.ones((2, 3, 3, 2)), cache).sum() == 36
    _, cache = pooling.fractional_max_pool_forward(x, rows=np.array([0, 2, 6]), cols=np.array([0, 1, 4]))
    assert pooling.fractional_max_pool_backward(np.ones((2, 3, 2, 2)), cache).sum() == 24


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("shape", [(2, 3, 7, 5), (1, 1, 4, 4), (3, 2, 1, 1)], ids=name_of)
def test_global_average_pooling_equals_torch(shape, dtype, rng):
    """Whether the means and their gradient equal torch's adaptive pooling."""
    assert_layer_equals_torch(
        pooling.global_avg_pool_forward,
        pooling.global_avg_pool_backward,
        lambda x: functional.adaptive_avg_pool2d(x, 1).flatten(1),
        draw(rng, shape, dtype=dtype),
        dtype,
        rng,
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize(("shape", "rows", "cols"), BOUNDARIES, ids=name_of)
def test_fractional_max_pooling_equals_the_maximum_of_every_region(shape, rows, cols, dtype, rng):
    """Whether output and gradient equal torch's amax over slices."""

    def expected(x):
        regions = [
            x[:, :, top:bottom, left:right].amax((2, 3))
            for top, bottom in pairwise(rows)
            for left, right in pairwise(cols)
        ]
        return torch.stack(regions, -1).reshape(*shape[:2], len(rows) - 1, len(cols) - 1)

    assert_layer_equals_torch(
        lambda x: pooling.fractional_max_pool_forward(x, rows=np.array(rows), cols=np.array(cols)),
        pooling.fractional_max_pool_backward,
        expected,
        draw(rng, shape, dtype=dtype),
        dtype,
        rng,
    )


@pytest.mark.parametrize(
    ("input_size", "output_size"), [(25, 18), (18, 13), (6, 6), (8, 4), (7, 4), (1, 1), (2, 1)]
)
def test_fractional_boundaries_start_at_zero_end_at_the_size_and_step_by_one_or_two(input_size, output_size):
    """Whether the boundaries have the properties of Graham's sequence, also at the largest u."""
    alpha = input_size / output_size
    for u in (1e-3, 0.3 / alpha, 0.77 / alpha, 1 / alpha):
        boundaries = pooling.fractional_pool_boundaries(input_size, output_size, u)
        assert np.issubdtype(boundaries.dtype, np.integer)
        assert boundaries.shape == (output_size + 1,)
        assert boundaries[0] == 0
        assert boundaries[-1] == input_size
        assert set(np.diff(boundaries)) <= {1, 2}
        if u < 1 / alpha:
            expected = [int(np.ceil(alpha * (i + u))) - 1 for i in range(output_size + 1)]
            assert expected == boundaries.tolist()

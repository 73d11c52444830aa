"""Compare every reference function of unit a06 with torch, over a grid of configurations."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

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


def assert_gradients(forward_inputs, expected_out, dout, actual, dtype):
    """Compare gradients with those of autograd, given the tensors and the output that torch computed."""
    expected = torch.autograd.grad(expected_out, forward_inputs, torch.tensor(dout))
    assert len(expected) == len(actual)
    for one, other in zip(expected, actual, strict=True):
        assert_same(one, other, dtype)


def forward_and_backward_agree(forward, backward, inputs, expected, dtype, rng):
    """Check a forward and backward pair: values, gradients, zero upstream, and a cache that can be used twice."""
    parameters = tensors(*inputs)
    expected_out = expected(*parameters)
    out, cache = forward(*inputs)
    assert_same(expected_out, out, dtype)
    assert not any(np.shares_memory(out, array) for array in inputs)
    (dout,) = draw(rng, out.shape, dtype=dtype)
    for _ in range(2):
        grads = backward(dout, cache)
        grads = grads if isinstance(grads, tuple) else (grads,)
        assert not any(np.shares_memory(grad, dout) for grad in grads)
        assert_gradients(parameters, expected_out.clone(), dout, grads, dtype) if _ else None
    zeros = backward(np.zeros_like(dout), cache)
    zeros = zeros if isinstance(zeros, tuple) else (zeros,)
    assert all(not zero.any() for zero in zeros)


@pytest.fixture
def rng():
    """Return a seeded generator."""
    return np.random.default_rng(6)


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("kernel_size", range(1, 6))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_output_size_counts_the_windows(size, kernel_size, stride, padding):
    """Is the size the number of windows that torch's unfold finds, and is a kernel that does not fit an error?"""
    if kernel_size > size + 2 * padding:
        with pytest.raises(ValueError, match="exceeds"):
            geometry.conv_output_size(size, kernel_size, stride=stride, padding=padding)
        return
    expected = torch.zeros(size + 2 * padding).unfold(0, kernel_size, stride).shape[0]
    actual = geometry.conv_output_size(size, kernel_size, stride=stride, padding=padding)
    assert type(actual) is int
    assert expected == actual


def test_parameter_counts_of_the_lecture():
    """Does 3x3 over 3 channels with 4 filters have 112 parameters, and does torch count the same elsewhere?"""
    assert geometry.conv_parameter_count(3, 4, (3, 3)) == 112
    assert geometry.conv_parameter_count(3, 4, (3, 3), bias=False) == 108
    assert geometry.conv_parameter_count(1, 6, (5, 5)) == 156
    assert geometry.conv_parameter_count(6, 16, (5, 5)) == 2416
    for bias in (True, False):
        layer = torch.nn.Conv2d(5, 7, (3, 2), bias=bias)
        expected = sum(parameter.numel() for parameter in layer.parameters())
        assert expected == geometry.conv_parameter_count(5, 7, (3, 2), bias=bias)


def test_receptive_fields_of_the_lecture():
    """Do two 3x3 layers see 5 pixels and three of them 7?"""
    assert geometry.receptive_field([(3, 1), (3, 1)]) == 5
    assert geometry.receptive_field([(3, 1), (3, 1), (3, 1)]) == 7
    assert geometry.receptive_field([]) == 1


@pytest.mark.parametrize(
    "layers", [[(5, 1)], [(3, 2), (3, 2)], [(5, 1), (2, 2), (5, 1), (2, 2)], [(1, 3), (2, 1)]]
)
def test_receptive_field_is_the_reach_of_a_gradient(layers):
    """Does the gradient of one output entry reach as many input entries as the formula says?"""
    x = torch.ones(1, 1, 200, requires_grad=True)
    out = x
    for kernel_size, stride in layers:
        out = F.conv1d(out, torch.ones(1, 1, kernel_size), stride=stride)
    out[0, 0, out.shape[2] // 2].backward()
    reached = torch.nonzero(x.grad[0, 0]).flatten()
    assert int(reached[-1] - reached[0]) + 1 == geometry.receptive_field(layers)


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=name_of)
@pytest.mark.parametrize("pair", ["conv2d_loops", "conv2d"])
def test_convolution_equals_torch(pair, configuration, dtype, rng):
    """Do output and all three gradients equal torch's?"""
    shape, filters, kernel_size, stride, padding = configuration
    forward = getattr(convolution, f"{pair}_forward")
    inputs = draw(rng, shape, (filters, shape[1], *kernel_size), (filters,), dtype=dtype)
    forward_and_backward_agree(
        lambda x, weight, bias: forward(x, weight, bias, stride=stride, padding=padding),
        getattr(convolution, f"{pair}_backward"),
        inputs,
        lambda x, weight, bias: F.conv2d(x, weight, bias, stride=stride, padding=padding),
        dtype,
        rng,
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=name_of)
def test_im2col_is_unfold_and_col2im_is_fold(configuration, dtype, rng):
    """Do columns and folded images equal torch's, without sharing memory with the argument?"""
    shape, _, kernel_size, stride, padding = configuration
    (x,) = draw(rng, shape, dtype=dtype)
    expected = F.unfold(torch.tensor(x), kernel_size, stride=stride, padding=padding)
    columns = convolution.im2col(x, kernel_size, stride=stride, padding=padding)
    assert_same(expected, columns, dtype)
    assert not np.shares_memory(x, columns)

    (columns,) = draw(rng, columns.shape, dtype=dtype)
    expected = F.fold(torch.tensor(columns), shape[2:], kernel_size, stride=stride, padding=padding)
    folded = convolution.col2im(columns, shape, kernel_size, stride=stride, padding=padding)
    assert_same(expected, folded, dtype)
    assert not np.shares_memory(folded, columns)


@pytest.mark.parametrize("function", ["conv2d", "im2col", "col2im", "max_pool2d", "avg_pool2d"])
def test_strided_arguments_are_accepted(function, rng):
    """Is the result the same for arrays that are not contiguous?"""
    shape = (2, 3, 7, 5)
    (x,) = draw(rng, shape)
    sliced = np.repeat(x, 2, axis=3)[..., ::2]
    if function == "conv2d":
        weight, bias = draw(rng, (4, 3, 3, 2), (4,))
        for dense, other in ((x, sliced), (x, np.asfortranarray(x))):
            out, cache = convolution.conv2d_forward(dense, weight, bias, stride=2, padding=1)
            again, cache_again = convolution.conv2d_forward(
                other, np.asfortranarray(weight), bias, stride=2, padding=1
            )
            np.testing.assert_allclose(again, out, rtol=1e-12)
            grads = convolution.conv2d_backward(out, cache)
            grads_again = convolution.conv2d_backward(np.asfortranarray(out), cache_again)
            for one, two in zip(grads, grads_again, strict=True):
                np.testing.assert_allclose(two, one, rtol=1e-10)
    elif function == "im2col":
        assert np.array_equal(convolution.im2col(x, (3, 2)), convolution.im2col(sliced, (3, 2)))
    elif function == "col2im":
        (columns,) = draw(rng, (2, 18, 20))
        expected = convolution.col2im(columns, shape, (3, 2))
        assert np.array_equal(expected, convolution.col2im(np.asfortranarray(columns), shape, (3, 2)))
    else:
        forward = getattr(pooling, f"{function}_forward")
        backward = getattr(pooling, f"{function}_backward")
        out, cache = forward(x, kernel_size=(3, 2), stride=2)
        again, cache_again = forward(sliced, kernel_size=(3, 2), stride=2)
        assert np.array_equal(out, again)
        assert np.array_equal(backward(out, cache), backward(np.asfortranarray(out), cache_again))


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
def test_conv1x1_is_a_linear_layer_on_every_pixel(dtype, rng):
    """Does the lecture's 64 to 32 channels equal torch's 1x1 convolution and linear layer?"""
    for shape, filters in [((2, 64, 5, 4), 32), ((1, 3, 2, 7), 1), ((3, 1, 4, 2), 5)]:
        x, weight, bias = draw(rng, shape, (filters, shape[1]), (filters,), dtype=dtype)
        images, matrix, offset = torch.tensor(x), torch.tensor(weight), torch.tensor(bias)
        actual = convolution.conv1x1_as_affine(x, weight, bias)
        assert_same(F.conv2d(images, matrix[:, :, None, None], offset), actual, dtype)
        affine = F.linear(images.permute(0, 2, 3, 1), matrix, offset).permute(0, 3, 1, 2)
        assert_same(affine.contiguous(), actual, dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("configuration", POOLINGS, ids=name_of)
@pytest.mark.parametrize("kind", ["max_pool2d", "avg_pool2d"])
def test_pooling_equals_torch(kind, configuration, dtype, rng):
    """Do output and gradient equal torch's, also where all values are negative?"""
    shape, kernel_size, stride = configuration
    forward = getattr(pooling, f"{kind}_forward")
    inputs = draw(rng, shape, dtype=dtype)
    for x in (inputs[0], inputs[0] - 100):
        forward_and_backward_agree(
            lambda x: forward(x, kernel_size=kernel_size, stride=stride),
            getattr(pooling, f"{kind}_backward"),
            [x],
            lambda x: getattr(F, kind)(x, kernel_size, stride=stride),
            dtype,
            rng,
        )


def test_max_pooling_gives_a_tied_gradient_away_once():
    """Is the gradient of a window with equal entries neither lost nor doubled?"""
    x = np.zeros((2, 3, 6, 4))
    _, cache = pooling.max_pool2d_forward(x, kernel_size=(2, 2), stride=2)
    assert pooling.max_pool2d_backward(np.ones((2, 3, 3, 2)), cache).sum() == 36
    _, cache = pooling.fractional_max_pool_forward(x, rows=np.array([0, 2, 6]), cols=np.array([0, 1, 4]))
    assert pooling.fractional_max_pool_backward(np.ones((2, 3, 2, 2)), cache).sum() == 24


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize("shape", [(2, 3, 7, 5), (1, 1, 4, 4), (3, 2, 1, 1)], ids=name_of)
def test_global_average_pooling_equals_torch(shape, dtype, rng):
    """Do the means and their gradient equal torch's adaptive pooling?"""
    forward_and_backward_agree(
        pooling.global_avg_pool_forward,
        pooling.global_avg_pool_backward,
        draw(rng, shape, dtype=dtype),
        lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1),
        dtype,
        rng,
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=name_of)
@pytest.mark.parametrize(("shape", "rows", "cols"), BOUNDARIES, ids=name_of)
def test_fractional_max_pooling_equals_the_maximum_of_every_region(shape, rows, cols, dtype, rng):
    """Do output and gradient equal torch's amax over slices?"""

    def expected(x):
        regions = [
            x[:, :, top:bottom, left:right].amax((2, 3))
            for top, bottom in zip(rows[:-1], rows[1:], strict=True)
            for left, right in zip(cols[:-1], cols[1:], strict=True)
        ]
        return torch.stack(regions, -1).reshape(*shape[:2], len(rows) - 1, len(cols) - 1)

    forward_and_backward_agree(
        lambda x: pooling.fractional_max_pool_forward(x, rows=np.array(rows), cols=np.array(cols)),
        pooling.fractional_max_pool_backward,
        draw(rng, shape, dtype=dtype),
        expected,
        dtype,
        rng,
    )


@pytest.mark.parametrize(
    ("input_size", "output_size"), [(25, 18), (18, 13), (6, 6), (8, 4), (7, 4), (1, 1), (2, 1)]
)
def test_fractional_boundaries_start_at_zero_end_at_the_size_and_step_by_one_or_two(input_size, output_size):
    """Do the boundaries have the properties of Graham's pseudorandom sequence, also at the largest u?"""
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

"""The gradient check must name every rule that is broken, and say so in the five lines of a message."""

import numpy as np
import pytest

from tests import gradient_pairs as pairs
from tests.gradient_pairs import check_backward, first_line
from utils.gradient_check import GradientCheck, GradientCheckFailure, gradient_check

MODES = pytest.mark.parametrize("mode", ["full", "fast"])


def right(dout, cache):
    return pairs.affine_backward(dout, cache)


def nan_gradient(dout, cache):
    dx, dweight, dbias = right(dout, cache)
    dweight[1, 2] = np.nan
    return dx, dweight, dbias


def add_to_upstream(dout, cache):
    gradients = right(dout, cache)
    dout += 1
    return gradients


def change_cached_input(dout, cache):
    gradients = right(dout, cache)
    cache[0][0] = 0
    return gradients


def fails(dout, cache):
    raise KeyError("no such\nkey")


def masked(dout, cache):
    dx, dweight, dbias = right(dout, cache)
    return np.ma.masked_all(dx.shape), dweight, dbias


class Fake(np.ndarray):
    pass


def subclass(dout, cache):
    dx, dweight, dbias = right(dout, cache)
    return dx.view(Fake), dweight, dbias


def reused_buffer():
    buffer = np.empty((3, 5))

    def backward(dout, cache):
        _, dweight, dbias = right(dout, cache)
        buffer[:] = dout @ cache[1].T
        return buffer, dweight, dbias

    return backward


RULES = {
    nan_gradient: "the gradient with respect to weight is not finite.",
    add_to_upstream: "changes the upstream gradient dout.",
    change_cached_input: "changes the input x, through the cache.",
    fails: "raised KeyError.",
    masked: "the gradient with respect to x is not a NumPy array.",
    subclass: "the gradient with respect to x is not a NumPy array.",
    lambda d, c: None: "returns None.",
    lambda d, c: right(d, c)[:2]: "does not return a tuple of 3 arrays.",
    lambda d, c: right(d, c)[0]: "does not return a tuple of 3 arrays.",
    lambda d, c: (*right(d, c)[:2], None): "the gradient with respect to bias is None.",
    lambda d, c: (*right(d, c)[:2], [1.0]): "the gradient with respect to bias is not a NumPy array.",
    lambda d, c: (*right(d, c)[:2], d): "the gradient with respect to bias has the wrong shape.",
    lambda d, c: (
        *right(d, c)[:2],
        d.sum(axis=0)[None],
    ): "the gradient with respect to bias has the wrong shape.",
    lambda d, c: (
        *right(d, c)[:2],
        np.float32(d.sum(axis=0)),
    ): "the gradient with respect to bias is float32, not float64.",
    lambda d, c: (
        *right(d, c)[:2],
        d.sum(axis=0) + 1,
    ): "the gradient with respect to bias is not zero for zero upstream.",
    lambda d, c: (
        *right(d, c)[:2],
        d.sum(axis=0) + 1e-300,
    ): "the gradient with respect to bias is not zero for zero upstream.",
    reused_buffer(): "the gradient with respect to x does not stay the same.",
}


@MODES
@pytest.mark.parametrize("backward", RULES, ids=lambda backward: RULES[backward].rstrip("."))
def test_gradient_check_rejects_what_breaks_a_rule(backward, mode):
    result = check_backward(backward, mode, name="affine_backward")
    assert first_line(result) == f"affine_backward: {RULES[backward]}"


@MODES
def test_gradient_check_rejects_a_cache_that_serves_only_once(mode):
    def forward(x, weight, bias):
        return x @ weight + bias, [x, weight]

    def consuming(dout, cache):
        weight, x = cache.pop(), cache.pop()
        return right(dout, (x, weight))

    result = check_backward(consuming, mode, forward)
    assert first_line(result) == "consuming: raised IndexError."
    assert "the second call with the same cache" in str(result)
    assert "leave the cache as it is" in str(result)

    def scaling(dout, cache):
        gradients = right(dout, cache)
        cache[1] = 2 * cache[1]
        return gradients

    result = check_backward(scaling, mode, forward)
    assert first_line(result) == "scaling: the gradient with respect to x does not stay the same."


@MODES
def test_gradient_check_rejects_a_cache_that_another_forward_call_overwrites(mode):
    state = {}

    def forward(x):
        state["out"] = np.tanh(x)
        return state["out"], None

    def backward(dout, cache):
        return dout * (1 - state["out"] ** 2)

    result = check_backward(backward, mode, forward, pairs.tanh)
    assert first_line(result) == "backward: the gradient with respect to x does not stay the same."


@MODES
def test_gradient_check_accepts_gradients_that_are_views_of_the_upstream(mode):
    result = check_backward(
        lambda dout, shape: dout.reshape(shape), mode, lambda x: (x.reshape(len(x), -1), x.shape), pairs.tanh
    )
    assert result.ok, str(result)


@MODES
def test_gradient_check_does_not_touch_the_inputs_and_tells_who_does(mode):
    def forward(x, weight, bias):
        out = x @ weight + bias
        weight *= 2
        return out, (x, weight / 2)

    rng = np.random.default_rng(1)
    inputs = pairs.affine(rng)[2]
    before = {name: value.copy() for name, value in inputs.items()}
    result = gradient_check(forward, right, inputs, rng=rng, mode=mode)
    assert first_line(result) == "forward: changes its input weight."
    for name, value in inputs.items():
        np.testing.assert_array_equal(value, before[name])


@MODES
def test_gradient_check_does_not_depend_on_the_arrays_of_the_caller(mode):
    """Change the variable of a notebook from inside a function, behind the back of the check."""
    x = np.random.default_rng(1).normal(size=(3, 4))

    def forward(values):
        x[...] = 0
        return pairs.tanh_forward(values)

    result = gradient_check(forward, pairs.tanh_backward, x, rng=np.random.default_rng(1), mode=mode)
    assert result.ok, str(result)


@MODES
def test_gradient_check_notices_a_forward_that_changes_its_inputs_later(mode):
    calls = []

    def forward(x, weight, bias):
        calls.append(1)
        if len(calls) == 4:
            bias += 1
        return x @ weight + bias, (x, weight)

    rng = np.random.default_rng(1)
    inputs = pairs.affine(rng)[2]
    before = inputs["bias"].copy()
    result = gradient_check(forward, right, inputs, rng=rng, mode=mode)
    assert not result.ok
    assert result.failures[-1].headline == "forward: changes its input bias."
    np.testing.assert_array_equal(inputs["bias"], before)


@MODES
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((3, 4), np.float32), "the input x is float32, not float64."),
        (np.ones((3, 4), int), "the input x is int64, not float64."),
        ([[1.0, 2.0]], "the input x is not a NumPy array."),
        (2.0, "the input x is not a NumPy array."),
        (np.ma.masked_all(3), "the input x is not a NumPy array."),
        (np.array([1.0, np.nan]), "the input x is not finite."),
        (np.ones((0, 3)), "the input x is empty."),
    ],
)
def test_gradient_check_says_which_input_cannot_be_used(x, message, mode):
    result = gradient_check(
        pairs.tanh_forward, pairs.tanh_backward, {"x": x}, rng=np.random.default_rng(1), mode=mode
    )
    assert first_line(result) == f"tanh_backward: cannot be checked, because {message}"
    if "float" in message:
        assert "np.asarray(x, dtype=np.float64)" in str(result)


def flaky_forward():
    rng = np.random.default_rng(5)
    return lambda x: (x * (rng.random(x.shape) < 0.5), x)


FORWARDS = {
    "forward: raised ZeroDivisionError.": lambda x: 1 / 0,
    "forward: does not return (out, cache).": lambda x: x,
    "forward: the output out is None.": lambda x: (None, x),
    "forward: the output out is float32, not float64.": lambda x: (x.astype(np.float32), x),
    "forward: the output out is not finite.": lambda x: (x * np.inf, x),
    "forward: the output out is empty.": lambda x: (x[:0], x),
    "forward: gives different outputs for the same inputs.": flaky_forward(),
}


@MODES
@pytest.mark.parametrize("message", FORWARDS)
def test_gradient_check_says_what_is_wrong_with_forward(message, mode):
    result = check_backward(pairs.tanh_backward, mode, FORWARDS[message], pairs.tanh)
    assert first_line(result) == message


def test_gradient_check_asks_for_the_array_itself_where_there_is_one_input():
    result = check_backward(lambda d, o: (d * (1 - o**2),), "full", pairs.tanh_forward, pairs.tanh)
    assert first_line(result) == "backward: does not return 1 array."


# The result -------------------------------------------------------------------------------------------------


def test_gradient_check_failure_carries_the_message_and_the_cause():
    result = check_backward(fails, "full")
    with pytest.raises(GradientCheckFailure, match="fails: raised KeyError") as caught:
        result.raise_if_wrong()
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value.__cause__, KeyError)
    assert str(caught.value) == str(result) == repr(result)


def test_gradient_check_result_without_evidence_is_not_ok():
    result = GradientCheck("f", "case", "full", 1e-7, ("x",))
    assert not result.ok
    assert "right" not in str(result)
    with pytest.raises(GradientCheckFailure):
        result.raise_if_wrong()


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "quick"},
        {"rng": 1},
        {"step": 0},
        {"tolerance": float("nan")},
        {"directions": 0},
        {"names": ["x", "y"]},
        {"allow_constant": ["weight"]},
        {"inputs": ()},
    ],
)
def test_gradient_check_refuses_arguments_that_make_no_sense(wrong):
    arguments = {"inputs": np.ones(3), "rng": np.random.default_rng(1), **wrong}
    with pytest.raises((ValueError, TypeError)):
        gradient_check(pairs.tanh_forward, pairs.tanh_backward, **arguments)

"""The gradient check must accept right gradients, name the wrong ones, and never pass without evidence."""

import functools
import re

import numpy as np
import pytest

from tests import gradient_pairs as pairs
from tests.gradient_pairs import check, check_backward, first_line
from utils._gradient_probes import Problem, compare_directions, probe
from utils.gradient_check import TOLERANCE, gradient_check

MODES = pytest.mark.parametrize("mode", ["full", "fast"])


# Right gradients --------------------------------------------------------------------------------------------


@MODES
@pytest.mark.parametrize("name", pairs.RIGHT)
def test_gradient_check_accepts_right_gradients(name, mode):
    for seed in range(2 if mode == "full" else 10):
        result = check(pairs.RIGHT[name], mode, seed)
        assert result.ok, str(result)
        assert result
        assert not any(skipped for skipped, _ in result.skipped.values())
    assert str(result).count("\n") == 0
    result.raise_if_wrong()


@MODES
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_gradient_check_passes_options_to_forward(padding, mode):
    assert check(pairs.conv, mode, options={"padding": padding}).ok
    rng = np.random.default_rng(1)
    forward = functools.partial(pairs.conv_forward, padding=padding)
    result = gradient_check(forward, pairs.conv_backward, pairs.conv(rng)[2], rng=rng, mode=mode)
    assert result.ok
    assert result.name == "conv_backward"


def errors_of(make, mode, seeds, inputs=None):
    """Return the largest error of every seed; for fewer seeds where a layer has many entries."""
    found = []
    slow = mode == "full" and "weight" in make(np.random.default_rng(1))[2]
    for seed in range(seeds // 10 if slow else seeds):
        errors = check(make, mode, seed).errors
        found.append(max(error for name, error in errors.items() if inputs in (None, name)))
    return np.array(found)


@MODES
@pytest.mark.parametrize("seeds", [10, pytest.param(200, marks=pytest.mark.slow)])
def test_gradient_check_tolerance_is_ten_times_above_noise_and_below_mistakes(seeds, mode):
    """Hold the docstring to its numbers: noise up to 2e-9 (2e-10), mistakes from 3.5e-6 (1.5e-6)."""
    noise = max(errors_of(make, mode, seeds).max() for make in pairs.RIGHT.values())
    smallest = min(errors_of(make, mode, seeds, name).min() for make, name, _ in pairs.WRONG.values())
    assert noise <= {"full": 3e-9, "fast": 3e-10}[mode]
    assert smallest >= {"full": 3e-6, "fast": 1e-6}[mode]
    assert 10 * noise <= TOLERANCE <= smallest / 10


@MODES
def test_gradient_check_allows_for_rounding_in_large_outputs(mode):
    """Add a million to the output: its last places are lost in every difference."""

    def forward(x):
        return x**2 + 1e6, x

    result = check_backward(
        lambda dout, x: 2 * x * dout, mode, forward, lambda rng: (0, 0, {"x": rng.normal(size=9)})
    )
    assert result.ok, str(result)


@MODES
def test_gradient_check_allows_for_changes_rounded_to_zero(mode):
    """Saturate a softmax: gradients of 1e-12 move a loss of 5 by less than its last place."""

    def forward(x, *, labels):
        shifted = x - x.max(axis=1, keepdims=True)
        total = np.exp(shifted).sum(axis=1)
        rows = np.arange(len(x))
        return (np.log(total) - shifted[rows, labels]).mean(), (np.exp(shifted) / total[:, None], labels)

    def backward(dout, cache):
        probabilities, labels = cache
        return dout * (probabilities - np.eye(10)[labels]) / len(labels)

    for seed in range(10):
        rng = np.random.default_rng(seed)
        x, labels = rng.normal(0, 5, (32, 10)), rng.integers(0, 10, 32)
        result = gradient_check(forward, backward, x, options={"labels": labels}, rng=rng, mode=mode)
        assert result.ok, str(result)
        assert result.skipped["x"][0] == 0


@MODES
def test_gradient_check_takes_several_outputs_and_scalar_outputs(mode):
    def forward(x, y):
        return x * y, float((x + y).sum()), (x, y)

    def backward(dproduct, dsum, cache):
        x, y = cache
        return dproduct * y + dsum, dproduct * x + dsum

    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    options = {"rng": rng, "mode": mode, "output_names": ("product", "sum")}
    assert gradient_check(forward, backward, inputs, **options).ok
    wrong = gradient_check(forward, lambda dp, ds, c: (dp * c[1] + ds, dp * c[0]), inputs, **options)
    assert first_line(wrong) == "backward: the gradient with respect to y is wrong."


@MODES
def test_gradient_check_takes_a_single_array_and_names_it_after_the_parameter(mode):
    x = np.random.default_rng(1).normal(size=(3, 4))
    result = gradient_check(
        pairs.tanh_forward, lambda dout, out: -dout, x, rng=np.random.default_rng(2), mode=mode
    )
    assert first_line(result) == "backward: the gradient with respect to x is wrong."
    assert str(result).splitlines()[1] == "  case     x (3, 4)"
    result = gradient_check(
        pairs.tanh_forward,
        lambda dout, out: -dout,
        x,
        rng=np.random.default_rng(2),
        mode=mode,
        names=["score"],
        name="tanh_backward",
        case="N=3",
    )
    assert first_line(result) == "tanh_backward: the gradient with respect to score is wrong."
    assert str(result).splitlines()[1] == "  case     N=3"


@MODES
def test_gradient_check_takes_scalar_parameters_and_any_memory_order(mode):
    def forward(x, slope):
        assert type(x) is type(slope) is np.ndarray
        return slope * x**2, (x, slope)

    def backward(dout, cache):
        x, slope = cache
        return 2 * slope * x * dout, (dout * x**2).sum()

    rng = np.random.default_rng(1)
    inputs = np.asfortranarray(rng.normal(size=(3, 4))), np.array(0.7)
    assert gradient_check(forward, backward, inputs, rng=rng, mode=mode).ok
    inputs = rng.normal(size=(6, 8))[::2, ::-2], np.array(0.7)
    assert gradient_check(forward, backward, inputs, rng=rng, mode=mode).ok
    result = gradient_check(forward, lambda d, c: (backward(d, c)[0], d.sum()), inputs, rng=rng, mode=mode)
    assert first_line(result) == "backward: the gradient with respect to slope is wrong."


# Wrong values -----------------------------------------------------------------------------------------------


@MODES
@pytest.mark.parametrize("name", pairs.WRONG)
def test_gradient_check_rejects_wrong_gradients_and_reads_their_pattern(name, mode):
    make, wrong_input, hint = pairs.WRONG[name]
    result = check(make, mode, name="layer_backward")
    assert first_line(result) == f"layer_backward: the gradient with respect to {wrong_input} is wrong."
    values = {verdict.subject: verdict.ok for verdict in result.verdicts if verdict.rule == "values"}
    expected = {name: name != wrong_input for name in result.inputs}
    assert values == expected  # one failing gradient hides no other
    if mode == "full":
        assert hint in str(result).splitlines()[4]


def test_gradient_check_message_shows_where_and_both_values():
    def backward(dout, cache):
        dx, dweight, dbias = pairs.conv_backward(dout, cache)
        dx = dx.copy()
        dx[0, 1, 2, 2] *= 2
        return dx, dweight, dbias

    backward.__name__ = "conv2d_backward"
    result = check_backward(
        backward, "full", pairs.conv_forward, pairs.conv, options={"padding": 1}, case="N=2 C=3"
    )
    lines = str(result).splitlines()
    assert lines[0] == "conv2d_backward: the gradient with respect to x is wrong."
    assert lines[1] == "  case     N=2 C=3"
    assert re.fullmatch(r"  where    1 of 210 entries; largest gap [\d.]+ at dx\[0, 1, 2, 2\]", lines[2])
    values = re.fullmatch(
        r"  values   yours (-?[\d.]+), expected (-?[\d.]+) \(finite differences\)", lines[3]
    )
    assert float(values[1]) == pytest.approx(2 * float(values[2]), rel=0.01)
    assert "a single entry of dx is wrong" in lines[4]


def one_of_ten_thousand(dout, out):
    dx = dout * (1 - out**2)
    dx[70, 31] *= 1.01
    return dx


@pytest.mark.parametrize("seed", range(5))
def test_gradient_check_fast_finds_one_entry_of_ten_thousand_off_by_one_percent(seed):
    rng = np.random.default_rng(seed)
    calls = []

    def forward(x):
        calls.append(1)
        return pairs.tanh_forward(x)

    result = gradient_check(forward, one_of_ten_thousand, rng.normal(size=(100, 100)), rng=rng, mode="fast")
    assert first_line(result) == "one_of_ten_thousand: the gradient with respect to x is wrong."
    assert result.errors["x"] > 10 * TOLERANCE
    assert len(calls) < 20
    assert 'mode="full"' in str(result)


def test_gradient_check_explains_a_failure_of_fast_mode_entry_by_entry_if_asked():
    rng = np.random.default_rng(1)
    result = gradient_check(
        pairs.tanh_forward,
        one_of_ten_thousand,
        rng.normal(size=(100, 40)),
        rng=rng,
        mode="fast",
        explain=True,
    )
    assert "  where    1 of 4000 entries; " in str(result)
    assert "at dx[70, 31]" in str(result)


@MODES
def test_gradient_check_rejects_a_zero_forward_with_a_zero_backward(mode):
    def forward(x):
        return np.zeros((2, 3)), x.shape

    result = gradient_check(
        forward, lambda dout, shape: np.zeros(shape), np.ones((2, 3)), rng=np.random.default_rng(1), mode=mode
    )
    message = "forward: the output does not change with x: a gradient check cannot say anything."
    assert first_line(result) == message


@MODES
def test_gradient_check_rejects_an_input_without_influence_unless_allowed(mode):
    def forward(x, shift):  # the mean takes the shift away again
        moved = x + shift
        return np.tanh(moved - moved.mean(axis=0)), np.tanh(moved - moved.mean(axis=0))

    def backward(dout, out):
        slope = dout * (1 - out**2)
        dx = slope - slope.mean(axis=0)
        return dx, dx.sum(axis=0)

    rng = np.random.default_rng(1)
    inputs = {"x": rng.normal(size=(5, 3)), "shift": rng.normal(size=3)}
    result = gradient_check(forward, backward, inputs, rng=rng, mode=mode)
    assert "does not change with shift" in first_line(result)
    options = {"rng": rng, "mode": mode, "allow_constant": ["shift"]}
    assert gradient_check(forward, backward, inputs, **options).ok
    result = gradient_check(forward, lambda d, o: (backward(d, o)[0], d.sum(axis=0)), inputs, **options)
    assert first_line(result) == "backward: the gradient with respect to shift is wrong."
    result = gradient_check(
        lambda x: (np.ones(3), 0), lambda d, c: 0 * d, np.ones(3), rng=rng, mode=mode, allow_constant=["x"]
    )
    assert "does not change with x" in first_line(result)  # something must matter


@MODES
@pytest.mark.parametrize("huge", [1e200, 1.7e308])
def test_gradient_check_rejects_gradients_that_overflow_every_sum(huge, mode):
    result = check(pairs.replaced(pairs.tanh, lambda dout, out: huge * np.sign(out * dout)), mode)
    assert first_line(result).endswith("the gradient with respect to x is wrong.")


# Kinks ------------------------------------------------------------------------------------------------------


@MODES
@pytest.mark.parametrize("subgradient", [0.0, 0.5, 1.0])
def test_gradient_check_reports_an_entry_at_a_kink_and_checks_the_others(subgradient, mode):
    def backward(dout, x):
        return dout * np.where(x == 0, subgradient, x > 0)

    def make(rng):
        x = pairs.relu(rng)[2]["x"]
        x[1, 2] = 0.0
        return pairs.relu_forward, backward, {"x": x}

    result = check(make, mode)
    assert result.ok, str(result)
    assert result.skipped == {"x": (1, 20)}
    unit = "entries of" if mode == "full" else "outputs for"
    assert str(result).endswith(f"Not checked, at a kink: 1 of 20 {unit} x.")
    wrong = check(pairs.altered(make, pairs.sign), mode)
    assert first_line(wrong) == "wrong_backward: the gradient with respect to x is wrong."
    assert "; 1 of 20" in str(wrong)


@pytest.mark.parametrize("distance", [1e-7, 1e-6, 1e-5 / 3, 5e-6, 9e-6, -1e-7, -1e-5 / 3, -9e-6])
@MODES
def test_gradient_check_notices_kinks_within_a_step(distance, mode):
    def make(rng):
        x = pairs.relu(rng)[2]["x"]
        x[0, 0] = distance
        return pairs.relu_forward, pairs.relu_backward, {"x": x}

    for seed in range(10):
        result = check(make, mode, seed)
        assert result.ok, str(result)
        assert result.skipped["x"][0] <= 1
        if mode == "full":
            assert result.skipped["x"][0] == 1


def test_compare_directions_notices_a_kink_whose_jump_halves_with_the_step():
    """Put the kink at a third of the step, where the jump alone looks smooth."""
    x, upstream, ones = np.array([1e-5 / 3, 0.8]), np.array([0.7, -0.4]), np.ones(2)
    problem = Problem(lambda index, moved: np.maximum(moved, 0), [x], x, upstream, 1e-5)
    result = compare_directions(
        problem, 0, upstream, [(ones, probe(problem, 0, ones))], TOLERANCE, lambda upstream: upstream
    )
    assert result.skipped == 1
    assert (result.errors <= TOLERANCE).all()


@MODES
def test_gradient_check_reports_ties_of_a_maximum(mode):
    def make(rng):
        x = pairs.maximum(rng)[2]["x"]
        x[2] = [0.5, -1.0, 0.5, 0.1]
        return pairs.max_forward, pairs.max_backward, {"x": x}

    result = check(make, mode)
    assert result.ok, str(result)
    assert result.skipped == {"x": (2, 24) if mode == "full" else (1, 6)}


@MODES
def test_gradient_check_does_not_pass_where_nothing_could_be_checked(mode):
    result = gradient_check(
        pairs.relu_forward,
        pairs.relu_backward,
        np.zeros((3, 4)),
        rng=np.random.default_rng(1),
        mode=mode,
    )
    message = "relu_backward: nothing could be checked for the gradient with respect to x."
    assert first_line(result) == message


@MODES
def test_gradient_check_treats_the_edge_of_the_domain_as_a_kink(mode):
    def make(rng):
        x = rng.uniform(1, 2, size=8)
        x[3] = 0.0
        return lambda x: (x * np.sqrt(x), x), lambda dout, x: dout * 1.5 * np.sqrt(x), {"x": x}

    result = check(make, mode)
    assert result.ok, str(result)
    assert result.skipped == {"x": (1, 8)}


@MODES
def test_gradient_check_takes_no_smooth_function_for_a_kink(mode):
    """Curvature alone must not turn a wrong gradient into one that is not checked."""

    def make(rng):
        return (
            lambda x: (np.exp(3 * x), x),
            lambda dout, x: 2.97 * dout * np.exp(3 * x),
            {"x": rng.normal(size=9)},
        )

    result = check(make, mode)
    assert result.skipped == {"x": (0, 9)}
    assert "the gradient with respect to x is wrong" in first_line(result)

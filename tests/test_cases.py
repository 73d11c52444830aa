"""Are the cases such that right code cannot fail on them by accident, and wrong code cannot pass?"""

import numpy as np
import pytest

from grader.exercises import EXERCISES
from grader.hidden import generator, hidden_cases
from utils.checks import checks_of, public_cases
from utils.checks.pooling import BOUNDARIES

LAYERS = [slug for slug in EXERCISES if slug.endswith(("_forward", "_backward"))]


def drawn(slug, seed=3):
    """Return the public cases and those of one hidden draw."""
    return [public_cases(slug), hidden_cases(slug, np.random.default_rng(seed))]


@pytest.mark.parametrize("slug", EXERCISES)
def test_case_names_are_unique(slug):
    """Can a verdict be traced to its case?"""
    for cases in drawn(slug):
        names = [case.inputs["name"] for case in cases]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("slug", EXERCISES)
def test_every_check_has_a_case(slug):
    """Is there no check that never runs?"""
    for cases in drawn(slug):
        assert {check.kind for check in checks_of(slug)} == {case.kind for case in cases}


@pytest.mark.parametrize("slug", EXERCISES)
def test_expected_values_exist_and_are_not_trivial(slug):
    """Would zeros, ones or an untouched array fail every case?"""
    for case in [case for cases in drawn(slug) for case in cases if case.kind == "grid"]:
        assert case.expected
        for name, value in case.expected.items():
            if isinstance(value, np.ndarray) and name in ("out", "columns", "dweight"):
                assert np.any((value != 0) & (value != 1)), (case.name, name)


@pytest.mark.parametrize(
    "slug", [slug for slug in LAYERS if "pool" in slug and not slug.startswith("global")]
)
def test_no_window_has_a_tie(slug):
    """Does the derivative of a maximum exist in every case?"""
    for case in [case for cases in drawn(slug) for case in cases if case.kind == "grid"]:
        values = np.sort(case.inputs["x"], axis=None)
        assert np.diff(values).min() > 0.01


@pytest.mark.parametrize("slug", LAYERS)
def test_upstream_gradient_is_never_constant(slug):
    """Is the upstream gradient random? With ones, many mistakes pass."""
    for case in [case for cases in drawn(slug) for case in cases if case.kind == "grid"]:
        assert case.inputs["dout"].size == 1 or np.ptp(case.inputs["dout"]) > 0


@pytest.mark.parametrize(("input_size", "output_size", "u"), BOUNDARIES)
def test_rounding_decides_no_boundary(input_size, output_size, u):
    """Is every alpha * (i + u) far from a whole number, and u in its range?"""
    alpha = input_size / output_size
    ends = alpha * (np.arange(output_size + 1) + u)
    assert np.abs(ends - np.round(ends)).min() > 0.02
    assert 0 < u <= 1 / alpha


@pytest.mark.parametrize("slug", ["conv2d_backward", "conv_output_size", "fractional_pool_boundaries"])
def test_hidden_cases_differ_between_students_and_repeat_for_one(slug, monkeypatch):
    """Are cases useless to copy, and can an instructor draw them again?"""
    monkeypatch.setenv("LAYERWISE_SECRET", "of the tests")

    def case(student, attempt="1"):
        return repr(
            [c.inputs for c in hidden_cases(slug, generator("a06_convolution", student, attempt, slug))]
        )

    assert case("ada") == case("ada")
    assert len({case("ada"), case("emmy"), case("ada", "2")}) == 3
    monkeypatch.setenv("LAYERWISE_SECRET", "of another course")
    first = case("ada")
    monkeypatch.setenv("LAYERWISE_SECRET", "of the tests")
    assert first != case("ada")

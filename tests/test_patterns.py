"""Does the pattern of an error that no catalogued mistake explains become a sentence that is true?"""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tests.students.convolution_loops import seven_backward, seven_forward
from tests.students.max_pooling import shifts_backward, shifts_forward
from utils.checks import checks_of, judge, public_cases, run_checks
from utils.checks.core import first_failure
from utils.checks.explain import explain, signature
from utils.checks.implementation import Implementation
from utils.compare import CheckFailure

CONVOLUTION = {"conv2d_loops_forward": seven_forward, "conv2d_loops_backward": seven_backward}
POOLING = {"max_pool2d_forward": shifts_forward, "max_pool2d_backward": shifts_backward}


def hint(slug, functions, **changed):
    """Return the first hint when one of the functions is replaced, without any catalogued mistake."""
    verdicts = judge(slug, Implementation(functions | changed), public_cases(slug), mistakes={})
    return first_failure(verdicts).hint


def changed_output(change):
    """Return a forward function whose output is changed."""

    def forward(x, weight, bias, *, stride=1, padding=0):
        out, cache = seven_forward(x, weight, bias, stride=stride, padding=padding)
        return change(out, x, weight), cache

    return forward


def changed_gradient(change):
    """Return a backward function of max pooling whose result is changed."""

    def backward(dout, cache):
        return change(shifts_backward(dout, cache), dout)

    return backward


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda out, x, w: out / w[0, 0].size, "divided by KH * KW"),
        (lambda out, x, w: out / len(x), "divided by N"),
        (lambda out, x, w: out * (w[0, 0].size / x[0, 0].size), "times KH * KW and divided by H * W"),
        (lambda out, x, w: out.astype(np.float16).astype(float), "is an array float16"),
        (
            lambda out, x, w: out.transpose(1, 0, 2, 3).reshape(out.shape),
            "several images and several filters",
        ),
        (lambda out, x, w: out[:, :, :-1, :-1], "one row and one column are missing"),
        (lambda out, x, w: out.transpose(0, 1, 3, 2), "the last two axes of out are swapped"),
        (lambda out, x, w: out.mean(axis=(2, 3), keepdims=True), "has size 1 instead of"),
        (lambda out, x, w: out[:, :1] if w.shape[2] != w.shape[3] else out, "kernel is not square"),
        (lambda out, x, w: np.sort(out, axis=None).reshape(out.shape), "right numbers in the wrong places"),
        (lambda out, x, w: np.sin(out), "work out out[0, 0, 0, 0] of this case by hand"),
    ],
)
def test_pattern_of_a_wrong_output(change, words):
    """Is the pattern named in the words a student reads?"""
    assert words in hint("conv2d_loops_forward", CONVOLUTION, conv2d_loops_forward=changed_output(change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda dx, dout: dx[:, :, ::-1, ::-1], "reversed along axes 2 and 3"),
        (lambda dx, dout: np.sort(dx, axis=2), "right numbers in the wrong places"),
        (lambda dx, dout: dx + (dx == 0) * dout.max(), "is a mask missing"),
        (lambda dx, dout: np.where(dx > 0, 2 * dx, 3 * dx), "multiplied by a whole number"),
        (lambda dx, dout: np.where(dx > 0, dx, 0), "zero"),
    ],
)
def test_pattern_of_a_wrong_gradient(change, words):
    """Is the pattern named in the words a student reads?"""
    assert words in hint("max_pool2d_backward", POOLING, max_pool2d_backward=changed_gradient(change))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (lambda x: np.ones(2) + np.ones(3), "two arrays whose shapes do not fit"),
        (lambda x: x.reshape(7, 11, 13), "a reshape keeps the number of entries"),
        (lambda x: x[99], "an index runs past the end"),
        (lambda x: [][0], "an index runs past the end"),
    ],
)
def test_exception_of_numpy(error, words):
    """Is there a hint where NumPy refuses the sizes of every case?"""

    def forward(x, weight, bias, *, stride=1, padding=0):
        return error(x), None

    assert words in hint("conv2d_loops_forward", CONVOLUTION, conv2d_loops_forward=forward)


def test_exception_of_the_students_own():
    """Is a raise or an assert of the student's own code told apart from NumPy's?"""

    def forward(x, weight, bias, *, stride=1, padding=0):
        assert x.shape[0] == 1000, "only for large batches"

    assert "your own check refuses them" in hint(
        "conv2d_loops_forward", CONVOLUTION, conv2d_loops_forward=forward
    )


def test_memory_never_written_gives_no_warning():
    """Can a wrong array hold numbers whose sums overflow? (A warning is an error in these tests.)"""
    huge = changed_output(lambda out, x, w: np.full(out.shape, 1.7e308))
    assert hint("conv2d_loops_forward", CONVOLUTION, conv2d_loops_forward=huge)
    signature(CheckFailure("values", "wrong", signature=np.full((3, 4), 1.7e308)))


def test_a_text_alone_does_not_name_a_mistake():
    """Is a mistake named for "modifies x" or "raised ValueError" only if it agrees on all cases?"""
    slug = "conv2d_loops_forward"

    def forward(x, weight, bias, *, stride=1, padding=0):
        if stride > 1:
            raise ValueError("no")
        return seven_forward(x, weight, bias, stride=stride, padding=padding)

    verdicts = run_checks(checks_of(slug), public_cases(slug), Implementation({slug: forward}))
    failed = [v for v in verdicts if not v.passed]
    seen = {f"{v.aspect} | {v.case.inputs['name']}": signature(v.failure) for v in failed}
    everywhere = {f"{v.aspect} | {v.case.inputs['name']}": signature(failed[0].failure) for v in verdicts}
    mistakes = {"m/same": {"hint": "same", "seen": seen}, "m/more": {"hint": "more", "seen": everywhere}}
    assert {"m/same"} == {v.mistake for v in explain(slug, verdicts, mistakes) if not v.passed}
    assert {None} == {v.mistake for v in explain(slug, verdicts, {"m/more": mistakes["m/more"]})}


@pytest.mark.parametrize("layer", ["conv2d_loops", "max_pool2d"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_public_cases_tell_all_traits_apart(layer, direction):
    """Is there, for any two traits, a public case that has one of them only?"""
    cases = [case for case in public_cases(f"{layer}_{direction}") if case.kind == "grid"]
    places = {trait: [trait in case.traits for case in cases] for case in cases for trait in case.traits}
    assert [] == [pair for pair in combinations(places, 2) if places[pair[0]] == places[pair[1]]]


def test_one_case_that_passes_is_no_evidence():
    """Is a trait named only if two cases without it are right?"""
    slug = "conv2d_loops_forward"
    cases = public_cases(slug)
    square = [case for case in cases if "rectangular image" not in case.traits][:1]
    others = [case for case in cases if "rectangular image" in case.traits]
    names = {case.name for case in square}

    def run(some):
        verdicts = run_checks(checks_of(slug), some, Implementation({slug: seven_forward}))
        wrong = CheckFailure("raised", "raised ValueError.")
        verdicts = [
            v if v.case.name in names else replace(v, status="raised", failure=wrong) for v in verdicts
        ]
        return first_failure(explain(slug, verdicts, {})).hint

    assert "not square" not in run([*square, *others])

"""Is every catalogued mistake caught by the check it names, explained by its hint, and harmless elsewhere?"""

from collections import Counter

import numpy as np
import pytest

from grader import bugs
from grader.bugs import Bug, all_bugs, bugs_of, mutant, mutant_source
from grader.errors import UserError
from grader.exercises import EXERCISES
from grader.hidden import judge_hidden, references
from utils.checks import checks_of, judge, public_cases, run_checks
from utils.checks.core import first_failure, score
from utils.checks.implementation import Implementation

ALL = pytest.mark.parametrize("bug", all_bugs(), ids=lambda bug: bug.name)


def public(slug, functions):
    """Judge an exercise on its public cases the way a grader does: with the reference of what it calls."""
    return judge(slug, Implementation(functions, references(slug)), public_cases(slug))


def grid(slug, functions):
    """Run the values and contract checks only; counting interpreter steps takes long."""
    cases = [case for case in public_cases(slug) if case.kind != "cost"]
    return run_checks(checks_of(slug), cases, Implementation(functions, references(slug)))


@ALL
def test_mistake_is_caught_by_its_check_and_explained_by_its_hint(bug):
    """Does the check named fail, and is the first message a student reads the one that helps?"""
    verdicts = public(bug.slug, mutant(bug))
    assert bug.caught_by in {v.check for v in verdicts if not v.passed}
    first = first_failure(verdicts)
    assert (bug.hint, bug.name) == (first.hint, first.mistake)
    assert len(first.message().splitlines()) == 5


@pytest.mark.slow
@ALL
def test_mistake_is_caught_and_named_on_hidden_cases(bug):
    """Do fresh inputs catch it too, and does the hidden message hold the hint but no case and no value?"""
    impl = Implementation(mutant(bug), references(bug.slug))
    verdicts = judge_hidden(bug.slug, impl, np.random.default_rng(7))
    failed = [v for v in verdicts if not v.passed]
    assert bug.caught_by in {v.check for v in failed}
    assert score(verdicts) < 1
    assert bug.name in {v.mistake for v in failed}
    for verdict in failed:
        text = verdict.message(hidden=True)
        assert len(text.splitlines()) == 2
        assert verdict.case.inputs["name"] not in text
        assert "expected" not in text.splitlines()[0] or verdict.failure.stage in ("type", "none")


@pytest.mark.slow
@ALL
def test_mistake_affects_no_other_exercise(bug):
    """Does one mistake cost points once?"""
    functions = mutant(bug)
    wrong = [
        slug
        for slug, exercise in EXERCISES.items()
        if slug != bug.slug and exercise.topic == EXERCISES[bug.slug].topic
        if not all(v.passed for v in grid(slug, functions))
    ]
    assert [] == wrong


@pytest.mark.parametrize("slug", EXERCISES)
def test_exercise_has_at_least_three_mistakes_with_distinct_hints(slug):
    """Is every exercise tested by mutation, each mistake with a hint of its own?"""
    found = bugs_of(slug)
    assert len(found) >= 3
    repeated = [hint for hint, count in Counter(bug.hint for bug in found).items() if count > 1]
    assert [] == repeated


@pytest.mark.parametrize("slug", EXERCISES)
def test_every_check_catches_some_mistake(slug):
    """Is there no check that cannot fail? (Contract checks shared by all layers are shown to fail below.)"""
    shared = {"keeps_inputs", "repeatable", "zero_upstream", "analytic"}
    own = {check.name for check in checks_of(slug) if check.aspect not in shared}
    caught = {bug.caught_by for bug in bugs_of(slug)}
    assert set() == own - caught


SHARED_WRONGS = {
    "keeps_inputs": "dout += 1.0",
    "repeatable": "cache[0].setdefault('calls', []).append(1); extra = len(cache[0]['calls'])",
    "zero_upstream": "extra = 1.0",
    "analytic": "[forward_again(dout + i) for i in range(600)]",
}


@pytest.mark.parametrize("slug", [slug for slug in EXERCISES if slug.endswith("_backward")])
@pytest.mark.parametrize("aspect", SHARED_WRONGS)
def test_contract_checks_of_backward_functions_can_fail(slug, aspect):
    """Does each contract check fail on a function that breaks just that part of the contract?"""
    forward = slug.replace("backward", "forward")
    right = {
        name: getattr(__import__(EXERCISES[slug].reference, fromlist=[name]), name)
        for name in (slug, forward)
    }

    def forward_again(x):
        return None

    def wrong_forward(*args, **kwargs):
        out, cache = right[forward](*args, **kwargs)
        return out, ({}, cache)

    def wrong_backward(dout, cache):
        result = right[slug](dout, cache[1])
        space = {"dout": dout, "cache": cache, "extra": 0.0, "forward_again": forward_again}
        exec(SHARED_WRONGS[aspect], space)
        first, *rest = result if isinstance(result, tuple) else (result,)
        first = first + space["extra"]
        return (first, *rest) if rest else first

    impl = Implementation({forward: wrong_forward, slug: wrong_backward}, references(slug))
    failed = {v.aspect for v in run_checks(checks_of(slug), public_cases(slug), impl) if not v.passed}
    assert aspect in failed


@pytest.mark.parametrize(
    "slug", [s for s in EXERCISES if s.endswith("_forward") or s in ("im2col", "col2im", "conv1x1_as_affine")]
)
def test_keeps_inputs_of_forward_functions_can_fail(slug):
    """Is an input modified in place noticed in every forward function?"""
    right = getattr(__import__(EXERCISES[slug].reference, fromlist=[slug]), slug)

    def wrong(x, *args, **kwargs):
        result = right(x, *args, **kwargs)
        x[...] = 0.25
        return result

    verdicts = run_checks(
        checks_of(slug), public_cases(slug), Implementation({slug: wrong}, references(slug))
    )
    assert {"keeps_inputs"} <= {v.aspect for v in verdicts if not v.passed}


def edited(replace):
    """Return a mistake with another edit."""
    return Bug("conv2d_loops_forward/test", replace, "pass", "check_conv2d_loops_forward_values", "hint")


@pytest.mark.parametrize("replace", ["no such text", "for"])
def test_edit_that_does_not_match_once_is_refused(replace):
    """Is an edit that matches zero or several times one sentence that names the mistake and the file?"""
    with pytest.raises(UserError, match=r"conv2d_loops_forward/test matches \d+ times .*convolution\.py"):
        mutant_source(edited(replace))


def test_catalogue_has_unique_names():
    """Can a mistake be named without doubt?"""
    names = [bug.name for bug in bugs.all_bugs()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("slug", [slug for slug in EXERCISES if slug.endswith("_backward")])
def test_a_forward_that_raises_costs_nothing_in_backward(slug):
    """Does an exercise that is not written yet cost its own points only, also where another starts from it?"""
    right = getattr(__import__(EXERCISES[slug].reference, fromlist=[slug]), slug)

    def unwritten(*args, **kwargs):
        raise NotImplementedError

    functions = {slug: right, slug.replace("backward", "forward"): unwritten}
    assert 1.0 == score(public(slug, functions))


def test_a_catalogue_that_does_not_match_costs_a_hint_and_no_points(monkeypatch, capsys):
    """Is our own fault in the catalogue not paid for by a student?"""
    bug = bugs_of("conv2d_loops_backward")[0]
    impl = Implementation(mutant(bug), references(bug.slug))
    before = judge_hidden(bug.slug, impl, np.random.default_rng(3))
    monkeypatch.setattr(
        "grader.fingerprints.bugs_of", lambda slug: [Bug(bug.name, "no such text", "", "", "")]
    )
    after = judge_hidden(bug.slug, impl, np.random.default_rng(3))
    assert score(before) == score(after)
    assert {None} == {v.mistake for v in after}
    assert "cannot be named" in capsys.readouterr().out

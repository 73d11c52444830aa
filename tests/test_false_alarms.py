"""Do the checks accept every right solution, whatever its style? `python -m tests.false_alarms` asks for longer."""

import numpy as np
import pytest

from grader.exercises import EXERCISES
from tests import false_alarms
from tests.students import STUDENTS
from tests.students.registry import Student
from tests.students.wrong.convolution_forward import no_bias, size_without_plus_one
from tests.students.wrong.registry import cs231n_convolution
from utils.checks import checks_of, public_cases, run_checks
from utils.checks.implementation import Implementation
from utils.checks.pooling import BOUNDARIES

SEEDS = range(10)
SECONDS = 2.0
ENOUGH = {
    "conv2d_loops_forward": 15,
    "conv2d_forward": 10,
    "max_pool2d_forward": 10,
    "conv_parameter_count": 6,
}


@pytest.mark.parametrize("slug", EXERCISES)
def test_right_code_passes_all_public_checks_in_time(slug):
    """Is every right solution accepted, and does the slowest loop in Python get its answer within two seconds?"""
    tally = false_alarms.on_public_cases([slug])[slug]
    assert [] == tally.refused
    assert tally.slowest < SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("slug", EXERCISES)
def test_right_code_passes_all_hidden_checks(slug):
    """Is every right solution accepted on fresh cases?"""
    assert [] == false_alarms.on_hidden_cases(SEEDS, [slug])[slug].refused


@pytest.mark.parametrize("slug", EXERCISES)
def test_there_are_many_independent_solutions(slug):
    """Do the measurements rest on several styles of every exercise?"""
    assert len(false_alarms.solutions_of(slug)) >= ENOUGH.get(slug, 6)


def test_solutions_have_distinct_names():
    """Can a refused solution be found by its name?"""
    names = [student.name for student in STUDENTS]
    assert len(set(names)) == len(names)


def test_the_measurement_reports_code_that_is_refused():
    """Would a false alarm be seen?"""
    forward, _ = cs231n_convolution(no_bias, None)
    tally = false_alarms.Tally()
    student = Student("no bias", {"conv2d_loops_forward": forward})
    cases = public_cases("conv2d_loops_forward")
    false_alarms.judge_right("conv2d_loops_forward", cases, [student], tally, "public cases")
    assert tally.refused
    assert "no bias" in tally.refused[0]
    assert tally.noise > 1e-3
    text = false_alarms.report({"conv2d_loops_forward": tally}, {"conv2d_loops_forward": tally}, 1)
    assert "with 95% confidence" not in text


def test_the_command_prints_the_bound(capsys):
    """Does the command end with the number of runs and the bound that follows from them?"""
    assert false_alarms.main(["--seeds", "2", "--exercise", "receptive_field"]) == 0
    printed = capsys.readouterr().out
    assert "2 seeds, 12 runs" in printed
    assert "fewer than 150.0% of all draws" in printed


@pytest.mark.parametrize("slug", [slug for slug in EXERCISES if slug.startswith("conv2d_loops_back")])
def test_a_wrong_forward_costs_a_right_backward_nothing_but_what_its_cache_forces(slug):
    """Is backward judged on its own where the output of forward is wrong and its cache is right?"""
    right = next(s for s in STUDENTS if s.name == "cs231n, window times filter").functions
    for mistake in (no_bias, size_without_plus_one):
        forward, _ = cs231n_convolution(mistake, None)
        impl = Implementation(right | {"conv2d_loops_forward": forward})
        assert all(v.passed for v in run_checks(checks_of(slug), public_cases(slug), impl)), mistake.__name__


def test_verdicts_do_not_depend_on_the_run():
    """Does judging the same code on the same cases twice give the same verdicts?"""
    for slug in ("conv2d_backward", "max_pool2d_backward"):
        for student in false_alarms.solutions_of(slug):
            impl = Implementation(student.functions)
            first, second = (run_checks(checks_of(slug), public_cases(slug), impl) for _ in range(2))
            assert [v.status for v in first] == [v.status for v in second], student.name


def test_public_boundaries_stay_away_from_rounding():
    """Is no boundary decided by the last digit of alpha * (i + u)?"""
    for input_size, output_size, u in BOUNDARIES:
        ends = input_size / output_size * (np.arange(output_size + 1) + u)
        assert np.abs(ends - np.round(ends)).min() > 0.02

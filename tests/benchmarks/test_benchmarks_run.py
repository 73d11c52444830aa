"""The benchmarks run and say what they should; the times themselves are nobody's verdict here."""

import math
import re
from dataclasses import replace

import pytest

from tests.benchmarks import bench_convolution, cases


def test_quick_run_prints_a_finite_positive_ratio_for_every_operation(capsys):
    """Whether there is a line for every operation, and all its numbers are positive and finite."""
    assert bench_convolution.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    rows = re.findall(r" float(?:32|64) +\w+ +(\d.*)", printed)
    assert len(rows) == 2 * cases.COUNT
    for row in rows:
        numbers = [float(word) for word in row.split()]
        assert len(numbers) in (3, 5), row
        assert all(math.isfinite(number) and number > 0 for number in numbers), row
    assert printed.count("goal at most") == 6


@pytest.mark.parametrize(("ours", "met"), [(0.1, True), (50.0, False)])
def test_summary_says_whether_the_goals_are_met(ours, met):
    """Whether a fast operation meets the goals and a slow one misses them."""
    timings = [
        bench_convolution.Timing(
            cases.Operation(cases.CONVOLUTIONS[0], dtype, "conv2d_forward", None, None),
            ours,
            torch=1.0,
            product=1.0,
        )
        for dtype in bench_convolution.TORCH_GOAL
    ]
    lines, all_met = bench_convolution.summary(timings)
    assert met == all_met
    assert (0 if met else 6) == sum("MISSED" in line for line in lines)


def test_sides_that_disagree_are_not_timed():
    """Whether an operation whose two sides compute different numbers is refused."""
    operation = next(cases.operations(float))
    bench_convolution.assert_equal_results(operation)
    wrong = replace(operation, ours=lambda: operation.ours() * 1.01)
    with pytest.raises(AssertionError, match="conv2d_forward"):
        bench_convolution.assert_equal_results(wrong)

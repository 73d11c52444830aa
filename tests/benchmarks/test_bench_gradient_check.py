"""The benchmark of the gradient check runs, and the catalogued mistakes are found as its table says."""

import re

import pytest

from grader.bugs import bugs_of, mutant
from solutions.layers import convolution, pooling
from tests.benchmarks import bench_gradient_check as bench


def test_quick_run_prints_both_tables(capsys):
    """Ask for a time, four ratios, and a line for every mistake."""
    assert bench.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    times = re.search(r"^ +119 +([\d. ]+)$", printed, re.MULTILINE)[1].split()
    assert len(times) == 5
    assert all(float(number) > 0 for number in times)
    assert len(re.findall(r"^\w+2d\w*_backward/", printed, re.MULTILINE)) == 2 * len(bench.SLUGS)


@pytest.mark.parametrize("slug", bench.SLUGS)
def test_every_mistake_that_changes_a_number_is_found(slug):
    """Try every configuration in fast mode; a mistake in cost only is not a gradient check's to find."""
    for bug in bugs_of(slug):
        functions = mutant(bug)
        pairs = (bench.pair_of(slug, functions, *configuration) for configuration in bench.CONFIGURATIONS)
        found = any(not bench.CHECKS["ours fast"](*pair) for pair in pairs)
        assert found == (not bug.caught_by.endswith("vectorized")), bug.name


@pytest.mark.parametrize("slug", bench.SLUGS)
def test_all_checks_accept_the_references(slug):
    """Find nothing where there is nothing, in every configuration."""
    functions = {**vars(convolution), **vars(pooling)}
    for configuration in bench.CONFIGURATIONS:
        pair = bench.pair_of(slug, functions, *configuration)
        assert bench.CHECKS["ours fast"](*pair)
    assert not any(bench.find(slug, functions, bench.CONFIGURATIONS[:1]).values())

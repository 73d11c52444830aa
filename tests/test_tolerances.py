"""Do the stored tolerances lie between noise and signal, and is a bad one refused?"""

import json

import pytest

from grader.errors import UserError
from grader.exercises import EXERCISES
from grader.tolerances import MARGIN, STORED, choose, refuse_bad_tolerances, row
from tests.measure_tolerances import measure_noise


def test_stored_tolerances_have_their_margins():
    """Is every exercise's tolerance at least ten times above noise and below signal?"""
    refuse_bad_tolerances(EXERCISES)


@pytest.mark.parametrize(
    "bad",
    [
        {"noise": 1e-9},
        {"signal": 1e-9},
        {"tolerance": 1e-1},
        {"tolerance": 1e-16},
        {"tolerance": float("nan")},
    ],
)
def test_a_tolerance_too_close_to_either_side_is_refused(tmp_path, bad):
    """Does the build fail when a tolerance has no room?"""
    rows = {"conv2d_forward": {"noise": 1e-14, "signal": 1e-2, "tolerance": 1e-9} | bad}
    stored = tmp_path / "tolerances.json"
    stored.write_text(json.dumps(rows))
    with pytest.raises(UserError, match="tolerance of conv2d_forward"):
        refuse_bad_tolerances(["conv2d_forward"], stored)


def test_a_missing_tolerance_is_refused(tmp_path):
    """Is an exercise that was never measured named, with the command that measures it?"""
    with pytest.raises(
        UserError, match=r"no tolerance for conv2d_forward; run `python -m tests\.measure_tol"
    ):
        refuse_bad_tolerances(["conv2d_forward"], tmp_path / "nothing.json")


def test_choose_refuses_where_nothing_fits():
    """Is there no tolerance when the noise reaches the signal?"""
    with pytest.raises(UserError, match="no tolerance fits"):
        choose(1e-5, 1e-4)


def test_row_rounds_to_the_unfavorable_side():
    """Is the stored noise never below the measured one, nor the signal above it?"""
    found = row(3e-15, 4e-3)
    assert (1e-14, 1e-3) == (pytest.approx(found["noise"]), pytest.approx(found["signal"]))
    assert found["noise"] * MARGIN <= found["tolerance"] <= found["signal"] / MARGIN


@pytest.mark.parametrize("slug", EXERCISES)
def test_noise_measured_here_stays_below_the_stored_one(slug):
    """Do right implementations on this machine make no more noise than was stored?"""
    assert measure_noise(slug, 2) <= json.loads(STORED.read_text())[slug]["noise"]

"""The batch around the engine: what is skipped, what is refused, and that nothing survives a stopped command."""

import argparse
import io
import json
import sys
import time

import psutil
import pytest
from rich.console import Console
from tiny_course import UNIT

from grader import grade, stock
from grader import processes as processes_module
from grader.errors import UserError
from grader.processes import Processes, in_parallel
from grader.results import read_results
from grader.workplace import Workplace, locked, open_workplace, read_outcome

EMPTY_NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def place(tiny_course):
    work = tiny_course.root / "grader" / "work"
    return Workplace(
        tiny_course.root,
        work / "submitted",
        work / "autograded",
        work / "feedback",
        work,
        f"sqlite:///{work / 'gradebook.db'}",
    )


def submit(place, student, text=None, name=f"{UNIT}.ipynb"):
    path = place.submitted / student / UNIT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(EMPTY_NOTEBOOK) if text is None else text)


@pytest.fixture
def engine(monkeypatch):
    """An engine that grades everybody at once, except `bad`, and remembers whom."""
    graded = []

    def autograde(place, unit, student, processes, **_):
        graded.append(student)
        if student == "bad":
            return stock.Outcome(False, "it did not want to")
        path = place.notebook(place.autograded, student, unit)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        return stock.Outcome(True, seconds=1.0)

    monkeypatch.setattr(stock, "register", lambda *_: None)
    monkeypatch.setattr(stock, "autograde", autograde)
    monkeypatch.setattr(stock, "refuse", lambda place, unit, student, reason: stock.Outcome(False, reason))
    return graded


def run_batch(place, course, **options):
    text = io.StringIO()
    failed = grade.grade(place, course, UNIT, Console(file=text, width=200), **options)
    return failed, text.getvalue()


def test_every_submission_gets_a_line_and_a_failing_one_stops_no_other(place, tiny_course, engine):
    for student in ("ada", "bad", "eve"):
        submit(place, student)
    failed, text = run_batch(place, tiny_course)
    assert failed == ["bad"]
    assert "ada" in text
    assert "not graded: it did not want to" in text
    assert read_outcome(place, UNIT, "bad")["reason"] == "it did not want to"


def test_only_what_changed_or_failed_is_graded_again(place, tiny_course, engine):
    for student in ("ada", "bad", "eve"):
        submit(place, student)
    run_batch(place, tiny_course)
    engine.clear()
    submit(place, "eve", json.dumps(EMPTY_NOTEBOOK | {"metadata": {"changed": True}}))
    _, text = run_batch(place, tiny_course)
    assert sorted(engine) == ["bad", "eve"]
    assert "Not changed since they were graded: 1 of 3" in text
    engine.clear()
    run_batch(place, tiny_course, students=["ada"], again=True)
    assert engine == ["ada"]


def test_a_change_of_the_checks_grades_everybody_again(place, tiny_course, engine):
    submit(place, "ada")
    run_batch(place, tiny_course)
    (tiny_course.root / "grader/hidden/tiny.py").write_text("HIDDEN = []\n")
    run_batch(place, tiny_course)
    assert engine == ["ada", "ada"]


@pytest.mark.parametrize(
    ("student", "text", "name", "reason"),
    [
        ("ada", "not JSON", f"{UNIT}.ipynb", "is not a notebook: Expecting value"),
        ("ada", "[1, 2]", f"{UNIT}.ipynb", "is not a notebook: it has no cells"),
        ("ada", None, "my final version.ipynb", "there is my final version.ipynb"),
        ("a*b", None, f"{UNIT}.ipynb", "may hold letters, digits"),
    ],
)
def test_an_unreadable_submission_is_listed_with_a_reason(
    place, tiny_course, engine, student, text, name, reason
):
    submit(place, student, text, name)
    failed, printed = run_batch(place, tiny_course)
    assert failed == [student]
    assert reason in printed
    assert engine == []


def test_an_empty_class_and_an_unknown_student_are_one_sentence(place, tiny_course, engine):
    with pytest.raises(UserError, match="no submissions of a00_tiny; put each at"):
        run_batch(place, tiny_course)
    submit(place, "ada")
    with pytest.raises(UserError, match="bob has not submitted a00_tiny"):
        run_batch(place, tiny_course, students=["bob"])


def test_grading_without_built_notebooks_says_what_to_run(place, tiny_course):
    submit(place, "ada")
    with pytest.raises(UserError, match="is missing; run `python -m grader build`"):
        run_batch(place, tiny_course)


def test_a_gradebook_that_is_no_database_is_one_sentence(place, tiny_course):
    submit(place, "ada")
    (tiny_course.root / "solutions" / UNIT / f"{UNIT}.ipynb").write_text("{}")
    place.gradebook_file.write_text("junk, and more than a few bytes of it")
    with pytest.raises(UserError, match=r"cannot use the gradebook .*: file is not a database"):
        run_batch(place, tiny_course)
    with pytest.raises(UserError, match=r"cannot use the gradebook .*: file is not a database"):
        read_results(place, tiny_course, UNIT)


def test_a_second_command_waits_for_the_first(place):
    with locked(place.lock), pytest.raises(UserError, match="another command is at work"), locked(place.lock):
        pass


def test_the_configuration_says_where_the_class_is(tiny_course):
    place = open_workplace(tiny_course.root)
    assert place.submitted == tiny_course.root / "grader/work/submitted"
    assert place.gradebook_file == tiny_course.root / "grader/work/gradebook.db"


def test_a_broken_configuration_is_one_sentence(tiny_course):
    (tiny_course.root / "nbgrader_config.py").write_text("c = (")
    with pytest.raises(UserError, match=r"cannot use .*nbgrader_config.py"):
        open_workplace(tiny_course.root)


@pytest.mark.parametrize("text", ["0", "-3"])
def test_options_that_count_refuse_what_is_not_positive(text):
    with pytest.raises(argparse.ArgumentTypeError):
        grade.positive(text)


CHILD_IN_A_SESSION_OF_ITS_OWN = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(60)
"""


def test_a_command_over_its_limit_is_stopped_with_its_children(tmp_path, monkeypatch):
    """Is the kernel of a notebook, which has a session of its own, stopped too?"""
    monkeypatch.setattr(processes_module, "SECONDS_TO_TIDY", 0.5)
    note = tmp_path / "pid"
    command = [sys.executable, "-c", CHILD_IN_A_SESSION_OF_ITS_OWN, str(note)]
    assert Processes().run(command, cwd=tmp_path, env={}, log=tmp_path / "log", limit=1.5) is None
    child = int(note.read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_an_interrupted_batch_stops_at_once(tmp_path, monkeypatch):
    """Does Ctrl-C while one command is done and others sleep leave none of them running?"""
    monkeypatch.setattr(processes_module, "SECONDS_TO_TIDY", 0.5)
    processes = Processes()

    def work(seconds):
        command = [sys.executable, "-c", f"import time; time.sleep({seconds})"]
        return processes.run(command, cwd=tmp_path, env={}, log=tmp_path / f"log{seconds}", limit=60)

    began = time.monotonic()
    results = in_parallel([0, 50, 51, 52], work, 2, processes)
    assert next(results) == (0, 0)
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt)
    assert time.monotonic() - began < 20
    assert not psutil.Process().children()


LOG = """\
[AutogradeApp | INFO] Converting notebook x.ipynb
[AutogradeApp | DEBUG] Executing cell:
    # comment
    check("im2col", globals())
[AutogradeApp | DEBUG] msg_type: status
[AutogradeApp | ERROR] There was an error processing assignment: x
[AutogradeApp | ERROR] Traceback (most recent call last):
      File "client.py", line 1009, in async_execute_cell
        raise {error}
    {error}

[AutogradeApp | WARNING] Removing failed assignment: x
[AutogradeApp | ERROR] There was an error processing assignment 'x' for student 'y'
"""


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (
            "nbclient.exceptions.DeadKernelError: Kernel died",
            1,
            'its kernel died in the cell that begins with `check("im2col", globals())`',
        ),
        ("ValueError: Invalid notebook", 1, "ValueError: Invalid notebook"),
        (
            "",
            None,
            'it was stopped after 5 seconds in the cell that begins with `check("im2col", globals())`',
        ),
    ],
)
def test_the_reason_is_read_from_nbgraders_log(error, code, reason):
    assert reason == stock._reason(LOG.format(error=error), code, 5)

"""The nbgrader commands from the course folder, with our configuration."""

import csv
import json
import os
import shutil
import subprocess
import sys

import pytest
from tiny_course import ROOT, SOURCE_NOTEBOOK, STUDENT_NOTEBOOK, UNIT, cells_of, source_of


def nbgrader(course, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.root,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def submit(course, student, change):
    """Hand in the student notebook after a change of its cells."""
    notebook = json.loads((course.root / STUDENT_NOTEBOOK).read_text())
    change({cell["id"]: cell for cell in notebook["cells"]})
    path = course.root / "grader/work/submitted" / student / UNIT / f"{UNIT}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook))


@pytest.mark.slow
def test_nbgraders_commands_work_with_our_configuration(tiny_course, built, jupyter_folders):
    """The same student notebook, byte for byte, and nothing beside it; then the points of three students."""
    source = tiny_course.root / SOURCE_NOTEBOOK
    source.write_bytes(built[SOURCE_NOTEBOOK])
    shutil.copy(ROOT / "LICENSE", source.parent / ".hidden")
    nbgrader(tiny_course, "generate_assignment", UNIT)
    student = tiny_course.root / STUDENT_NOTEBOOK
    assert [student] == list(student.parent.iterdir())
    assert built[STUDENT_NOTEBOOK] == student.read_bytes()

    def right(cells):
        cells["double"]["source"] = "def double(x):\n    return 2 * x"
        cells["quadruple"]["source"] = "def quadruple(x):\n    return 4 * x"

    def partly(cells):
        cells["double"]["source"] = "def double(x):\n    return 6"
        cells["setup"]["source"] = "raise SystemExit  # a locked cell comes back"
        cells["check_double"]["source"] = "print('I check myself')"

    submit(tiny_course, "ada", right)
    submit(tiny_course, "bob", lambda cells: None)
    submit(tiny_course, "eve", partly)
    nbgrader(tiny_course, "autograde", UNIT)
    nbgrader(tiny_course, "generate_feedback", UNIT)
    nbgrader(tiny_course, "export")

    with (tiny_course.root / "grader/work/grades.csv").open() as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert {"ada": 6.0, "bob": 0.0, "eve": 1.5} == scores
    for name in scores:
        feedback = tiny_course.root / "grader/work/feedback" / name / UNIT / f"{UNIT}.html"
        assert "quadruple" in feedback.read_text()
    graded = tiny_course.root / "grader/work/autograded/ada" / UNIT / f"{UNIT}.ipynb"
    assert 'substitute("quadruple")' in source_of(cells_of(graded.read_bytes())["check_quadruple"])

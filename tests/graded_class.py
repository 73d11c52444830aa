"""A small class with real notebooks of a06_convolution, graded by nbgrader's own commands in a copy of the course."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.bugs import bugs_of
from grader.classroom import Student, cell_of, submission
from grader.course import Course, load_course
from grader.workplace import open_workplace

UNIT = "a06_convolution"
ROOT = load_course().root
_LEFT_OUT = shutil.ignore_patterns(".*", "work", "tests", "dist", "__pycache__", "*.pyc")

# A mistake in every second exercise, so that the ones between show whether it stays where it is.
MISTAKES = tuple(bugs_of(exercise.slug)[0].name for exercise in load_course().of_unit(UNIT)[::2])


def _add_warnings(notebook):
    """Every function warns and writes to stderr before it does its work."""
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            end_of_docstring = cell["source"].index('"""', cell["source"].index('"""') + 3) + 3
            noise = (
                '\n    import sys, warnings\n    warnings.warn("slow")\n    print("oops", file=sys.stderr)'
            )
            cell["source"] = cell["source"][:end_of_docstring] + noise + cell["source"][end_of_docstring:]


def _delete_tests(notebook):
    notebook["cells"].remove(cell_of(notebook, "hidden_im2col"))


STUDENTS = (
    Student("right", "all right"),
    Student("noisy", "all right, with warnings", change=_add_warnings),
    Student("untouched", "nothing done, and a test cell deleted", written=0, change=_delete_tests),
    Student("mistaken", "a mistake in every second exercise", mistakes=MISTAKES),
)


@dataclass(frozen=True)
class GradedClass:
    """A copy of the course with the students' work in it."""

    course: Course

    @property
    def root(self):
        return self.course.root

    @property
    def place(self):
        return open_workplace(self.root)


def copy_course(root: Path) -> Course:
    """Copy what grading needs from this repository."""
    shutil.copytree(ROOT, root, ignore=_LEFT_OUT)
    course = load_course()
    return Course(root, course.exercises, course.units)


def submit(course, student, data):
    path = course.root / "grader/work/submitted" / student / UNIT / f"{UNIT}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


def run_in(root, *arguments):
    """Run a Python module's command in a copy of the course, as people do."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    kept["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), kept["PATH"]]
    )  # nbgrader starts `alembic`
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=root,
        env=kept,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )


def grade_with_nbgrader(root):
    """Make the class and grade it; every command must succeed."""
    course = copy_course(root)
    for student in STUDENTS:
        submit(course, student.name, submission(load_course(), UNIT, student))
    for command in (
        ["generate_assignment", UNIT, "--force"],
        # Figures cost a third of the time and no points.
        ["autograde", UNIT, "--Execute.extra_arguments=--InlineBackend.figure_formats=set()"],
        ["generate_feedback", UNIT],
        ["export"],
    ):
        done = run_in(root, "nbgrader", *command)
        assert done.returncode == 0, done.stderr[-3000:]
    return GradedClass(course)


def points_of(graded, student):
    """Points of each cell in the gradebook: by hand or not, None if there are none."""
    from nbgrader.api import Gradebook

    with Gradebook(graded.place.db_url) as gradebook:
        (notebook,) = gradebook.find_submission(UNIT, student).notebooks
        return {grade.name: grade.auto_score for grade in notebook.grades}


def notebook_of(path):
    return json.loads(path.read_text(encoding="utf-8"))

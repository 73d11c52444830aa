"""Grading the real unit through stock nbgrader, with the repository's configuration."""

import csv
import shutil

import pytest
from graded_class import MISTAKES, ROOT, STUDENTS, UNIT, points_of, run_in

from grader.exercises import EXERCISES, exercises_of
from grader.results import read_results

pytestmark = pytest.mark.slow

MOST = {
    f"{kind}_{e.slug}": float(points)
    for e in exercises_of(UNIT)
    for kind, points in (("check", e.points), ("hidden", e.hidden_points))
}


@pytest.fixture
def own_copy(graded_class, tmp_path):
    """The graded class in a copy that the test may change."""
    root = tmp_path / "course"
    shutil.copytree(graded_class.root, root)
    return type(graded_class)(type(graded_class.course)(root, EXERCISES, (UNIT,)))


def test_generate_assignment_writes_the_student_notebook_that_is_committed(graded_class):
    path = f"assignments/{UNIT}/{UNIT}.ipynb"
    assert (ROOT / path).read_bytes() == (graded_class.root / path).read_bytes()
    assert [graded_class.root / path] == list((graded_class.root / path).parent.iterdir())


@pytest.mark.parametrize("student", ["right", "noisy"])
def test_right_code_earns_all_points_also_when_it_warns(graded_class, student):
    assert points_of(graded_class, student) == MOST


def test_an_untouched_notebook_earns_nothing(graded_class):
    """Is every cell 0, and the test cell that the student deleted back and 0 too?"""
    points = points_of(graded_class, "untouched")
    assert all(value in (0.0, None) for value in points.values())
    assert points["check_im2col"] == 0.0


def test_partial_credit_is_a_number_in_the_gradebook(graded_class):
    points = points_of(graded_class, "mistaken")
    partial = [name for name in MOST if 0.0 < points[name] < MOST[name]]
    assert partial
    assert all(name.startswith("hidden_") for name in partial)


@pytest.mark.parametrize("exercise", exercises_of(UNIT), ids=lambda exercise: exercise.slug)
def test_a_mistake_costs_points_in_its_exercise_only_and_is_named(graded_class, exercise):
    (result,) = [
        r for r in read_results(graded_class.place, graded_class.course, UNIT) if r.student == "mistaken"
    ]
    (own,) = [e for e in result.exercises if e.slug == exercise.slug]
    made = [name for name in MISTAKES if name.startswith(f"{exercise.slug}/")]
    assert own.right == (not made)
    assert made == [name for name in own.mistakes if name in made]


def test_the_export_has_the_totals_and_feedback_has_a_page_for_everybody(graded_class):
    with (graded_class.place.work / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == {student.name for student in STUDENTS}
    assert float(rows["right"]["score"]) == float(rows["right"]["max_score"]) == sum(MOST.values())
    assert float(rows["untouched"]["score"]) == 0.0
    for student in STUDENTS:
        assert "im2col" in graded_class.place.feedback_page(student.name, UNIT).read_text()


def test_our_commands_read_what_nbgrader_wrote(own_copy):
    """Do report, export and feedback work on a class that nbgrader graded?"""
    for command in ("report", "export", "feedback"):
        done = run_in(own_copy.root, "grader", command, UNIT)
        assert done.returncode == 0, done.stderr
    with own_copy.place.export(UNIT, "exercises").open() as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert float(rows["right"]["points"]) == float(rows["right"]["out_of"]) == sum(MOST.values())
    assert rows["untouched"]["found"].startswith("19 exercises: not written yet")
    assert "cells are missing" in rows["untouched"]["found"]
    page = own_copy.place.feedback_page("mistaken", UNIT).read_text()
    assert EXERCISES[MISTAKES[0].split("/")[0]].title in page
    assert not list(own_copy.place.work.glob("logs/**/*.log"))


def test_grade_lists_what_it_cannot_grade_and_takes_the_old_points_back(own_copy):
    """A second version that is no notebook, and a kernel that dies: exit 1, no points, the others untouched."""
    submitted = own_copy.place.submitted
    own_copy.place.notebook(submitted, "noisy", UNIT).write_text("{ this is no notebook")
    path = own_copy.place.notebook(submitted, "mistaken", UNIT)
    text = path.read_text().replace(
        '"source": "def conv_output_size', '"source": "import os\\nos._exit(3)\\ndef conv_out'
    )
    path.write_text(text)
    done = run_in(own_copy.root, "grader", "grade", UNIT, "noisy", "mistaken")
    assert done.returncode == 1, done.stderr
    assert "not graded: a06_convolution.ipynb is not a notebook" in done.stdout
    assert "not graded: its kernel died in the cell that begins with `import os`" in done.stdout
    for student in ("noisy", "mistaken"):
        assert set(points_of(own_copy, student).values()) == {None}
        assert not (own_copy.place.autograded / student / UNIT).exists()
    assert points_of(own_copy, "right") == MOST
    assert own_copy.place.log(UNIT, "mistaken").is_file()

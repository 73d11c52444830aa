"""The demonstration: the made-up class, and the whole job on a part of it, twice."""

import csv
import json

import nbformat
import pytest
from graded_class import ROOT, UNIT, copy_course, run_in, submit

from grader.bugs import all_bugs
from grader.classroom import CLASS, Student, submission
from grader.course import load_course
from grader.errors import UserError
from grader.reference import BEGIN, END
from grader.workplace import is_student


def source_of(notebook, identifier):
    return "".join(next(cell["source"] for cell in notebook["cells"] if cell["id"] == identifier))


@pytest.fixture(scope="module")
def class_notebooks():
    return {student.name: json.loads(submission(load_course(), UNIT, student)) for student in CLASS}


def test_the_class_is_large_and_varied():
    assert len({student.name for student in CLASS}) == len(CLASS) >= 12
    assert all(is_student(student.name) for student in CLASS)
    assert sum(bool(student.mistakes) for student in CLASS) >= 6
    assert {None, 0} < {student.written for student in CLASS}
    assert sum(student.change is not None for student in CLASS) >= 4


def test_every_mistake_of_the_class_is_in_the_catalogue():
    names = {bug.name for bug in all_bugs()}
    for student in CLASS:
        assert set(student.mistakes) <= names
        assert len({name.split("/")[0] for name in student.mistakes}) == len(student.mistakes)


@pytest.mark.parametrize("name", [student.name for student in CLASS])
def test_a_submission_is_the_student_notebook_with_other_solution_cells(class_notebooks, name):
    """Is it a valid notebook, with every cell of the assignment and no mark of a solution?"""
    notebook = class_notebooks[name]
    nbformat.validate(nbformat.from_dict(notebook))
    assigned = json.loads((ROOT / "assignments" / UNIT / f"{UNIT}.ipynb").read_text())
    identifiers = [cell["id"] for cell in notebook["cells"]]
    assert [cell["id"] for cell in assigned["cells"]] == [i for i in identifiers if not i.startswith("own-")]
    text = json.dumps(notebook)
    assert BEGIN not in text
    assert END not in text


def test_the_unfinished_submission_keeps_the_stubs_at_the_end(class_notebooks):
    assert "NotImplementedError" not in source_of(class_notebooks["kavya.iyer"], "im2col")
    assert "NotImplementedError" in source_of(class_notebooks["kavya.iyer"], "receptive_field")
    assert "NotImplementedError" in source_of(class_notebooks["liam.byrne"], "conv_output_size")


def test_a_mistake_that_is_not_in_the_catalogue_is_one_sentence():
    with pytest.raises(UserError, match="im2col/nonsense is not in the catalogue"):
        submission(load_course(), UNIT, Student("ada", "", mistakes=("im2col/nonsense",)))


PART_OF_THE_CLASS = """
import sys
from grader import classroom
from grader.__main__ import main
classroom.CLASS = tuple(student for student in classroom.CLASS if student.name in sys.argv[1:])
sys.exit(main(["demo", "--limit", "200"]))
"""


@pytest.mark.slow
def test_the_demo_runs_twice_and_leaves_real_submissions_alone(tmp_path):
    """A notebook that raises and one whose kernel dies, then a class of one: table, pages, report, exit code 0."""
    course = copy_course(tmp_path / "course")
    submit(course, "real", b"a submission of the real class")
    (course.root / "part.py").write_text(PART_OF_THE_CLASS)
    work = course.root / "grader/work"

    first = run_in(course.root, "part", "mei.tanaka", "olga.petrova")
    assert first.returncode == 0, first.stderr
    assert first.stderr == ""
    assert (
        "olga.petrova       not graded: its kernel died in the cell that begins with `check(" in first.stdout
    )
    assert "its cell raised SyntaxError" in first.stdout
    report = (work / "demo/report" / f"{UNIT}.html").read_text()
    assert f"../feedback/mei.tanaka/{UNIT}/{UNIT}.html" in report
    assert "its kernel died" in report
    assert (work / "demo/feedback/mei.tanaka" / UNIT / f"{UNIT}.html").is_file()
    assert not (work / "demo/feedback/olga.petrova").exists()
    with (work / "demo/export" / f"{UNIT}_exercises.csv").open() as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert (
        rows["mei.tanaka"]["conv2d_forward"] == "6"
    )  # a syntax error in im2col, which it calls, costs nothing here
    assert rows["mei.tanaka"]["im2col"] == "0"
    assert rows["olga.petrova"]["status"] == "not graded"

    second = run_in(course.root, "part", "mei.tanaka")
    assert second.returncode == 0, second.stderr
    assert [work / "demo/submitted/mei.tanaka"] == list((work / "demo/submitted").iterdir())

    assert [work / "submitted/real"] == list((work / "submitted").iterdir())
    assert not (work / "gradebook.db").exists()

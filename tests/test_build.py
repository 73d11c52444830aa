"""The builder: what it makes, what it keeps out of a student's notebook, and its command."""

import argparse
import ast
import os
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from tiny_course import (
    NARRATIVE,
    REFERENCE,
    SOURCE_NOTEBOOK,
    STUDENT_NOTEBOOK,
    UNIT,
    Row,
    cells_of,
    edit,
    source_of,
)

from grader import build
from grader.errors import UserError
from grader.files import write_atomically
from grader.narrative import imported_modules, imported_names
from grader.reference import read_reference

# What is made


def test_each_exercise_becomes_a_solution_a_check_and_a_hidden_cell(built):
    cells = cells_of(built[SOURCE_NOTEBOOK])
    assert list(cells) == [
        "a00_tiny-01",
        "setup",
        "double",
        "check_double",
        "hidden_double",
        "a00_tiny-02",
        "a00_tiny-03",
        "quadruple",
        "check_quadruple",
        "hidden_quadruple",
    ]
    assert source_of(cells["double"]).startswith('def double(x):\n    """Return twice x."""\n')
    assert source_of(cells["double"]).endswith("    ### END SOLUTION")
    assert source_of(cells["hidden_double"]).splitlines() == [
        build.HIDDEN_CELL_NOTE,
        "### BEGIN HIDDEN TESTS",
        'from grader.hidden import score; score("double", globals())',
        "### END HIDDEN TESTS",
    ]


def test_both_notebooks_are_valid_and_hold_no_output(built):
    for data in built.values():
        notebook = nbformat.reads(data.decode(), as_version=4)
        nbformat.validate(notebook)
        assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in notebook.cells)


def test_metadata_says_what_nbgrader_needs_and_nothing_else(built):
    cells = cells_of(built[SOURCE_NOTEBOOK])
    plain = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}
    for cell_id, expected in {
        "setup": {"grade_id": "setup", "locked": True},
        "double": {"grade_id": "double", "solution": True},
        "check_double": {"grade_id": "check_double", "grade": True, "locked": True, "points": 1},
        "hidden_double": {"grade_id": "hidden_double", "grade": True, "locked": True, "points": 2},
    }.items():
        assert {"nbgrader": plain | expected} == cells[cell_id]["metadata"]
    for cell_id in ("a00_tiny-01", "a00_tiny-02", "a00_tiny-03"):
        assert cells[cell_id]["metadata"] == {}


def test_a_check_uses_the_references_of_earlier_exercises_only_while_grading(built):
    source, student = cells_of(built[SOURCE_NOTEBOOK]), cells_of(built[STUDENT_NOTEBOOK])
    assert source_of(source["check_double"]) == 'check("double", globals())'
    assert source_of(source["check_quadruple"]).splitlines() == [
        "### BEGIN HIDDEN TESTS",
        'from grader.hidden import substitute; substitute("quadruple")',
        "### END HIDDEN TESTS",
        'check("quadruple", globals())',
    ]
    assert source_of(student["check_quadruple"]) == 'check("quadruple", globals())'


def test_the_student_notebook_has_docstring_and_stub_and_no_trace_of_the_answer(built):
    text = built[STUDENT_NOTEBOOK].decode()
    cells = cells_of(built[STUDENT_NOTEBOOK])
    assert source_of(cells["double"]).splitlines() == [
        "def double(x):",
        '    """Return twice x."""',
        "    # Your code here.",
        '    raise NotImplementedError("this exercise is not written yet")',
    ]
    assert source_of(cells["hidden_double"]) == build.HIDDEN_CELL_NOTE
    for absent in ("SOLUTION", "HIDDEN TESTS", "once_doubled", "np.asarray", "grader.hidden", "tags"):
        assert absent not in text


def test_two_builds_are_the_same_bytes(tiny_course, built):
    assert built == build.notebooks(tiny_course, (UNIT,))


def test_making_the_notebooks_writes_nothing_into_the_course(built_tiny_course):
    course, built = built_tiny_course
    assert set(built) == {SOURCE_NOTEBOOK, STUDENT_NOTEBOOK}
    assert not [path for path in course.root.rglob("*") if path.suffix in (".ipynb", ".db")]


def test_a_solution_region_with_comments_at_its_end_is_whole(tiny_course):
    edit(
        tiny_course,
        REFERENCE,
        "    return double(once_doubled)\n",
        "    return double(once_doubled)\n\n    # done\n",
    )
    reference = read_reference(tiny_course, tiny_course.exercises["quadruple"])
    assert reference.source.splitlines()[-2:] == ["    # done", "    ### END SOLUTION"]


# What it keeps out


@pytest.mark.parametrize(
    "leak",
    [
        "total = np.asarray(x) + np.asarray(x)\nresult = 1\ntotal.reshape(1)",
        "total  =  np.asarray( x )+np.asarray(x)\nreturn_ = 0",
    ],
)
def test_similar_lines_in_the_narrative_are_no_leak(tiny_course, leak):
    edit(tiny_course, NARRATIVE, "print(double(np.arange(3)))", leak)
    build.notebooks(tiny_course, (UNIT,))


@pytest.mark.parametrize("prefix", ["", "# "], ids=["as code", "as comment"])
def test_a_solution_copied_into_the_narrative_is_refused(tiny_course, prefix):
    leak = (
        f"{prefix}def mine(x):\n{prefix}    once_doubled=double( x )\n{prefix}    return double(once_doubled)"
    )
    edit(tiny_course, NARRATIVE, "print(double(np.arange(3)))", leak + "\nprint(1)")
    with pytest.raises(UserError, match="cell a00_tiny-03 shows the solution of quadruple"):
        build.notebooks(tiny_course, (UNIT,))


def test_a_slug_too_long_for_a_cell_is_refused(tiny_course):
    slug = "double" * 12
    for name in (NARRATIVE, REFERENCE):
        path = tiny_course.root / name
        path.write_text(path.read_text().replace("quadruple", slug))
    exercises = {"double": Row("double"), slug: Row(slug, uses=("double",))}
    with pytest.raises(UserError, match="is no name for a cell"):
        build.instructor_notebook(replace(tiny_course, exercises=exercises), UNIT)


def test_an_unknown_unit_is_refused(tiny_course):
    with pytest.raises(UserError, match="there is no unit b99; the units are a00_tiny"):
        tiny_course.select(["b99"])


# The command


def run_build(course, monkeypatch, *options):
    monkeypatch.setattr(build, "load_course", lambda: course)
    monkeypatch.setattr(build, "GENERATORS", [build.notebooks])
    parser = argparse.ArgumentParser()
    build.add_arguments(parser)
    return build.run(parser.parse_args(options))


def test_check_names_the_drifted_file_and_the_command_that_mends_it(tiny_course, monkeypatch, capsys):
    assert run_build(tiny_course, monkeypatch, "--check") == 1
    assert not (tiny_course.root / STUDENT_NOTEBOOK).exists()
    assert run_build(tiny_course, monkeypatch) == 0
    capsys.readouterr()

    assert run_build(tiny_course, monkeypatch, "--check") == 0
    assert "2 generated files agree" in capsys.readouterr().out

    edit(tiny_course, NARRATIVE, "Now with what", "Now, with what")
    assert run_build(tiny_course, monkeypatch, "--check", UNIT) == 1
    out = capsys.readouterr().out
    assert f"{SOURCE_NOTEBOOK} differs from its sources; run `python -m grader build`" in out
    assert STUDENT_NOTEBOOK in out


def test_a_second_build_writes_nothing(tiny_course, monkeypatch, capsys):
    run_build(tiny_course, monkeypatch)
    before = (tiny_course.root / STUDENT_NOTEBOOK).stat()
    capsys.readouterr()
    run_build(tiny_course, monkeypatch)
    assert capsys.readouterr().out == "2 generated files, 0 changed\n"
    assert before.st_mtime_ns == (tiny_course.root / STUDENT_NOTEBOOK).stat().st_mtime_ns


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch):
    target = tmp_path / "notebook.ipynb"
    target.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match=r"cannot write .*notebook.ipynb: No space left on device"):
        write_atomically(target, b"new")
    assert [target] == list(tmp_path.iterdir())
    assert target.read_bytes() == b"old"


def test_a_place_that_cannot_be_written_is_one_sentence():
    with pytest.raises(UserError, match="cannot write /proc/nowhere/file"):
        write_atomically(Path("/proc/nowhere/file"), b"x")


def test_imports_are_found_however_they_are_written():
    program = "import a.b as c\nfrom d import e\nimport_module('f')\n__import__('g')\nx.import_module('h')"
    assert {"a.b", "d", "f", "g", "h"} == {module for module, _ in imported_modules(ast.parse(program))}
    assert {"c", "e"} == imported_names("%matplotlib inline\nimport a.b as c\nfrom d import e")

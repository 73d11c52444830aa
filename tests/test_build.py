"""The builder: what it makes, and what it refuses with file and line."""

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest
from conftest import ROOT, Row

from grader import build
from grader.errors import UserError
from grader.files import write_atomically
from grader.narrative import imported_modules, imported_names, read_narrative
from grader.reference import read_reference

UNIT = "a00_tiny"
NARRATIVE = f"solutions/{UNIT}/{UNIT}.py"
REFERENCE = "solutions/layers/tiny.py"
SOURCE_NOTEBOOK = f"solutions/{UNIT}/{UNIT}.ipynb"
STUDENT_NOTEBOOK = f"assignments/{UNIT}/{UNIT}.ipynb"


def edit(course, name, old, new):
    """Replace text that must occur exactly once."""
    path = course.root / name
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def cells_of(data):
    return {cell["id"]: cell for cell in json.loads(data)["cells"]}


def source_of(cell):
    return "".join(cell["source"])


@pytest.fixture
def built(built_tiny_course):
    return built_tiny_course[1]


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


# What is refused, with file and line

# name: (text, what it becomes, the text in whose line the mistake is then, the message)
EXERCISE_CELL = '# %% tags=["exercise"]\nfrom solutions.layers.tiny import quadruple'
NARRATIVE_MISTAKES = {
    "an unknown exercise": (
        "import quadruple",
        "import quadrupel",
        "quadrupel",
        "quadrupel is not in grader/ex",
    ),
    "two exercises": (
        "import quadruple",
        "import double, quadruple",
        ", quadruple",
        "one exercise by its own name",
    ),
    "another name": ("import quadruple", "import quadruple as q", "as q", "one exercise by its own name"),
    "a star": ("import quadruple", "import *", "import *", "one exercise by its own name"),
    "the wrong form": (
        "from solutions.layers.tiny import quad",
        "import quad",
        "import quad",
        "holds one line",
    ),
    "two statements": (
        "import quadruple",
        "import quadruple\nquadruple(1)",
        "import quadruple",
        "holds one line",
    ),
    "the wrong module": (
        "tiny import quadruple",
        "small import quadruple",
        "small",
        "not in solutions.layers.small",
    ),
    "twice": (
        EXERCISE_CELL,
        "# %% tags=[ 'exercise' ]\nfrom solutions.layers.tiny import double",
        "[ '",
        "second",
    ),
    "no tag": (
        EXERCISE_CELL,
        EXERCISE_CELL.replace(' tags=["exercise"]', ""),
        "quadruple",
        "students do not have",
    ),
    "a misspelled tag": (
        EXERCISE_CELL,
        EXERCISE_CELL.replace("exercise", "exercice"),
        "exercice",
        "may have one tag",
    ),
    "the grader": (
        "print(double",
        "import grader.hidden\nprint(double",
        "grader",
        "do not have grader.hidden",
    ),
    "a mark": ("# Now with", "# ### BEGIN SOLUTION\n# Now with", "BEGIN", "BEGIN SOLUTION belongs into"),
    "no Python": ("print(double(np.arange(3)))", "print(double(", "print(", "this is not Python"),
    "no setup": (
        ' tags=["setup"]',
        "",
        "# %% [markdown]\n# # Doubling",
        "the first code cell, and only that",
    ),
    "a mark of a cell in a string": (
        "print(double(np",
        'print("""\n# %%\n""", double(np',
        "# # Doubling",
        "# %%",
    ),
}


def line_of(course, name, text):
    """The line in which a text begins for the last time."""
    whole = (course.root / name).read_text()
    return whole[: whole.rindex(text)].count("\n") + 1


@pytest.mark.parametrize("mistake", NARRATIVE_MISTAKES)
def test_a_malformed_narrative_is_refused_with_file_and_line(tiny_course, mistake):
    old, new, at, message = NARRATIVE_MISTAKES[mistake]
    edit(tiny_course, NARRATIVE, old, new)
    with pytest.raises(UserError, match=message) as refusal:
        read_narrative(tiny_course, UNIT)
    assert str(refusal.value).startswith(f"{NARRATIVE}:{line_of(tiny_course, NARRATIVE, at)}: ")


def test_an_exercise_missing_from_the_narrative_is_refused(tiny_course):
    exercises = {**tiny_course.exercises, "triple": Row("triple")}
    with pytest.raises(UserError, match=f"^{NARRATIVE}:1: triple is in grader/exercises.py but not in"):
        read_narrative(replace(tiny_course, exercises=exercises), UNIT)


def test_an_exercise_of_another_unit_is_refused(tiny_course):
    exercises = {**tiny_course.exercises, "quadruple": Row("quadruple", unit="a01_other")}
    with pytest.raises(UserError, match="quadruple belongs to a01_other"):
        read_narrative(replace(tiny_course, exercises=exercises), UNIT)


def test_an_exercise_before_one_that_it_uses_is_refused(tiny_course):
    exercises = {"double": Row("double", uses=("quadruple",)), "quadruple": Row("quadruple")}
    with pytest.raises(UserError, match=rf"^{NARRATIVE}:9: double uses quadruple, which must come before it"):
        build.instructor_notebook(replace(tiny_course, exercises=exercises), UNIT)


def test_a_missing_narrative_is_refused(tiny_course):
    (tiny_course.root / NARRATIVE).unlink()
    with pytest.raises(UserError, match=f"^{NARRATIVE}: this narrative is missing"):
        read_narrative(tiny_course, UNIT)


DOCSTRING = '    """Return four times x."""\n'
LAST = "    return double(once_doubled)\n    ### END SOLUTION\n"
BODY = "    once_doubled = double(x)\n    return double(once_doubled)\n"
REFERENCE_MISTAKES = {
    "no marks": (BODY + "    ### END SOLUTION\n", BODY, "### BEGIN", "has no `### END SOLUTION`"),
    "no begin": (
        DOCSTRING + "    ### BEGIN SOLUTION\n",
        DOCSTRING,
        "### END",
        "without `### BEGIN SOLUTION`",
    ),
    "nested": ("    once_d", "    ### BEGIN SOLUTION\n    once_d", "### BEGIN", "inside the one of line 16"),
    "two regions": (
        LAST,
        f"    ### END SOLUTION\n    ### BEGIN SOLUTION\n{LAST}",
        "### BEGIN",
        "a second solution",
    ),
    "end first": (DOCSTRING, DOCSTRING + "    ### END SOLUTION #1\n", "#1", "must stand alone"),
    "code after the end": (
        LAST,
        "    ### END SOLUTION\n    return 1\n",
        "return 1",
        "code after `### END SOLUTION`",
    ),
    "code before it": (DOCSTRING, DOCSTRING + "    y = x\n", "y = x", "code outside the solution region"),
    "no docstring": (DOCSTRING, "", "def quadruple", "quadruple has no docstring"),
    "a mark in a line": ("= double(x)\n", "= double(x)  # BEGIN SOLUTION\n", "# BEGIN", "must stand alone"),
    "another name": ("def quadruple", "def fourfold", '"""Multiples', "defines no function named quadruple"),
    "no Python": ("def quadruple(x):", "def quadruple(x:", "def quadruple", "this is not Python"),
    "a helper": (
        "return double(once",
        "return _helper(once",
        "def quadruple",
        "uses _helper, not in the notebook",
    ),
    "an import": (
        "once_doubled = double(x)",
        "once_doubled = math.tau",
        "def quadruple",
        "uses math, not in",
    ),
    "an empty region": (BODY, "", "### BEGIN", "this solution region is empty"),
}


@pytest.mark.parametrize("mistake", REFERENCE_MISTAKES)
def test_a_malformed_reference_is_refused_with_file_and_line(tiny_course, mistake):
    old, new, at, message = REFERENCE_MISTAKES[mistake]
    edit(tiny_course, REFERENCE, old, new)
    with pytest.raises(UserError, match=message) as refusal:
        read_reference(tiny_course, tiny_course.exercises["quadruple"], {"np", "check"})
    assert str(refusal.value).startswith(f"{REFERENCE}:{line_of(tiny_course, REFERENCE, at)}: ")


def test_a_reference_without_any_mark_is_refused(tiny_course):
    edit(tiny_course, REFERENCE, "    ### BEGIN SOLUTION\n" + BODY + "    ### END SOLUTION\n", BODY)
    with pytest.raises(
        UserError, match="quadruple has no `### BEGIN SOLUTION`; students would see all of it"
    ):
        read_reference(tiny_course, tiny_course.exercises["quadruple"])


def test_a_call_of_an_exercise_that_is_not_declared_is_refused(tiny_course):
    with pytest.raises(UserError, match="quadruple uses double"):
        read_reference(tiny_course, replace(tiny_course.exercises["quadruple"], uses=()), {"np"})


def test_a_missing_reference_module_is_refused(tiny_course):
    (tiny_course.root / REFERENCE).unlink()
    with pytest.raises(UserError, match=f"^{REFERENCE}: this file is missing; it should define double"):
        read_reference(tiny_course, tiny_course.exercises["double"])


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
        write_atomically(ROOT.__class__("/proc/nowhere/file"), b"x")


def test_imports_are_found_however_they_are_written():
    program = "import a.b as c\nfrom d import e\nimport_module('f')\n__import__('g')\nx.import_module('h')"
    assert {"a.b", "d", "f", "g", "h"} == {module for module, _ in imported_modules(ast.parse(program))}
    assert {"c", "e"} == imported_names("%matplotlib inline\nimport a.b as c\nfrom d import e")


@pytest.mark.slow
def test_nbgraders_own_command_makes_the_same_student_notebook(tiny_course, built, jupyter_folders):
    path = tiny_course.root / SOURCE_NOTEBOOK
    path.write_bytes(built[SOURCE_NOTEBOOK])
    shutil.copy(ROOT / "LICENSE", path.parent / ".hidden")
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", UNIT],
        cwd=tiny_course.root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    folder = tiny_course.root / "assignments" / UNIT
    assert [f"{UNIT}.ipynb"] == [path.name for path in folder.iterdir()]
    assert built[STUDENT_NOTEBOOK] == (folder / f"{UNIT}.ipynb").read_bytes()
    assert (tiny_course.root / "grader/work/gradebook.db").is_file()

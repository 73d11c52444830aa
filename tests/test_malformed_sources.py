"""Malformed narratives and references are refused with file and line."""

from dataclasses import replace

import pytest
from tiny_course import NARRATIVE, REFERENCE, UNIT, Row, edit, line_of

from grader import build
from grader.errors import UserError
from grader.narrative import read_narrative
from grader.reference import read_reference

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
        "# %% [markdown]\n# # Doubling",
        "may not stand inside a string",
    ),
}


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
    line = line_of(tiny_course, NARRATIVE, '# %% tags=["exercise"]\nfrom solutions.layers.tiny import double')
    with pytest.raises(
        UserError, match=rf"^{NARRATIVE}:{line}: double uses quadruple, which must come before it"
    ):
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

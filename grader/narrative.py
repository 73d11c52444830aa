"""Reading a narrative: py:percent text to cells, each exercise cell to the slug it names.

Whatever could put an answer into a student's notebook is refused here with file and line: imports from
solutions/ or grader/ outside exercise cells, marks of solution regions, unknown tags.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from grader.course import Course
from grader.errors import UserError

TAGS = ("exercise", "setup")
MARKS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN MARK SCHEME")
NEVER_SHIPPED = ("solutions", "grader")

_CELL_MARK = re.compile(r"# %%(\s|$)")


@dataclass(frozen=True)
class Cell:
    """One cell of a narrative.

    Attributes
    ----------
    kind : str
        "markdown", "code", "setup" or "exercise".
    source : str
        The text; empty for an exercise.
    line : int
        Where the cell begins in the narrative.
    exercise : str
        The slug of an exercise cell, otherwise empty.
    """

    kind: str
    source: str
    line: int
    exercise: str = ""


def narrative_path(course: Course, unit: str) -> Path:
    """Where the narrative of a unit is."""
    return course.root / "solutions" / unit / f"{unit}.py"


def read_narrative(course: Course, unit: str) -> list[Cell]:
    """Read the cells of a unit's narrative and check them against the registry.

    Raises
    ------
    UserError
        For a file that cannot be read and for every malformed cell, with file and line.
    """
    path = narrative_path(course, unit)
    shown = path.relative_to(course.root)
    cells = [_read_cell(course, shown, *raw) for raw in _split(path, shown)]

    setups = [cell for cell in cells if cell.kind == "setup"]
    first_code = next((cell for cell in cells if cell.kind != "markdown"), None)
    if len(setups) != 1 or setups[0] is not first_code:
        line = setups[-1].line if setups else 1
        raise UserError(f'{shown}:{line}: the first code cell, and only that, must have the tag "setup"')

    seen: dict[str, int] = {}
    for cell in cells:
        if cell.kind != "exercise":
            continue
        if cell.exercise in seen:
            raise UserError(
                f"{shown}:{cell.line}: {cell.exercise} is an exercise for the second time; "
                f"the first is in line {seen[cell.exercise]}"
            )
        seen[cell.exercise] = cell.line
        if course.exercises[cell.exercise].unit != unit:
            raise UserError(
                f"{shown}:{cell.line}: {cell.exercise} belongs to {course.exercises[cell.exercise].unit}, "
                f"says grader/exercises.py"
            )
    for exercise in course.of_unit(unit):
        if exercise.slug not in seen:
            raise UserError(
                f"{shown}:1: {exercise.slug} is in grader/exercises.py but not in the narrative; "
                f"add a cell tagged exercise with `from {exercise.reference} import {exercise.slug}`"
            )
    return cells


def imported_names(source: str) -> set[str]:
    """The names that a code cell's imports define."""
    nodes = ast.walk(ast.parse(without_magics(source)))
    return {(node.asname or node.name).split(".")[0] for node in nodes if isinstance(node, ast.alias)}


def imported_modules(tree: ast.AST) -> list[tuple[str, int]]:
    """Every module a program imports, by statement or by name, with the line."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.append((node.module, node.lineno))
        elif isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = node.args[0]
            if called in ("import_module", "__import__", "run_module") and isinstance(name, ast.Constant):
                found.append((str(name.value), node.lineno))
    return found


def without_magics(source: str) -> str:
    """The cell's Python: lines for IPython or the shell become blank, so that line numbers stay."""
    return re.sub(r"^[ \t]*[%!].*$", "", source, flags=re.MULTILINE)


def _split(path: Path, shown: Path) -> list[tuple[str, str, list[str], int]]:
    """Kind, source, tags and first line of each cell; jupytext reads, we only count lines."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about versions of its own imports
        import jupytext
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"{shown}: this narrative is missing; the unit is in grader/exercises.py") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{shown}: this is not UTF-8 text") from error
    cells = jupytext.reads(text, fmt="py:percent").cells
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if _CELL_MARK.match(line)]
    if len(lines) == len(cells) - 1:  # text before the first mark is a cell of its own
        lines.insert(0, 1)
    if len(lines) != len(cells):
        raise UserError(
            f"{shown}:{lines[0] if lines else 1}: {len(cells)} cells but {len(lines)} lines with `# %%`; "
            f"a cell mark may not stand inside a string, and every cell needs one"
        )
    return [
        (cell.cell_type, cell.source, list(cell.metadata.get("tags", [])), line)
        for cell, line in zip(cells, lines, strict=True)
    ]


def _read_cell(course: Course, shown: Path, kind: str, source: str, tags: list[str], line: int) -> Cell:
    unknown = [tag for tag in tags if tag not in TAGS]
    if unknown or len(tags) > 1:
        raise UserError(f"{shown}:{line}: tags {tags}: a cell may have one tag, {' or '.join(TAGS)}")
    if kind not in ("markdown", "code") or (kind == "markdown" and tags):
        raise UserError(f"{shown}:{line}: a {kind} cell{' with a tag' if tags else ''} does not belong here")
    for number, text in enumerate(source.splitlines(), start=line + 1):
        for mark in MARKS:
            if mark in text:
                raise UserError(f"{shown}:{number}: {mark} belongs into solutions/<area>/, not here")
    if kind == "markdown":
        return Cell("markdown", source, line)
    try:
        tree = ast.parse(without_magics(source))
    except SyntaxError as error:
        raise UserError(f"{shown}:{line + (error.lineno or 0)}: this is not Python: {error.msg}") from error
    if "exercise" in tags:
        return Cell("exercise", "", line, _exercise_of(course, shown, line, tree))
    for module, number in imported_modules(tree):
        if module.split(".")[0] in NEVER_SHIPPED:
            raise UserError(
                f"{shown}:{line + number}: students do not have {module}; "
                f'import an exercise in a cell with tags=["exercise"]'
            )
    return Cell("setup" if "setup" in tags else "code", source, line)


def _exercise_of(course: Course, shown: Path, line: int, tree: ast.Module) -> str:
    form = "from solutions.<area>.<topic> import <slug>"
    where = f"{shown}:{line + (tree.body[0].lineno if tree.body else 0)}"
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.ImportFrom):
        raise UserError(f"{where}: an exercise cell holds one line, `{form}`")
    statement = tree.body[0]
    if len(statement.names) != 1 or statement.names[0].asname or statement.names[0].name == "*":
        raise UserError(f"{where}: an exercise cell imports one exercise by its own name, `{form}`")
    slug: str = statement.names[0].name
    if slug not in course.exercises:
        raise UserError(f"{where}: {slug} is not in grader/exercises.py; add its row there or mend the name")
    if statement.module != course.exercises[slug].reference:
        raise UserError(
            f"{where}: grader/exercises.py says that {slug} is in {course.exercises[slug].reference}, "
            f"not in {statement.module}"
        )
    return slug

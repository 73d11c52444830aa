"""Reading a reference solution: the source of one function, with its solution region."""

from __future__ import annotations

import ast
import builtins
import symtable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course import Course
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.exercises import Exercise

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"


@dataclass(frozen=True)
class Reference:
    """One reference solution.

    Attributes
    ----------
    slug : str
        Name of the function or class.
    source : str
        Its text, from `def` (or a decorator) to the end mark.
    body : str
        The text between the marks, indented as it is.
    path : Path
        The module, relative to the course.
    line : int
        Where the source begins in it.
    """

    slug: str
    source: str
    body: str
    path: Path
    line: int


def read_reference(course: Course, exercise: Exercise, setup_names: set[str] | None = None) -> Reference:
    """Read the reference of an exercise and check its form.

    Parameters
    ----------
    course : Course
        The folder to read from.
    exercise : Exercise
        The row of the registry.
    setup_names : set of str, optional
        What the notebook imports; when given, the reference may use no other global name.

    Raises
    ------
    UserError
        With file and line: no such function, no docstring, marks missing, doubled, nested or not at the
        end, code outside the region, names that the notebook does not have.
    """
    path = Path(*exercise.reference.split(".")).with_suffix(".py")
    try:
        text = (course.root / path).read_text(encoding="utf-8")
        tree = ast.parse(text)
    except FileNotFoundError as error:
        raise UserError(f"{path}: this file is missing; it should define {exercise.slug}") from error
    except SyntaxError as error:
        raise UserError(f"{path}:{error.lineno}: this is not Python: {error.msg}") from error
    found = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == exercise.slug
    ]
    if len(found) != 1:
        many = "defines no function" if not found else f"defines {len(found)} functions"
        line = found[1].lineno if found else 1
        raise UserError(
            f"{path}:{line}: this file {many} named {exercise.slug}, which grader/exercises.py names"
        )
    (node,) = found
    lines = text.splitlines()
    first, last = _extent(node, lines)
    begin, end = _region(lines, first, last, path, exercise.slug)
    _check_body(node, begin, end, path)
    reference = Reference(
        slug=exercise.slug,
        source="\n".join(lines[first - 1 : last]),
        body="\n".join(lines[begin : end - 1]),
        path=path,
        line=first,
    )
    if setup_names is not None:
        _check_names(reference, setup_names, exercise.uses)
    return reference


def _extent(node: ast.FunctionDef | ast.ClassDef, lines: list[str]) -> tuple[int, int]:
    """First and last line; indented comments after the last statement belong to the function."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.end_lineno or node.lineno
    for number in range(last + 1, len(lines) + 1):
        line = lines[number - 1]
        if line.strip() and not line.startswith((" ", "\t")):
            break
        if line.strip():
            last = number
    return first, last


def _region(lines: list[str], first: int, last: int, path: Path, slug: str) -> tuple[int, int]:
    begin = end = 0
    for number in range(first, last + 1):
        line = lines[number - 1].strip()
        if "BEGIN SOLUTION" in line:
            if line != BEGIN:
                raise UserError(f"{path}:{number}: the mark must stand alone in its line, `{BEGIN}`")
            if begin and not end:
                raise UserError(f"{path}:{number}: a solution region inside the one of line {begin}")
            if begin:
                raise UserError(f"{path}:{number}: {slug} has a second solution region after line {begin}")
            begin = number
        elif "END SOLUTION" in line:
            if line != END:
                raise UserError(f"{path}:{number}: the mark must stand alone in its line, `{END}`")
            if not begin or end:
                raise UserError(f"{path}:{number}: `{END}` without `{BEGIN}` before it")
            end = number
        elif end and line:
            raise UserError(f"{path}:{number}: code after `{END}`; the region ends the function")
    if not begin:
        raise UserError(f"{path}:{first}: {slug} has no `{BEGIN}`; students would see all of it")
    if not end:
        raise UserError(f"{path}:{begin}: this solution region has no `{END}`")
    return begin, end


def _check_body(node: ast.FunctionDef | ast.ClassDef, begin: int, end: int, path: Path) -> None:
    if not ast.get_docstring(node):
        raise UserError(f"{path}:{node.lineno}: {node.name} has no docstring; it is what students read")
    statements = node.body[1:]
    for statement in statements:
        if statement.lineno < begin:
            raise UserError(f"{path}:{statement.lineno}: code outside the solution region would be shown")
    if (node.body[0].end_lineno or 0) > begin:
        raise UserError(f"{path}:{begin}: the solution region begins inside the docstring")
    if not statements:
        raise UserError(f"{path}:{begin}: this solution region is empty")


def _check_names(reference: Reference, known: set[str], uses: tuple[str, ...]) -> None:
    allowed = known | set(uses) | set(dir(builtins)) | {reference.slug}
    table = symtable.symtable(reference.source, str(reference.path), "exec")
    for name in sorted(_global_names(table)):
        if name not in allowed:
            raise UserError(
                f"{reference.path}:{reference.line}: {reference.slug} uses {name}, not in the notebook; "
                f"import it in the setup cell or, if it is an exercise, declare that its check uses it"
            )


def _global_names(table: symtable.SymbolTable) -> set[str]:
    names = {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_global() and symbol.is_referenced()
    }
    return names.union(*(_global_names(child) for child in table.get_children()))

"""The builder: narratives, reference solutions and the registry to notebooks (`python -m grader build`).

A narrative becomes the instructor notebook in nbgrader's source format; nbgrader's own generate_assignment
makes the student notebook from it, in a temporary course, so that nothing but the result is left. Building
twice gives the same bytes, and `--check` compares them with the files in the repository.
"""

from __future__ import annotations

import argparse
import ast
import json
import logging
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course import Course, load_course
from grader.errors import UserError
from grader.exercises import EXERCISES
from grader.files import write_atomically
from grader.leaks import Secrets
from grader.narrative import MARKS, Cell, imported_names, narrative_path, read_narrative
from grader.readme import exercise_table
from grader.reference import Reference, read_reference
from grader.stored import expected_values, fingerprints
from grader.tolerances import refuse_bad_tolerances

if TYPE_CHECKING:
    from grader.exercises import Exercise

HIDDEN_CELL_NOTE = "# Hidden tests run here when your work is graded."
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `build`."""
    parser.add_argument(
        "units", nargs="*", metavar="UNIT", help="units to build, such as a06_convolution; all if none"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a generated file has drifted"
    )


def run(args: argparse.Namespace) -> int:
    """Build, or compare with what is there."""
    course = load_course()
    units = course.select(args.units)
    files = generate(course, units)
    drifted = drifted_files(course, files)
    if args.check:
        for path in drifted:
            print(f"{path} differs from its sources; run `python -m grader build`")
        if not drifted:
            print(f"{len(files)} generated files agree with their sources")
        return 1 if drifted else 0
    for path in drifted:
        write_atomically(course.root / path, files[path])
        print(f"wrote {path}")
    print(f"{len(files)} generated files, {len(drifted)} changed")
    return 0


def notebooks(course: Course, units: tuple[str, ...]) -> dict[str, bytes]:
    """Both notebooks of every unit, by their path in the repository."""
    files = {}
    for unit in units:
        source = instructor_notebook(course, unit)
        files[f"solutions/{unit}/{unit}.ipynb"] = source
        files[f"assignments/{unit}/{unit}.ipynb"] = student_notebook(course, unit, source)
    return files


GENERATORS: list[Callable[[Course, tuple[str, ...]], dict[str, bytes]]] = [
    notebooks,
    expected_values,
    fingerprints,
    exercise_table,
]
"""Everything that `build` makes: each returns the bytes of files by path relative to the course."""


def generate(course: Course, units: tuple[str, ...]) -> dict[str, bytes]:
    """Run all generators, with a progress bar on a terminal."""
    from tqdm import tqdm

    if course.exercises.keys() <= EXERCISES.keys():  # not a course of the tests, with exercises of its own
        refuse_bad_tolerances(course.exercises)
    files: dict[str, bytes] = {}
    for generator in (bar := tqdm(GENERATORS, disable=None, leave=False, bar_format="{l_bar}{bar}")):
        bar.set_description(generator.__name__.replace("_", " "))
        files.update(generator(course, units))
    return files


def drifted_files(course: Course, files: dict[str, bytes]) -> list[str]:
    """The paths whose file is missing or differs from what the generators made."""
    return [
        path
        for path, data in files.items()
        if not (course.root / path).is_file() or (course.root / path).read_bytes() != data
    ]


def instructor_notebook(course: Course, unit: str) -> bytes:
    """The notebook with the solutions, in nbgrader's source format."""
    cells = read_narrative(course, unit)
    setup_names = imported_names(next(cell.source for cell in cells if cell.kind == "setup"))
    made: list[dict[str, Any]] = []
    earlier: set[str] = set()
    plain = 0
    for cell in cells:
        if cell.kind == "exercise":
            exercise = course.exercises[cell.exercise]
            _check_order(course, unit, cell, exercise, earlier)
            made += _exercise_cells(exercise, read_reference(course, exercise, setup_names))
            earlier.add(cell.exercise)
        elif cell.kind == "setup":
            made.append(_code_cell("setup", cell.source, _graded("setup", locked=True)))
        else:
            plain += 1
            identifier = f"{unit}-{plain:02d}"
            if cell.kind == "markdown":
                made.append(
                    {"cell_type": "markdown", "id": identifier, "metadata": {}, "source": cell.source}
                )
            else:
                made.append(_code_cell(identifier, cell.source, {}))
    for cell_made in made:
        if not _CELL_ID.fullmatch(cell_made["id"]):
            raise UserError(
                f"grader/exercises.py: {cell_made['id']} is no name for a cell: too long, or odd characters"
            )
    return _notebook_bytes(made)


def student_notebook(course: Course, unit: str, source: bytes) -> bytes:
    """What nbgrader's generate_assignment makes of the instructor notebook.

    Raises
    ------
    UserError
        If nbgrader refuses, or if the result would show a solution.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder).resolve()
        config = Config()
        config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config())
        config.CourseDirectory.root = str(here)
        # As `nbgrader generate_assignment --no-db`: the gradebook has no part in what the notebook becomes.
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        config.CourseDirectory.assignment_id = unit
        (here / "solutions" / unit).mkdir(parents=True)
        (here / "solutions" / unit / f"{unit}.ipynb").write_bytes(source)
        coursedir = CourseDirectory(config=config)
        converter = GenerateAssignment(coursedir=coursedir, config=config)
        messages: list[str] = []
        converter.log = _quiet_log(messages)
        try:
            converter.start()
        except Exception as error:  # nbgrader raises whatever its parts raise
            reason = (messages or [str(error)])[-1].strip().splitlines()[-1]
            raise UserError(f"solutions/{unit}/{unit}.py: nbgrader refuses the notebook: {reason}") from error
        made = (here / "assignments" / unit / f"{unit}.ipynb").read_bytes()
    _check_student_notebook(course, unit, made)
    return made


def _exercise_cells(exercise: Exercise, reference: Reference) -> list[dict[str, Any]]:
    slug = exercise.slug
    check = f'check("{slug}", globals())'
    # What it calls, and the forward it starts from, may be wrong: that costs points there, not here too.
    if exercise.uses or slug.endswith("_backward"):
        substitute = f'from grader.hidden import substitute; substitute("{slug}")'
        check = f"### BEGIN HIDDEN TESTS\n{substitute}\n### END HIDDEN TESTS\n{check}"
    score = f'from grader.hidden import score; score("{slug}", globals())'
    hidden = f"{HIDDEN_CELL_NOTE}\n### BEGIN HIDDEN TESTS\n{score}\n### END HIDDEN TESTS"
    return [
        _code_cell(slug, reference.source, _graded(slug, solution=True)),
        _code_cell(f"check_{slug}", check, _graded(f"check_{slug}", points=exercise.points)),
        _code_cell(f"hidden_{slug}", hidden, _graded(f"hidden_{slug}", points=exercise.hidden_points)),
    ]


def _graded(
    grade_id: str, *, solution: bool = False, locked: bool = False, points: float | None = None
) -> dict[str, Any]:
    """Metadata of a solution cell, a locked cell, or, with points, a locked test cell."""
    metadata = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": locked or points is not None,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return {"nbgrader": metadata if points is None else metadata | {"points": points}}


def _code_cell(identifier: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identifier,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def _notebook_bytes(cells: list[dict[str, Any]]) -> bytes:
    import nbformat

    notebook = nbformat.from_dict(
        {
            "cells": cells,
            "metadata": {"kernelspec": _KERNEL, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)
    return f"{text}\n".encode()


def _check_order(course: Course, unit: str, cell: Cell, exercise: Exercise, earlier: set[str]) -> None:
    shown = narrative_path(course, unit).relative_to(course.root)
    for used in exercise.uses:
        if used not in course.exercises:
            raise UserError(f"grader/exercises.py: {exercise.slug} uses {used}, which is not an exercise")
        if course.exercises[used].unit == unit and used not in earlier:
            raise UserError(f"{shown}:{cell.line}: {exercise.slug} uses {used}, which must come before it")


def _check_student_notebook(course: Course, unit: str, made: bytes) -> None:
    """The last look before a notebook can reach students: no marks, no statement of a solution."""
    shown = f"assignments/{unit}/{unit}.ipynb"
    cells = json.loads(made)["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    solutions = Secrets.of_solutions(course, unit)
    for cell, text in zip(cells, texts, strict=True):
        for mark in MARKS:
            if mark in text:
                raise UserError(f"{shown}: cell {cell['id']} still holds {mark}")
        found = solutions.find_in(text)
        if found:
            raise UserError(f"{shown}: cell {cell['id']} shows {found}")
    for exercise in course.of_unit(unit):
        stub = next(text for cell, text in zip(cells, texts, strict=True) if cell["id"] == exercise.slug)
        function = ast.parse(stub).body[0]
        if not isinstance(function, ast.FunctionDef | ast.ClassDef) or len(function.body) != 2:
            raise UserError(f"{shown}: cell {exercise.slug} is not a docstring and a stub")


def _quiet_log(messages: list[str]) -> logging.Logger:
    """A logger that keeps errors for our own sentence and prints nothing."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    log = logging.Logger("grader.build")
    log.addHandler(Keep(logging.ERROR))
    return log

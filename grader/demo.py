"""The main job on a class of made-up students (`python -m grader demo`).

Builds the notebooks, lets fifteen students hand them in, grades them, writes feedback pages, tables and the report,
all in grader/work/demo/ with a gradebook of its own: submissions of a real class are never touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course import Course, load_course
from grader.errors import UserError
from grader.files import write_atomically
from grader.grade import add_batch_arguments, grade
from grader.workplace import Workplace, locked, open_workplace

if TYPE_CHECKING:
    from rich.console import Console

_CONFIG = '''\
"""The demonstration class: everything as in the course, but in this folder."""

from pathlib import Path

c = get_config()
HERE = Path(__file__).resolve().parent
COURSE = HERE.parents[2]

load_subconfig("nbgrader_config.py", path=str(COURSE))
c.CourseDirectory.root = str(HERE)
c.CourseDirectory.source_directory = str(COURSE / "solutions")
c.CourseDirectory.release_directory = str(COURSE / "assignments")
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
c.CourseDirectory.db_url = f"sqlite:///{HERE / 'gradebook.db'}"
c.ExportPlugin.to = str(HERE / "grades.csv")
'''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `demo`."""
    add_batch_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Do all of it; 0 when the class is graded, which includes those whose notebook cannot be."""
    from grader.classroom import UNIT
    from grader.export import export
    from grader.feedback import write_feedback
    from grader.progress import make_console
    from grader.report import write_report
    from grader.results import read_results
    from grader.summary import print_summary

    began = time.monotonic()
    course = load_course()
    console = make_console()
    folder = course.root / "grader" / "work" / "demo"
    with locked(folder.parent / "demo.lock"):
        _step(console, 1, "Building the notebooks from their sources")
        _build(course, console)
        _step(console, 2, "Making the class")
        place = _make_class(course, UNIT, folder, console)
        _step(console, 3, "Grading with nbgrader")
        grade(place, course, UNIT, console, jobs=args.jobs, limit=args.limit, figures=args.figures)
        _step(console, 4, "Writing feedback pages, tables and the report")
        results = read_results(place, course, UNIT)
        write_feedback(place, course, UNIT, console, results)
        tables = export(place, course, UNIT)
        report = write_report(place, course, UNIT, results)
    print_summary(console, course, UNIT, results)
    example = next((r for r in results if any(e.mistakes for e in r.exercises)), results[0])
    rows = [
        ("report", place.shown(report)),
        ("feedback", place.shown(place.feedback_page(example.student, UNIT))),
        ("tables", ", ".join(place.shown(table) for table in tables)),
        ("gradebook", place.shown(place.gradebook_file or folder)),
        (
            "formgrader",
            f"cd {place.shown(folder)} && {_jupyter()} lab    then Nbgrader > Formgrader in its menu",
        ),
        ("next", f"put real submissions at grader/work/submitted/<student>/{UNIT}/{UNIT}.ipynb"),
        ("", f"and run {_python()} -m grader grade {UNIT}"),
    ]
    console.print(f"Done in {time.monotonic() - began:.0f} s. Where to look:")
    for name, text in rows:
        console.print(f"  {name:<11}{text}", markup=False, soft_wrap=True)
    return 0


def _build(course: Course, console: Console) -> None:
    from grader.build import drifted_files, generate
    from grader.progress import progress_bar

    with progress_bar(console, "Building", None):
        files = generate(course, course.units)
        drifted = drifted_files(course, files)
        for path in drifted:
            write_atomically(course.root / path, files[path])
    console.print(f"  {len(files)} generated files, {len(drifted)} changed")


def _make_class(course: Course, unit: str, folder: Path, console: Console) -> Workplace:
    """Put a fresh class in the place of the last one."""
    from grader.classroom import CLASS, submission

    notebooks = {student: submission(course, unit, student) for student in CLASS}
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise UserError(f"cannot make a fresh {folder}: {error.strerror or error}") from error
    write_atomically(folder / "nbgrader_config.py", _CONFIG.encode())
    place = open_workplace(folder)
    for student, notebook in notebooks.items():
        write_atomically(place.notebook(place.submitted, student.name, unit), notebook)
        console.print(f"  {student.name:<18} {student.story}", markup=False)
    return place


def _step(console: Console, number: int, title: str) -> None:
    console.print(f"[bold]{number}/4  {title}[/]")


def _python() -> str:
    """The Python in use, as it can be typed in the course folder."""
    return (
        os.path.relpath(sys.executable) if Path(sys.executable).is_relative_to(Path.cwd()) else sys.executable
    )


def _jupyter() -> str:
    """Jupyter beside this Python, from any folder."""
    return str(Path(sys.executable).with_name("jupyter"))

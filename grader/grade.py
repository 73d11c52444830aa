"""Grade the submissions of a unit (`python -m grader grade UNIT`)."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from grader.course import Course, load_course
from grader.errors import UserError
from grader.workplace import Workplace, is_student, locked, open_workplace, read_outcome, write_outcome

if TYPE_CHECKING:
    from rich.console import Console

    from grader.stock import Outcome

# What decides about points besides the submission; a change there grades everybody again.
_JUDGES = ("utils", "solutions", "grader/hidden", "grader/bugs", "grader/exercises.py", "nbgrader_config.py")
_READ = (".py", ".json", ".ipynb")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `grade`."""
    parser.add_argument("unit", metavar="UNIT", help="the unit, such as a06_convolution")
    parser.add_argument("students", nargs="*", metavar="STUDENT", help="whom to grade; everybody if none")
    parser.add_argument(
        "--again", action="store_true", help="also grade what has not changed since it was graded"
    )
    add_batch_arguments(parser)


def add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of commands that run many notebooks."""
    parser.add_argument(
        "--jobs", type=positive, metavar="N", help="notebooks to run at once; default: one a core"
    )
    parser.add_argument(
        "--limit",
        type=positive,
        metavar="SECONDS",
        help="longest time for one submission; default 600",
    )
    parser.add_argument(
        "--figures",
        action="store_true",
        help="keep the figures in graded notebooks and feedback; takes longer",
    )


def run(args: argparse.Namespace) -> int:
    """Grade, then show the table."""
    from grader.progress import make_console
    from grader.results import read_results
    from grader.summary import print_summary

    course = load_course()
    (unit,) = course.select([args.unit])
    place = open_workplace(course.root)
    console = make_console()
    with locked(place.lock):
        failed = grade(
            place,
            course,
            unit,
            console,
            students=args.students,
            again=args.again,
            jobs=args.jobs,
            limit=args.limit,
            figures=args.figures,
        )
    print_summary(console, course, unit, read_results(place, course, unit))
    console.print(f"gradebook  {place.shown(place.gradebook_file or Path(place.db_url))}")
    console.print(f"next       python -m grader report {unit}    (also: feedback, export)")
    return 1 if failed else 0


def grade(
    place: Workplace,
    course: Course,
    unit: str,
    console: Console,
    *,
    students: Iterable[str] = (),
    again: bool = False,
    jobs: int | None = None,
    limit: float | None = None,
    figures: bool = False,
) -> list[str]:
    """Grade a class, one line for each submission that is done; return who could not be graded.

    What was graded before and has not changed since is skipped, so a batch that was stopped can be taken up again.
    """
    from grader import stock
    from grader.processes import Processes, in_parallel, workers
    from grader.progress import progress_bar

    everybody = place.students(unit)
    wanted = list(dict.fromkeys(students)) or everybody
    for student in wanted:
        if student not in everybody:
            raise UserError(f"{student} has not submitted {unit}; there are {len(everybody)} submissions")
    processes = Processes()
    with progress_bar(console, "Preparing the gradebook", None):
        stock.register(place, course.root, unit, processes)
    judges = _digest(course.root, _JUDGES)
    keys = {student: _key(place, unit, student, judges) for student in wanted}
    waiting = [s for s in wanted if again or not _is_graded(place, unit, s, keys[s])]
    if len(waiting) < len(wanted):
        console.print(f"Not changed since they were graded: {len(wanted) - len(waiting)} of {len(wanted)}")
    if not waiting:
        return []

    def work(student: str) -> Outcome:
        reason = unreadable(place, unit, student)
        if reason:
            return stock.refuse(place, unit, student, reason)
        seconds = limit or stock.SECONDS_PER_NOTEBOOK
        return stock.autograde(place, unit, student, processes, limit=seconds, figures=figures)

    failed = []
    with progress_bar(console, "Grading", len(waiting)) as advance:
        results = in_parallel(waiting, work, jobs or workers(), processes)
        with contextlib.closing(results):
            for student, outcome in results:
                write_outcome(place, unit, student, asdict(outcome) | {"key": keys[student]})
                if not outcome.graded:
                    failed.append(student)
                note = (
                    f"graded in {outcome.seconds:.0f} s"
                    if outcome.graded
                    else f"not graded: {outcome.reason}"
                )
                console.print(
                    f"  {student:<18} {note}", markup=False, style=None if outcome.graded else "red"
                )
                advance()
    return sorted(failed)


def unreadable(place: Workplace, unit: str, student: str) -> str:
    """Why a submission cannot be run at all; empty if it can."""
    if not is_student(student):
        return "the name of its folder may hold letters, digits and . _ - @ only"
    path = place.notebook(place.submitted, student, unit)
    if not path.is_file():
        others = sorted(other.name for other in path.parent.glob("*.ipynb"))
        there = f" (there is {', '.join(others)[:100]})" if others else ""
        return f"there is no {path.name} in its folder{there}"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON
        return f"{path.name} is not a notebook: {error}"[:200]
    except (KeyError, TypeError):
        cells = None
    if not isinstance(cells, list):
        return f"{path.name} is not a notebook: it has no cells"
    return ""


def _is_graded(place: Workplace, unit: str, student: str, key: str) -> bool:
    outcome = read_outcome(place, unit, student)
    there = place.notebook(place.autograded, student, unit).is_file()
    return there and bool(outcome.get("graded")) and outcome.get("key") == key


def _key(place: Workplace, unit: str, student: str, judges: str) -> str:
    return _digest(place.submitted / student / unit, (".",)) + judges


def _digest(folder: Path, parts: tuple[str, ...]) -> str:
    """A number that changes when one of the files does."""
    digest = hashlib.sha256()
    for path in _files(folder, parts):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files(folder: Path, parts: Iterable[str]) -> Iterator[Path]:
    for part in parts:
        path = folder / part
        if path.is_file():
            yield path
            continue
        for file in sorted(path.rglob("*")):
            if file.is_file() and (part == "." or file.suffix in _READ):
                yield file


def positive(text: str) -> int:
    """Read an option that counts something."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number

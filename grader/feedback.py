"""Write the feedback pages of a unit (`python -m grader feedback UNIT`)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from grader.course import Course, load_course
from grader.errors import UserError
from grader.exercises import UNITS
from grader.workplace import Workplace, locked, open_workplace

if TYPE_CHECKING:
    from rich.console import Console

    from grader.results import SubmissionResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `feedback`."""
    parser.add_argument("unit", metavar="UNIT", help="the unit, such as a06_convolution")


def run(args: argparse.Namespace) -> int:
    """Write the pages; 1 if some could not be written."""
    from grader.progress import make_console
    from grader.results import read_results

    course = load_course()
    (unit,) = course.select([args.unit])
    place = open_workplace(course.root)
    with locked(place.lock):
        results = read_results(place, course, unit)
        failed = write_feedback(place, course, unit, make_console(), results)
    return 1 if failed else 0


def write_feedback(
    place: Workplace, course: Course, unit: str, console: Console, results: Sequence[SubmissionResult]
) -> list[str]:
    """Write a page for every graded student; return for whom it failed."""
    from grader import stock
    from grader.progress import progress_bar

    graded = [result for result in results if result.graded]
    if not graded:
        raise UserError(f"nothing has been graded yet; run `python -m grader grade {unit}`")
    failed = []
    with progress_bar(console, "Feedback pages", len(graded)) as advance:
        for result in graded:
            student = result.student
            if not stock.feedback(place, unit, student, _summary(course, unit, result)):
                failed.append(student)
                log = place.shown(place.log(unit, f"{student}.feedback"))
                console.print(f"  {student:<18} no page; see {log}", markup=False, style="red")
            advance()
    written = len(graded) - len(failed)
    console.print(f"  {written} feedback pages in {place.shown(place.feedback)}", markup=False)
    return failed


def _summary(course: Course, unit: str, result: SubmissionResult) -> dict[str, Any]:
    """What the top of a page shows: one row an exercise."""
    titles = {exercise.slug: exercise.title for exercise in course.of_unit(unit)}
    return {
        "title": UNITS[unit].title if unit in UNITS else unit,
        "cells": [f"{kind}_{slug}" for slug in titles for kind in ("check", "hidden")],
        "exercises": [
            {
                "slug": exercise.slug,
                "title": titles[exercise.slug],
                "points": exercise.points,
                "most": exercise.most,
                "found": exercise.found,
                "hint": exercise.hint,
            }
            for exercise in result.exercises
        ],
    }

"""One self-contained page about a class (`python -m grader report UNIT`)."""

from __future__ import annotations

import argparse
import os
import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from grader.bugs import all_bugs
from grader.course import Course, load_course
from grader.errors import UserError
from grader.exercises import UNITS
from grader.files import write_atomically
from grader.results import SubmissionResult, commonest, findings, in_words, read_results, state
from grader.workplace import Workplace, open_workplace

STATES = ("right", "partly", "wrong", "unwritten")
_TEMPLATES = Path(__file__).resolve().parent / "templates"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `report`."""
    parser.add_argument("unit", metavar="UNIT", help="the unit, such as a06_convolution")


def run(args: argparse.Namespace) -> int:
    """Write the page, show the table, and say where the page is."""
    from grader.progress import make_console
    from grader.summary import print_summary

    course = load_course()
    (unit,) = course.select([args.unit])
    place = open_workplace(course.root)
    results = read_results(place, course, unit)
    page = write_report(place, course, unit, results)
    print_summary(make_console(), course, unit, results)
    print(f"wrote {place.shown(page)}")
    return 0


def write_report(place: Workplace, course: Course, unit: str, results: Sequence[SubmissionResult]) -> Path:
    """Write the page about a unit.

    Raises
    ------
    UserError
        If nobody has been graded.
    """
    if not any(result.graded for result in results):
        raise UserError(f"nothing has been graded yet; run `python -m grader grade {unit}`")
    path = place.report(unit)
    write_atomically(path, page(place, course, unit, results).encode())
    return path


def page(place: Workplace, course: Course, unit: str, results: Sequence[SubmissionResult]) -> str:
    """The HTML of the report; it needs nothing from outside, and its links lead to the feedback pages."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True)
    environment.filters["points"] = lambda number: f"{number:.1f}".removesuffix(".0")
    graded = [result for result in results if result.graded]
    percents = [100 * result.points / result.most if result.most else 0.0 for result in graded]
    here = place.report(unit).parent
    return environment.get_template("report.html").render(
        unit=unit,
        title=UNITS[unit].title if unit in UNITS else unit,
        made=datetime.now().strftime("%Y-%m-%d %H:%M"),
        results=results,
        graded=graded,
        mean=statistics.mean(percents) if percents else 0.0,
        median=statistics.median(percents) if percents else 0.0,
        bars=histogram(percents),
        exercises=_exercises(course, unit, graded),
        mistakes=_mistakes(results),
        flagged=[
            (r.student, words) for r in results for words in ([] if r.graded else [r.reason]) + list(r.flags)
        ],
        students=[_student(place, unit, result, here) for result in results],
        states=STATES,
    )


def histogram(percents: Sequence[float]) -> list[dict[str, Any]]:
    """Ten bars of the score distribution, with their place in a drawing of 100 x 100 units."""
    counts = Counter(min(int(percent // 10), 9) for percent in percents)
    most = max(counts.values(), default=1)
    return [
        {
            "label": f"{10 * number} to {10 * number + 10}%",
            "x": 60 * number,
            "count": counts[number],
            "height": 130 * counts[number] / most,
        }
        for number in range(10)
    ]


def _exercises(course: Course, unit: str, graded: Sequence[SubmissionResult]) -> list[dict[str, Any]]:
    rows = []
    for number, exercise in enumerate(course.of_unit(unit)):
        counts = Counter(state(result.exercises[number]) for result in graded)
        total = max(1, len(graded))
        rows.append(
            {
                "number": number + 1,
                "slug": exercise.slug,
                "title": exercise.title,
                "most": exercise.points + exercise.hidden_points,
                "counts": [(name, counts[name], 100 * counts[name] / total) for name in STATES],
                "rate": 100 * counts["right"] / total,
            }
        )
    return rows


def _mistakes(results: Sequence[SubmissionResult]) -> list[dict[str, Any]]:
    hints = {bug.name: bug.hint for bug in all_bugs()}
    counted = commonest(results)
    most = counted[0][1] if counted else 1
    return [
        {
            "slug": name.split("/")[0],
            "words": in_words(name),
            "hint": hints.get(name, ""),
            "count": count,
            "width": 100 * count / most,
        }
        for name, count in counted[:25]
    ]


def _student(place: Workplace, unit: str, result: SubmissionResult, here: Path) -> dict[str, Any]:
    feedback = place.feedback_page(result.student, unit)
    return {
        "result": result,
        "cells": [(exercise, state(exercise)) for exercise in result.exercises],
        "findings": findings(result),
        "link": os.path.relpath(feedback, here) if feedback.is_file() else "",
    }

"""Write the points of a unit as CSV (`python -m grader export UNIT`): nbgrader's table, and one by exercise."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

from grader.course import Course, load_course
from grader.files import write_atomically
from grader.workplace import Workplace, locked, open_workplace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `export`."""
    parser.add_argument("unit", metavar="UNIT", help="the unit, such as a06_convolution")


def run(args: argparse.Namespace) -> int:
    """Write both tables and say where they are."""
    course = load_course()
    (unit,) = course.select([args.unit])
    place = open_workplace(course.root)
    with locked(place.lock):
        for path in export(place, course, unit):
            print(f"wrote {place.shown(path)}")
    return 0


def export(place: Workplace, course: Course, unit: str) -> list[Path]:
    """Write ``<unit>_grades.csv``, as nbgrader exports it, and ``<unit>_exercises.csv``."""
    from grader import stock
    from grader.processes import Processes
    from grader.results import findings, read_results

    results = read_results(place, course, unit)
    slugs = [exercise.slug for exercise in course.of_unit(unit)]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", "status", "points", "out_of", *slugs, "found"])
    for result in results:
        found = "; ".join(f"{slug}: {words}" for slug, words, _ in findings(result))
        points = [f"{exercise.points:g}" for exercise in result.exercises] or [""] * len(slugs)
        total = [f"{result.points:g}", f"{result.most:g}"] if result.graded else ["", ""]
        table.writerow([result.student, "graded" if result.graded else "not graded", *total, *points, found])
    grades, exercises = place.export(unit, "grades"), place.export(unit, "exercises")
    stock.export_csv(place, unit, grades, Processes())
    write_atomically(exercises, text.getvalue().encode())
    return [grades, exercises]

"""Check a notebook or a .py file here and now (`python -m grader check UNIT [FILE]`), for those who study alone.

The functions run in a process of their own (grader/check_child.py). If that dies or falls silent, what it was doing is
marked, and another one goes on with the rest.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course import Course, load_course
from grader.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

SECONDS_PER_CELL = 30.0
SECONDS_PER_PART = 120.0
"""Patience with one cell of a notebook, and with the public or the hidden checks of one exercise."""


@dataclass
class Run:
    """What is known about the functions in a file.

    Attributes
    ----------
    results : dict
        By (exercise, "public" or "hidden"): passed, total, problem and message.
    notes : list of str
        Cells that raised, ended the process or did not end.
    skipped_cells : set of int
        Cells that are not run again.
    """

    results: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    skipped_cells: set[int] = field(default_factory=set)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `check`."""
    parser.add_argument("unit", metavar="UNIT", help="the unit, such as a06_convolution")
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="a notebook or a .py file; default: the one in assignments/",
    )
    parser.add_argument(
        "--exercise",
        action="append",
        default=[],
        metavar="SLUG",
        help="this exercise only; may be given again",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--public", action="store_true", help="only the checks that students have")
    which.add_argument("--hidden", action="store_true", help="only the hidden checks")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draw other hidden cases; default 0")


def run(args: argparse.Namespace) -> int:
    """Check, print the table and the messages; 0 if all is right, 1 if not."""
    from grader.progress import make_console, progress_bar

    course = load_course()
    (unit,) = course.select([args.unit])
    file = args.file or course.root / "assignments" / unit / f"{unit}.ipynb"
    slugs = _slugs(course, unit, args.exercise)
    cells = read_cells(course, unit, file)
    parts = ["hidden"] if args.hidden else ["public"] if args.public else ["public", "hidden"]
    if args.seed < 0:
        raise UserError("--seed takes a whole number from 0")
    if file.suffix == ".py" and not args.exercise:
        defined = _defined_in(cells[0]["source"])
        slugs = [slug for slug in slugs if slug in defined]
        if not slugs:
            raise UserError(f"{file} defines no exercise of {unit}")
    console = make_console()
    tasks = [(slug, part) for slug in slugs for part in parts]
    with progress_bar(console, "Checking", len(tasks)) as advance:
        found = check(course.root, cells, tasks, args.seed, advance)
    _print(console, slugs, parts, found)
    return 0 if all(found.results[task].get("right") for task in tasks) else 1


def read_cells(course: Course, unit: str, file: Path) -> list[dict[str, Any]]:
    """The code to run: for a notebook its code cells, without those that check; for a .py file all of it.

    Cells of the narrative that are as they were are marked `unchanged`: only what they define matters.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(f"there is no file {file}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8 text") from error
    if file.suffix == ".py":
        return [{"name": file.name, "source": text, "unchanged": False}]
    if file.suffix != ".ipynb":
        raise UserError(f"{file} is neither a notebook (.ipynb) nor a .py file")
    narrative = _narrative_cells(course, unit)
    try:
        return [
            {
                "name": str(cell.get("id") or f"number {number}"),
                "source": source,
                "unchanged": source == narrative.get(cell.get("id")),
            }
            for number, cell in enumerate(json.loads(text)["cells"], start=1)
            if cell["cell_type"] == "code" and not cell.get("metadata", {}).get("nbgrader", {}).get("grade")
            for source in ["".join(cell["source"])]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{file} is not a notebook: {error}") from error


def check(
    root: Path,
    cells: list[dict[str, Any]],
    tasks: list[tuple[str, str]],
    seed: int,
    advance: Callable[[], None],
) -> Run:
    """Run the checks of some exercises on some code, whatever the code does to its process."""
    found = Run()
    while len(found.results) < len(tasks):
        todo = [task for task in tasks if task not in found.results]
        run = [cell | {"skip": number in found.skipped_cells} for number, cell in enumerate(cells)]
        doing: dict[str, Any] = {"event": "start"}
        reason = ""
        for event in _events(root, {"cells": run, "tasks": todo, "seed": seed}):
            if event["event"] == "end":
                reason = event["reason"]
            elif event["event"] == "raised":
                note = f"cell {cells[event['cell']]['name']} raised {event['error']}"
                if note not in found.notes:
                    found.notes.append(note)
            elif event["event"] == "result":
                found.results[event["slug"], event["part"]] = event
                doing = event
                advance()
            else:
                doing = event
        if not reason:
            continue
        if doing["event"] == "cell":
            found.skipped_cells.add(doing["cell"])
            found.notes.append(f"cell {cells[doing['cell']]['name']} {reason}")
        elif doing["event"] == "begin":
            task = (doing["slug"], doing["part"])
            found.results[task] = {
                "passed": 0,
                "total": 0,
                "problem": reason,
                "message": f"{task[0]}: {reason}.",
            }
            advance()
        else:
            raise UserError(f"the checks could not run: the process {reason}")
    return found


def _events(root: Path, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a child reports, and why it ended if it did not finish."""
    with tempfile.TemporaryDirectory() as folder:
        job_file, report = Path(folder) / "job.json", Path(folder) / "report.jsonl"
        job_file.write_text(json.dumps(job), encoding="utf-8")
        report.touch()
        process = subprocess.Popen(
            [sys.executable, "-m", "grader.check_child", str(job_file), str(report)],
            cwd=root,
            env=os.environ | {"MPLBACKEND": "Agg"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield from _follow(process, report)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


def _follow(process: subprocess.Popen[bytes], report: Path) -> Iterator[dict[str, Any]]:
    patience, last = SECONDS_PER_CELL, time.monotonic()
    with report.open(encoding="utf-8") as lines:
        rest = ""
        while True:
            ended = process.poll()
            rest += lines.read()
            *complete, rest = rest.split("\n")
            for line in complete:
                event = json.loads(line)
                if event["event"] == "done":
                    return
                yield event
                last = time.monotonic()
                patience = SECONDS_PER_PART if event["event"] in ("begin", "result") else SECONDS_PER_CELL
            if ended is not None:
                how = f"with signal {-ended}" if ended < 0 else f"with exit code {ended}"
                yield {"event": "end", "reason": f"ended the Python process {how}"}
                return
            if time.monotonic() - last > patience:
                yield {"event": "end", "reason": f"did not end within {patience:.0f} seconds"}
                return
            time.sleep(0.05)


def _slugs(course: Course, unit: str, wanted: list[str]) -> list[str]:
    slugs = [exercise.slug for exercise in course.of_unit(unit)]
    for slug in wanted:
        if slug not in slugs:
            raise UserError(f"{unit} has no exercise {slug}; its exercises are {', '.join(slugs)}")
    return [slug for slug in slugs if not wanted or slug in wanted]


def _narrative_cells(course: Course, unit: str) -> dict[str, str]:
    """The plain code cells of a unit as the course has them, by id."""
    path = course.root / "solutions" / unit / f"{unit}.ipynb"
    if not path.is_file():
        return {}
    return {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code" and "nbgrader" not in cell["metadata"]
    }


def _defined_in(source: str) -> set[str]:
    import ast

    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise UserError(f"this is not Python: {error.msg} in line {error.lineno}") from error
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _print(console: Console, slugs: list[str], parts: list[str], found: Run) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("exercise", *parts):
        table.add_column(name, justify="left" if name == "exercise" else "right", no_wrap=True)
    table.add_column("result")
    messages = []
    for slug in slugs:
        results = [found.results[slug, part] for part in parts]
        wrong = [result for result in results if not result.get("right")]
        color = "green" if not wrong else "bright_black" if wrong[0].get("unwritten") else "red"
        counts = [f"{result['passed']}/{result['total']}" if result["total"] else "-" for result in results]
        table.add_row(slug, *counts, f"[{color}]{wrong[0]['problem'] if wrong else 'right'}[/]")
        if wrong and not wrong[0].get("unwritten"):
            messages.append(wrong[0]["message"])
            # The hidden checks say less; they are worth reading where they find something else.
            messages += [r["message"] for r in wrong[1:] if r["problem"] != wrong[0]["problem"]]
    console.print()
    console.print(table)
    for text in [*found.notes, *messages]:
        console.print()
        console.print(text, markup=False, soft_wrap=True)

"""The table on the screen: student by exercise, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grader.results import ExerciseResult, SubmissionResult, commonest, findings, in_words, state

if TYPE_CHECKING:
    from rich.console import Console

    from grader.course import Course

MOST_ROWS = 40
_MARKS = {"right": "#", "partly": "+", "wrong": "o", "unwritten": "."}
_COLORS = {"right": "green", "partly": "yellow", "wrong": "red", "unwritten": "bright_black"}


def print_summary(
    console: Console,
    course: Course,
    unit: str,
    results: Sequence[SubmissionResult],
    most_rows: int = MOST_ROWS,
) -> None:
    """Print points, then findings, then the commonest mistakes of the class."""
    from rich.table import Table

    shown = results[:most_rows]
    exercises = course.of_unit(unit)
    wide = console.width >= 28 + 4 * len(exercises)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=18)
    for name in [str(number) for number, _ in enumerate(exercises, start=1)] if wide else ["exercises"]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("total", justify="right", no_wrap=True)
    for result in shown:
        cells = [_colored(exercise, wide) for exercise in result.exercises] or ["-"] * len(exercises)
        total = f"{_number(result.points)}/{_number(result.most)}" if result.graded else "-"
        table.add_row(result.student, *(cells if wide else ["".join(cells)]), total)
    if wide:
        most = [f"[dim]{_number(exercise.points + exercise.hidden_points)}[/]" for exercise in exercises]
        table.add_row("[dim]out of[/]", *most, "")
    console.print(f"\n[bold]Points in {unit}[/]")
    console.print(table)
    if not wide:
        console.print(
            "[dim]# all points, + some, o none, . not written; a wider terminal shows the points[/]"
        )
    else:
        names = ", ".join(f"{number} {e.slug}" for number, e in enumerate(exercises, start=1))
        console.print(f"[dim]{names}[/]")
    _print_findings(console, shown)
    if len(shown) < len(results):
        console.print(f"[dim]{len(results) - len(shown)} more students are in the report.[/]")
    _print_commonest(console, results)
    console.print()


def _print_findings(console: Console, results: Sequence[SubmissionResult]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("student", "exercise"):
        table.add_column(name, no_wrap=True)
    table.add_column("found")
    for result in results:
        student = result.student
        for slug, words, hint in findings(result) or [("", "all right", "")]:
            color = "green" if not slug else "red" if slug in ("-", "look at") else ""
            found = Text.assemble((words, color), (f": {hint}" if hint else "", "dim"))
            table.add_row(Text(student), Text(slug), found)
            student = ""
    console.print("\n[bold]What was found[/]")
    console.print(table)


def _print_commonest(console: Console, results: Sequence[SubmissionResult]) -> None:
    counts = [(name, count) for name, count in commonest(results) if count > 1][:5]
    if counts:
        console.print()
        console.print("[bold]Mistakes made more than once[/]")
        for name, count in counts:
            console.print(f"  {count} students  {name.split('/')[0]}: {in_words(name)}", markup=False)


def _colored(exercise: ExerciseResult, wide: bool) -> str:
    kind = state(exercise)
    return f"[{_COLORS[kind]}]{_number(exercise.points) if wide else _MARKS[kind]}[/]"


def _number(points: float) -> str:
    return f"{points:.1f}".removesuffix(".0")

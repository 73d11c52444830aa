"""The table of exercises in README.md, made from the registry and the catalogue."""

from __future__ import annotations

from grader.bugs import bugs_of
from grader.course import Course
from grader.errors import UserError
from grader.exercises import EXERCISES
from utils import checks

BEGIN, END = "<!-- exercises: made by `make build` -->", "<!-- end of exercises -->"


def exercise_table(course: Course, units: tuple[str, ...]) -> dict[str, bytes]:
    """Return README.md with the table between its two marks made anew; all units, whichever are built."""
    if not course.exercises.keys() <= EXERCISES.keys():  # a course of the tests, with exercises of its own
        return {}
    text = (course.root / "README.md").read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise UserError(
            f"README.md must hold the lines {BEGIN} and {END} once each, around the table of exercises."
        )
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    rows = [
        "| unit | exercise | what | points | checks | public cases | mistakes known |",
        "|---|---|---|---|---|---|---|",
    ]
    for exercise in course.exercises.values():
        slug = exercise.slug
        rows.append(
            f"| {exercise.unit} | `{slug}` | {exercise.title} | {exercise.points} + {exercise.hidden_points} "
            f"| {len(checks.checks_of(slug))} | {len(checks.public_cases(slug))} | {len(bugs_of(slug))} |"
        )
    table = "\n".join(rows)
    return {"README.md": f"{before}{BEGIN}\n{table}\n{END}{after}".encode()}

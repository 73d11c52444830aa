"""What came out of grading: points from the gradebook, and what was found from the autograded notebooks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from grader.bugs import all_bugs
from grader.errors import UserError
from grader.hidden import SUMMARY_MIME
from grader.workplace import Workplace, open_gradebook, read_outcome

if TYPE_CHECKING:
    from grader.course import Course
    from grader.exercises import Exercise

UNWRITTEN = "not written yet"
_OUR_LIMITS = ("CellTimeoutError", "KeyboardInterrupt")


@dataclass(frozen=True)
class ExerciseResult:
    """What one student has for one exercise.

    Attributes
    ----------
    points, most : float
        Points of the public and the hidden cell together, and the most there are.
    mistakes : tuple of str
        Names of the catalogued mistakes that were recognized.
    problems : tuple of str
        What was wrong, in words, without the name of the exercise.
    fault : str
        Why the hidden tests could not run, if they could not: a fault of the grader, not of the student.
    """

    slug: str
    points: float
    most: float
    mistakes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    fault: str = ""

    @property
    def right(self) -> bool:
        return self.points >= self.most

    @property
    def unwritten(self) -> bool:
        return UNWRITTEN in self.problems

    @property
    def hint(self) -> str:
        """The hint of the mistake, if one was recognized."""
        return _hints().get(self.mistakes[0], "") if self.mistakes and not self.right else ""

    @property
    def found(self) -> str:
        """What was found, in a few words; empty if all is right."""
        if self.right:
            return ""
        if self.fault:
            return f"hidden tests could not run: {self.fault}"
        if self.mistakes:
            return ", ".join(in_words(name) for name in self.mistakes[:2])
        return UNWRITTEN if self.unwritten else (*self.problems, "points taken by hand")[0]


@dataclass(frozen=True)
class SubmissionResult:
    """What one student has for one unit.

    Attributes
    ----------
    graded : bool
        Whether there are points.
    reason : str
        If not, why.
    exercises : tuple of ExerciseResult
        In the order of the unit; empty if not graded.
    points, most : float
        The total, with points given by hand and for cells that an instructor added, less late penalties.
    flags : tuple of str
        What somebody should look at.
    """

    student: str
    graded: bool
    reason: str = ""
    exercises: tuple[ExerciseResult, ...] = ()
    points: float = 0.0
    most: float = 0.0
    flags: tuple[str, ...] = ()


@cache
def _hints() -> dict[str, str]:
    return {bug.name: bug.hint for bug in all_bugs()}


def in_words(mistake: str) -> str:
    """The name of a mistake as people read it: ``col2im/keeps_the_padding`` keeps the padding."""
    return mistake.rpartition("/")[2].replace("_", " ")


def state(exercise: ExerciseResult) -> str:
    """One of right, partly, wrong, unwritten."""
    if exercise.right:
        return "right"
    if exercise.points > 0:
        return "partly"
    return "unwritten" if exercise.unwritten else "wrong"


def findings(result: SubmissionResult) -> list[tuple[str, str, str]]:
    """What was found in one submission: exercise, words and hint; what is not written yet is counted together."""
    if not result.graded:
        return [("-", f"not graded: {result.reason}", "")]
    wrong = [exercise for exercise in result.exercises if not exercise.right]
    unwritten = [exercise.slug for exercise in wrong if exercise.unwritten]
    found = [(exercise.slug, exercise.found, exercise.hint) for exercise in wrong if not exercise.unwritten]
    if len(unwritten) > 3:
        found.append((f"{len(unwritten)} exercises", UNWRITTEN, ""))
    else:
        found += [(slug, UNWRITTEN, "") for slug in unwritten]
    return found + [("look at", flag, "") for flag in result.flags]


def commonest(results: Sequence[SubmissionResult]) -> list[tuple[str, int]]:
    """Catalogued mistakes and how many students made each, the commonest first."""
    counts: Counter[str] = Counter()
    for result in results:
        counts.update({name for exercise in result.exercises for name in exercise.mistakes})
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def read_results(place: Workplace, course: Course, unit: str) -> list[SubmissionResult]:
    """Read the results of everybody who has submitted.

    Raises
    ------
    UserError
        If nothing has been graded yet.
    """
    from nbgrader.api import MissingEntry

    students = place.students(unit)
    path = place.gradebook_file
    if path is not None and not path.is_file():
        raise UserError(f"nothing has been graded yet; run `python -m grader grade {unit}`")
    with open_gradebook(place) as gradebook:
        try:
            rows = {row.student.id: row for row in gradebook.assignment_submissions(unit)}
        except MissingEntry:
            rows = {}
        return [_read_one(place, course, unit, student, rows.get(student)) for student in students]


def _read_one(place: Workplace, course: Course, unit: str, student: str, row: Any) -> SubmissionResult:
    outcome = read_outcome(place, unit, student)
    notebook = _cells_of(place, unit, student)
    if row is None or not notebook:
        return SubmissionResult(student, False, str(outcome.get("reason") or "not graded yet"))
    grades = {grade.name: grade for submitted in row.notebooks for grade in submitted.grades}
    exercises = tuple(_exercise(exercise, grades, notebook) for exercise in course.of_unit(unit))
    return SubmissionResult(
        student,
        True,
        exercises=exercises,
        points=max(0.0, row.score - (row.late_submission_penalty or 0.0)),
        most=row.max_score,
        flags=tuple(_flags(exercises, grades, notebook)),
    )


def _cells_of(place: Workplace, unit: str, student: str) -> dict[str, Any]:
    """The graded cells of an autograded notebook by grade_id; empty if it cannot be read."""
    try:
        text = place.notebook(place.autograded, student, unit).read_text(encoding="utf-8")
        cells = json.loads(text)["cells"]
    except (OSError, ValueError, KeyError):
        return {}
    return {
        cell["metadata"]["nbgrader"]["grade_id"]: cell
        for cell in cells
        if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
    }


def _exercise(exercise: Exercise, grades: Mapping[str, Any], cells: Mapping[str, Any]) -> ExerciseResult:
    slug = exercise.slug
    names = (f"check_{slug}", f"hidden_{slug}")
    points = sum(grades[name].score for name in names if name in grades)
    summary = _summary(cells.get(f"hidden_{slug}", {}))
    public, hidden = (_error(cells.get(name, {})) for name in names)
    problems = [str(problem) for problem in summary.get("problems", ())]
    fault = ""
    if hidden and not summary:
        if hidden[0] in _OUR_LIMITS:
            problems.append("hidden tests did not end in time")
        else:
            fault = f"{hidden[0]}: {hidden[1]}"
    own = _error(cells.get(slug, {}))
    if own:
        problems.insert(0, f"its cell raised {own[0]}: {own[1]}")
    if public:
        problems.append(public[1] if public[0] == "CheckFailure" else f"raised {public[0]}: {public[1]}")
        # Which name is not defined, which shapes do not match: the five lines of the public check say it.
        raised = [f"raised {detail}" for detail in public[2:] if problems[0].startswith(f"{slug}: raised")]
        problems = raised + problems
    if not cells.get(names[0]) or not cells.get(names[1]):
        problems.append("its test cells were deleted")
    shortened = tuple(dict.fromkeys(_without_name(problem, slug) for problem in problems))
    return ExerciseResult(
        slug,
        float(points),
        float(exercise.points + exercise.hidden_points),
        tuple(str(name) for name in summary.get("mistakes", ())),
        shortened,
        fault,
    )


def _summary(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """What grader.hidden left among the outputs of a hidden cell."""
    for output in cell.get("outputs", ()):
        data = output.get("data", {}).get(SUMMARY_MIME)
        if isinstance(data, dict):
            return data
    return {}


def _error(cell: Mapping[str, Any]) -> tuple[str, ...]:
    """Name and first line of the last error of a cell, and what the line `values` of a check says of an exception."""
    errors = [output for output in cell.get("outputs", ()) if output.get("output_type") == "error"]
    if not errors:
        return ()
    name, lines = str(errors[-1].get("ename", "")), str(errors[-1].get("evalue", "")).splitlines() or [""]
    details = [line.removeprefix("  values").strip() for line in lines[1:] if line.startswith("  values")]
    return (name, lines[0], *(detail for detail in details if "Error" in detail))


def _without_name(problem: str, slug: str) -> str:
    text = problem.removeprefix(f"{slug}: ").strip().rstrip(".").removeprefix("is ")
    text = re.sub(r"\(\d+\.py, (line \d+)\)", r"(\1)", text)  # the kernel's own name for the cell
    return text if text != "not defined" else "is not defined: does its cell run?"


def _flags(
    exercises: tuple[ExerciseResult, ...], grades: Mapping[str, Any], cells: Mapping[str, Any]
) -> Iterator[str]:
    faults = [exercise.slug for exercise in exercises if exercise.fault]
    if faults:
        yield f"the grader could not run the hidden tests of {', '.join(faults)}"
    missing = [name for name in grades if name not in cells]
    if missing:
        yield f"{len(missing)} graded cells are missing from the notebook: {', '.join(missing[:4])}"
    by_hand = [name for name, grade in grades.items() if grade.needs_manual_grade and name not in missing]
    if by_hand:
        yield f"{len(by_hand)} cells wait for points by hand: {', '.join(by_hand[:4])}"

"""How often do the checks refuse right code? Every solution of `tests.students` is judged on fresh hidden cases.

    python -m tests.false_alarms --seeds 1000

A seed draws the hidden cases of every exercise once, for all solutions. Solutions with slow loops are judged on every
n-th seed only (see `Student.every`), and so are the cases that count interpreter steps: their sizes are fixed.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from grader.exercises import EXERCISES
from grader.hidden import hidden_cases, references
from tests.students import STUDENTS, Student
from utils.checks import checks_of, public_cases, run_checks
from utils.checks.case import Case
from utils.checks.core import Verdict
from utils.checks.implementation import Implementation

STEPS_EVERY = 10
"""Cases that count interpreter steps are judged on every n-th seed."""


@dataclass
class Tally:
    """What happened to the right solutions of one exercise.

    Attributes
    ----------
    runs, verdicts : int
        Solutions times seeds, and the checks in them.
    refused : list of str
        A line for every verdict that refused right code.
    noise, single_noise : float
        Largest relative error of a value that was accepted or refused, in float64 and float32 cases.
    slowest : float
        Seconds of the slowest run.
    """

    runs: int = 0
    verdicts: int = 0
    refused: list[str] = field(default_factory=list)
    noise: float = 0.0
    single_noise: float = 0.0
    slowest: float = 0.0

    def add(self, student: Student, verdicts: Sequence[Verdict], seconds: float, where: str) -> None:
        """Count one run."""
        self.runs += 1
        self.verdicts += len(verdicts)
        self.slowest = max(self.slowest, seconds)
        for verdict in verdicts:
            if verdict.error is not None and verdict.case.single:
                self.single_noise = max(self.single_noise, verdict.error)
            elif verdict.error is not None:
                self.noise = max(self.noise, verdict.error)
            if not verdict.passed:
                self.refused.append(f"{where}, {student.name}: {verdict.check}: {verdict.message()}")


def solutions_of(slug: str) -> list[Student]:
    """Return the right solutions of an exercise."""
    return [student for student in STUDENTS if slug in student.functions]


def judge_right(
    slug: str, cases: Sequence[Case], students: Iterable[Student], tally: Tally, where: str
) -> None:
    """Judge some solutions on some cases, as a grader does: with the references of what the exercise calls."""
    for student in students:
        impl = Implementation(student.functions, references(slug))
        start = time.perf_counter()
        verdicts = run_checks(checks_of(slug), cases, impl)
        tally.add(student, verdicts, time.perf_counter() - start, where)


def on_public_cases(slugs: Iterable[str] = EXERCISES) -> dict[str, Tally]:
    """Judge every right solution on the public cases."""
    tallies = {slug: Tally() for slug in slugs}
    for slug, tally in tallies.items():
        judge_right(slug, public_cases(slug), solutions_of(slug), tally, "public cases")
    return tallies


def on_hidden_cases(
    seeds: Iterable[int], slugs: Sequence[str] = tuple(EXERCISES), *, all_students: bool = False
) -> dict[str, Tally]:
    """Judge every right solution on the hidden cases of some seeds."""
    tallies = {slug: Tally() for slug in slugs}
    for seed in seeds:
        for slug, tally in tallies.items():
            students = [s for s in solutions_of(slug) if all_students or seed % s.every == 0]
            cases = hidden_cases(slug, np.random.default_rng(seed))
            if seed % STEPS_EVERY:
                cases = [case for case in cases if case.kind not in ("cost", "analytic")]
            judge_right(slug, cases, students, tally, f"seed {seed}")
    return tallies


def measure_noise(seeds: int) -> dict[str, float]:
    """Return the largest relative error of right code by exercise, on the public and some hidden float64 cases."""
    public, hidden = on_public_cases(), on_hidden_cases(range(seeds))
    return {slug: max(public[slug].noise, hidden[slug].noise) for slug in EXERCISES}


def report(public: dict[str, Tally], hidden: dict[str, Tally], seeds: int) -> str:
    """Return a table of all exercises, and the bound that follows from no refusal.

    Noise is the largest relative error of right code, on hidden float64 cases, float32 cases and public float64 cases,
    whose expected values are stored with 12 digits; seconds are those of the slowest run of all public checks.
    """
    head = f"{'exercise':30} {'solutions':>9} {'runs':>8} {'verdicts':>9} {'refused':>8} {'noise':>9}"
    rows = [f"{head} {'float32':>9} {'public':>9} {'seconds':>8}"]
    for slug, tally in hidden.items():
        refused = len(tally.refused) + len(public[slug].refused)
        single = max(tally.single_noise, public[slug].single_noise)
        rows.append(
            f"{slug:30} {public[slug].runs:9} {tally.runs:8} {tally.verdicts:9} {refused:8} {tally.noise:9.1e} "
            f"{single:9.1e} {public[slug].noise:9.1e} {public[slug].slowest:8.2f}"
        )
    runs, verdicts = sum(t.runs for t in hidden.values()), sum(t.verdicts for t in hidden.values())
    refused = [line for t in (*public.values(), *hidden.values()) for line in t.refused]
    rows.append(
        f"{len(STUDENTS)} solutions, {seeds} seeds, {runs} runs, {verdicts} verdicts, {len(refused)} refused"
    )
    if not refused:
        # The rule of three. Solutions share the cases of a seed, so seeds are what is independent.
        rows.append(
            f"with 95% confidence: fewer than {3 / seeds:.1%} of all draws of cases refuse any of these solutions, "
            f"and fewer than {3 / runs:.1e} of all runs"
        )
    return "\n".join([*rows, *refused[:20]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the report, and return 1 if right code was refused."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.false_alarms",
        description="Judge many right solutions on fresh hidden cases and count how many are refused.",
    )
    parser.add_argument("--seeds", type=int, default=100, help="how many times cases are drawn (default 100)")
    parser.add_argument(
        "--exercise", choices=EXERCISES, action="append", help="only this one; may be repeated"
    )
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error("--seeds must be at least 1")
    slugs = tuple(options.exercise or EXERCISES)
    public = on_public_cases(slugs)
    hidden = on_hidden_cases(tqdm(range(options.seeds), unit="seed"), slugs)
    print(report(public, hidden, options.seeds))
    return int(any(tally.refused for tally in (*public.values(), *hidden.values())))


if __name__ == "__main__":
    sys.exit(main())

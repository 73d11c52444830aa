"""Run the checks of one exercise and collect verdicts; public and hidden runs differ in their cases only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from utils.checks.case import Case
from utils.checks.implementation import Implementation
from utils.compare import CheckFailure, five_lines

Function = Callable[[Implementation, Case], "float | None"]

SINGLE_TOLERANCE = 1e-4
"""Tolerance of float32 cases: noise of correct implementations stays below 4e-6, mistakes are above 1e-3."""


@dataclass(frozen=True)
class Check:
    """One aspect of an exercise, called ``check_<slug>_<aspect>``.

    Attributes
    ----------
    contract : bool
        A contract check (inputs untouched, dtype, ...) earns points only on cases whose values are right: a function
        that returns zeros does not modify its input either.
    kind : str
        Which cases it runs on: see `Case.kind`.
    """

    slug: str
    aspect: str
    function: Function
    contract: bool = False
    kind: str = "grid"

    @property
    def name(self) -> str:
        return f"check_{self.slug}_{self.aspect}"


@dataclass(frozen=True)
class Verdict:
    """Outcome of one check on one case.

    Attributes
    ----------
    status : str
        ``pass``, ``fail`` or ``raised``.
    earned : bool
        Whether it counts towards the score (see `Check.contract`).
    error : float or None
        Error metric where the check has one.
    failure : CheckFailure or None
        What was wrong.
    mistake : str or None
        The catalogued mistake that the hint belongs to, if one was recognized.
    """

    slug: str
    check: str
    aspect: str
    case: Case
    status: str
    earned: bool
    error: float | None = None
    failure: CheckFailure | None = None
    hint: str = ""
    mistake: str | None = None

    @property
    def passed(self) -> bool:
        return self.status == "pass"

    def message(self, *, hidden: bool = False) -> str:
        """Return the five lines of a public check, or the first line and the hint of a hidden one."""
        if self.failure is None:
            return f"{self.slug}: right."
        failure = self.failure
        if hidden:
            return f"{self.slug}: {failure.problem}\n  hint     {self.hint or '-'}"
        return five_lines(
            self.slug, failure.problem, self.case.inputs["name"], failure.where, failure.values, self.hint
        )


def run_checks(checks: Sequence[Check], cases: Iterable[Case], impl: Implementation) -> list[Verdict]:
    """Run every check on every case of its kind; one failing part hides no other."""
    verdicts: list[Verdict] = []
    for case in cases:
        right = True
        impl.memo.clear()
        # Values first, so that contract checks of the same case know whether they earn anything.
        for check in sorted(checks, key=lambda c: c.contract):
            if check.kind == case.kind:
                verdict = _run_one(check, case, impl)
                earned = verdict.passed and (right or not check.contract)
                right = right and verdict.passed
                verdicts.append(replace(verdict, earned=earned))
    return verdicts


def _run_one(check: Check, case: Case, impl: Implementation) -> Verdict:
    try:
        error = check.function(impl, case)
    except CheckFailure as failure:
        status = "raised" if failure.stage == "raised" else "fail"
        return Verdict(
            check.slug, check.name, check.aspect, case, status, False, failure.error, failure, failure.hint
        )
    return Verdict(check.slug, check.name, check.aspect, case, "pass", False, error)


def first_failure(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return the verdict a student should read first.

    A mistake that breaks the contract (an input modified) makes values wrong with misleading numbers, so contract
    failures come first, then the order of the cases, which goes from simple to special.
    """
    failed = [v for v in verdicts if not v.passed]
    contract = [v for v in failed if v.failure is not None and v.failure.stage == "contract"]
    return (contract or failed or [None])[0]  # type: ignore[list-item]


def score(verdicts: Sequence[Verdict]) -> float:
    """Return the fraction of verdicts earned."""
    return sum(v.earned for v in verdicts) / len(verdicts) if verdicts else 0.0


def tolerance_of(slug: str, case: Case) -> float:
    """Return the stored tolerance of an exercise; see ``python -m grader measure`` for how it was derived."""
    if case.single:
        return SINGLE_TOLERANCE
    return float(_tolerances().get(slug, {}).get("tolerance", 1e-9))


@cache
def _tolerances() -> dict[str, Any]:
    path = Path(__file__).parent / "tolerances.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

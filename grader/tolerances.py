"""Tolerances between noise and signal: measured, stored, and refused when they come too close to either.

*Noise* is the largest error that correct implementations make, *signal* the smallest error with which a catalogued
mistake shows itself. Both are stored rounded to the unfavorable power of ten. A tolerance lies at least `MARGIN` times
above the noise and below the signal. The measurement needs correct implementations, which live with the tests:
``python -m tests.measure_tolerances``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from grader.bugs import bugs_of, mutant
from grader.errors import UserError
from grader.hidden import hidden_cases, references
from grader.stored import judged_public_cases
from utils import checks
from utils.checks.case import Case
from utils.checks.core import run_checks
from utils.checks.implementation import Implementation

STORED = Path(checks.__file__).parent / "tolerances.json"
MARGIN = 10.0
USUAL = 1e-9
"""Tight enough that finite differences of a curved function cannot reach it, and far above rounding."""

FLOOR = 1e-16


def measure_signal(slug: str, seeds: int) -> float:
    """Return the smallest error by which a mistake is caught: over the mistakes, the largest error it makes.

    A mistake is caught as soon as one case shows it, so its signal is the largest error among its cases.
    """
    signals = []
    for bug in bugs_of(slug):
        impl = Implementation(mutant(bug), references(slug))
        for cases in [judged_public_cases(slug), *(_cases(slug, seed) for seed in range(seeds))]:
            verdicts = run_checks(checks.checks_of(slug), [c for c in cases if not c.single], impl)
            errors = [v.error for v in verdicts if v.status == "fail" and v.error is not None]
            if errors:
                signals.append(max(errors))
    return min(signals, default=1.0)


def _cases(slug: str, seed: int) -> list[Case]:
    return hidden_cases(slug, np.random.default_rng(seed))


def choose(noise: float, signal: float) -> float:
    """Return the tolerance for a noise and a signal; the usual one where it fits."""
    low, high = max(noise, FLOOR) * MARGIN, signal / MARGIN
    if low > high:
        raise UserError(f"no tolerance fits between noise {noise:g} and signal {signal:g}.")
    return USUAL if low <= USUAL <= high else math.sqrt(low * high)


def row(noise: float, signal: float) -> dict[str, float]:
    """Return the stored row of an exercise, rounded to the unfavorable power of ten.

    The noise is taken three times as large as measured, because other processors and libraries round otherwise.
    """
    noise = 10.0 ** math.ceil(math.log10(max(3 * noise, FLOOR)))
    signal = 10.0 ** math.floor(math.log10(signal))
    return {"noise": noise, "signal": signal, "tolerance": choose(noise, signal)}


def refuse_bad_tolerances(exercises: Mapping[str, object], stored: Path = STORED) -> None:
    """Raise UserError unless every exercise has a stored tolerance with its margins."""
    rows = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else {}
    for slug in exercises:
        if slug not in rows:
            raise UserError(
                f"{stored.name} has no tolerance for {slug}; run `python -m tests.measure_tolerances`."
            )
        found = rows[slug]
        if not found["noise"] * MARGIN <= found["tolerance"] <= found["signal"] / MARGIN:
            raise UserError(
                f"the tolerance of {slug}, {found['tolerance']:g}, is not {MARGIN:g} times above its noise "
                f"{found['noise']:g} and below its signal {found['signal']:g}; change the cases or the check."
            )

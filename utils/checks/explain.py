"""Name the mistake behind a wrong answer.

Every catalogued mistake was run on the cases, and what it returned is kept as a *fingerprint*: the shape and three
random projections of each wrong array, or a short text for other failures. Students receive these numbers, no code.
A wrong answer that agrees with a mistake's fingerprints gets that mistake's hint; for others see
`utils.checks.patterns`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from utils.checks import patterns
from utils.checks.core import Verdict
from utils.compare import CheckFailure

FINGERPRINTS = Path(__file__).parent / "fingerprints"
PROJECTIONS = 3

Seen = Mapping[str, Any]


def fingerprint(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return what a run looks like from outside: a signature for every failed check and case."""
    return {key(v): signature(v.failure) for v in verdicts if v.failure is not None}


def key(verdict: Verdict) -> str:
    """Return the key of one verdict within its exercise."""
    return f"{verdict.aspect} | {verdict.case.inputs['name']}"


def signature(failure: CheckFailure) -> Any:
    """Return the JSON form of a failure: ``[shape, projections]`` for a wrong array, a text for anything else."""
    value = failure.signature
    if not isinstance(value, np.ndarray):
        return str(value)
    flat = value.astype(np.float64).ravel()
    # Sixteenths, like the public inputs: the products are exact, so the stored numbers are the same on every machine.
    axes = np.random.RandomState(flat.size % 2**31).randint(-64, 65, (PROJECTIONS, flat.size)) / 16.0
    with np.errstate(all="ignore"):
        return ["x".join(map(str, value.shape)), *(float(f"{p:.9g}") for p in axes @ flat)]


def explain(
    slug: str, verdicts: Sequence[Verdict], mistakes: Mapping[str, Mapping[str, Any]]
) -> list[Verdict]:
    """Return the verdicts with a hint, and the name of the mistake where one was recognized.

    Parameters
    ----------
    slug : str
        The exercise.
    verdicts : sequence of Verdict
        All verdicts of one run.
    mistakes : mapping of str to mapping
        Catalogued mistakes of this exercise by name, each with ``hint`` and ``seen`` (see `fingerprint`).
    """
    explained = []
    # A wrong array may hold anything, such as the numbers of memory that was never written.
    with np.errstate(all="ignore"):
        for verdict in verdicts:
            explained.append(_explain_one(verdict, verdicts, mistakes))
    return explained


def _explain_one(
    verdict: Verdict, verdicts: Sequence[Verdict], mistakes: Mapping[str, Mapping[str, Any]]
) -> Verdict:
    failure = verdict.failure
    if failure is None or (failure.stage == "raised" and failure.signature in ("unwritten", "undefined")):
        return verdict
    mistake = _recognize(verdict, verdicts, mistakes)
    hint = str(mistakes[mistake]["hint"]) if mistake else failure.hint or patterns.read(verdict, verdicts)
    return replace(verdict, hint=hint, mistake=mistake)


def suspects(verdicts: Sequence[Verdict], mistakes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the mistakes that reproduce at least one of the failures."""
    failed = [v for v in verdicts if v.failure is not None]
    return [
        name
        for name, mistake in mistakes.items()
        if any(
            _same(signature(v.failure), mistake["seen"].get(key(v)), v.case.single)
            for v in failed
            if v.failure
        )
    ]


def _recognize(
    verdict: Verdict, verdicts: Sequence[Verdict], mistakes: Mapping[str, Mapping[str, Any]]
) -> str | None:
    """Return the mistake that agrees with this verdict and best with the other verdicts of the same aspect.

    A mistake must reproduce this very answer. Among those that do, the one that agrees on most cases of the aspect
    wins: two mistakes may look the same on one case. That both raised a ValueError, say, both modified x or both
    returned 3 is weak evidence; see `_allowed_contradictions`.
    """
    best, best_score = None, 0
    own = signature(verdict.failure) if verdict.failure else None
    allowed = _allowed_contradictions(verdict, verdicts)
    for name, mistake in mistakes.items():
        seen: Seen = mistake["seen"]
        if not _same(own, seen.get(key(verdict)), verdict.case.single):
            continue
        agreement = against = 0
        for other in verdicts:
            ours = signature(other.failure) if other.failure else None
            theirs = seen.get(key(other))
            same = ours is theirs is None or _same(ours, theirs, other.case.single)
            # What it does on the same aspect tells more than on others, which may hold a second mistake.
            agreement += same * (100 if other.aspect == verdict.aspect else 1)
            arrays = other.case is verdict.case and (isinstance(ours, list) or isinstance(theirs, list))
            against += not same and (arrays or other.aspect == verdict.aspect)
        if agreement > best_score and against <= allowed:
            best, best_score = name, agreement
    return best


def _allowed_contradictions(verdict: Verdict, verdicts: Sequence[Verdict]) -> float:
    """Return on how many cases of the aspect, or arrays of the case, a mistake may differ and still be named.

    None for a text, such as the kind of an exception; half of the failures for whole numbers, which coincide easily.
    """
    failure = verdict.failure
    if failure is None or failure.stage in ("raised", "contract"):
        return 0
    value = failure.signature
    if failure.stage != "values" or (isinstance(value, np.ndarray) and (value % 1).any()):
        return np.inf
    return sum(v.aspect == verdict.aspect and not v.passed for v in verdicts) / 2


def _same(a: Any, b: Any, single: bool) -> bool:
    if a is None or b is None or type(a) is not type(b):
        return False
    if isinstance(a, str):
        return bool(a == b)
    if a[0] != b[0]:
        return False
    p, q = np.array(a[1:]), np.array(b[1:])
    return bool(np.all(np.abs(p - q) <= (1e-4 if single else 1e-7) * (1.0 + np.abs(q).max())))


def stored_mistakes(topic: str, slug: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the fingerprints of the public cases, from ``fingerprints/<topic>.json``."""
    return _fingerprint_file(topic).get(slug, {})  # type: ignore[no-any-return]


@cache
def _fingerprint_file(topic: str) -> dict[str, Any]:
    path = FINGERPRINTS / f"{topic}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

"""What the catalogued mistakes return on some cases; for the public cases this is stored and shipped as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grader.bugs import Bug, bugs_of, mutant
from grader.hidden import references
from utils import checks
from utils.checks.case import Case
from utils.checks.core import run_checks
from utils.checks.explain import fingerprint
from utils.checks.implementation import Implementation


def seen_on(bug: Bug, cases: Sequence[Case]) -> dict[str, Any]:
    """Return the fingerprint of one mistake on some cases of its exercise."""
    impl = Implementation(mutant(bug), references(bug.slug))
    return fingerprint(run_checks(checks.checks_of(bug.slug), cases, impl))


def mistakes_on(
    slug: str, cases: Sequence[Case], names: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return the catalogued mistakes of an exercise, all or those named, with their fingerprints on some cases."""
    return {
        bug.name: {"hint": bug.hint, "seen": seen_on(bug, cases)}
        for bug in bugs_of(slug)
        if names is None or bug.name in names
    }

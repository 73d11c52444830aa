"""Hidden cases and the score of a hidden cell; never shipped.

Cases are drawn from HMAC(course secret, unit, student, attempt): fresh for every student, the same for the same
submission, and useless to anybody else.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from grader.errors import UserError
from grader.exercises import EXERCISES
from utils import checks
from utils.checks.case import Case
from utils.checks.core import Verdict
from utils.checks.core import score as fraction
from utils.checks.implementation import Implementation

SUMMARY_MIME = "application/vnd.layerwise.summary+json"
SECRET = Path(__file__).resolve().parents[1] / "work" / "secret"


def hidden_cases(slug: str, rng: np.random.Generator) -> list[Case]:
    """Draw the hidden cases of an exercise."""
    topic = importlib.import_module(f"grader.hidden.{checks.topic_of(slug)}")
    return topic.cases(slug, rng)  # type: ignore[no-any-return]


def generator(unit: str, student: str, attempt: str, slug: str) -> np.random.Generator:
    """Return the random generator of one student's attempt at one exercise."""
    text = "\0".join([unit, student, attempt, slug]).encode()
    digest = hmac.new(_secret(), text, hashlib.sha256).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def references(slug: str) -> dict[str, Callable[..., Any]]:
    """Return the reference functions that stand in for the exercises which this one calls or starts from."""
    names = list(checks.uses(slug))
    forward = slug.removesuffix("_backward") + "_forward"
    if slug != forward and forward in EXERCISES:
        names.append(forward)
    return {name: getattr(importlib.import_module(EXERCISES[name].reference), name) for name in names}


def substitute(slug: str) -> None:
    """Let the public check of an exercise use the reference of those it calls: one mistake costs points once."""
    checks.SUBSTITUTES[slug] = references(slug)


def judge_hidden(slug: str, impl: Implementation, rng: np.random.Generator) -> list[Verdict]:
    """Run the hidden checks of an exercise; the catalogued mistakes are run on the same cases only if one fails."""
    cases = hidden_cases(slug, rng)
    verdicts = checks.run_checks(checks.checks_of(slug), cases, impl)
    if all(v.passed for v in verdicts):
        return verdicts
    return checks.explain.explain(slug, verdicts, _mistakes(slug, verdicts, cases))


def _mistakes(slug: str, verdicts: list[Verdict], cases: list[Case]) -> Mapping[str, Mapping[str, Any]]:
    """Return the catalogued mistakes that may be behind the failures, as they look on these cases."""
    from grader.fingerprints import mistakes_on  # it imports this module

    failed = {v.aspect: v for v in reversed(verdicts) if v.failure is not None}
    # An exercise that is not written has no mistake to name; other signatures may be arrays, which compare entrywise.
    stages = {
        v.failure.signature if isinstance(v.failure.signature, str) else ""
        for v in failed.values()
        if v.failure
    }
    if stages <= {"unwritten", "undefined"}:
        return {}
    # Running every mistake on every case takes seconds; first one failing case per check tells which ones it may be.
    few = list({v.case.name: v.case for v in failed.values()}.values())
    try:
        suspects = checks.explain.suspects(verdicts, mistakes_on(slug, few))
        return mistakes_on(slug, cases, suspects)
    except UserError as error:
        # An edit of the catalogue no longer matches: that is our fault, and a hint is missing, not points.
        print(f"{slug}: the mistake cannot be named: {error}")
        return {}


def score(slug: str, namespace: Mapping[str, Any]) -> float:
    """Return the points of a hidden cell, as a plain float so that nbgrader takes it as partial credit.

    Prints the first line and the hint of each distinct failure; never a case or a value.
    """
    exercise = EXERCISES[slug]
    # nbgrader runs a submission in <autograded>/<student>/<unit>.
    here = Path.cwd()
    impl = Implementation(namespace, references(slug))
    verdicts = judge_hidden(slug, impl, generator(exercise.unit, here.parent.name, "1", slug))
    for message in dict.fromkeys(v.message(hidden=True) for v in verdicts if not v.passed):
        print(message)
    _publish(slug, verdicts)
    return float(round(exercise.hidden_points * fraction(verdicts), 4))


def _publish(slug: str, verdicts: list[Verdict]) -> None:
    """Leave a summary of the verdicts among the cell's outputs, where the report finds it and no browser shows it."""
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        return
    failed = [v for v in verdicts if not v.passed]
    summary = {
        "slug": slug,
        "passed": len(verdicts) - len(failed),
        "total": len(verdicts),
        "mistakes": list(dict.fromkeys(v.mistake for v in failed if v.mistake)),
        "problems": list(dict.fromkeys(v.message(hidden=True).splitlines()[0] for v in failed)),
    }
    shell.display.display({SUMMARY_MIME: summary}, raw=True)


def _secret() -> bytes:
    """Return the course secret, made on first use and readable by its owner only."""
    if os.environ.get("LAYERWISE_SECRET"):
        return os.environ["LAYERWISE_SECRET"].encode()
    if not SECRET.is_file():
        SECRET.parent.mkdir(parents=True, exist_ok=True)
        made = SECRET.with_name(f"secret.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32), encoding="ascii")
        # A link, not a rename: if two processes make a secret at once, the first one stays.
        try:
            os.link(made, SECRET)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return SECRET.read_bytes()

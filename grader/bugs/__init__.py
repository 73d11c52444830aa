"""The catalogue of common mistakes: each a textual edit of a reference, the check that must catch it, and a hint."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from grader.errors import UserError
from grader.exercises import EXERCISES


@dataclass(frozen=True)
class Bug:
    """A misconception somebody really has.

    Attributes
    ----------
    name : str
        ``<slug>/<mistake>``; the slug is the exercise in which it is made.
    replace, by : str
        The edit of the reference function. `replace` must occur exactly once in its source.
    caught_by : str
        Name of a check that must fail.
    hint : str
        What to tell the student; it must be the hint of the first failure on the public cases.
    """

    name: str
    replace: str
    by: str
    caught_by: str
    hint: str

    @property
    def slug(self) -> str:
        return self.name.split("/")[0]


@cache
def all_bugs() -> tuple[Bug, ...]:
    """Return the whole catalogue in the order of the exercises."""
    topics = dict.fromkeys(exercise.topic for exercise in EXERCISES.values())
    found = [bug for topic in topics for bug in importlib.import_module(f"grader.bugs.{topic}").BUGS]
    return tuple(sorted(found, key=lambda bug: list(EXERCISES).index(bug.slug)))


def bugs_of(slug: str) -> list[Bug]:
    """Return the catalogued mistakes of an exercise."""
    return [bug for bug in all_bugs() if bug.slug == slug]


def mutant_source(bug: Bug) -> str:
    """Return the source of the reference function with the mistake in it."""
    exercise = EXERCISES[bug.slug]
    source = inspect.getsource(getattr(importlib.import_module(exercise.reference), bug.slug))
    # The docstring may hold the same words: only the body is edited.
    contract, marker, body = source.partition("### BEGIN SOLUTION\n")
    count = body.count(bug.replace)
    if count != 1:
        raise UserError(
            f"the edit of mistake {bug.name} matches {count} times in {bug.slug} instead of once: "
            f"adapt `replace` in grader/bugs/{exercise.topic}.py to the reference."
        )
    return contract + marker + body.replace(bug.replace, bug.by)


def mutant(bug: Bug) -> dict[str, Callable[..., Any]]:
    """Return the functions of the reference module by name, one of them with the mistake in it."""
    module = importlib.import_module(EXERCISES[bug.slug].reference)
    space: dict[str, Any] = {"__name__": f"mutant_{bug.slug}"}
    exec(compile(inspect.getsource(module), f"<{bug.name}>", "exec"), space)
    exec(compile(mutant_source(bug), f"<{bug.name}>", "exec"), space)
    return {name: value for name, value in space.items() if name in EXERCISES}

"""Checks of the exercises: ``check("conv2d_forward", globals())`` answers whether the function is right.

One module a topic says how its exercises are checked (`CHECKS`), on which public cases, and which other exercises they
call (`USES`). See `utils.checks.core` for how checks run and `utils.checks.explain` for where hints come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from utils.checks import convolution, explain, geometry, pooling
from utils.checks.case import Case
from utils.checks.core import Check, Verdict, first_failure, run_checks
from utils.checks.implementation import Implementation
from utils.compare import CheckFailure, five_lines


class Topic(Protocol):
    """What a module of this package says about the exercises of its topic."""

    CHECKS: dict[str, list[Check]]
    USES: dict[str, tuple[str, ...]]

    def public_cases(self, slug: str) -> list[Case]:
        """Return the cases a student sees."""
        ...


TOPICS: dict[str, Topic] = {"geometry": geometry, "convolution": convolution, "pooling": pooling}

SUBSTITUTES: dict[str, dict[str, Callable[..., Any]]] = {}
"""While grading: the functions that stand in for those an exercise calls, by exercise (see grader.hidden)."""

__all__ = ["CheckFailure", "check", "checks_of", "judge", "public_cases", "run_checks", "topic_of", "uses"]


def topic_of(slug: str) -> str:
    """Return the topic whose module checks an exercise."""
    for name, topic in TOPICS.items():
        if slug in topic.CHECKS:
            return name
    known = ", ".join(sorted(s for topic in TOPICS.values() for s in topic.CHECKS))
    raise KeyError(f"there is no exercise called {slug!r}; the exercises are {known}")


def checks_of(slug: str) -> list[Check]:
    """Return the checks of an exercise."""
    return TOPICS[topic_of(slug)].CHECKS[slug]


def uses(slug: str) -> tuple[str, ...]:
    """Return the other exercises of the unit that an exercise may call."""
    return TOPICS[topic_of(slug)].USES.get(slug, ())


def public_cases(slug: str) -> list[Case]:
    """Return the cases whose inputs and expected values a student may see."""
    return TOPICS[topic_of(slug)].public_cases(slug)


def judge(
    slug: str,
    impl: Implementation,
    cases: Sequence[Case],
    mistakes: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Verdict]:
    """Run all checks of an exercise on some cases and explain what is wrong.

    Parameters
    ----------
    slug : str
        The exercise.
    impl : Implementation
        The functions under test, here or in another process.
    cases : sequence of Case
        Public or hidden cases.
    mistakes : mapping, optional
        Fingerprints of the catalogued mistakes on these cases; those of the public cases by default.
    """
    verdicts = run_checks(checks_of(slug), cases, impl)
    if all(v.passed for v in verdicts):
        return verdicts
    if mistakes is None:
        mistakes = explain.stored_mistakes(topic_of(slug), slug)
    return explain.explain(slug, verdicts, mistakes)


def check(slug: str, namespace: Mapping[str, Any]) -> None:
    """Check an exercise on its public cases: one line if it is right, five lines that explain if it is not.

    Parameters
    ----------
    slug : str
        Name of the exercise, which is the name of the function.
    namespace : mapping
        Where the function is defined: ``globals()`` in a notebook.

    Raises
    ------
    CheckFailure
        If a check fails. Its text is the five-line message.
    """
    impl = Implementation(namespace, SUBSTITUTES.get(slug))
    verdicts = judge(slug, impl, public_cases(slug))
    if impl.printed:
        print(impl.printed.rstrip()[:2000])
    wrong = first_failure(verdicts)
    if wrong is None or wrong.failure is None:
        cases = len({v.case.inputs["name"] for v in verdicts})
        print(f"{slug}: right on all {cases} public cases.")
        return
    print(_table(verdicts))
    hint = _unfinished_helper(slug, namespace) or wrong.hint
    failure = wrong.failure
    raise CheckFailure(
        failure.stage,
        five_lines(slug, failure.problem, wrong.case.inputs["name"], failure.where, failure.values, hint),
        signature=failure.signature,
    ) from None


def _table(verdicts: Sequence[Verdict]) -> str:
    """Return how many cases each check passes, so that one failing part hides no other."""
    aspects: dict[str, list[bool]] = {}
    for verdict in verdicts:
        aspects.setdefault(verdict.aspect, []).append(verdict.passed)
    return "  ".join(f"{aspect} {sum(passed)}/{len(passed)}" for aspect, passed in aspects.items())


def _unfinished_helper(slug: str, namespace: Mapping[str, Any]) -> str:
    """Return a hint if the exercise calls another one that is not right yet."""
    if slug in SUBSTITUTES:
        return ""
    code = getattr(namespace.get(slug), "__code__", None)
    for helper in uses(slug):
        if code is None or helper not in code.co_names:
            continue
        if not all(v.passed for v in judge(helper, Implementation(namespace), public_cases(helper))):
            return f"{helper}, which it calls, is not right yet: mend that first."
    return ""

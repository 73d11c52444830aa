"""Checks shared by exercises that are one function: its value, its inputs untouched, and vectorized where asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from utils.checks.case import Case
from utils.checks.core import Check, tolerance_of
from utils.checks.implementation import Implementation
from utils.checks.layer import expect_unmodified, no_loop, once
from utils.compare import CheckFailure, expect_array, expect_integer


def function_checks(
    slug: str,
    arguments: tuple[str, ...],
    options: tuple[str, ...] = (),
    *,
    output: str = "out",
    arrays: bool = True,
    vectorized: bool = False,
) -> list[Check]:
    """Return the checks of one function.

    Parameters
    ----------
    arguments, options : tuple of str
        Names of positional and keyword-only inputs of a case.
    output : str
        Name of the result in the case's expected values; an int there asks for a whole number.
    arrays : bool
        Whether inputs are arrays, which must come out of the call as they went in.
    vectorized : bool
        Whether a Python loop over a data axis is refused.
    """

    def call(impl: Implementation, case: Case) -> tuple[Any, dict[str, Any]]:
        def first() -> tuple[Any, dict[str, Any]]:
            used = dict(zip(arguments + options, case.fresh(*arguments, *options), strict=True))
            return impl.call(slug, *(used[n] for n in arguments), **{n: used[n] for n in options}), used

        return once(impl, slug, first)  # type: ignore[no-any-return]

    def values(impl: Implementation, case: Case) -> float:
        result, _ = call(impl, case)
        expected = case.expected[output]
        if isinstance(expected, np.ndarray):
            return expect_array(output, result, expected, tolerance=tolerance_of(slug, case))
        return expect_integer(output, result, expected)

    def keeps_inputs(impl: Implementation, case: Case) -> None:
        result, used = call(impl, case)
        arrays = {name: value for name, value in used.items() if isinstance(value, np.ndarray)}
        expect_unmodified(arrays, case)
        if type(result) is np.ndarray and any(np.shares_memory(result, value) for value in arrays.values()):
            raise CheckFailure(
                "contract",
                f"returns an array that shares memory with its input {next(iter(arrays))}.",
                hint="writing to the result would change the caller's array: return a copy.",
                signature="shares memory",
            )

    def loops(impl: Implementation, case: Case) -> None:
        no_loop(impl, slug, case, arguments, options)

    checks = [Check(slug, "values", values)]
    if arrays:
        checks.append(Check(slug, "keeps_inputs", keeps_inputs, contract=True))
    if vectorized:
        checks.append(Check(slug, "vectorized", loops, contract=True, kind="cost"))
    return checks


def expect_error(impl: Implementation, slug: str, error: str, *args: Any, **kwargs: Any) -> None:
    """Check that a call raises the named exception."""
    try:
        result = impl.call(slug, *args, **kwargs)
    except CheckFailure as failure:
        if failure.stage != "raised" or failure.signature in ("unwritten", "undefined"):
            raise
        # An exception class of one's own, derived from the one asked for, is that exception too.
        kinds = [kind.__name__ for kind in type(failure.__cause__).__mro__] if failure.__cause__ else []
        if error not in kinds and failure.problem != f"raised {error}.":
            raise CheckFailure(
                "values",
                f"{failure.problem.rstrip('.')} where it should raise {error}.",
                values=failure.values,
            ) from None
        return
    raise CheckFailure(
        "values",
        f"does not raise {error}.",
        values=f"yours returned {str(result)[:40]}, expected a {error}",
        signature=f"no {error}",
    )

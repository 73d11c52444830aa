"""Compare what a student's function returned with what was expected, in stages: none, type, shape, dtype, values.

Values are compared as data. A subclass of ``ndarray``, a masked array or an object with ``__array__`` could answer the
comparison itself, so anything whose type is not exactly ``numpy.ndarray`` is refused before a number is looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SMALLEST_SCALE = 1e-3
"""Inputs are about 1, so a result below this is a sum whose terms cancel."""


class CheckFailure(AssertionError):
    """One thing that is wrong, as the five lines a student reads.

    Parameters
    ----------
    stage : str
        ``raised``, ``none``, ``type``, ``shape``, ``dtype``, ``finite``, ``values``, ``contract`` or ``cost``.
    problem : str
        What is wrong, without the name of the function; it follows the function's name on the first line.
    where, values, hint : str
        The remaining lines; the case is added by whoever runs the check.
    signature : str or ndarray
        What a catalogued mistake is recognized by: the wrong array itself, or a short text.
    actual : ndarray or None
        The wrong array, where there is one to look at.
    error : float or None
        Error metric, where the stage has one.
    """

    def __init__(
        self,
        stage: str,
        problem: str,
        *,
        where: str = "-",
        values: str = "-",
        hint: str = "",
        signature: Any = None,
        actual: np.ndarray | None = None,
        error: float | None = None,
    ) -> None:
        super().__init__(problem)
        self.stage = stage
        self.problem = problem
        self.where = where
        self.values = values
        self.hint = hint
        self.signature = problem if signature is None else signature
        self.actual = actual
        self.error = error


def five_lines(slug: str, problem: str, case: str, where: str, values: str, hint: str) -> str:
    """Return the message of STYLE: what, case, where, values, hint; always five lines."""
    rows = [("case", case), ("where", where), ("values", values), ("hint", hint or "-")]
    return "\n".join([f"{slug}: {problem}", *(f"  {name:<8} {_one_line(text)}" for name, text in rows)])


def relative_gap(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest absolute difference in units of the largest expected entry, or of `SMALLEST_SCALE`.

    The scale is that of the whole array, not of each entry: rounding noise is proportional to the largest terms of a
    sum, so an entry that happens to be near zero would otherwise look wrong. An array of a single entry can be near
    zero too.
    """
    if expected.size == 0:
        return 0.0
    return float(np.max(np.abs(np.asarray(actual, dtype=np.float64) - expected))) / _scale(expected)


def _scale(expected: np.ndarray) -> float:
    largest = float(np.max(np.abs(expected)))
    return max(largest, SMALLEST_SCALE) if largest else 1.0


def expect_parts(result: Any, names: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the parts of a tuple result, or fail when it is not a tuple of that many parts."""
    wanted = f"({', '.join(names)})"
    if result is None:
        raise _returned_none(wanted)
    if type(result) not in (tuple, list) or len(result) != len(names):
        got = f"{len(result)} values" if type(result) in (tuple, list) else f"one {type(result).__name__}"
        raise CheckFailure(
            "type",
            f"returns {got}, expected the {len(names)} values {wanted}.",
            values=f"yours {got}, expected {wanted}",
            hint=f"end the function with: return {', '.join(names)}",
        )
    return tuple(result)


def expect_array(name: str, actual: Any, expected: np.ndarray, *, tolerance: float) -> float:
    """Check one returned array in stages and return its error metric.

    Parameters
    ----------
    name : str
        Name of the array in the exercise, such as ``dx``.
    actual : object
        What the function returned.
    expected : ndarray, float32, float64 or integer
        The right values. Its dtype is the dtype asked for; a float64 answer to a float32 case is accepted too, and so
        is every integer dtype where integers are asked for.
    tolerance : float
        Largest accepted `relative_gap`.

    Raises
    ------
    CheckFailure
        At the first stage that is wrong.
    """
    if actual is None:
        raise _returned_none(name)
    if type(actual) is not np.ndarray:
        number = expected.ndim > 0 and isinstance(actual, (int, float, np.number))
        raise CheckFailure(
            "type",
            f"{name} is not a NumPy array.",
            values=f"yours {_type_name(actual)}, expected numpy.ndarray",
            hint=f"{name} is one number instead of an array of shape {expected.shape}: sum over fewer axes."
            if number
            else f"return {name} as a plain numpy.ndarray of shape {expected.shape}.",
            signature=f"type {_type_name(actual)}",
        )
    if actual.shape != expected.shape:
        raise CheckFailure(
            "shape",
            f"{name} has the wrong shape.",
            where=f"{name}.shape",
            values=f"yours {actual.shape}, expected {expected.shape}",
            signature=f"shape {name} {actual.shape}",
            actual=actual,
        )
    whole = expected.dtype.kind == "i"
    if actual.dtype.kind not in "iu" if whole else actual.dtype not in (expected.dtype, np.float64):
        wanted = (
            "an integer dtype, such as int"
            if whole
            else "the dtype of the input (np.zeros(shape, dtype=x.dtype))"
        )
        raise CheckFailure(
            "dtype",
            f"{name} has the wrong dtype.",
            where=f"{name}.dtype",
            values=f"yours {actual.dtype}, expected {'int' if whole else expected.dtype}",
            hint=f"make the array {name} in {wanted}.",
            signature=f"dtype {name} {actual.dtype}",
        )
    finite = np.isfinite(actual)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise CheckFailure(
            "finite",
            f"{name} contains NaN or infinity.",
            where=f"{int((~finite).sum())} of {actual.size} entries; the first at {name}{list(where)}",
            values=f"yours {actual[where]}, expected {_number(expected[where])}",
            hint="look for a division by zero or an array made with np.empty and never filled.",
            signature=f"not finite {name}",
        )
    error = relative_gap(actual, expected.astype(np.float64))
    if error <= tolerance:
        return error
    raise _wrong_values(name, actual.astype(np.float64), expected.astype(np.float64), tolerance, error)


def expect_integer(name: str, actual: Any, expected: int) -> float:
    """Check one returned whole number; NumPy integers are fine, booleans and floats are not."""
    if actual is None:
        raise _returned_none(name)
    if isinstance(actual, np.ndarray) and type(actual) is np.ndarray and actual.shape == ():
        actual = actual[()]
    if type(actual) is not int and not isinstance(actual, np.integer):
        raise CheckFailure(
            "type",
            f"{name} is not a whole number.",
            values=f"yours {_clip(repr(actual))} ({_type_name(actual)}), expected an int",
            hint="use integer arithmetic: // keeps an int where / makes a float.",
            signature=f"type {_type_name(actual)} {_clip(repr(actual))}",
        )
    if int(actual) != expected:
        raise CheckFailure(
            "values",
            f"{name} is wrong.",
            where="the returned number",
            values=f"yours {int(actual)}, expected {expected}",
            signature=f"value {int(actual)}",
            error=abs(int(actual) - expected) / max(1, abs(expected)),
        )
    return 0.0


def _wrong_values(
    name: str, actual: np.ndarray, expected: np.ndarray, tolerance: float, error: float
) -> CheckFailure:
    gap = np.abs(actual - expected)
    scale = _scale(expected)
    worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape))
    count = int((gap > tolerance * scale).sum())
    index = f"{name}{list(worst)}" if worst else name
    what = f"the gradient with respect to {name[1:]}" if name.startswith("d") and len(name) > 1 else name
    return CheckFailure(
        "values",
        f"{what} is wrong.",
        where=f"{count} of {gap.size} entries; largest gap {_number(gap[worst])} at {index}",
        values=f"yours {_number(actual[worst])}, expected {_number(expected[worst])}",
        signature=actual,
        error=error,
    )


def _returned_none(name: str) -> CheckFailure:
    return CheckFailure(
        "none",
        f"returns None instead of {name}.",
        values=f"yours None, expected {name}",
        hint="is there a return at the end of the function?",
    )


def _type_name(value: Any) -> str:
    kind = type(value)
    module = str(getattr(kind, "__module__", ""))
    return str(kind.__name__) if module == "builtins" else f"{module}.{kind.__name__}"


def _number(value: Any) -> str:
    return f"{float(value):.6g}"


def _clip(text: str, length: int = 80) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _one_line(text: str) -> str:
    return _clip(" ".join(str(text).split()), 300)

"""Read the pattern of an error: what a wrong array has in common with the right one, said in one sentence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

CHANCE = 0.05  # a place is named only if wrong entries scattered at random lie there less often than this
CLOSE = 0.03  # entries wrong by less than this fraction are called close


@np.errstate(all="ignore")  # the values may be anything
def describe_error(actual: Any, expected: Any, *, name: str = "dx", tolerance: float = 1e-4) -> str | None:
    """Return a one-line hint about what sets `actual` apart from `expected`, or None.

    Parameters
    ----------
    actual, expected : array_like
        The array that was computed and the right one; shapes may differ. Entries of `expected` that
        are NaN are unknown and count as right.
    name : str
        What the array is called; a name that starts with d is taken for a gradient.
    tolerance : float
        An entry is wrong if it is off by more than this fraction of the largest expected entry;
        equalities (a sign, a factor) are read to the same precision.

    Returns
    -------
    str or None
        None if nothing is wrong, if the values are no numbers, or if the error follows no known pattern.
    """
    a, e = _as_floats(actual), _as_floats(expected)
    if a is None or e is None:
        return None
    if a.shape != e.shape:
        return _describe_shape(a, e, name, tolerance)
    known = np.isfinite(e)
    if not known.any():
        return None
    if not np.isfinite(a[known]).all():
        return _describe_not_finite(a, known, name)
    a, e = np.where(known, a, 0.0), np.where(known, e, 0.0)
    # A gradient that is zero in truth still has a size: that of the wrong one.
    precision = tolerance * float(np.abs(e).max() or np.abs(a).max())
    wrong = np.abs(a - e) > precision
    if not wrong.any():
        return None
    return (
        describe_factor(a, e, name=name, tolerance=tolerance)
        or _describe_offset(a, e, name, precision)
        or _describe_axes(a, e, name, precision)
        or _describe_close(a, e, wrong, name)
        or _describe_place(a, e, wrong, name, precision)
    )


@np.errstate(all="ignore")
def describe_factor(actual: Any, expected: Any, *, name: str = "dx", tolerance: float = 1e-4) -> str | None:
    """Return a hint if every entry is the expected one times the same number (0 and -1 included), or None."""
    a, e = np.asarray(actual, dtype=float), np.asarray(expected, dtype=float)
    size = float(np.abs(e).max(initial=0.0))
    if size == 0.0 or a.shape != e.shape or not np.isfinite(a).all() or not np.isfinite(size):
        return None
    if not a.any():
        return f"every entry of {name} is zero: is the result ever written?"
    factor = float((a / size * (e / size)).sum() / ((e / size) ** 2).sum())  # least squares
    if (
        factor == 0.0
        or not np.isfinite(factor)
        or np.abs(a - factor * e).max() > tolerance * max(abs(factor), 1e-3) * size
    ):
        return None
    times, exact = _times(abs(factor), tolerance)
    same_size = abs(abs(factor) - 1.0) <= tolerance
    if np.count_nonzero(np.abs(e) > tolerance * size) < 2 and not (exact or same_size):
        return None  # one number is always some multiple of another
    if same_size:
        return f"{name} has the wrong sign in every entry" if factor < 0.0 else None
    if factor < 0.0:
        return f"{name} has the wrong sign and is {times} in every entry"
    if abs(factor - 1.0) <= CLOSE:
        percent = f"{100 * abs(factor - 1):.2g}%"
        return f"every entry of {name} is {percent} {_too(factor)}: is there a stray constant?"
    return f"every entry of {name} is {times}: " + (
        "mean or sum?" if exact else "is a constant missing or extra?"
    )


def _times(factor: float, tolerance: float) -> tuple[str, bool]:
    ratio = max(factor, 1.0 / factor)
    exact = 1 < round(ratio) and abs(ratio - round(ratio)) <= tolerance * ratio <= 0.1
    amount = f"exactly {round(ratio)}" if exact else f"{ratio:.4g}"
    return f"{amount} times {_too(factor)}", exact


def _too(factor: float) -> str:
    return "too large" if factor > 1.0 else "too small"


def _as_floats(values: Any) -> NDArray[np.float64] | None:
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            return None
        return np.array(array, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _describe_not_finite(a: NDArray[np.float64], known: Mask, name: str) -> str:
    bad = ~np.isfinite(a) & known
    kind = "NaN" if np.isnan(a[bad]).all() else "infinite" if np.isinf(a[bad]).all() else "NaN or infinite"
    count = "every entry" if bad[known].all() else f"{np.count_nonzero(bad)} of {bad.size} entries"
    verb = "is" if count == "every entry" or np.count_nonzero(bad) == 1 else "are"
    return (
        f"{count} of {name} {verb} {kind}: a division by zero, log(0), an overflow, or memory never written?"
    )


def _describe_shape(
    a: NDArray[np.float64], e: NDArray[np.float64], name: str, tolerance: float
) -> str | None:
    """Describe a shape that is not the expected one, by the steps that would lead from one to the other."""
    if a.size == 0:
        return f"{name} is empty: does a slice such as [p:-p] meet p = 0?"
    if a.ndim == e.ndim >= 2:
        for axes in itertools.permutations(range(e.ndim)) if e.ndim <= 5 else ():
            if e.transpose(axes).shape == a.shape:
                return f"{name} has its axes in another order: expected {e.shape}; transpose it"
        extra = [have - want for have, want in zip(a.shape, e.shape, strict=True)]
        if not any(extra[:-2]) and max(extra) > 0 and min(extra) >= 0 and not any(n % 2 for n in extra):
            return f"the padding is still there: cut {_border(extra)} off each side of {name}"
        if not any(extra[:-2]) and min(extra) < 0 and max(extra) <= 0 and not any(n % 2 for n in extra):
            return f"{name} lacks {_border(extra)} on each side: is padding cut off that was never there?"
    summed = _axes_to_sum(a, e, tolerance)
    if summed is not None:
        return f"{name} has entries still to be added up: sum over axis {summed}"
    if a.size == e.size:
        return f"{name} has the right number of entries in another shape: reshape it to {e.shape}"
    if a.ndim < e.ndim:
        for axis in range(e.ndim):
            if a.shape == e.shape[:axis] + e.shape[axis + 1 :]:
                return f"{name} lacks axis {axis}: is it summed away, or is only one index of it returned?"
    return None


def _border(extra: list[int]) -> str:
    rows, columns = abs(extra[-2]) // 2, abs(extra[-1]) // 2
    return f"{rows}" if rows == columns else f"{rows} (rows) and {columns} (columns)"


def _axes_to_sum(a: NDArray[np.float64], e: NDArray[np.float64], tolerance: float) -> str | None:
    """Return the axes of `a` over which a sum gives the shape of `e`; by value where several would do."""
    fits = []
    for count, keep in itertools.product(range(1, a.ndim + 1), (False, True)):
        for axes in itertools.combinations(range(a.ndim), count) if a.ndim <= 5 else ():
            total = a.sum(axis=axes, keepdims=keep)
            if total.shape == e.shape and total.size < a.size:
                right = np.allclose(total, e, rtol=tolerance, atol=tolerance)
                fits.append((not right, ", ".join(map(str, axes)) + (" with keepdims=True" if keep else "")))
    return min(fits)[1] if fits else None


def _describe_offset(
    a: NDArray[np.float64], e: NDArray[np.float64], name: str, precision: float
) -> str | None:
    gap = a - e
    if gap.size < 3 or np.ptp(gap) > precision:
        return None
    return (
        f"every entry of {name} is off by the same {gap.mean():.3g}: is a constant added or not subtracted?"
    )


def _describe_axes(a: NDArray[np.float64], e: NDArray[np.float64], name: str, precision: float) -> str | None:
    """Find the right values in the wrong order: two axes swapped, or an axis reversed."""
    if a.size < 3:
        return None
    for i, j in itertools.combinations(range(a.ndim), 2):
        if a.shape[i] == a.shape[j] > 1 and np.abs(a - e.swapaxes(i, j)).max() <= precision:
            return f"{name} is transposed: axes {i} and {j} are swapped"
    for axes in [*((axis,) for axis in range(a.ndim)), *itertools.combinations(range(a.ndim), 2)]:
        if np.abs(a - np.flip(e, axes)).max() <= precision:
            which = f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes[0]} and {axes[1]}"
            return f"{name} is reversed along {which}: is an index counted from the other end?"
    return None


def _describe_close(a: NDArray[np.float64], e: NDArray[np.float64], wrong: Mask, name: str) -> str | None:
    relative = np.abs(a - e)[wrong] / np.maximum(np.abs(e[wrong]), 1e-300)
    if np.count_nonzero(wrong) < 3 or relative.max() > CLOSE:
        return None
    return (
        f"every wrong entry of {name} is within {100 * relative.max():.2g}%: is a small term (eps) missing?"
    )


def _describe_place(
    a: NDArray[np.float64], e: NDArray[np.float64], wrong: Mask, name: str, precision: float
) -> str | None:
    """Say where the wrong entries lie, if they lie together, or else whether they are all zero."""
    count = int(np.count_nonzero(wrong))
    if count == 1 and wrong.size > 20:
        return f"a single entry of {name} is wrong: what is special about its place or its value?"
    where = _one_edge(wrong, name) or _one_index(wrong, e, name, precision) or _border_only(wrong, name)
    if where is not None:
        return where
    zero = wrong & (np.abs(a) <= precision)
    if count >= 3 and zero[wrong].all():
        return f"every wrong entry of {name} is zero: are some entries never written?"
    if count >= 3 and (np.abs(e[wrong]) <= precision).all():
        return f"every wrong entry of {name} should be zero: is a mask missing?"
    return None


def _border_only(wrong: Mask, name: str) -> str | None:
    if wrong.ndim < 2:
        return None
    rows, columns = wrong.shape[-2:]
    for width in range(1, (min(rows, columns) - 1) // 2 + 1):
        inner = (slice(width, rows - width), slice(width, columns - width))
        if not wrong[(..., *inner)].any():
            share = 1 - (rows - 2 * width) * (columns - 2 * width) / (rows * columns)
            if share ** np.count_nonzero(wrong) > CHANCE:
                return None
            place = "on the border" if width == 1 else f"within {width} of the border"
            verb = "removed from" if name.startswith("d") else "applied to"
            return f"every wrong entry lies {place}: is the padding {verb} {name}?"
    return None


def _one_edge(wrong: Mask, name: str) -> str | None:
    """Recognize errors in the last rows or columns only, which windows that do not fit leave over."""
    if wrong.ndim < 3:
        return None
    for axis, word in ((-2, "row"), (-1, "column")):
        size = wrong.shape[axis]
        hit = np.flatnonzero(np.moveaxis(wrong, axis, 0).reshape(size, -1).any(axis=1))
        wide = size - int(hit[0])
        if hit[0] > size // 2 and (wide / size) ** np.count_nonzero(wrong) <= CHANCE:
            last = f"last {word}" if wide == 1 else f"last {wide} {word}s"
            return f"every wrong entry of {name} lies in the {last}: do the windows reach the end?"
    return None


def _one_index(wrong: Mask, e: NDArray[np.float64], name: str, precision: float) -> str | None:
    """Recognize errors confined to one index of an axis, or to all but one."""
    count = np.count_nonzero(wrong)
    for axis in range(wrong.ndim if wrong.ndim > 1 else 0):
        size = wrong.shape[axis]
        lines = np.moveaxis(wrong, axis, 0).reshape(size, -1).any(axis=1)
        hit, spared = np.flatnonzero(lines), np.flatnonzero(~lines)
        if size > 1 and hit.size == 1 and size ** -float(count - 1) <= CHANCE:
            return (
                f"every wrong entry lies in {_line(name, wrong.ndim, axis, int(hit[0]))}; the rest is right"
            )
        # Right because it is written, not because it is zero anyway; and nearly all of the rest is wrong.
        if size == 1 or spared.size != 1 or count < 0.8 * wrong.size * (size - 1) / size:
            continue
        if (np.abs(np.take(e, int(spared[0]), axis)) > precision).any():
            only = _line(name, wrong.ndim, axis, int(spared[0]))
            return f"only {only} is right: does a loop over axis {axis} stop, or overwrite?"
    return None


def _line(name: str, ndim: int, axis: int, index: int) -> str:
    return f"{name}[{', '.join([':'] * axis + [str(index)] + [':'] * (ndim - axis - 1))}]"


def largest_place(array: Any) -> tuple[Any, ...]:
    """Return the index of the largest entry."""
    return np.unravel_index(int(np.argmax(array)), np.shape(array))


def brackets(index: Sequence[Any]) -> str:
    """Write an index as it stands behind the name of an array."""
    return f"[{', '.join(str(int(i)) for i in index)}]" if len(index) else ""


def tell_apart(a: float, b: float) -> tuple[str, str]:
    """Write two numbers with as many digits as tell them apart."""
    for digits in (3, 6, 9, 12):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            return f"{a:.{digits}g}", f"{b:.{digits}g}"
    return (f"{a:.3g}", f"{b:.3g}") if a == b else (f"{a:.17g}", f"{b:.17g}")

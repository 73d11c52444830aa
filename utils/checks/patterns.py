"""Read a wrong answer that no catalogued mistake explains: the cases it fails on, then what its error looks like."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from utils.checks.case import Case
from utils.checks.core import Verdict
from utils.compare import CheckFailure
from utils.error_patterns import describe_error

Array = NDArray[np.float64]

PRODUCTS = ("N", "C", "F", "H * W", "KH * KW", "OH * OW", "N * OH * OW", "stride * stride")
"""What a sum is most often divided by, or not."""


def read(verdict: Verdict, verdicts: Sequence[Verdict]) -> str:
    """Return a hint for one failed verdict, or an empty text."""
    failure = verdict.failure
    if failure is None:
        return ""
    return (
        _from_array(verdict, verdicts, (_factor, _rounded))
        or _from_cases(verdict, verdicts)
        or _from_cases(verdict, verdicts, exceptions=True)
        or _from_array(verdict, verdicts, (_shape, _last_windows, _known, _moved, _divided, _zeros, _by_hand))
        or _from_exception(failure)
    )


def _from_cases(verdict: Verdict, verdicts: Sequence[Verdict], *, exceptions: bool = False) -> str:
    """Return the hint of the trait that all failing cases have and no passing one has (or hardly any)."""
    same = [v for v in verdicts if v.aspect == verdict.aspect and v.case.kind == "grid"]
    failed = [v for v in same if not v.passed]
    passed = [v for v in same if v.passed]
    for trait, hint in verdict.case.traits.items():
        odd = sum(trait in v.case.traits for v in passed)
        # One case that passes may do so for many reasons.
        if len(passed) - odd < 2 or not all(trait in v.case.traits for v in failed):
            continue
        if odd == 0:
            return hint
        if exceptions and odd == 1 and len(failed) > 2:
            return hint.replace("exactly where", "only where")
    return ""


@dataclass(frozen=True)
class Answer:
    """A wrong array beside the right one; `same` are all verdicts of the aspect, with the failed one among them."""

    name: str
    a: Array
    e: Array
    case: Case
    same: Sequence[Verdict]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        return np.asarray(np.abs(self.a - self.e) > 1e-6 * np.abs(self.e).max())


def _from_array(
    verdict: Verdict, verdicts: Sequence[Verdict], readings: Sequence[Callable[[Answer], str]]
) -> str:
    """Return the first reading that says something about a wrong array."""
    failure, expected = verdict.failure, verdict.case.expected
    name = verdict.aspect if verdict.aspect in expected else next(iter(expected), "")
    right = expected.get(name)
    if failure is None or failure.stage not in ("values", "shape") or not isinstance(right, np.ndarray):
        return ""
    wrong = failure.signature if isinstance(failure.signature, np.ndarray) else failure.actual
    if not isinstance(wrong, np.ndarray) or wrong.dtype.kind not in "biuf":
        return ""
    same = [v for v in verdicts if v.aspect == verdict.aspect and v.case.kind == "grid"]
    answer = Answer(name, wrong.astype(np.float64), right.astype(np.float64), verdict.case, same)
    fit = answer.a.shape == answer.e.shape
    return next(
        (text for reading in readings if (fit or reading is _shape) and (text := reading(answer))), ""
    )


def _known(x: Answer) -> str:
    text = describe_error(x.a, x.e, name=x.name) or ""
    if not x.name.startswith("d") and "border" in text:
        return f"every wrong entry of {x.name} lies on the border: do the windows there see the padding?"
    return text


def _shape(x: Answer) -> str:
    """Name the axes that are wrong; for an output of windows, what their number should be."""
    a, e = x.a.shape, x.e.shape
    if a == e:
        return ""
    if (
        x.a.size == x.e.size
        and np.abs(x.a.reshape(e) - x.e).max() > 1e-4 * np.abs(x.e).max()
        and len(a) != len(e)
    ):
        return f"a reshape to {e} alone would not do: the entries of {x.name} are in another order, transpose first."
    if len(a) != len(e):
        return _known(x)
    if all(have in (1, want) for have, want in zip(a, e, strict=True)):
        return (
            f"an axis of {x.name} has size 1 instead of {e}: every entry of the full array needs its value."
        )
    if len(e) == 4 and a[:2] == e[:2] and a[2:] == e[:1:-1]:
        return (
            f"the last two axes of {x.name} are swapped: rows (the height) come before columns (the width)."
        )
    axis = next(axis for axis in range(len(a)) if a[axis] != e[axis])
    size = f"axis {axis} of {x.name} has size {a[axis]} instead of {e[axis]}."
    if x.name != "out":
        return _known(x) or size
    if len(e) != 4 or axis < 2:
        return size
    shapes = [
        (v.failure.actual.shape[2:], v.case.expected["out"].shape[2:])
        for v in x.same
        if v.failure and v.failure.stage == "shape" and v.failure.actual is not None
    ]
    if all(have == (want[0] - 1, want[1] - 1) for have, want in shapes):
        return (
            "one row and one column are missing: room // stride steps lead to one place more, so add 1 to it."
        )
    room = "H + 2 * padding - KH" if "padding" in x.case.inputs else "H - KH"
    return f"the number of windows is wrong: OH = floor(({room}) / stride) + 1, and OW in the same way."


def _factor(x: Answer) -> str:
    """Write a factor that differs from case to case with the sizes of the case, such as ``1 / (KH * KW)``."""
    factors = []
    for v in x.same:
        e = v.case.expected[x.name].astype(np.float64)
        a = v.failure.signature if v.failure else e
        if not isinstance(a, np.ndarray) or a.shape != e.shape or not e.any():
            return ""
        factors.append(float((a * e).sum() / (e * e).sum()))
        if np.abs(a - factors[-1] * e).max() > 1e-5 * np.abs(e).max() * max(1.0, abs(factors[-1])):
            return ""
    if np.ptp(factors) < 1e-3:
        return ""
    sizes = [_sizes(v.case) for v in x.same]
    # One product before a quotient of two.
    pairs = sorted(itertools.permutations(("", *PRODUCTS), 2), key=lambda pair: "" not in pair)
    for above, below in pairs:
        wanted = [_product(above, s) / _product(below, s) for s in sizes]
        if np.allclose(factors, wanted, rtol=1e-4):
            times = (
                f"times {above}" * bool(above)
                + " and " * bool(above and below)
                + f"divided by {below}" * bool(below)
            )
            return f"every entry of {x.name} is the right one {times}: what should it be divided by?"
    return ""


def _product(text: str, sizes: dict[str, int]) -> float:
    return float(prod(sizes.get(letter, 0) for letter in text.split(" * "))) or np.nan if text else 1.0


def _sizes(case: Case) -> dict[str, int]:
    inputs, found = case.inputs, {}
    for letters, shape in (
        ("N C H W", inputs["x"].shape if "x" in inputs else inputs.get("input_shape", ())),
        ("F C KH KW", inputs["weight"].shape if "weight" in inputs else ()),
        ("KH KW", inputs.get("kernel_size", ())),
        ("N F OH OW", case.expected["out"].shape if "out" in case.expected else ()),
        ("stride", (inputs.get("stride", 0),)),
    ):
        names = letters.split()
        found.update(dict(zip(names, shape, strict=True)) if len(names) == len(shape) else {})
    return {letter: int(size) for letter, size in found.items()}


def _rounded(x: Answer) -> str:
    """Recognize the relative error of a narrower dtype: about 1e-7 in float32, about 1e-3 in float16."""
    gap = float(np.abs(x.a - x.e).max() / (np.abs(x.e).max() or 1.0))
    for dtype, low, high in (("float32", 2e-9, 1e-6), ("float16", 2e-5, 2e-3)):
        if low < gap < high and np.count_nonzero(x.a != x.e) > 3:
            return f"{x.name} is right to a few digits only, as after rounding: is an array {dtype}?"
    return ""


def _last_windows(x: Answer) -> str:
    """Recognize that the last row and the last column are wrong, and nothing else."""
    wrong = x.wrong
    if x.name.startswith("d") or wrong.ndim != 4 or min(wrong.shape[2:]) < 3:
        return ""
    if wrong[:, :, :-1, :-1].any() or not wrong[:, :, -1, :-1].any() or not wrong[:, :, :-1, -1].any():
        return ""
    return f"only the last row and the last column of {x.name} are wrong: does a loop end one window early?"


def _moved(x: Answer) -> str:
    """Recognize the right numbers, or at least their sum for every image, in the wrong places."""
    a, e, name = x.a, x.e, x.name
    scale = 1e-9 * np.abs(e).sum()
    if np.abs(np.sort(a, axis=None) - np.sort(e, axis=None)).max() <= scale:
        what = f"{name} holds the right numbers in the wrong places"
        if not name.startswith("d"):
            return f"{what}: reshape keeps the order in memory, so move axes with transpose before it."
    elif name == "dx" and np.abs((a - e).reshape(len(e), -1).sum(axis=1)).max() <= scale:
        if 2 * np.count_nonzero(a) < np.count_nonzero(e) or np.count_nonzero(a) > 2 * np.count_nonzero(e):
            return ""
        what = "every image of dx has the right sum, but in the wrong places"
    else:
        return ""
    return f"{what}: are rows and columns mixed up, or does an index lack the beginning of its window?"


def _divided(x: Answer) -> str:
    """Recognize entries that are the right ones divided by whole numbers, not all by the same."""
    a, e = x.a[x.wrong], x.e[x.wrong]
    if len(a) < 3 or not (a * e > 0).all():
        return ""
    ratio = np.maximum(a / e, e / a)
    if ratio.max() > 1000 or np.abs(ratio - np.round(ratio)).max() > 1e-6 * ratio.max():
        return ""
    verb = "divided" if (np.abs(a) < np.abs(e)).all() else "multiplied"
    return f"every wrong entry of {x.name} is the right one {verb} by a whole number: who shares it, and why?"


def _zeros(x: Answer) -> str:
    """Recognize that most wrong entries are 0, or should be."""
    size = 1e-9 * np.abs(x.e).max()
    missing = int((x.wrong & (np.abs(x.a) <= size)).sum())
    extra = int((x.wrong & (np.abs(x.e) <= size)).sum())
    if 2 * missing > x.wrong.sum():
        return f"{missing} entries of {x.name} are 0 and should not be: what should they get, and from where?"
    if 2 * extra > x.wrong.sum():
        return f"{extra} entries of {x.name} should be 0 and are not: is a mask missing?"
    return ""


def _by_hand(x: Answer) -> str:
    """Return what always helps."""
    first = [int(i) for i in np.argwhere(x.wrong)[0]] if x.wrong.any() else []
    return f"work out {x.name}{first} of this case by hand, and print what your code adds up for it."


def _from_exception(failure: CheckFailure) -> str:
    """Return what to look at when NumPy, or the student's own check, refuses the sizes of a case."""
    if failure.stage != "raised":
        return ""
    if failure.where.endswith("(your own raise or assert)"):
        return "the sizes of this case are valid: your own check refuses them."
    text = failure.values
    if "broadcast" in text or "matmul" in text or "not aligned" in text:
        return "two arrays whose shapes do not fit meet in that line: print both shapes on this case."
    if "reshape" in text:
        return "a reshape keeps the number of entries: which of the sizes in that line is wrong on this case?"
    if text.startswith("IndexError"):
        return "an index runs past the end: how long is that axis on this case, and how far does the loop go?"
    return ""

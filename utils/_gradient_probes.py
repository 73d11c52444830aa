"""Behind utils.gradient_check: calls of both functions, and finite differences that notice kinks.

A probe moves one input by a step along a direction and back along it, and looks at every output separately.
The central slope is what a gradient is compared with; the jump between the two one-sided slopes shows a kink.
For a smooth function the slope is the same at half the step and the jump half as large; at a kink one of the
two does not hold.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utils.error_patterns import brackets, largest_place, tell_apart

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Probe = tuple[Array, Array, Array]  # slopes, jumps, direction

EPS = float(np.finfo(np.float64).eps)
ROUNDING = 32.0  # an output is taken to be exact to this many units in its last place
FLOOR = 0.01  # entries smaller than this fraction of the largest are compared on the scale of that fraction
KINK = 0.3  # a kink that moves the slope by E shows by E / 3 or more in one of the two comparisons

Texts = tuple[str, str, str, str]  # headline, where, values, hint


@dataclass(frozen=True)
class Verdict:
    """One rule applied to one array: whether it holds, and if not, the parts of the five-line message."""

    rule: str
    subject: str
    ok: bool
    headline: str = ""
    where: str = ""
    values: str = ""
    hint: str = ""
    error: Exception | None = None


class Broken(Exception):  # noqa: N818 - it carries a verdict, not an error
    """A rule does not hold and nothing further can be checked."""

    def __init__(
        self,
        rule: str,
        subject: str,
        headline: str,
        where: str,
        values: str,
        hint: str,
        error: Exception | None = None,
    ) -> None:
        super().__init__(headline)
        self.verdict = Verdict(rule, subject, False, headline, where, values, hint, error)


def array_fault(
    value: Any, shape: tuple[int, ...] | None = None, *, finite: bool = True
) -> tuple[str, str, str] | None:
    """Say what keeps a value from being a plain, finite float64 array: (what, values, hint), or None.

    NumPy returns scalars where a 0-d array is meant; they pass for one.
    """
    kind = type(value)
    if value is None:
        return (
            "is None",
            "yours None, expected an array",
            "is it returned, and is a result assigned on every path?",
        )
    if kind is not np.ndarray and not isinstance(value, (np.floating, float)):
        hint = "return plain arrays: np.asarray(...), no matrix, masked array or list"
        return "is not a NumPy array", f"yours {kind.__name__}, expected numpy.ndarray", hint
    array = np.asarray(value)
    if shape is not None and array.shape != shape:
        return (
            "has the wrong shape",
            f"yours {array.shape}, expected {shape}",
            "print the shape after every line",
        )
    if array.dtype != np.float64:
        hint = "keep the dtype of the inputs: np.zeros_like(x), no dtype=... and no astype"
        return f"is {array.dtype}, not float64", f"yours {array.dtype}, expected float64", hint
    bad = ~np.isfinite(array)
    if finite and bad.any():
        worst = array[np.unravel_index(int(np.argmax(bad)), bad.shape)]
        hint = "a division by zero, log(0), an overflow, or memory from np.empty that is never written?"
        return "is not finite", f"{np.count_nonzero(bad)} of {bad.size} entries, the first is {worst}", hint
    return None


def check_inputs(function: str, names: Sequence[str], arrays: Sequence[Any]) -> None:
    """Refuse inputs that cannot be differentiated by: they must be float64 arrays."""
    for name, value in zip(names, arrays, strict=True):
        fault = array_fault(value)
        if type(value) is not np.ndarray:
            fault = "is not a NumPy array", f"yours {type(value).__name__}, expected numpy.ndarray", ""
        elif fault is None and value.size == 0:
            fault = "is empty", f"shape {value.shape}", "choose sizes of at least 1"
        if fault is not None:
            what, values, hint = fault
            if "finite" not in what and "empty" not in what:
                hint = f"cast it first: {name} = np.asarray({name}, dtype=np.float64)"
            headline = f"{function}: cannot be checked, because the input {name} {what}."
            raise Broken("inputs", name, headline, "the arguments, before any call", values, hint)


@dataclass(frozen=True)
class Pair:
    """A forward and a backward function, their names and options; outputs are joined into one flat array."""

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    forward_name: str
    backward_name: str
    output_names: tuple[str, ...]
    options: dict[str, Any]

    def run_forward(
        self, inputs: Sequence[Array], where: str, *, finite: bool = True
    ) -> tuple[Array, list[tuple[int, ...]], Any]:
        """Return all outputs as one new flat array, their shapes, and the cache."""
        try:
            returned = self.forward(*inputs, **self.options)
        except Exception as error:
            headline = f"{self.forward_name}: raised {type(error).__name__}."
            hint = "call it alone with inputs of these shapes, and read the end of the traceback"
            raise Broken(
                "forward", "", headline, where, str(error) or "no text", hint, error=error
            ) from error
        count = len(self.output_names) + 1
        if type(returned) is not tuple or len(returned) != count:
            expected = ", ".join((*self.output_names, "cache"))
            headline = f"{self.forward_name}: does not return ({expected})."
            values = f"yours {describe_kind(returned)}, expected a tuple of {count}"
            raise Broken("forward", "", headline, where, values, f"end it with: return {expected}")
        for name, out in zip(self.output_names, returned, strict=False):
            fault = array_fault(out, finite=finite)
            if fault is None and np.size(out) == 0:
                fault = "is empty", f"shape {np.shape(out)}", "is a slice or a range of windows empty?"
            if fault is not None:
                raise Broken(
                    "forward", name, f"{self.forward_name}: the output {name} {fault[0]}.", where, *fault[1:]
                )
        outputs = returned[:-1]
        return (
            np.concatenate([np.ravel(out) for out in outputs]),
            [np.shape(out) for out in outputs],
            returned[-1],
        )

    def run_backward(self, upstream: Sequence[Any], cache: Any, count: int, where: str) -> list[Any]:
        """Return the gradients, whatever they are, if there are as many as inputs."""
        try:
            returned = self.backward(*upstream, cache)
        except Exception as error:
            headline = f"{self.backward_name}: raised {type(error).__name__}."
            hint = "call it alone with dout of the output's shape, and read the end of the traceback"
            raise Broken(
                "backward", "", headline, where, str(error) or "no text", hint, error=error
            ) from error
        if returned is None:
            hint = "end it with a return statement"
            raise Broken("backward", "", f"{self.backward_name}: returns None.", where, "yours None", hint)
        if count == 1 and not isinstance(returned, (tuple, list)):
            return [returned]
        if count == 1 or not isinstance(returned, (tuple, list)) or len(returned) != count:
            wanted = "1 array" if count == 1 else f"a tuple of {count} arrays"
            headline = f"{self.backward_name}: does not return {wanted}."
            hint = "one gradient for each input that is differentiated, in the order of forward's arguments"
            values = f"yours {describe_kind(returned)}, expected {wanted}"
            raise Broken("backward", "", headline, where, values, hint)
        return list(returned)


def describe_change(headline: str, name: str, before: Any, after: Any) -> Texts | None:
    """Say where an argument was changed, or None."""
    if np.shape(before) != np.shape(after):
        hint = f"work on a copy, and do not assign {name}.shape"
        return headline, "its shape", f"before {np.shape(before)}, after {np.shape(after)}", hint
    changed = before != after
    if not np.any(changed):
        return None
    first = largest_place(changed)
    where = f"{np.count_nonzero(changed)} of {changed.size} entries; first at {name}{brackets(first)}"
    values = "before {}, after {}".format(*tell_apart(before[first], after[first]))
    return headline, where, values, f"work on a copy: +=, *=, out= and {name}[...] = change the array itself"


def name_of(function: Any, default: str) -> str:
    """Return the name of a function or of the function in a partial; the default for a lambda."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__name__", default)
    return default if name == "<lambda>" else str(name)


def name_inputs(
    forward: Callable[..., Any], inputs: Any, names: Sequence[str] | None, options: Mapping[str, Any]
) -> tuple[list[str], list[Any]]:
    """Return one name for each input: given, the keys of a dict, or the parameters of forward."""
    if isinstance(inputs, Mapping):
        names, arrays = list(inputs) if names is None else names, list(inputs.values())
    else:
        arrays = list(inputs) if isinstance(inputs, (tuple, list)) else [inputs]
    if not arrays:
        raise ValueError("there are no inputs to differentiate by")
    if names is None:
        names = []
        with contextlib.suppress(TypeError, ValueError):
            parameters = inspect.signature(forward).parameters.values()
            positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            names = [p.name for p in parameters if p.kind in positional and p.name not in options][
                : len(arrays)
            ]
        names += [f"x{i}" for i in range(len(names), len(arrays))]
    if len(names) != len(arrays) or len(set(names)) != len(names):
        raise ValueError(f"{len(arrays)} inputs need as many different names, not {list(names)}")
    return list(names), arrays


def describe_case(names: Sequence[str], arrays: Sequence[Any], options: Mapping[str, Any]) -> str:
    """Return the case line: shapes and options."""
    shapes = [f"{name} {np.shape(value)}" for name, value in zip(names, arrays, strict=True)]
    settings = [
        f"{key}={value}" if np.ndim(value) == 0 else f"{key} {np.shape(value)}"
        for key, value in options.items()
    ]
    return ", ".join(shapes + settings)


def describe_kind(value: Any) -> str:
    """Return what a returned value is, in two or three words."""
    return (
        f"a {type(value).__name__} of {len(value)}"
        if isinstance(value, (tuple, list))
        else type(value).__name__
    )


@dataclass(frozen=True)
class Problem:
    """A function of several arrays at one point, and a weight for each of its outputs.

    `evaluate(index, array)` gives all outputs as one flat array, with input number `index` replaced.
    """

    evaluate: Callable[[int, Array], Array]
    inputs: Sequence[Array]
    outputs: Array
    upstream: Array
    step: float

    @property
    def noise(self) -> float:
        """Bound the rounding error of a finite difference of the weighted sum of the outputs.

        Outputs that seem not to have moved count too: their change may have been rounded to zero.
        """
        return ROUNDING * EPS * _norm(self.upstream * self.outputs) / self.step


@dataclass
class Comparison:
    """Derivatives of one input from backward and from finite differences, and what may be said about them."""

    actual: Array
    expected: Array
    scale: Array
    checked: Mask
    skipped: int = 0  # entries (full mode) or outputs (fast mode) left out
    total: int = 0

    @property
    def errors(self) -> Array:
        """Return the gaps as fractions of the scale; zero where nothing is known, infinite for no number."""
        with np.errstate(invalid="ignore", over="ignore"):
            errors = np.abs(self.actual - self.expected) / self.scale
        errors = np.where(np.isnan(errors) | np.isinf(self.scale), np.inf, errors)
        return np.where(self.checked, errors, 0.0)


def _norm(array: Array) -> float:
    """Return the Euclidean norm, without overflow on the way."""
    peak = float(np.abs(array).max())
    return peak * float(np.linalg.norm(array / peak)) if 0.0 < peak < np.inf else peak


def probe(problem: Problem, index: int, direction: Array, *, part: float = 1.0) -> Probe:
    """Return slope and jump of every output along a direction, and the direction as it was after rounding."""
    base, step = problem.inputs[index], part * problem.step
    ahead, behind = np.asarray(base + step * direction), np.asarray(base - step * direction)
    with np.errstate(all="ignore"):  # a probe may leave the domain, of a square root say; that is a kink
        up, down = problem.evaluate(index, ahead), problem.evaluate(index, behind)
        slopes, jumps = (up - down) / (2 * step), (up - 2 * problem.outputs + down) / step
    return slopes, jumps, (ahead - behind) / (2 * step)


def is_constant(problem: Problem, found: Probe) -> bool:
    """Return whether no output changed in a probe by more than rounding."""
    largest = float(np.abs(problem.outputs).max())
    return bool((np.abs(found[0]) <= ROUNDING * EPS * largest / problem.step).all())


def compare_entries(problem: Problem, index: int, gradient: Array, tolerance: float) -> Comparison:
    """Compare a gradient entry by entry; two forward passes each, four where a kink is suspected."""
    size = problem.inputs[index].size
    slopes, jumps = np.array([_probe_entry(problem, index, entry) for entry in range(size)]).T
    actual = gradient.reshape(-1)
    known = np.isfinite(slopes) & np.isfinite(jumps)
    peak = float(np.abs(slopes[known]).max(initial=0.0))
    sizes = np.maximum(np.where(known, np.abs(slopes), 0.0), max(FLOOR * peak, 1e-290))
    scale = np.maximum(sizes, np.abs(actual)) + problem.noise / tolerance
    result = Comparison(actual, slopes, scale, known, total=size)
    allowed = KINK * (
        tolerance * sizes + problem.noise
    )  # of the function alone: a wrong gradient makes no kink
    smooth = (np.abs(jumps) <= allowed) & (result.errors <= tolerance)
    for entry in np.flatnonzero(known & ~smooth).tolist():
        slope, jump = _probe_entry(problem, index, entry, part=0.5)
        drift = max(abs(slope - slopes[entry]), abs(jump - jumps[entry] / 2))
        result.checked[entry] = drift <= allowed[entry]
    result.skipped = int(np.count_nonzero(~result.checked))
    return result


def _probe_entry(problem: Problem, index: int, entry: int, *, part: float = 1.0) -> tuple[float, float]:
    """Return slope and jump of the weighted sum of the outputs, for one entry moved."""
    direction = np.zeros(problem.inputs[index].shape)
    direction.reshape(-1)[entry] = 1.0
    slopes, jumps, moved = probe(problem, index, direction, part=part)
    with np.errstate(all="ignore"):
        slope = float(problem.upstream @ slopes) / float(moved.reshape(-1)[entry])
        return slope, float(problem.upstream @ jumps)


def compare_directions(
    problem: Problem,
    index: int,
    gradient: Array,
    probes: Sequence[tuple[Array, Probe]],
    tolerance: float,
    backward: Callable[[Array], Array],
) -> Comparison:
    """Compare a gradient along a few directions; outputs at a kink are left out of both sides.

    `backward(upstream)` gives the gradient for other weights of the outputs, if there are kinks.
    """
    found = [result for _, result in probes]
    kinked = np.zeros(problem.outputs.shape, dtype=bool)
    result = _project(problem, gradient, found, kinked, tolerance)
    for number, (direction, (slopes, jumps, moved)) in enumerate(probes):
        known = np.isfinite(slopes) & np.isfinite(jumps)
        kinked |= ~known
        typical = float(np.sqrt(np.mean(slopes[known] ** 2))) if known.any() else 0.0
        rounding = ROUNDING * EPS * (np.abs(problem.outputs) + np.abs(problem.outputs).mean()) / problem.step
        allowed = KINK * tolerance * typical + rounding
        if result.errors[number] <= tolerance and (np.abs(jumps[known]) <= allowed[known]).all():
            continue
        half_slopes, half_jumps, _ = probe(problem, index, direction, part=0.5)
        with np.errstate(invalid="ignore"):
            kinked |= ~(np.abs(half_slopes - slopes) <= allowed) | ~(
                np.abs(half_jumps - jumps / 2) <= allowed
            )
        found[number] = (4 * half_slopes - slopes) / 3, jumps, moved  # without the term in step**2
    if kinked.any():
        gradient = backward(np.where(kinked, 0.0, problem.upstream))
    return _project(problem, gradient, found, kinked, tolerance)


def _project(
    problem: Problem,
    gradient: Array,
    probes: Sequence[Probe],
    kinked: Mask,
    tolerance: float,
) -> Comparison:
    upstream = np.where(kinked, 0.0, problem.upstream)
    with np.errstate(all="ignore"):
        expected = np.array([upstream @ np.where(kinked, 0.0, slopes) for slopes, _, _ in probes])
        actual = np.array([np.sum(gradient * moved) for _, _, moved in probes])
    size = max(_norm(gradient), _norm(expected) / len(probes) ** 0.5, 1e-290)
    scale = np.full(len(probes), size + problem.noise / tolerance)
    # If what is left beside the kinks does not depend on the input, nothing has been compared.
    checked = not kinked.any() or any(np.any(slopes[~kinked]) for slopes, _, _ in probes)
    skipped = int(np.count_nonzero(kinked))
    return Comparison(actual, expected, scale, np.full(len(probes), checked), skipped, kinked.size)

"""Checks shared by every layer that has a forward and a backward function.

A topic describes its layers with `Layer`, and `forward_checks` and `backward_checks` turn each into the checks
``check_<slug>_<aspect>``. One forward and one backward call serve all aspects of a case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from utils.checks.case import Case
from utils.checks.core import Check, tolerance_of
from utils.checks.implementation import Implementation, Trace
from utils.compare import CheckFailure, expect_array, expect_parts, relative_gap

MOST_STEPS_PER_ITEM = 3
"""A Python loop executes at least five bytecodes an iteration; a vectorized function adds none."""


@dataclass(frozen=True)
class Layer:
    """A pair ``forward(*arrays, **options) -> (out, cache)`` and ``backward(dout, cache) -> gradients``.

    Attributes
    ----------
    arrays : tuple of str
        Positional inputs of the forward function.
    options : tuple of str
        Keyword-only inputs.
    gradients : tuple of str
        What backward returns, in order; a single one is returned bare.
    """

    forward: str
    backward: str
    arrays: tuple[str, ...]
    options: tuple[str, ...]
    gradients: tuple[str, ...]
    vectorized: bool = False


def forward_checks(layer: Layer) -> list[Check]:
    """Return the checks of the forward function: values, inputs untouched, and vectorized where asked for."""
    slug = layer.forward

    def values(impl: Implementation, case: Case) -> float:
        (out, _), _ = _forward(layer, impl, case)
        return expect_array("out", out, case.expected["out"], tolerance=tolerance_of(slug, case))

    def keeps_inputs(impl: Implementation, case: Case) -> None:
        _, used = _forward(layer, impl, case)
        expect_unmodified(used, case)

    def vectorized(impl: Implementation, case: Case) -> None:
        _expect_no_loop(lambda inputs: _forward_trace(layer, impl, inputs), case)

    checks = [
        Check(slug, "values", values),
        Check(slug, "keeps_inputs", keeps_inputs, contract=True),
    ]
    if layer.vectorized:
        checks.append(Check(slug, "vectorized", vectorized, contract=True, kind="cost"))
    return checks


def backward_checks(layer: Layer) -> list[Check]:
    """Return the checks of the backward function: one verdict per gradient, then the contract."""
    slug = layer.backward

    def gradient(name: str) -> Check:
        def values(impl: Implementation, case: Case) -> float:
            gradients = _backward(layer, impl, case)[0]
            try:
                return expect_array(
                    name, gradients[name], case.expected[name], tolerance=tolerance_of(slug, case)
                )
            except CheckFailure as failure:
                if not _forward_is_right(layer, impl, case):
                    failure.hint = (
                        f"{layer.forward} is wrong on this case too: mend that first, then run this again."
                    )
                raise

        return Check(slug, name, values)

    def keeps_inputs(impl: Implementation, case: Case) -> None:
        _, upstream, used = _backward(layer, impl, case)
        expect_unmodified({"dout": upstream} | used, case)

    def repeatable(impl: Implementation, case: Case) -> None:
        first = {k: _as_data(v) for k, v in _backward(layer, impl, case)[0].items()}
        cache, _ = _cache(layer, impl, case)
        second = _gradients(layer, impl, case.fresh("dout")[0], cache)
        for name, before in first.items():
            after = _as_data(second[name])
            # Not to the last bit: a matrix product may depend on where in memory its arrays begin.
            if before.shape != after.shape or not relative_gap(after, before) <= tolerance_of(slug, case):
                raise CheckFailure(
                    "contract",
                    f"a second call with the same cache returns another {name}.",
                    hint="backward must leave the cache as it found it, and start from zeros each time.",
                    signature=f"not repeatable {name}",
                )

    def zero_upstream(impl: Implementation, case: Case) -> None:
        cache, _ = _cache(layer, impl, case)
        gradients = _gradients(layer, impl, np.zeros_like(case.inputs["dout"]), cache)
        for name, value in gradients.items():
            if np.any(_as_data(value) != 0):
                raise CheckFailure(
                    "contract",
                    f"{name} is not zero when the upstream gradient is zero.",
                    values="every entry of dout is 0",
                    hint="every term of a gradient is multiplied by an entry of dout.",
                    signature=f"not zero {name}",
                )

    def analytic(impl: Implementation, case: Case) -> None:
        inputs, dout = case.inputs["sizes"][0], case.inputs["dout"].copy()
        _, cache = _any_forward(layer, impl, inputs)
        _, trace = impl.trace(layer.backward, dout, cache)
        entries = inputs[layer.arrays[0]].size
        if trace.most_calls > entries // 2:
            raise CheckFailure(
                "cost",
                "calls one function about once for every entry of the input.",
                values=f"one function is called {trace.most_calls} times for {entries} entries",
                hint="this looks like finite differences: derive the gradient instead.",
                signature="finite differences",
            )

    def vectorized(impl: Implementation, case: Case) -> None:
        def trace(inputs: dict[str, Any]) -> Trace:
            out, cache = _any_forward(layer, impl, inputs)
            return impl.trace(layer.backward, np.ones_like(_as_data(out)), cache)[1]

        _expect_no_loop(trace, case)

    checks = [gradient(name) for name in layer.gradients]
    checks += [
        Check(slug, "keeps_inputs", keeps_inputs, contract=True),
        Check(slug, "repeatable", repeatable, contract=True),
        Check(slug, "zero_upstream", zero_upstream, contract=True),
        Check(slug, "analytic", analytic, contract=True, kind="analytic"),
    ]
    if layer.vectorized:
        checks.append(Check(slug, "vectorized", vectorized, contract=True, kind="cost"))
    return checks


def no_loop(
    impl: Implementation, slug: str, case: Case, names: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """Fail when a function takes more interpreter steps at the larger of two sizes; for single functions."""

    def trace(inputs: dict[str, Any]) -> Trace:
        copies = _copies(inputs)
        return impl.trace(slug, *(copies[n] for n in names), **{n: copies[n] for n in options})[1]

    _expect_no_loop(trace, case)


def _forward(layer: Layer, impl: Implementation, case: Case) -> tuple[tuple[Any, Any], dict[str, Any]]:
    """Call forward once a case; return (out, cache) and the arrays it was called with."""

    def call() -> tuple[tuple[Any, Any], dict[str, Any]]:
        used = dict(zip(layer.arrays, case.fresh(*layer.arrays), strict=True))
        result = _call_forward(layer, impl, used | {name: case.inputs[name] for name in layer.options})
        out, cache = expect_parts(result, ("out", "cache"))
        return (out, cache), used

    return once(impl, layer.forward, call)  # type: ignore[no-any-return]


def _call_forward(layer: Layer, impl: Implementation, inputs: dict[str, Any]) -> Any:
    return impl.call(
        layer.forward, *(inputs[n] for n in layer.arrays), **{n: inputs[n] for n in layer.options}
    )


def _any_forward(layer: Layer, impl: Implementation, inputs: dict[str, Any]) -> tuple[Any, Any]:
    """Call the student's forward, or where it fails the reference that a grader offers; for checks of cost."""
    try:
        out, cache = expect_parts(_call_forward(layer, impl, _copies(inputs)), ("out", "cache"))
    except CheckFailure:
        reference = impl.substitute(layer.forward)
        if reference is None:
            raise
        inputs = _copies(inputs)
        out, cache = reference(*(inputs[n] for n in layer.arrays), **{n: inputs[n] for n in layer.options})
    return out, cache


def _forward_trace(layer: Layer, impl: Implementation, inputs: dict[str, Any]) -> Any:
    inputs = _copies(inputs)
    return impl.trace(
        layer.forward, *(inputs[n] for n in layer.arrays), **{n: inputs[n] for n in layer.options}
    )[1]


def _backward(
    layer: Layer, impl: Implementation, case: Case
) -> tuple[dict[str, Any], np.ndarray, dict[str, Any]]:
    """Call forward and backward once a case; return the gradients by name and the arrays that were passed."""

    def call() -> tuple[dict[str, Any], np.ndarray, dict[str, Any]]:
        cache, used = _cache(layer, impl, case)
        # Forward may have modified its arguments, which is not what is judged here.
        before = {name: value.copy() for name, value in used.items()}
        (dout,) = case.fresh("dout")
        gradients = _gradients(layer, impl, dout, cache)
        changed = {
            n: (case.inputs[n] if np.array_equal(before[n], used[n], equal_nan=True) else used[n])
            for n in used
        }
        # Copies: a gradient may share memory with an argument that a later call modifies.
        gradients = {n: (v.copy() if type(v) is np.ndarray else v) for n, v in gradients.items()}
        return gradients, dout, changed

    return once(impl, layer.backward, call)  # type: ignore[no-any-return]


def _cache(layer: Layer, impl: Implementation, case: Case) -> tuple[Any, dict[str, Any]]:
    """Return the cache that backward starts from, and the arrays that forward was called with.

    It is the student's own as long as their forward is right on this case. Where it is not, a grader offers the
    reference's cache; it is used if backward is right with it, so that a wrong forward costs points once. A student's
    cache may hold other things than the reference's, and then their own is all there is.
    """

    def choose() -> tuple[Any, dict[str, Any]]:
        reference = impl.substitute(layer.forward)
        if reference is not None and not _forward_is_right(layer, impl, case):
            used = dict(zip(layer.arrays, case.fresh(*layer.arrays), strict=True))
            _, cache = reference(*used.values(), **{n: case.inputs[n] for n in layer.options})
            try:
                gradients = _gradients(layer, impl, case.fresh("dout")[0], cache)
                for name in layer.gradients:
                    expect_array(
                        name,
                        gradients[name],
                        case.expected[name],
                        tolerance=tolerance_of(layer.backward, case),
                    )
                return cache, used
            except CheckFailure:
                pass
        try:
            (_, cache), used = _forward(layer, impl, case)
        except CheckFailure as wrong:
            raise CheckFailure(
                "raised",
                f"cannot be checked here, because {layer.forward} {wrong.problem}",
                where=wrong.where,
                values=wrong.values,
                hint=f"mend {layer.forward} first: its cache is what {layer.backward} starts from.",
                signature=f"forward {wrong.signature if isinstance(wrong.signature, str) else ''}",
            ) from wrong
        return cache, used

    return once(impl, f"cache of {layer.forward}", choose)  # type: ignore[no-any-return]


def _forward_is_right(layer: Layer, impl: Implementation, case: Case) -> bool:
    try:
        (out, _), _ = _forward(layer, impl, case)
        expect_array("out", out, case.expected["out"], tolerance=tolerance_of(layer.forward, case))
    except CheckFailure:
        return False
    return True


def _gradients(layer: Layer, impl: Implementation, dout: np.ndarray, cache: Any) -> dict[str, Any]:
    result = impl.call(layer.backward, dout, cache)
    if len(layer.gradients) == 1:
        return {layer.gradients[0]: result}
    return dict(zip(layer.gradients, expect_parts(result, layer.gradients), strict=True))


def once(impl: Implementation, key: str, call: Any) -> Any:
    """Remember the outcome, also a failure, for the other aspects of the same case."""
    if key not in impl.memo:
        try:
            impl.memo[key] = (call(), None)
        except CheckFailure as failure:
            impl.memo[key] = (None, failure)
    result, failed = impl.memo[key]
    if failed is not None:
        raise failed
    return result


def expect_unmodified(used: dict[str, Any], case: Case) -> None:
    """Fail when an argument differs from what it was before the call."""
    for name, value in used.items():
        original = case.inputs[name]
        if value.shape != original.shape or not np.array_equal(value, original, equal_nan=True):
            many = int((value != original).sum()) if value.shape == original.shape else original.size
            what = "the upstream gradient dout" if name == "dout" else f"its input {name}"
            raise CheckFailure(
                "contract",
                f"modifies {what}.",
                where=f"{many} of {original.size} entries of {name} differ after the call",
                hint=f"work on a copy: +=, *= and {name}[...] = change the caller's array.",
                signature=f"modifies {name}",
            )


def _expect_no_loop(trace: Callable[[dict[str, Any]], Trace], case: Case) -> None:
    items = case.inputs["items"]

    def grows() -> int:
        small, large = (trace(inputs).steps for inputs in case.inputs["sizes"])
        return large - small

    growth = grows()
    if growth > MOST_STEPS_PER_ITEM * items:
        # Whatever else ran meanwhile, such as the callback of a garbage collection, hardly runs twice.
        growth = min(growth, grows())
    if growth > MOST_STEPS_PER_ITEM * items:
        raise CheckFailure(
            "cost",
            f"loops in Python over {case.inputs['axis']}.",
            where=f"{case.inputs['axis']} larger by {items}",
            values=f"yours {growth} interpreter steps more, expected none",
            hint=f"let NumPy work on all of {case.inputs['axis']} at once (slices, reshape, matrix products).",
            signature=f"loops over {case.inputs['axis']}",
        )


def _copies(inputs: dict[str, Any]) -> dict[str, Any]:
    return {k: (v.copy() if isinstance(v, np.ndarray) else v) for k, v in inputs.items()}


def _as_data(value: Any) -> np.ndarray:
    """Return the value if it is an array that can be compared, else an empty one (the values check reports it)."""
    if type(value) is np.ndarray and value.dtype.kind == "f":
        return value
    return np.empty(0)

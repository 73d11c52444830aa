"""Cases: the inputs a check calls a function with, and the values it should return."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

EXPECTED = Path(__file__).parent / "expected"


class Draw(Protocol):
    """Where the numbers of a case come from: `Dyadic` for public cases, a random generator for hidden ones."""

    def values(self, shape: tuple[int, ...]) -> np.ndarray: ...

    def distinct(self, shape: tuple[int, ...]) -> np.ndarray: ...


class Dyadic:
    """Multiples of 1/16 that are neither 0 nor 1 nor -1, the same on every machine and with every NumPy.

    Sums and products of such numbers are exact in float64, in any order, so the stored expected values are exact too
    and a student reads 0.375, not 0.37499999999999994. ``RandomState`` is NumPy's frozen generator.

    In float32 they are exact as well. `fine` numbers have 22 binary places: still exact in float64, but where an array
    is float32, products and sums are rounded.
    """

    def __init__(self, seed: int, *, fine: bool = False) -> None:
        self._random = np.random.RandomState(seed)
        self._fine = fine

    def values(self, shape: tuple[int, ...]) -> np.ndarray:
        sixteenths = np.concatenate([np.arange(-40, 0), np.arange(1, 41)])
        sixteenths = sixteenths[np.abs(sixteenths) != 16]
        return self._random.choice(sixteenths, size=shape) / 16.0 + self._more(shape)

    def distinct(self, shape: tuple[int, ...]) -> np.ndarray:
        """No two entries are equal: the nearest two are 1/16 apart, so no window has a tie."""
        size = int(np.prod(shape))
        return (self._random.permutation(size).reshape(shape) - size // 2 + 0.5) / 16.0 + self._more(shape)

    def _more(self, shape: tuple[int, ...]) -> np.ndarray | float:
        return self._random.randint(-(2**12), 2**12, shape) / 2.0**22 if self._fine else 0.0


class Fresh:
    """Continuous random numbers for hidden cases, from a generator that depends on the student."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def values(self, shape: tuple[int, ...]) -> np.ndarray:
        return self.rng.standard_normal(shape)

    def distinct(self, shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape))
        ranks = self.rng.permutation(size) + self.rng.uniform(-0.25, 0.25, size)
        return ((ranks - size / 2) / 16.0).reshape(shape)


@dataclass(frozen=True)
class Case:
    """One configuration with its inputs and expected outputs.

    Attributes
    ----------
    name : str
        Key of the case, unique within its exercise.
    inputs : mapping
        Arrays and options. Checks take copies with `fresh`, so the originals tell whether a function modified its
        input.
    expected : mapping
        Right outputs by name; empty for cases that only measure cost.
    traits : mapping of str to str
        What is special about the configuration (key), and the hint to give where exactly the cases with this trait
        fail (value).
    kind : str
        ``grid`` for values and contract, ``cost`` for the cases that count interpreter steps.
    """

    name: str
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, str] = field(default_factory=dict)
    kind: str = "grid"

    def fresh(self, *names: str) -> tuple[Any, ...]:
        """Return copies of the named inputs."""
        return tuple(
            value.copy() if isinstance(value, np.ndarray) else value
            for value in (self.inputs[name] for name in names)
        )

    @property
    def single(self) -> bool:
        """True when the inputs are float32."""
        return any(isinstance(v, np.ndarray) and v.dtype == np.float32 for v in self.inputs.values())


Oracle = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def stored_expected(topic: str, operation: str) -> Oracle:
    """Return an oracle that looks the values of the public cases up in ``expected/<topic>.json``."""

    def look_up(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        stored = _expected_file(topic).get(operation, {}).get(str(inputs["name"]), {})
        return {name: _decode(value) for name, value in stored.items()}

    return look_up


@cache
def _expected_file(topic: str) -> dict[str, Any]:
    path = EXPECTED / f"{topic}.json"
    if not path.is_file():
        return {}
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def encode(value: Any) -> Any:
    """Return a JSON form of an expected value: an int as it is, an array as shape, dtype and 12 digits an entry."""
    if not isinstance(value, np.ndarray):
        return value
    numbers = [int(v) if v.is_integer() else float(f"{v:.12g}") for v in value.astype(np.float64).ravel()]
    return {"shape": list(value.shape), "dtype": str(value.dtype), "values": numbers}


def _decode(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return np.array(value["values"], dtype=value["dtype"]).reshape(value["shape"])

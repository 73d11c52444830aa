"""The course as the builder sees it: a folder and its registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import UserError

if TYPE_CHECKING:
    from grader.exercises import Exercise

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Course:
    """A course folder with its exercises, in the order of the registry.

    Attributes
    ----------
    root : Path
        The folder that holds solutions/, assignments/, utils/ and nbgrader_config.py.
    exercises : mapping of str to Exercise
        The registry.
    units : tuple of str
        The units' slugs, in order.
    """

    root: Path
    exercises: Mapping[str, Exercise]
    units: tuple[str, ...]

    def of_unit(self, unit: str) -> list[Exercise]:
        """The exercises of one unit."""
        return [exercise for exercise in self.exercises.values() if exercise.unit == unit]

    def select(self, units: list[str]) -> tuple[str, ...]:
        """The units named, or all when none is; an unknown name is a UserError."""
        for unit in units:
            if unit not in self.units:
                raise UserError(f"there is no unit {unit}; the units are {', '.join(self.units)}")
        return tuple(unit for unit in self.units if unit in units) if units else self.units


def load_course() -> Course:
    """Take this repository as a course."""
    from grader.exercises import EXERCISES, UNITS

    return Course(ROOT, EXERCISES, tuple(UNITS))

"""The generated numbers that ship with the checks: expected values and fingerprints of the public cases."""

from __future__ import annotations

import dataclasses
import importlib
import json
from typing import Any

from grader.course import Course
from grader.fingerprints import mistakes_on
from utils import checks
from utils.checks.case import Case, encode


def expected_values(course: Course, units: tuple[str, ...]) -> dict[str, bytes]:
    """Return ``utils/checks/expected/<topic>.json``: what the oracles say on the public cases."""
    files = {}
    for topic, module in _topics(course, units).items():
        oracle = importlib.import_module(f"grader.hidden.{topic}").oracle
        stored: dict[str, dict[str, Any]] = {}
        for slug in module.CHECKS:
            operation = getattr(module, "operation", str)(slug)
            if operation in stored:
                continue
            stored[operation] = {
                case.name: {name: encode(value) for name, value in oracle(slug, case.inputs).items()}
                for case in module.public_cases(slug)
                if case.kind == "grid"
            }
        files[f"utils/checks/expected/{topic}.json"] = _json(stored, depth=3)
    return files


def fingerprints(course: Course, units: tuple[str, ...]) -> dict[str, bytes]:
    """Return ``utils/checks/fingerprints/<topic>.json``: what each catalogued mistake returns on the public cases."""
    files = {}
    for topic, module in _topics(course, units).items():
        stored = {slug: mistakes_on(slug, judged_public_cases(slug)) for slug in module.CHECKS}
        files[f"utils/checks/fingerprints/{topic}.json"] = _json(stored, depth=4)
    return files


def judged_public_cases(slug: str) -> list[Case]:
    """Return the public cases with values from the oracle, not the stored ones, which may not be written yet."""
    oracle = importlib.import_module(f"grader.hidden.{checks.topic_of(slug)}").oracle
    return [
        dataclasses.replace(case, expected=oracle(slug, case.inputs)) if case.kind == "grid" else case
        for case in checks.public_cases(slug)
    ]


def _topics(course: Course, units: tuple[str, ...]) -> dict[str, Any]:
    """Return the modules of utils.checks that the units need."""
    wanted = {
        course.exercises[slug].topic for unit in units for slug in (e.slug for e in course.of_unit(unit))
    }
    return {topic: module for topic, module in checks.TOPICS.items() if topic in wanted}


def _json(value: Any, depth: int) -> bytes:
    """Return JSON with one line per entry down to a depth, so that a change shows as few lines in a diff."""

    def write(item: Any, level: int) -> str:
        if not isinstance(item, dict) or level == depth:
            return json.dumps(item, separators=(",", ":"))
        rows = [f"{' ' * (level + 1)}{json.dumps(k)}: {write(v, level + 1)}" for k, v in item.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * level + "}" if rows else "{}"

    return (write(value, 0) + "\n").encode()

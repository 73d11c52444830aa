"""Measure noise and signal of every exercise and store the tolerances: ``python -m tests.measure_tolerances``."""

import argparse
import json
import sys

import numpy as np
from tqdm import tqdm

from grader.errors import UserError
from grader.exercises import EXERCISES
from grader.files import write_atomically
from grader.hidden import hidden_cases, references
from grader.stored import judged_public_cases
from grader.tolerances import STORED, measure_signal, row
from tests.students import STUDENTS
from utils.checks import checks_of, run_checks
from utils.checks.implementation import Implementation


def measure_noise(slug, seeds):
    """Return the largest error that any right implementation makes on the public and some hidden cases."""
    largest = 0.0
    for seed in range(seeds):
        cases = judged_public_cases(slug) if seed == 0 else hidden_cases(slug, np.random.default_rng(seed))
        cases = [case for case in cases if case.kind == "grid" and not case.single]
        for student in STUDENTS:
            if slug in student.functions:
                impl = Implementation(student.functions, references(slug))
                errors = [v.error for v in run_checks(checks_of(slug), cases, impl) if v.error is not None]
                largest = max([largest, *errors])
    return largest


def main(arguments=None):
    """Measure, and write ``utils/checks/tolerances.json``."""
    parser = argparse.ArgumentParser(prog="python -m tests.measure_tolerances", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="hidden seeds for the noise (default: 20)")
    args = parser.parse_args(arguments)
    rows = {}
    try:
        for slug in tqdm(EXERCISES, desc="tolerances", unit="exercise"):
            rows[slug] = row(measure_noise(slug, args.seeds), measure_signal(slug, 2))
        lines = [f" {json.dumps(slug)}: {json.dumps(found)}" for slug, found in rows.items()]
        write_atomically(STORED, ("{\n" + ",\n".join(lines) + "\n}\n").encode())
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for slug, found in rows.items():
        print(
            f"{slug:32} noise {found['noise']:.0e}  tolerance {found['tolerance']:.0e}  signal {found['signal']:.0e}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

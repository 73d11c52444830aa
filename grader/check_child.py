"""The process in which `python -m grader check` runs a student's code: JOB in, one JSON line an event out."""

from __future__ import annotations

import ast
import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.narrative import without_magics

Report = Callable[..., None]


def main(job_file: str, report_file: str) -> None:
    """Run the cells, then the checks, and report before and after each."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    with open(report_file, "a", encoding="utf-8") as file:

        def report(event: str, **what: Any) -> None:
            file.write(json.dumps({"event": event} | what) + "\n")
            file.flush()

        space = run_cells(job["cells"], report)
        for slug, part in job["tasks"]:
            report("begin", slug=slug, part=part)
            result = public(slug, space) if part == "public" else hidden(slug, space, job["seed"])
            report("result", slug=slug, part=part, **result)
        report("done")


def run_cells(cells: list[dict[str, Any]], report: Report) -> dict[str, Any]:
    """Execute the cells in order, also after one that raises, and return what they define."""
    space: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(cells):
        if cell["skip"]:
            continue
        report("cell", cell=number)
        try:
            tree = ast.parse(without_magics(cell["source"]), cell["name"])
            if cell["unchanged"]:
                _run_definitions(tree, space)
            else:
                exec(compile(tree, f"<{cell['name']}>", "exec"), space)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            report("raised", cell=number, error=f"{type(error).__name__}: {str(error)[:200]}".rstrip(": "))
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
    return space


def public(slug: str, space: dict[str, Any]) -> dict[str, Any]:
    """Run the public checks as the notebook's own cell does."""
    from utils import checks
    from utils.checks.core import first_failure
    from utils.checks.implementation import Implementation

    verdicts = checks.judge(slug, Implementation(space), checks.public_cases(slug))
    message = ""
    wrong = first_failure(verdicts)
    if wrong is not None and wrong.failure is not None and wrong.failure.signature == "timeout":
        message = wrong.message()  # not another ten seconds
    elif wrong is not None:
        try:
            checks.check(slug, space)
        except checks.CheckFailure as failure:
            message = str(failure)
    return _result(slug, verdicts, message)


def hidden(slug: str, space: dict[str, Any], seed: int) -> dict[str, Any]:
    """Run the hidden checks, on cases that depend on the seed only."""
    import numpy as np

    from grader.hidden import judge_hidden, references
    from utils.checks.implementation import Implementation

    rng = np.random.default_rng([seed, *slug.encode()])
    verdicts = judge_hidden(slug, Implementation(space, references(slug)), rng)
    messages = dict.fromkeys(verdict.message(hidden=True) for verdict in verdicts if not verdict.passed)
    return _result(slug, verdicts, "\n".join(messages))


def _result(slug: str, verdicts: list[Any], message: str) -> dict[str, Any]:
    failed = [verdict for verdict in verdicts if verdict.failure is not None]
    first = message.splitlines()[0].removeprefix(f"{slug}: ") if message else ""
    unwritten = bool(failed) and any(verdict.failure.signature == "unwritten" for verdict in failed)
    return {
        "passed": sum(verdict.passed for verdict in verdicts),
        "total": len(verdicts),
        "right": not failed,
        "unwritten": unwritten,
        "problem": "not written yet" if unwritten else first.rstrip("."),
        "message": message,
    }


def _run_definitions(tree: ast.Module, space: dict[str, Any]) -> None:
    """Run the statements that only give names to things: imports, functions, values without a call."""
    for statement in tree.body:
        value = isinstance(statement, ast.Assign | ast.AnnAssign)
        if value and any(isinstance(node, ast.Call) for node in ast.walk(statement)):
            continue
        if value or isinstance(statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
            # What such a value is made of may have been left out.
            with contextlib.suppress(Exception):
                exec(compile(ast.Module([statement], []), "<narrative>", "exec"), space)


if __name__ == "__main__":
    main(*sys.argv[1:])

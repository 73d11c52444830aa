"""Grading with nbgrader as it is: its own commands, each in a process of its own.

A notebook that kills its kernel, never ends or makes nbgrader stumble costs its own process and no other. What the
rest of the grader knows of this engine is `register`, `autograde`, `feedback` and `export_csv`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UserError
from grader.processes import Processes
from grader.workplace import Workplace, open_gradebook

SECONDS_PER_NOTEBOOK = 600.0
"""The longest that one submission may take. Endless loops usually end earlier, by the limits of call and cell."""

TEMPLATES = Path(__file__).resolve().parent / "templates"

_SECONDS_WAITING_FOR_SQLITE = 60
_EXCEPTION = re.compile(r"^    [A-Za-z_][\w.]*(: |$)")
_LINE = re.compile(r"^\[\w+ \| (?P<level>[A-Z]+)\] (?P<text>.*)$")


@dataclass(frozen=True)
class Outcome:
    """How the grading of one submission ended.

    Attributes
    ----------
    graded : bool
        Whether there are points in the gradebook.
    reason : str
        If not, why: half a sentence.
    seconds : float
        Time it took.
    """

    graded: bool
    reason: str = ""
    seconds: float = 0.0


def register(place: Workplace, root: Path, unit: str, processes: Processes) -> None:
    """Write the unit's graded cells into the gradebook, with nbgrader's generate_assignment.

    Raises
    ------
    UserError
        If the instructor notebook is missing or nbgrader refuses it.
    """
    notebook = root / "solutions" / unit / f"{unit}.ipynb"
    if not notebook.is_file():
        raise UserError(f"{place.shown(notebook)} is missing; run `python -m grader build`")
    if place.gradebook_file is not None and place.gradebook_file.is_file():
        with open_gradebook(place):
            pass  # one sentence now rather than a traceback in a log
    with tempfile.TemporaryDirectory() as scratch:
        # The student notebook is the builder's; nbgrader's copy of it is not needed here.
        log = Path(scratch) / "log"
        code = _nbgrader(
            place,
            processes,
            log,
            [
                "generate_assignment",
                unit,
                "--force",
                f"--CourseDirectory.release_directory={scratch}/release",
            ],
        )
        text = _read(log)
    if code == 0:
        return
    if "Cannot add or remove cells" in text:
        raise UserError(
            f"the graded cells of {unit} have changed since the gradebook was made, and nbgrader cannot take them "
            f"over; move {place.shown(place.gradebook_file or place.work)} away and grade again"
        )
    raise UserError(f"nbgrader cannot put {unit} into the gradebook: {_last_error(text)}")


def autograde(
    place: Workplace,
    unit: str,
    student: str,
    processes: Processes,
    *,
    limit: float = SECONDS_PER_NOTEBOOK,
    figures: bool = False,
) -> Outcome:
    """Run one submission and write its points into the gradebook.

    Afterwards there are points, an autograded notebook and no log, or no points, no autograded notebook and a log.
    Drawing the figures takes a third of the time and most of the disk, so they are drawn on demand only.
    """
    log = place.log(unit, student)
    began = time.monotonic()
    command = ["autograde", unit, f"--student={student}", "--force", "--log-level=DEBUG"]
    if not figures:
        command.append("--Execute.extra_arguments=--InlineBackend.figure_formats=set()")
    code = None
    try:
        code = _nbgrader(place, processes, log, command, limit=limit)
    finally:
        if code != 0:
            _discard(place, unit, student)
    seconds = time.monotonic() - began
    if code == 0 and place.notebook(place.autograded, student, unit).is_file():
        log.unlink(missing_ok=True)
        return Outcome(True, seconds=seconds)
    return Outcome(False, _reason(_read(log), code, limit), seconds)


def refuse(place: Workplace, unit: str, student: str, reason: str) -> Outcome:
    """Do not run a submission; no points of an earlier version stay either."""
    _discard(place, unit, student)
    return Outcome(False, reason)


def feedback(place: Workplace, unit: str, student: str, summary: dict[str, Any]) -> bool:
    """Write the feedback page of one graded submission; return whether that went well.

    `summary` is what templates/feedback_page shows at the top. No student's code runs here, so no process of its own
    is needed: importing nbgrader takes longer than a page.
    """
    from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import GetGrades
    from nbgrader.server_extensions.formgrader import handlers
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    def add_summary(notebook: Any, resources: Any) -> tuple[Any, Any]:
        resources["layerwise"] = summary
        return notebook, resources

    config = Config()
    config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(place.start)).load_config())
    config.CourseDirectory.assignment_id = unit
    config.CourseDirectory.student_id = student
    config.GenerateFeedback.force = True
    config.HTMLExporter.template_name = "feedback_page"
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES), handlers.template_path]
    log, page = place.log(unit, f"{student}.feedback"), place.feedback_page(student, unit)
    with _logging_to(log) as logger:
        converter = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config)
        # Our template extends nbgrader's, which is found by its path from here.
        converter.config.HTMLExporter.extra_template_paths.append(handlers.template_path)
        converter.log = logger
        converter.preprocessors = [GetGrades, add_summary, CSSHTMLHeaderPreprocessor]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the summary of a hidden cell is not meant to be shown
                converter.start()
        except Exception:  # nbgrader raises whatever its parts raise, and has logged it
            page.unlink(missing_ok=True)
            return False
    log.unlink(missing_ok=True)
    return page.is_file()


def export_csv(place: Workplace, unit: str, path: Path, processes: Processes) -> None:
    """Write nbgrader's own table of points, one row a student."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as scratch:
        log, made = Path(scratch) / "log", Path(scratch) / "grades.csv"
        code = _nbgrader(place, processes, log, ["export", f"--assignment=['{unit}']", f"--to={made}"])
        if code != 0:
            raise UserError(f"nbgrader cannot export the gradebook: {_last_error(_read(log))}")
        os.replace(made, path)


def _nbgrader(
    place: Workplace, processes: Processes, log: Path, arguments: list[str], *, limit: float = 300.0
) -> int | None:
    url = place.db_url
    if url.startswith("sqlite:") and "?" not in url:
        # Several notebooks run at once and their points come one at a time: wait for each other, do not fail.
        url += f"?timeout={_SECONDS_WAITING_FOR_SQLITE}"
    # Agg would leave out the figures that students drew.
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    env["OMP_NUM_THREADS"] = env.get("OMP_NUM_THREADS", "1")
    # nbgrader starts `alembic` by name: it lies beside this Python, also where the environment is not activated.
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env.get("PATH", os.defpath)])
    command = [sys.executable, "-m", "nbgrader", *arguments, f"--CourseDirectory.db_url={url}"]
    return processes.run(command, cwd=place.start, env=env, log=log, limit=limit)


@contextlib.contextmanager
def _logging_to(path: Path) -> Iterator[logging.Logger]:
    path.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.Logger("grader.stock")
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        handler.close()


def _discard(place: Workplace, unit: str, student: str) -> None:
    """Take back what a failed run left: a notebook without outputs, points of an earlier version."""
    from nbgrader.api import MissingEntry

    shutil.rmtree(place.autograded / student / unit, ignore_errors=True)
    page = place.feedback_page(student, unit)
    page.unlink(missing_ok=True)
    with open_gradebook(place) as gradebook, contextlib.suppress(MissingEntry):
        for notebook in gradebook.find_submission(unit, student).notebooks:
            for grade in notebook.grades:
                grade.auto_score = None  # no points is not zero points; what people gave by hand stays
                grade.needs_manual_grade = True
        gradebook.db.commit()


def _reason(log: str, code: int | None, limit: float) -> str:
    if code is None:
        return f"it was stopped after {limit:.0f} seconds{_while_running(log)}"
    if "DeadKernelError" in log:
        return f"its kernel died{_while_running(log)}"
    return _last_error(log)


def _while_running(log: str) -> str:
    """The cell that nbgrader began last: its first line of code."""
    started = log.rpartition("Executing cell:\n")[2] if "Executing cell:\n" in log else ""
    lines = [
        line.strip() for line in started.splitlines() if line.strip() and not line.strip().startswith("#")
    ]
    if not lines or _LINE.match(lines[0]):
        return ""
    return f" in the cell that begins with `{lines[0][:60]}`"


def _last_error(log: str) -> str:
    """The last line of the last traceback, or else the last error, that nbgrader logged."""
    found = "no reason was given"
    in_traceback = False
    for line in log.splitlines():
        match = _LINE.match(line)
        if match:
            in_traceback = False
            text = match["text"]
            if match["level"] in ("ERROR", "CRITICAL") and not text.startswith(
                ("There was an error processing", "Please see the the above traceback")
            ):
                found = text or found
                in_traceback = text.startswith("Traceback")
        elif in_traceback and _EXCEPTION.match(line):
            found = line.strip()
    return found[:300]


def _read(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

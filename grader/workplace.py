"""Where a class is graded: the folders and the gradebook that an nbgrader_config.py names.

The real class is graded in grader/work/, the demonstration in grader/work/demo/; both are described by the
nbgrader_config.py of the folder in which nbgrader is started, so that nbgrader itself, its formgrader and our
commands always see the same files.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UserError
from grader.files import write_atomically

_STUDENT = re.compile(r"[\w.@-]+")


@dataclass(frozen=True)
class Workplace:
    """The folders of one class.

    Attributes
    ----------
    start : Path
        The folder of nbgrader_config.py, in which nbgrader commands are given.
    submitted, autograded, feedback : Path
        What nbgrader reads and writes, each with <student>/<unit>/<unit>.ipynb below it.
    work : Path
        The folder that holds these three, and what our commands keep beside them.
    db_url : str
        The gradebook.
    """

    start: Path
    submitted: Path
    autograded: Path
    feedback: Path
    work: Path
    db_url: str

    def notebook(self, step: Path, student: str, unit: str) -> Path:
        """The notebook of one student in `submitted` or `autograded`."""
        return step / student / unit / f"{unit}.ipynb"

    def feedback_page(self, student: str, unit: str) -> Path:
        return self.feedback / student / unit / f"{unit}.html"

    def outcome(self, unit: str, student: str) -> Path:
        """Where it is kept how the grading of one submission ended."""
        return self.work / "outcomes" / unit / f"{student}.json"

    def log(self, unit: str, student: str) -> Path:
        """What nbgrader said while a submission failed."""
        return self.work / "logs" / unit / f"{student}.log"

    @property
    def lock(self) -> Path:
        return self.work / ".lock"

    def report(self, unit: str) -> Path:
        return self.work / "report" / f"{unit}.html"

    def export(self, unit: str, what: str) -> Path:
        return self.work / "export" / f"{unit}_{what}.csv"

    @property
    def gradebook_file(self) -> Path | None:
        """The file of an SQLite gradebook, None for a database server."""
        prefix = "sqlite:///"
        return Path(self.db_url[len(prefix) :].split("?")[0]) if self.db_url.startswith(prefix) else None

    def students(self, unit: str) -> list[str]:
        """Everybody with a folder for this unit in `submitted`, in order.

        Raises
        ------
        UserError
            If there is no submission at all.
        """
        found = []
        if self.submitted.is_dir():
            found = sorted(
                folder.name
                for folder in self.submitted.iterdir()
                if (folder / unit).is_dir() and not folder.name.startswith(".")
            )
        if not found:
            where = self.notebook(self.submitted, "<student>", unit)
            raise UserError(f"there are no submissions of {unit}; put each at {self.shown(where)}")
        return found

    def shown(self, path: Path) -> str:
        """A path as people type it: relative to the folder they are in, if it is below that."""
        with contextlib.suppress(ValueError):
            return str(path.relative_to(Path.cwd()))
        return str(path)


def open_workplace(start: Path) -> Workplace:
    """Read the nbgrader_config.py of a folder."""
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config
    from traitlets.config.loader import ConfigError, PyFileConfigLoader

    config = Config()
    try:
        config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(start)).load_config())
    except (ConfigError, SyntaxError, FileNotFoundError) as error:
        raise UserError(f"cannot use {start / 'nbgrader_config.py'}: {error}") from error
    course = CourseDirectory(config=config)
    root = Path(course.root)
    submitted, autograded, feedback = (
        root / folder
        for folder in (course.submitted_directory, course.autograded_directory, course.feedback_directory)
    )
    return Workplace(start, submitted, autograded, feedback, submitted.parent, str(course.db_url))


def is_student(name: str) -> bool:
    """Whether a folder's name can be a student id: nbgrader reads signs such as * and [ as patterns."""
    return _STUDENT.fullmatch(name) is not None


def read_outcome(place: Workplace, unit: str, student: str) -> dict[str, Any]:
    """How the last grading of a submission ended; empty if there was none or it was stopped."""
    try:
        outcome = json.loads(place.outcome(unit, student).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return outcome if isinstance(outcome, dict) else {}


def write_outcome(place: Workplace, unit: str, student: str, outcome: dict[str, Any]) -> None:
    """Keep how the grading of a submission ended."""
    write_atomically(place.outcome(unit, student), (json.dumps(outcome, indent=1) + "\n").encode())


@contextlib.contextmanager
def open_gradebook(place: Workplace) -> Iterator[Any]:
    """Open the gradebook with nbgrader.

    Raises
    ------
    UserError
        If the database cannot be read or written.
    """
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import DatabaseError

    try:
        with Gradebook(place.db_url) as gradebook:
            yield gradebook
    except DatabaseError as error:
        where = place.shown(place.gradebook_file or Path(place.db_url))
        raise UserError(f"cannot use the gradebook {where}: {error.orig}") from error


@contextlib.contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Let one command at a time change a workplace, where the platform has file locks.

    Raises
    ------
    UserError
        If another command is at work there.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another command is at work in {lock.parent}; wait until it is done") from error
        yield

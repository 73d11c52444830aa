"""The archive for students (`python -m grader release`): only what they may see, looked at file by file.

The same files give the same bytes. If any of them holds something that students must not have, nothing is
written.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.build import drifted_files, notebooks
from grader.course import Course, load_course
from grader.errors import UserError
from grader.files import write_atomically
from grader.leaks import Secrets
from grader.narrative import MARKS, NEVER_SHIPPED, imported_modules, without_magics

FOLDERS = ("assignments", "utils")
FILES = {"environment.yml": "environment.yml", "constraints.txt": "constraints.txt", "LICENSE": "LICENSE"}
README = "grader/student_readme.md"
SUFFIXES = (".py", ".ipynb", ".json", ".md", ".txt", ".yml", ".png", ".jpg", ".svg")
PICTURES = (".png", ".jpg")
LARGEST = 2_000_000
TOP = "layerwise"
_OLDEST_DATE = (1980, 1, 1, 0, 0, 0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `release`."""
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("dist/layerwise-student.zip"),
        help="the archive to write (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Collect, look, write."""
    course = load_course()
    files = collect(course)
    inspect(course, files)
    drifted = drifted_files(course, notebooks(course, course.units))
    if drifted:
        raise UserError(f"{drifted[0]} differs from its sources; run `python -m grader build` first")
    write_atomically(args.output, archive(files))
    print(f"wrote {args.output}: {len(files)} files, {args.output.stat().st_size // 1000} kB")
    return 0


def collect(course: Course) -> dict[str, bytes]:
    """The bytes of every file of the archive, by its path there; caches and hidden files stay out."""
    files = {}
    for folder in FOLDERS:
        if not (course.root / folder).is_dir():
            raise UserError(
                f"the folder {folder} is missing; run `python -m grader build` in the course folder"
            )
        for path in sorted((course.root / folder).rglob("*")):
            shown = path.relative_to(course.root)
            if any(part == "__pycache__" or part.startswith(".") for part in shown.parts):
                continue
            if path.is_symlink():
                raise UserError(f"{shown}: a link cannot be released; put the file itself there")
            if path.is_file():
                files[shown.as_posix()] = path.read_bytes()
    for name, source in FILES.items():
        files[name] = _read(course, source)
    files["README.md"] = _read(course, README)
    files["requirements.txt"] = _requirements(files["environment.yml"].decode())
    return files


def inspect(course: Course, files: dict[str, bytes]) -> None:
    """Look into every file for what students must not have.

    Raises
    ------
    UserError
        Naming every file with something wrong in it, and what that is.
    """
    secrets = Secrets.of_solutions(course), Secrets.of_hidden_tests(course)
    found = [
        f"{path}: {problem}" for path in sorted(files) for problem in _problems(path, files[path], secrets)
    ]
    if found:
        raise UserError("nothing was written, because students would get\n  " + "\n  ".join(found))


def archive(files: dict[str, bytes]) -> bytes:
    """Pack the files: sorted, with one fixed date, so that equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for path in sorted(files):
            entry = zipfile.ZipInfo(f"{TOP}/{path}", _OLDEST_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on whatever system this runs
            entry.external_attr = 0o100644 << 16
            packed.writestr(entry, files[path])
    return buffer.getvalue()


def _read(course: Course, name: str) -> bytes:
    try:
        return (course.root / name).read_bytes()
    except FileNotFoundError as error:
        raise UserError(f"the file {name} is missing; it belongs into the archive") from error


def _requirements(environment: str) -> bytes:
    """For students without conda: the pip section of environment.yml as a requirements file."""
    section = environment.split("- pip:\n", 1)[1]
    lines = [line.strip().removeprefix("- ") for line in section.splitlines() if line.startswith("      - ")]
    return ("\n".join(lines) + "\n").encode()


def _problems(path: str, data: bytes, secrets: tuple[Secrets, ...]) -> Iterator[str]:
    suffix = Path(path).suffix
    if len(data) > LARGEST:
        yield f"{len(data) // 1000} kB, more than {LARGEST // 1000}"
        return
    if suffix not in SUFFIXES and path not in FILES:
        yield f"a kind of file that cannot be looked into ({suffix or 'no suffix'})"
        return
    if suffix in PICTURES:
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield "bytes that are not UTF-8 text"
        return
    for mark in MARKS:
        if mark in text:
            yield f"the mark {mark}"
    try:
        code, texts = _parts(suffix, text)
    except (ValueError, KeyError, TypeError, AttributeError):
        yield f"something that is no {suffix} file"
        return
    for part in texts:
        for secret in secrets:
            name = secret.find_in(part)
            if name:
                yield f"a piece of {name}"
    for part in code:
        yield from _code_problems(part)
    if suffix == ".ipynb" and any(
        cell.get("outputs") or cell.get("execution_count") for cell in json.loads(text)["cells"]
    ):
        yield "outputs of a notebook that was run"


def _parts(suffix: str, text: str) -> tuple[list[str], list[str]]:
    """The Python programs in a file, and all the texts in it."""
    if suffix == ".ipynb":
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]
        return [source for kind, source in cells if kind == "code"], [source for _, source in cells]
    if suffix == ".json":
        return [], ["\n".join(_strings(json.loads(text)))]
    return ([text] if suffix == ".py" else []), [text]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)


def _code_problems(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(without_magics(source))
    except SyntaxError as error:
        yield f"code that is not Python in line {error.lineno}"
        return
    for module, line in imported_modules(tree):
        if module.split(".")[0] in NEVER_SHIPPED:
            yield f"an import of {module} in line {line}"

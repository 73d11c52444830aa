"""The archive for students: what is in it, what keeps it from being written, and that it works alone."""

import argparse
import ast
import io
import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from tiny_course import STUDENT_NOTEBOOK as NOTEBOOK
from tiny_course import UNIT

from grader import release
from grader.errors import UserError
from grader.leaks import Secrets
from grader.reference import read_reference


@pytest.fixture
def course(tiny_course, built_tiny_course):
    """A tiny course that has been built."""
    for name, data in built_tiny_course[1].items():
        path = tiny_course.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tiny_course


def run_release(course, monkeypatch, output):
    monkeypatch.setattr(release, "load_course", lambda: course)
    parser = argparse.ArgumentParser()
    release.add_arguments(parser)
    return release.run(parser.parse_args(["--output", str(output)]))


def plant(course, name, content):
    path = course.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def change_notebook(course, change):
    path = course.root / NOTEBOOK
    notebook = json.loads(path.read_text())
    change(notebook["cells"])
    path.write_text(json.dumps(notebook))


def code_cell(source, **more):
    return {
        "cell_type": "code",
        "id": "x",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    } | more


def test_the_archive_holds_what_students_need_and_no_more(course, monkeypatch, tmp_path, capsys):
    plant(course, "utils/__pycache__/checks.cpython-311.pyc", b"\0")
    plant(course, f"assignments/{UNIT}/.ipynb_checkpoints/{UNIT}-checkpoint.ipynb", "{}")
    output = tmp_path / "dist" / "student.zip"
    assert 0 == run_release(course, monkeypatch, output)
    with zipfile.ZipFile(output) as packed:
        names = packed.namelist()
    assert sorted(names) == names
    assert [
        "layerwise/LICENSE",
        "layerwise/README.md",
        f"layerwise/{NOTEBOOK}",
        "layerwise/constraints.txt",
        "layerwise/environment.yml",
        "layerwise/requirements.txt",
        "layerwise/utils/__init__.py",
        "layerwise/utils/checks/__init__.py",
    ] == names
    assert "8 files" in capsys.readouterr().out


def test_equal_files_give_equal_bytes(course, monkeypatch, tmp_path):
    run_release(course, monkeypatch, tmp_path / "one.zip")
    for path in course.root.rglob("*"):
        os.utime(path, (1, 1))
    run_release(course, monkeypatch, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_requirements_are_those_of_the_environment(course):
    lines = release.collect(course)["requirements.txt"].decode().splitlines()
    assert "-c constraints.txt" == lines[0]
    assert "torch==2.13.0" in lines
    assert not [line for line in lines if line.startswith("python")]


BODY = "    once_doubled = double(x)\n    return double(once_doubled)\n"
REFORMATTED = "def mine(x):\n  once_doubled = (\n    double( x ))\n\n  # so\n  return  double(once_doubled)\n"
COMMENTED = "".join(f"# {line}\n" for line in BODY.splitlines())
HIDDEN = '("odd sizes", (7, 5, 3), 2),\n("one entry", (1, 1, 1), 9)\n'

PLANTED = {
    "a reference": ("utils/answers.py", f"def mine(x):\n{BODY}", "a piece of the solution of quadruple"),
    "a reference, reformatted": ("utils/answers.py", REFORMATTED, "a piece of the solution of quadruple"),
    "a reference in a comment": ("utils/answers.py", COMMENTED, "a piece of the solution of quadruple"),
    "a reference in a string": (
        "utils/answers.py",
        f"ANSWER = '''\n{BODY}'''\n",
        "the solution of quadruple",
    ),
    "a reference in text": ("assignments/a00_tiny/notes.md", BODY, "a piece of the solution of quadruple"),
    "a reference in JSON": (
        "utils/answers.json",
        json.dumps({"a": [{"b": BODY}]}),
        "the solution of quadruple",
    ),
    "a hidden case": ("utils/cases.py", f"CASES = [{HIDDEN}]\n", "a piece of grader/hidden/tiny.py"),
    "a hidden case in JSON": ("utils/cases.json", json.dumps(HIDDEN), "a piece of grader/hidden/tiny.py"),
    "a solution mark": ("utils/notes.txt", "### END SOLUTION", "the mark END SOLUTION"),
    "a mark of hidden tests": ("utils/notes.py", "### BEGIN HIDDEN TESTS", "the mark BEGIN HIDDEN TESTS"),
    "an import of grader": (
        "utils/tool.py",
        "import grader.hidden\n",
        "an import of grader.hidden in line 1",
    ),
    "an import of solutions": ("utils/tool.py", "\nfrom solutions.layers import tiny\n", "in line 2"),
    "an import by name": ("utils/tool.py", "__import__('solutions')\n", "an import of solutions"),
    "a notebook that is none": (f"assignments/{UNIT}/other.ipynb", "not JSON", "no .ipynb file"),
    "a notebook without cells": (f"assignments/{UNIT}/other.ipynb", "{}", "no .ipynb file"),
    "code that is none": ("utils/tool.py", "def f(:\n", "not Python in line 1"),
    "a file that cannot be read": (
        "utils/data.pkl",
        b"\x80\x04",
        "a kind of file that cannot be looked into",
    ),
    "bytes for text": ("utils/data.txt", b"\xff\xfe\x00", "bytes that are not UTF-8"),
    "a file too large": ("utils/data.json", "1" * 2_000_001, "2000 kB"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_file_that_students_must_not_have_stops_the_release(course, monkeypatch, tmp_path, planted):
    name, content, finding = PLANTED[planted]
    plant(course, name, content)
    with pytest.raises(UserError) as refusal:
        run_release(course, monkeypatch, tmp_path / "student.zip")
    assert str(refusal.value).startswith("nothing was written, because students would get\n")
    assert any(line.startswith(f"  {name}: ") and finding in line for line in str(refusal.value).splitlines())
    assert not (tmp_path / "student.zip").exists()


CHANGED_NOTEBOOKS = {
    "outputs": (
        lambda cells: cells[1].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "hi"}]),
        "outputs of a notebook that was run",
    ),
    "a count": (lambda cells: cells[1].update(execution_count=3), "outputs of a notebook that was run"),
    "a solution": (
        lambda cells: cells.append(code_cell(f"def mine(x):\n{BODY}")),
        "a piece of the solution of quadruple",
    ),
    "a solution line by line": (
        lambda cells: cells.append(code_cell([f"{line}\n" for line in f"def f(x):\n{BODY}".splitlines()])),
        "a piece of the solution of quadruple",
    ),
    "an import": (
        lambda cells: cells.append(code_cell("%matplotlib inline\nfrom grader.hidden import score")),
        "an import of grader.hidden in line 2",
    ),
}


@pytest.mark.parametrize("change", CHANGED_NOTEBOOKS)
def test_a_notebook_with_too_much_in_it_stops_the_release(course, monkeypatch, tmp_path, change):
    how, finding = CHANGED_NOTEBOOKS[change]
    change_notebook(course, how)
    with pytest.raises(UserError, match=finding):
        run_release(course, monkeypatch, tmp_path / "student.zip")
    assert not (tmp_path / "student.zip").exists()


def test_the_instructor_notebook_stops_the_release(course, monkeypatch, tmp_path):
    source = (course.root / "solutions" / UNIT / f"{UNIT}.ipynb").read_bytes()
    plant(course, NOTEBOOK, source)
    with pytest.raises(UserError, match="the mark BEGIN SOLUTION"):
        run_release(course, monkeypatch, tmp_path / "student.zip")


def test_an_outdated_notebook_stops_the_release(course, monkeypatch, tmp_path):
    change_notebook(course, lambda cells: cells.append(code_cell("print(1)")))
    with pytest.raises(
        UserError, match=f"^{NOTEBOOK} differs from its sources; run `python -m grader build`"
    ):
        run_release(course, monkeypatch, tmp_path / "student.zip")


def test_a_link_stops_the_release(course, monkeypatch, tmp_path):
    (course.root / "utils" / "link.py").symlink_to(course.root / "solutions" / "layers" / "tiny.py")
    with pytest.raises(UserError, match=r"^utils/link.py: a link cannot be released"):
        run_release(course, monkeypatch, tmp_path / "student.zip")


@pytest.mark.parametrize("missing", ["LICENSE", "environment.yml", "grader/student_readme.md"])
def test_a_missing_file_is_one_sentence(course, monkeypatch, tmp_path, missing):
    (course.root / missing).unlink()
    with pytest.raises(UserError, match=f"^the file {missing} is missing"):
        run_release(course, monkeypatch, tmp_path / "student.zip")


def test_a_place_that_cannot_be_written_is_one_sentence(course, monkeypatch):
    with pytest.raises(UserError, match=r"^cannot write /proc/nowhere/student.zip"):
        run_release(course, monkeypatch, Path("/proc/nowhere/student.zip"))


# The real course


@pytest.fixture(scope="module")
def real():
    from grader.course import load_course

    return load_course()


@pytest.mark.parametrize("keep", [True, False], ids=["as it is", "reformatted"])
def test_every_solution_of_the_course_is_recognized(real, keep):
    """As it is, and as somebody's formatter would leave it."""
    secrets = Secrets.of_solutions(real)
    for exercise in real.exercises.values():
        body = textwrap.dedent(read_reference(real, exercise).body)
        text = body if keep else ast.unparse(ast.parse(body)).replace("    ", "\t")
        found = secrets.find_in(f"def renamed(*args):\n{textwrap.indent(text, '        ')}\n")
        assert f"the solution of {exercise.slug}" == found


@pytest.mark.slow
def test_the_released_notebook_and_its_checks_work_alone_and_offline(real, tmp_path):
    """Unpack it in an empty folder, fill in the solutions as a student would, and run the notebook there."""
    files = release.collect(real)
    release.inspect(real, files)
    with zipfile.ZipFile(io.BytesIO(release.archive(files))) as packed:
        packed.extractall(tmp_path)
    unit = real.units[0]
    notebook = tmp_path / "layerwise" / "assignments" / unit / f"{unit}.ipynb"
    content = json.loads(notebook.read_text())
    for cell in content["cells"]:
        if cell["id"] in real.exercises:
            cell["source"] = read_reference(real, real.exercises[cell["id"]]).source
    content["cells"].insert(0, code_cell(OFFLINE_AND_ALONE))
    notebook.write_text(json.dumps(content))

    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", "--inplace", notebook.name],
        cwd=notebook.parent,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        | {"HOME": str(tmp_path), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cells = {cell["id"]: cell for cell in json.loads(notebook.read_text())["cells"]}
    for slug in real.exercises:
        printed = "".join("".join(output.get("text", "")) for output in cells[f"check_{slug}"]["outputs"])
        assert printed.startswith(f"{slug}: right on all "), slug


OFFLINE_AND_ALONE = """\
import importlib.util
import socket

def refuse(*args, **kwargs):
    raise OSError("this test is offline")

socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
assert importlib.util.find_spec("grader") is None
assert importlib.util.find_spec("solutions") is None
"""

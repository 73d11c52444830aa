"""One list of packages in three files: pyproject.toml, environment.yml and constraints.txt agree."""

import os
import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tiny_course import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text()
ENVIRONMENT = (ROOT / "environment.yml").read_text()
CONSTRAINTS = (ROOT / "constraints.txt").read_text()


def requirements(lines):
    """Name and version specifier of each line."""
    return {canonicalize_name(r.name): str(r.specifier) for r in map(Requirement, lines)}


def disagreements(pyproject, environment, constraints):
    """What the three files say differently, as sentences."""
    project = tomllib.loads(pyproject)
    conda = yaml.safe_load(environment)
    needed = requirements(project["project"]["dependencies"])
    pip = next(entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict))
    installed = requirements(line for line in pip if not line.startswith("-"))
    locked = requirements(line for line in constraints.splitlines() if line and not line.startswith("#"))

    found = [
        f"pyproject.toml and environment.yml differ: {a[0]}{a[1]}" for a in needed.items() ^ installed.items()
    ]
    if "-c constraints.txt" not in pip:
        found.append("environment.yml does not use constraints.txt")
    python = next(entry for entry in conda["dependencies"] if str(entry).startswith("python="))
    oldest = project["project"]["requires-python"]
    if not Requirement(f"python{oldest}").specifier.contains(python.removeprefix("python=")):
        found.append(f"environment.yml has {python}, pyproject.toml requires {oldest}")
    for name, specifier in (needed | requirements(project["dependency-groups"]["dev"])).items():
        version = locked.get(name, "").removeprefix("==")
        if not version or not Requirement(f"{name}{specifier}").specifier.contains(version):
            found.append(f"constraints.txt does not fit {name}{specifier}")
    found += [
        f"constraints.txt does not pin {name}" for name, s in locked.items() if not re.match(r"==[\w.]+$", s)
    ]
    return found


def test_the_three_files_agree():
    assert [] == disagreements(PYPROJECT, ENVIRONMENT, CONSTRAINTS)


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (0, '"torch==2.13.0"', '"torch==2.12.0"', "differ: torch==2.12.0"),
        (0, '    "pillow>=11",\n', "", "differ: pillow>=11"),
        (1, "- tqdm>=4.67", "- tqdm>=4.66", "differ: tqdm>=4.66"),
        (1, "      - rich>=13.9\n", "", "differ: rich>=13.9"),
        (1, "      - -c constraints.txt\n", "", "does not use constraints.txt"),
        (1, "python=3.11", "python=3.10", "environment.yml has python=3.10"),
        (2, "torch==2.13.0", "torch==2.12.0", "does not fit torch==2.13.0"),
        (2, "nbgrader==0.9.6\n", "", "does not fit nbgrader==0.9.6"),
        (2, "mypy==", "mypy>=", "does not pin mypy"),
    ],
)
def test_a_disagreement_is_found(file, old, new, finding):
    files = [PYPROJECT, ENVIRONMENT, CONSTRAINTS]
    assert files[file].count(old) == 1
    files[file] = files[file].replace(old, new)
    assert any(finding in sentence for sentence in disagreements(*files))


def test_the_lock_names_no_place_and_no_build():
    for line in CONSTRAINTS.splitlines():
        assert not re.search(r"[+@/]|file:", line), line


# `make setup`, with Pythons and a pip that we make up


@pytest.fixture
def workshop(tmp_path):
    """A folder with our Makefile, and a PATH on which only scripts of the test and basic tools are."""
    for name in ("Makefile", "constraints.txt"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in (
        "bash",
        "make",
        "sed",
        "awk",
        "grep",
        "touch",
        "sh",
        "rm",
        "mkdir",
        "cp",
        "chmod",
        "cat",
        "env",
    ):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip()
        (tools / tool).symlink_to(found)

    def script(name, text):
        path = tools / name
        path.write_text("#!/usr/bin/env bash\n" + text)
        path.chmod(0o755)

    def make(*arguments):
        return subprocess.run(
            ["make", *arguments],
            cwd=tmp_path,
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    make.folder = tmp_path
    return script, make


OLD = "exit 1\n"
NEW = """
echo "$0 $*" >> python.log
case "$*" in
  *"-m venv"*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python;;
  *"pip install"*) echo "Collecting numpy==1"; [ ! -e fail ] || exit 1;;
  --version) echo "Python 3.12.1";;
esac
"""


def test_setup_without_a_suitable_python_is_one_sentence(workshop):
    script, make = workshop
    script("python3", OLD)
    done = make("setup")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "error: no Python 3.11 or newer that can make virtual environments was found"
    )
    assert not (make.folder / ".venv").exists()


def test_setup_takes_the_first_suitable_python(workshop):
    script, make = workshop
    script("python3", OLD)
    script("python3.12", NEW)
    done = make("setup")
    assert done.returncode == 0, done.stderr
    assert "Making .venv with Python 3.12.1" in done.stdout
    assert "bin/python3.12 -m venv --clear .venv" in (make.folder / "python.log").read_text()


def test_setup_is_quick_the_second_time_and_runs_again_when_the_lock_changes(workshop):
    script, make = workshop
    script("python3", NEW)
    make("setup")
    before = (make.folder / "python.log").read_text()
    make("setup")
    assert before == (make.folder / "python.log").read_text()

    stamp = (make.folder / ".venv/.installed").stat().st_mtime_ns
    lock = make.folder / "constraints.txt"
    os.utime(lock, ns=(stamp + 10**9, stamp + 10**9))
    make("setup")
    assert (make.folder / "python.log").read_text().count("pip install") == 2


def test_setup_that_was_interrupted_is_taken_up_again(workshop):
    script, make = workshop
    script("python3", NEW)
    (make.folder / "fail").touch()
    done = make("setup")
    assert done.returncode == 2
    assert "error: pip could not install the packages" in done.stderr
    (make.folder / "fail").unlink()
    assert make("setup").returncode == 0
    assert (make.folder / "python.log").read_text().count("-m venv") == 1  # the environment itself was whole


def test_a_broken_environment_is_made_anew(workshop):
    script, make = workshop
    script("python3", NEW)
    (make.folder / ".venv/bin").mkdir(parents=True)
    (make.folder / ".venv/bin/python").write_text("half a file")
    assert make("setup").returncode == 0
    assert "-m venv --clear" in (make.folder / "python.log").read_text()


def test_help_lists_every_target(workshop):
    _, make = workshop
    done = make()
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert len(targets) >= 8
    for target in targets:
        assert re.search(rf"^  make {target} ", done.stdout, flags=re.MULTILINE), target


def test_ci_runs_the_commands_that_people_use():
    script = (ROOT / ".ci" / "run").read_text()
    assert script.index("make check") < script.index("make test")
    assert "set -euo pipefail" in script
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111

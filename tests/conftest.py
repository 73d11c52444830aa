"""What tests share: a headless matplotlib, Jupyter folders of their own, and a tiny course."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Row:
    """A row of a registry of its own, with what the builder reads of `grader.exercises.Exercise`."""

    slug: str
    unit: str = "a00_tiny"
    reference: str = "solutions.layers.tiny"
    points: int = 1
    hidden_points: int = 2
    uses: tuple[str, ...] = ()


TINY_NARRATIVE = """\
# %% [markdown]
# # Doubling
# Twice as much, and $x^2$.

# %% tags=["setup"]
import numpy as np
from utils.checks import check

# %% tags=["exercise"]
from solutions.layers.tiny import double

# %% [markdown]
# Now with what you have.

# %%
print(double(np.arange(3)))

# %% tags=["exercise"]
from solutions.layers.tiny import quadruple
"""

TINY_REFERENCE = '''\
"""Multiples."""

import numpy as np


def double(x):
    """Return twice x."""
    ### BEGIN SOLUTION
    total = np.asarray(x) + np.asarray(x)
    return total.reshape(np.shape(x))
    ### END SOLUTION


def quadruple(x):
    """Return four times x."""
    ### BEGIN SOLUTION
    once_doubled = double(x)
    return double(once_doubled)
    ### END SOLUTION
'''


def make_tiny_course(root):
    """Make a course of one unit with two exercises, of which the second calls the first."""
    from grader.course import Course

    files = {
        "solutions/a00_tiny/a00_tiny.py": TINY_NARRATIVE,
        "solutions/layers/tiny.py": TINY_REFERENCE,
        "utils/__init__.py": '"""Tools."""\n',
        "utils/checks/__init__.py": '"""Checks."""\n',
        "grader/hidden/tiny.py": (
            'HIDDEN = [\n    ("odd sizes", (7, 5, 3), 2),\n    ("one entry", (1, 1, 1), 9),\n]\n'
        ),
        "grader/student_readme.md": "# Hello\n",
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("nbgrader_config.py", "environment.yml", "constraints.txt", "LICENSE"):
        shutil.copy(ROOT / name, root / name)
    rows = {row.slug: row for row in (Row("double"), Row("quadruple", uses=("double",)))}
    return Course(root, rows, ("a00_tiny",))


@pytest.fixture
def tiny_course(tmp_path):
    """A tiny course that the test may change."""
    return make_tiny_course(tmp_path / "course")


@pytest.fixture(scope="session")
def built_tiny_course(tmp_path_factory):
    """A tiny course, not to be changed, and what the builder made of it."""
    from grader.build import notebooks

    course = make_tiny_course(tmp_path_factory.mktemp("built") / "course")
    return course, notebooks(course, course.units)


@pytest.fixture
def jupyter_folders(tmp_path, monkeypatch):
    """Keep Jupyter away from the user's own configuration."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))

"""A course of one unit with two exercises, for tests of the builder and the release."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from grader.course import Course

ROOT = Path(__file__).resolve().parent.parent
UNIT = "a00_tiny"
NARRATIVE = f"solutions/{UNIT}/{UNIT}.py"
REFERENCE = "solutions/layers/tiny.py"
SOURCE_NOTEBOOK = f"solutions/{UNIT}/{UNIT}.ipynb"
STUDENT_NOTEBOOK = f"assignments/{UNIT}/{UNIT}.ipynb"


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
import sys
from pathlib import Path

sys.path += [str(folder) for folder in Path.cwd().parents if (folder / "utils" / "checks").is_dir()]

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


TINY_CHECKS = """\
FACTORS = {"double": 2, "quadruple": 4}


def check(slug, namespace):
    assert namespace[slug](3) == 3 * FACTORS[slug], f"{slug} is wrong"
    print(f"{slug}: right on all 1 public cases.")
"""

TINY_SCORES = """\
from utils.checks import FACTORS

SUBSTITUTED = []


def substitute(slug):
    SUBSTITUTED.append(slug)


def score(slug, namespace):
    right = namespace[slug](5) == 5 * FACTORS[slug]
    return 2.0 if right else 0.5
"""


def make_tiny_course(root):
    """Make a course whose second exercise calls the first."""
    files = {
        "solutions/a00_tiny/a00_tiny.py": TINY_NARRATIVE,
        "solutions/layers/tiny.py": TINY_REFERENCE,
        "utils/__init__.py": '"""Tools."""\n',
        "utils/checks/__init__.py": TINY_CHECKS,
        "grader/__init__.py": "",
        "grader/hidden/__init__.py": TINY_SCORES,
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


def edit(course, name, old, new):
    """Replace text that must occur exactly once."""
    path = course.root / name
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def line_of(course, name, text):
    """The line in which a text begins for the last time."""
    whole = (course.root / name).read_text()
    return whole[: whole.rindex(text)].count("\n") + 1


def cells_of(data):
    """The cells of a notebook by their ids."""
    return {cell["id"]: cell for cell in json.loads(data)["cells"]}


def source_of(cell):
    """The text of a cell."""
    return "".join(cell["source"])

"""What tests share: a headless matplotlib, Jupyter folders of their own, and a tiny course."""

import os
import sys
from pathlib import Path

import pytest
from tiny_course import make_tiny_course

os.environ.setdefault("MPLBACKEND", "Agg")
# nbgrader starts `alembic` by name: it lies beside this Python, also where the environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


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


@pytest.fixture(scope="session")
def graded_class(tmp_path_factory):
    """A class with notebooks of a06_convolution that nbgrader has graded; not to be changed."""
    from graded_class import grade_with_nbgrader

    return grade_with_nbgrader(tmp_path_factory.mktemp("graded") / "course")


@pytest.fixture
def built(built_tiny_course):
    """What the builder made of the tiny course: bytes by path."""
    return built_tiny_course[1]


@pytest.fixture
def jupyter_folders(tmp_path, monkeypatch):
    """Keep Jupyter away from the user's own configuration."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))

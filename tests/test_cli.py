"""The command line: help, exit codes, and one sentence for whatever a person can mend."""

import ast
import subprocess
import sys
import types

import pytest
from tiny_course import ROOT

from grader import __main__ as cli
from grader.errors import UserError

COMMANDS = cli.COMMANDS


@pytest.fixture
def command(monkeypatch):
    """Make `python -m grader try` run a function of the test's choice."""

    def install(run):
        module = types.ModuleType("grader_command_of_a_test")
        module.add_arguments = lambda parser: None
        module.run = run
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(cli, "COMMANDS", (*COMMANDS, ("try", module.__name__, "try something")))
        return cli.main(["try"])

    return install


def raising(error):
    def run(args):
        raise error

    return run


def test_help_lists_every_command_with_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "grader", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    for name, _, summary in cli.COMMANDS:
        assert any(line.split()[:1] == [name] and summary[:30] in line for line in done.stdout.splitlines())


def test_every_command_has_help(capsys):
    for name, _, _ in cli.COMMANDS:
        with pytest.raises(SystemExit) as end:
            cli.main([name, "--help"])
        assert end.value.code == 0
        assert name in capsys.readouterr().out


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (1, 1)])
def test_the_exit_code_is_what_the_command_returns(command, returned, code):
    assert command(lambda args: returned) == code


def test_an_unknown_command_exits_with_2(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["bild"])
    assert end.value.code == 2
    assert "invalid choice: 'bild'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (UserError("mend this"), 2, "error: mend this\n"),
        (KeyboardInterrupt(), 130, "error: stopped; the same command takes it up again\n"),
        (
            OSError(28, "No space left on device", "/a/b"),
            2,
            "error: cannot use /a/b: No space left on device\n",
        ),
        (OSError(30, "Read-only file system"), 2, "error: cannot use a file: Read-only file system\n"),
        (
            ModuleNotFoundError("No module named 'nbgrader'", name="nbgrader"),
            2,
            "error: the package nbgrader is not installed here; "
            "run `make setup`, then `.venv/bin/python -m grader`\n",
        ),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(command, capsys, error, code, sentence):
    assert command(raising(error)) == code
    captured = capsys.readouterr()
    assert captured.err == sentence
    assert captured.out == ""


def test_our_own_mistakes_keep_their_traceback(command):
    with pytest.raises(ZeroDivisionError):
        command(raising(ZeroDivisionError()))
    with pytest.raises(ModuleNotFoundError):
        command(raising(ModuleNotFoundError("No module named 'grader.x'", name="grader.x")))


def test_missing_nbgrader_is_one_sentence(tiny_course, monkeypatch, capsys):
    from grader import build

    monkeypatch.setattr(build, "load_course", lambda: tiny_course)
    for name in [name for name in sys.modules if name.split(".")[0] == "nbgrader"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nbgrader", None)  # what an import of a missing package finds
    assert cli.main(["build"]) == 2
    assert capsys.readouterr().err.startswith("error: the package nbgrader is not installed")


def test_an_old_python_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    assert cli.main(["build"]) == 2
    assert capsys.readouterr().err.startswith("error: Layerwise needs Python 3.11 or newer and this is 3.8")


def test_the_command_line_is_readable_by_old_pythons():
    """Python 3.8 must get as far as the sentence; its grammar is what `feature_version` holds us to."""
    for name in ("__init__.py", "__main__.py"):
        ast.parse((ROOT / "grader" / name).read_text(), feature_version=(3, 7))


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m grader --help | head -c 1",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""

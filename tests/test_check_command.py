"""`python -m grader check` on right code, wrong code, and code that takes its process with it."""

import json

import pytest
from graded_class import ROOT

from grader import check
from grader.__main__ import main
from grader.bugs import all_bugs, mutant_source
from grader.course import load_course

UNIT = "a06_convolution"
RIGHT = "def conv_parameter_count(i, o, k, *, bias=True):\n    return o * (i * k[0] * k[1] + bias)\n"
WRONG = "def conv_parameter_count(i, o, k, *, bias=True):\n    return o * i * k[0] * k[1]\n"
FIELD = "def receptive_field(layers):\n    raise NotImplementedError\n"
BUG = next(bug for bug in all_bugs() if bug.slug == "conv_output_size")


@pytest.fixture
def code(tmp_path):
    """Write a .py file and return its path."""

    def write(*functions):
        path = tmp_path / "mine.py"
        path.write_text("\n\n".join(functions))
        return str(path)

    return write


@pytest.fixture
def notebook(tmp_path):
    """Write the student notebook after a change of its cells and return its path."""

    def write(change):
        made = json.loads((ROOT / "assignments" / UNIT / f"{UNIT}.ipynb").read_text())
        change({cell["id"]: cell for cell in made["cells"]}, made["cells"])
        path = tmp_path / "mine.ipynb"
        path.write_text(json.dumps(made))
        return str(path)

    return write


def test_right_code_exits_with_0(code, capsys):
    assert main(["check", UNIT, code(RIGHT), "--public"]) == 0
    assert "right" in capsys.readouterr().out


def test_wrong_code_exits_with_1_and_five_lines(code, capsys):
    assert main(["check", UNIT, code(WRONG), "--public"]) == 1
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("conv_parameter_count: count is wrong.")
    assert ["case", "where", "values", "hint"] == [line.split()[0] for line in lines[start + 1 : start + 5]]


@pytest.mark.slow
def test_hidden_checks_name_the_mistake_without_a_case(code, capsys):
    source = "\n".join(line for line in mutant_source(BUG).splitlines() if "SOLUTION" not in line)
    assert main(["check", UNIT, code(source), "--hidden", "--seed", "3"]) == 1
    printed = capsys.readouterr().out
    assert BUG.hint in printed
    assert "  case " not in printed


@pytest.mark.slow
def test_the_same_seed_draws_the_same_hidden_cases():
    cells = [{"name": "mine", "source": WRONG, "unchanged": False}]
    task = ("conv_parameter_count", "hidden")
    first, second = (check.check(ROOT, cells, [task], 5, lambda: None).results[task] for _ in range(2))
    assert first == second
    assert 0 < first["passed"] < first["total"]


def test_what_is_not_written_is_said_without_a_message(code, capsys):
    assert main(["check", UNIT, code(RIGHT, FIELD), "--public"]) == 1
    printed = capsys.readouterr().out
    assert "not written yet" in printed
    assert "NotImplementedError" not in printed


def test_a_function_that_ends_the_process_costs_itself_only(code, capsys):
    deadly = "import os\ndef conv_output_size(size, kernel, *, stride=1, padding=0):\n    os._exit(7)\n"
    assert main(["check", UNIT, code(deadly, RIGHT), "--public"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any("conv_output_size" in line and "exit code 7" in line for line in lines)
    assert any("conv_parameter_count" in line and "right" in line for line in lines)


def test_a_function_that_cannot_be_stopped_is_given_up(code, capsys, monkeypatch):
    monkeypatch.setattr(check, "SECONDS_PER_PART", 2.0)
    stubborn = (
        "def conv_output_size(size, kernel, *, stride=1, padding=0):\n"
        "    while True:\n        try:\n            while True: pass\n        except BaseException: pass\n"
    )
    assert main(["check", UNIT, code(stubborn), "--public"]) == 1
    assert "did not end within 2 seconds" in capsys.readouterr().out


@pytest.mark.slow
def test_a_notebook_is_run_past_cells_that_raise_or_end_the_process(notebook, capsys):
    def change(cells, order):
        cells["conv_parameter_count"]["source"] = RIGHT
        own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        order.insert(4, own | {"id": "own-1", "source": "%matplotlib inline\n1 / 0"})
        order.insert(5, own | {"id": "own-2", "source": "import os\nos._exit(0)"})

    assert main(["check", UNIT, notebook(change), "--public"]) == 1
    printed = capsys.readouterr().out
    assert "cell own-1 raised ZeroDivisionError: division by zero" in printed
    assert "cell own-2 ended the Python process with exit code 0" in printed
    rows = {line.split()[0]: line for line in printed.splitlines() if line.strip()}
    assert rows["conv_parameter_count"].split()[-1] == "right"
    assert "not written yet" in rows["im2col"]


@pytest.mark.slow
def test_the_instructor_notebook_is_right_in_everything(capsys):
    path = ROOT / "solutions" / UNIT / f"{UNIT}.ipynb"
    assert main(["check", UNIT, str(path)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("right") == len(load_course().of_unit(UNIT))
    assert "raised" not in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a99_nothing"], "there is no unit a99_nothing; the units are a06_convolution"),
        ([UNIT, "nothing.ipynb"], "there is no file nothing.ipynb"),
        ([UNIT, "LICENSE"], "is neither a notebook (.ipynb) nor a .py file"),
        ([UNIT, "grader/files.py"], "defines no exercise of a06_convolution"),
        ([UNIT, "--exercise", "conv3d"], "has no exercise conv3d"),
        ([UNIT, "--seed", "-1"], "--seed takes a whole number from 0"),
    ],
)
def test_what_cannot_run_is_one_sentence(arguments, sentence, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["check", *arguments]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("text", ["not JSON", "[]", '{"cells": [3]}', '{"cells": null}'])
def test_a_file_that_is_no_notebook_is_one_sentence(tmp_path, text, capsys):
    path = tmp_path / "mine.ipynb"
    path.write_text(text)
    assert main(["check", UNIT, str(path)]) == 2
    assert "is not a notebook" in capsys.readouterr().err


def test_a_py_file_with_a_syntax_error_is_one_sentence(code, capsys):
    assert main(["check", UNIT, code("def f(:\n")]) == 2
    assert "line 1" in capsys.readouterr().err

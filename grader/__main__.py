"""The instructor's command line: `python -m grader COMMAND`.

A command is a row of COMMANDS and a module with two functions: `add_arguments(parser)` and `run(args)`, which
returns an exit code or None. Modules are imported only when their command is given.

This file must be readable by the Pythons it refuses (3.6 and later): annotations in quotes, no newer syntax.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

COMMANDS = (
    ("build", "grader.build", "make the notebooks and other generated files from their sources"),
    ("release", "grader.release", "write the archive for students"),
    ("demo", "grader.demo", "build everything and grade a class of made-up students"),
    ("grade", "grader.grade", "grade the submissions of a unit"),
    ("feedback", "grader.feedback", "write a page for each graded student, with points and comments"),
    ("report", "grader.report", "write one page about the class: scores, pass rates, commonest mistakes"),
    ("export", "grader.export", "write the points as CSV, in total and by exercise"),
    ("check", "grader.check", "check a notebook or a .py file here and now, without a gradebook"),
)
OLDEST_PYTHON = (3, 11)


def main(argv: "list[str] | None" = None) -> int:
    """Run one command; return 0 (done), 1 (a check failed), 2 (a person must act) or 130 (interrupted)."""
    if sys.version_info < OLDEST_PYTHON:
        return _complain(
            "Layerwise needs Python 3.11 or newer and this is %d.%d; "
            "run `make setup`, then `.venv/bin/python -m grader`" % sys.version_info[:2]
        )
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        return _complain("stopped; the same command takes it up again", code=130)
    except BrokenPipeError:  # the reader of our output went away, as in `python -m grader --help | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = str(error.filename) if error.filename else "a file"
        return _complain("cannot use %s: %s" % (where, error.strerror or error))
    except ModuleNotFoundError as error:
        if _is_ours(error.name or ""):
            raise
        return _complain(
            "the package %s is not installed here; run `make setup`, then `.venv/bin/python -m grader`"
            % (error.name or "").split(".")[0]
        )


def _run(argv: "list[str]") -> int:
    parser = argparse.ArgumentParser(prog="python -m grader", description="Build and grade the course.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module, summary in COMMANDS:
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name in argv[:1]:
            importlib.import_module(module).add_arguments(command)
    args = parser.parse_args(argv)
    from grader.errors import UserError

    modules = {name: module for name, module, _ in COMMANDS}
    try:
        return importlib.import_module(modules[args.command]).run(args) or 0
    except UserError as error:
        return _complain(str(error))


def _complain(sentence: str, code: int = 2) -> int:
    sys.stderr.write("error: %s\n" % sentence)
    return code


def _is_ours(module: str) -> bool:
    root = Path(__file__).resolve().parent.parent
    name = module.split(".")[0]
    return (root / name).is_dir() or (root / (name + ".py")).is_file()


if __name__ == "__main__":
    sys.exit(main())

"""Does a call into student code come back whatever the code does?"""

import contextlib
import sys
import warnings

import numpy as np
import pytest

from utils.checks import implementation
from utils.checks.implementation import Implementation
from utils.compare import CheckFailure


def run(function, *args):
    """Call one function the way a check does."""
    return Implementation({"f": function}).call("f", *args)


def failing(error):
    """Return a function that raises."""

    def f():
        raise error

    return f


class Unprintable(Exception):
    """An exception that cannot even be printed."""

    def __str__(self):
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), SystemExit(0), GeneratorExit(), RecursionError(), Unprintable(), StopIteration()],
)
def test_call_turns_any_exception_into_a_failure(error):
    """Is an exception of any kind a verdict, not the end of the run?"""
    with pytest.raises(CheckFailure) as caught:
        run(failing(error))
    assert caught.value.stage == "raised"
    assert type(error).__name__ in caught.value.problem


def test_call_lets_ctrl_c_through():
    """Can a person still stop the checks?"""
    with pytest.raises(KeyboardInterrupt):
        run(failing(KeyboardInterrupt()))


def test_call_says_when_a_function_is_missing_or_unwritten():
    """Are the two commonest states told apart?"""
    with pytest.raises(CheckFailure, match="not defined"):
        Implementation({}).call("f")
    with pytest.raises(CheckFailure, match="not written yet"):
        run(failing(NotImplementedError()))


def test_call_stops_an_endless_loop(monkeypatch):
    """Does a loop that swallows ordinary exceptions end when its time is over?"""
    monkeypatch.setattr(implementation, "SECONDS_PER_CALL", 0.1)

    def endless():
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))

    with pytest.raises(CheckFailure, match="did not return"):
        run(endless)


def test_an_endless_loop_is_waited_for_once(monkeypatch):
    """Does the second call of a function that did not return fail at once, with the same message?"""
    monkeypatch.setattr(implementation, "SECONDS_PER_CALL", 0.1)
    calls = []

    def endless():
        calls.append(1)
        while True:
            pass

    impl = Implementation({"f": endless, "g": lambda: 1})
    for call in (impl.call, impl.trace):
        with pytest.raises(CheckFailure, match="did not return"):
            call("f")
    assert calls == [1]
    assert impl.call("g") == 1


def test_a_substitute_stands_in_for_a_helper_that_is_not_there():
    """Does a syntax error in a helper's cell cost nothing in the function that calls it?"""
    space = {}
    exec("def f(): return helper()", space)
    assert Implementation(space, {"helper": lambda: "reference"}).call("f") == "reference"
    assert "helper" not in space


def test_call_keeps_warnings_and_prints_off_stderr(capsys):
    """Does a warning cost nothing, and a flood of text stay bounded?"""

    def noisy():
        warnings.warn("careful", stacklevel=1)
        print("x" * 10**6)
        print("oops", file=sys.stderr)
        return 1

    impl = Implementation({"f": noisy})
    assert impl.call("f") == 1
    assert capsys.readouterr().err == ""
    assert "careful" in impl.printed
    assert len(impl.printed) <= 10_000


def test_trace_counts_python_loops_but_not_numpy_ones():
    """Does a loop over an axis cost steps that grow with it, and a vectorized sum none?"""
    impl = Implementation({"loop": lambda x: sum(v * 2 for v in x), "fast": lambda x: (x * 2).sum()})
    small, large = np.ones(10), np.ones(110)
    growth = {
        name: impl.trace(name, large)[1].steps - impl.trace(name, small)[1].steps for name in ("loop", "fast")
    }
    assert growth["fast"] == 0
    assert growth["loop"] >= 500


def test_trace_counts_calls_and_restores_the_tracer():
    """Is a helper counted once for each array it sees, and the tracer that was there before put back?"""
    before = sys.gettrace()

    def helper(v):
        return v

    _, trace = Implementation({"f": lambda: [helper(np.full(2, v // 2)) for v in range(80)]}).trace("f")
    assert trace.most_calls == 40
    assert sys.gettrace() is before


def test_substitutes_replace_helpers_for_one_call_only():
    """Does a mistake in a helper cost nothing in the function that calls it, and is the helper put back?"""
    space = {}
    exec("def helper(): return 'own'\ndef f(): return helper()", space)
    assert Implementation(space, {"helper": lambda: "reference"}).call("f") == "reference"
    assert Implementation(space).call("f") == "own"

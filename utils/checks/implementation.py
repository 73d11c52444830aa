"""The functions under test, called one at a time.

A check never calls a student's function directly: it calls ``impl.conv2d_forward(...)``. Here the function lives in the
same process. A grader that keeps it in another one gives the checks an object with the same three methods (`call`,
`trace`, and attribute access), and the checks run unchanged.
"""

from __future__ import annotations

import contextlib
import dis
import inspect
import io
import signal
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy._core import einsumfunc

from utils.compare import CheckFailure

SECONDS_PER_CALL = 10.0
"""A call that takes longer is stopped. The slowest honest call of a check takes about 0.2 s."""

_PRINTED_LIMIT = 10_000


class _TooSlowError(BaseException):
    """Raised inside a student's function by the timer; a BaseException, so that `except Exception` lets it pass."""


@dataclass(frozen=True)
class Trace:
    """What the interpreter did during one call.

    Attributes
    ----------
    steps : int
        Bytecodes executed. A loop in Python over an axis makes it grow with that axis; NumPy's own loops do not.
    most_calls : int
        Calls of one function outside NumPy with different numbers in the arrays that it sees (arguments and variables
        around it), for the function with most of them. Finite differences need at least one per entry of the input; a
        helper that is called for every pixel, or a generator, sees the same arrays each time.
    """

    steps: int
    most_calls: int


class Implementation:
    """The student's functions by name.

    Parameters
    ----------
    functions : mapping of str to object
        Usually the ``globals()`` of a notebook.
    substitutes : mapping of str to callable
        Functions that stand in for the student's own while one exercise is judged, so that a mistake in ``im2col``
        costs no points in ``conv2d_forward``.
    """

    def __init__(
        self, functions: Mapping[str, Any], substitutes: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        self._functions = functions
        self._substitutes = dict(substitutes or {})
        self.memo: dict[Any, Any] = {}
        self.printed = ""
        self._never_returned: set[str] = set()

    def __getattr__(self, slug: str) -> Callable[..., Any]:
        if slug.startswith("_"):
            raise AttributeError(slug)
        return lambda *args, **kwargs: self.call(slug, *args, **kwargs)

    def call(self, slug: str, *args: Any, **kwargs: Any) -> Any:
        """Call one function; whatever it raises becomes a `CheckFailure` of stage ``raised``."""
        function = self._find(slug)
        with self._guard(slug, function):
            return function(*args, **kwargs)

    def trace(self, slug: str, *args: Any, **kwargs: Any) -> tuple[Any, Trace]:
        """Call one function and count what the interpreter does meanwhile."""
        function = self._find(slug)
        counter = _Counter()
        with self._guard(slug, function), counter:
            result = function(*args, **kwargs)
        return result, counter.trace()

    def substitute(self, slug: str) -> Callable[..., Any] | None:
        """Return the function that stands in for an exercise while another one is judged, if there is one."""
        return self._substitutes.get(slug)

    def _find(self, slug: str) -> Callable[..., Any]:
        if slug in self._never_returned:  # a loop without end would cost the limit again for every case
            raise _too_slow()
        function = self._functions.get(slug)
        if not callable(function):
            raise CheckFailure(
                "raised",
                "is not defined.",
                hint=f"run the cell that defines {slug}, then this one again.",
                signature="undefined",
            )
        return function  # type: ignore[no-any-return]

    @contextlib.contextmanager
    def _guard(self, slug: str, function: Callable[..., Any]) -> Iterator[None]:
        printed = _BoundedText(_PRINTED_LIMIT)
        warned: list[warnings.WarningMessage] = []
        try:
            with (
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
                warnings.catch_warnings(record=True) as warned,
                _swapped(function, self._substitutes),
                _time_limit(SECONDS_PER_CALL),
            ):
                # A warning is kept and printed later, never an error: stderr must not cost points.
                warnings.simplefilter("default")
                yield
        except CheckFailure:
            raise
        except _TooSlowError:
            self._never_returned.add(slug)
            raise _too_slow() from None
        except NotImplementedError as error:
            raise CheckFailure(
                "raised",
                "is not written yet.",
                values=_describe(error),
                hint="replace the line that raises NotImplementedError by your code.",
                signature="unwritten",
            ) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise CheckFailure(
                "raised",
                f"raised {type(error).__name__}.",
                where=_line_of(error),
                values=_describe(error),
                signature=f"raised {type(error).__name__} {_without_digits(_describe(error))}",
            ) from error
        finally:
            said = [f"{w.category.__name__}: {w.message}\n" for w in warned[:3]]
            self.printed = ("".join(said) + self.printed + printed.getvalue())[:_PRINTED_LIMIT]


class _BoundedText(io.StringIO):
    """Keeps the first characters written and drops the rest, so that a printing loop does not fill the notebook."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._left = limit

    def write(self, text: str) -> int:
        super().write(text[: self._left])
        self._left -= min(self._left, len(text))
        return len(text)


class _Counter:
    """Counts bytecodes and calls with ``sys.settrace``, and puts the old trace function back."""

    def __init__(self) -> None:
        self._steps = 0
        self._seen: dict[types.CodeType, set[int]] = {}

    def __enter__(self) -> _Counter:
        self._before = sys.gettrace()
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *exc_info: object) -> None:
        sys.settrace(self._before)

    def trace(self) -> Trace:
        return Trace(self._steps, max(map(len, self._seen.values()), default=0))

    def _on_call(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        if _within_einsum(frame):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        # A generator is "called" again for every item.
        if not _of_numpy(frame) and not frame.f_code.co_flags & inspect.CO_GENERATOR:
            self._seen.setdefault(frame.f_code, set()).add(_numbers_seen(frame))
        return self._on_step

    def _on_step(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "opcode":
            self._steps += 1
        return self._on_step


def _of_numpy(frame: types.FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("numpy.")


def _within_einsum(frame: types.FrameType | None) -> bool:
    """Return whether NumPy is in ``einsum``, which plans its products in Python: longer for some sizes, but no loop."""
    while frame is not None and _of_numpy(frame):
        if frame.f_globals is vars(einsumfunc):
            return True
        frame = frame.f_back
    return False


def _numbers_seen(frame: types.FrameType) -> int:
    return hash(tuple(v.tobytes() for v in frame.f_locals.values() if type(v) is np.ndarray))


@contextlib.contextmanager
def _swapped(function: Callable[..., Any], substitutes: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Put the substitutes into the function's globals for the duration of one call."""
    space = getattr(function, "__globals__", {})
    before = {name: space[name] for name in substitutes if name in space}
    space.update(substitutes)
    try:
        yield
    finally:
        for name in substitutes:
            space.pop(name, None)
        space.update(before)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Stop the main thread after some seconds, where the platform has a timer (not on Windows, not in a thread)."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: Any) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _too_slow() -> CheckFailure:
    return CheckFailure(
        "raised",
        f"did not return within {SECONDS_PER_CALL:.0f} seconds.",
        hint="is there a loop that never ends?",
        signature="timeout",
    )


def _line_of(error: BaseException) -> str:
    """Return the last line of the student's code in the traceback."""
    step = error.__traceback__
    found = "-"
    while step is not None:
        code = step.tb_frame.f_code
        if "numpy" not in code.co_filename and not code.co_filename.endswith("implementation.py"):
            found = f"line {step.tb_lineno} of {code.co_name}"
            if step.tb_next is None and code.co_code[step.tb_lasti] == dis.opmap["RAISE_VARARGS"]:
                found += " (your own raise or assert)"
        step = step.tb_next
    return found


def _describe(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def _without_digits(text: str) -> str:
    return "".join("#" if character.isdigit() else character for character in text)

"""Commands that may run wild: each in a session of its own, with a time limit, and no survivors."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

import psutil  # type: ignore[import-untyped]

SECONDS_TO_TIDY = 4.0

T = TypeVar("T")
R = TypeVar("R")


class Processes:
    """The running commands of one batch, so that all of them can be stopped at once.

    Ctrl-C in the terminal reaches us only, because each command has a session of its own; we then ask them to
    stop, wait a moment, and kill what is left, Jupyter kernels included.
    """

    def __init__(self) -> None:
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self.stopped = False

    def run(
        self, command: list[str], *, cwd: Path, env: dict[str, str], log: Path, limit: float
    ) -> int | None:
        """Run one command, its output in `log`; return its exit code, or None if it had to be stopped."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            with self._lock:
                if self.stopped:
                    return None
                process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._running[process.pid] = process
            try:
                code = process.wait(timeout=limit)
            except subprocess.TimeoutExpired:
                _stop([process])
                return None
            except BaseException:
                _stop([process])
                raise
            finally:
                with self._lock:
                    del self._running[process.pid]
        return None if self.stopped else code

    def stop(self) -> None:
        """Stop all commands and start no more."""
        with self._lock:
            self.stopped = True
            running = list(self._running.values())
        _stop(running)


def in_parallel(
    items: Sequence[T], work: Callable[[T], R], jobs: int, processes: Processes
) -> Generator[tuple[T, R], None, None]:
    """Do some work, which runs commands of `processes`, on every item; yield each result when it is there."""
    pool = ThreadPoolExecutor(max_workers=max(1, jobs))
    try:
        futures = {pool.submit(work, item): item for item in items}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BaseException:  # also Ctrl-C, and GeneratorExit when the caller stops early
        processes.stop()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    # Kernels are in sessions of their own, so they are found by parentage, before the parents are gone.
    families = [_family(process.pid) for process in processes]
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    everybody = [member for family in families for member in family]
    deadline = time.monotonic() + SECONDS_TO_TIDY
    _, left = psutil.wait_procs(everybody, timeout=max(0.0, deadline - time.monotonic()))
    for member in left:
        with contextlib.suppress(psutil.Error):
            member.kill()
    psutil.wait_procs(left, timeout=SECONDS_TO_TIDY)
    for process in processes:
        process.poll()  # psutil has seen it end; now Popen knows too


def _family(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def workers() -> int:
    """How many notebooks to run at once: one a core, as far as the memory goes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gigabytes = psutil.virtual_memory().available / 2**30
    return max(1, min(cores, int(gigabytes // 2), 16))

"""Showing that something happens: a bar in a terminal, a line elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def make_console() -> Console:
    """The console of a command: as wide as the terminal, or 120 columns in a file or pipe."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


@contextlib.contextmanager
def progress_bar(console: Console, label: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show the progress of some work while the block runs; call what it yields after each piece.

    Parameters
    ----------
    total : int or None
        Number of pieces; None if nobody knows, which shows a moving bar.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if not console.is_terminal:
        console.print(label if total is None else f"{label} ({total})", markup=False)
        yield lambda: None
        return
    columns = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()]
    if total is not None:
        columns.insert(2, MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)

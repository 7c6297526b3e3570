"""What people see while a command works: steps with their seconds on standard error, tables on standard output."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from pipelines import log

_muted = {"now": False}

LOG = Console(stderr=True, highlight=False)
OUT = Console(highlight=False)


@contextmanager
def muted() -> Iterator[None]:
    """Show no steps and no notes meanwhile: a command that works in rounds says in a line what each of them did."""
    before, _muted["now"] = _muted["now"], True
    try:
        yield
    finally:
        _muted["now"] = before


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show that something is being done, and how long it took once it is done."""
    began = time.perf_counter()
    if LOG.is_terminal and not _muted["now"] and not log.is_structured():
        with LOG.status(f"{doing} …"):
            yield
    else:
        yield
    seconds = time.perf_counter() - began
    if _muted["now"]:
        return
    if log.is_structured():
        log.write("info", doing, seconds=round(seconds, 2))
    else:
        LOG.print(f"[dim]{seconds:6.1f} s[/dim]  {doing}")


def note(text: str) -> None:
    """Say something that the user should know, beside the result."""
    if _muted["now"]:
        return
    if log.is_structured():
        log.write("info", text)
    else:
        LOG.print(f"          {text}", style="yellow", markup=False, soft_wrap=True)


def say(text: str) -> None:
    """Write a line as it is, whatever signs a path in it has and however long it is."""
    OUT.print(text, markup=False, soft_wrap=True)


def show_json(text: str) -> None:
    """Write one JSON object to standard output, and nothing else."""
    sys.stdout.write(text + "\n")


def signed(points: float, form: str = "+d") -> str:
    """Write points with their sign, as exports and pages do.

    >>> signed(5), signed(-5), signed(-2.54, "+.2g")
    ('+5', '−5', '−2.5')
    """
    return f"{points:{form}}".replace("-", "−")


def table(*columns: str, title: str = "") -> Table:
    """Start a table; columns whose name begins with ``>`` are aligned to the right."""
    grid = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        justify = "right" if column.startswith(">") else "left"
        grid.add_column(column.removeprefix(">"), justify=justify, overflow="fold", header_style="bold")
    return grid

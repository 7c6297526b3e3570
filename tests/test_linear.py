"""A cell of any length is read in a time that grows as the cell does: twice as long, twice the time.

A pattern that begins anew at each character, or that shares its characters between two repetitions, takes four times
as long: a single cell of a megabyte would then hold up a run for an hour.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pandas as pd
import pytest

from data.columns import is_contact, profile, words_of
from data.config import holds_password, masked
from data.parsing import (
    contradiction_of,
    decide_format,
    is_made_up,
    kind_of_mail,
    lacks_offset,
    marks_of,
    normalized_company,
    parts_of_mail,
    read_cells,
    read_months,
)
from data.quality.histories import _members
from data.quality.phones import is_no_phone
from data.staging.quarantine import _addresses
from data.vocabulary import Kind
from features.titles import department_of, rank_of

LENGTH = 10_000
MOST_SECONDS = 10
REPEATED = (
    *("a", "1", " ", "\xa0", "(", ".", "-", "+", ",", "@", "é", "€", "年", "'"),
    *(
        "a ",
        "1 ",
        "1.",
        "1,",
        "a.",
        "a@",
        "a@b.",
        "1-",
        "( ",
        "; ",
        "of ",
        "A",
        "aA",
        "1:",
        "://",
        "://a:",
        "+1 ",
        "vice ",
    ),
)
BEGINS = ("", "(")


def of_cell(read: Callable[[pd.Series], object]) -> Callable[[str], object]:
    return lambda cell: read(pd.Series([cell, "x"], dtype="str"))


def read_as(kind: Kind) -> Callable[[str], object]:
    return of_cell(lambda cells: read_cells(cells, kind, decide_format(cells, kind)[0]))


READERS: dict[str, Callable[[str], object]] = {
    **{f"a cell as {kind.name}": read_as(kind) for kind in Kind},
    "a profile": of_cell(lambda cells: profile("notes", cells, {})),
    "a contact": is_contact,
    "a name of a column": words_of,
    "a title beside others": of_cell(lambda cells: contradiction_of(cells.to_frame("job_title").assign(budget=1e6))),
    "a rank": of_cell(rank_of),
    "a department": of_cell(department_of),
    "a currency": of_cell(marks_of),
    "a made-up name": of_cell(is_made_up),
    "a mail address": of_cell(kind_of_mail),
    "parts of a mail address": of_cell(parts_of_mail),
    "an offset": of_cell(lacks_offset),
    "a month": of_cell(read_months),
    "a company": normalized_company,
    "a telephone number": of_cell(is_no_phone),
    "a set": _members,
    "addresses of a row": _addresses,
    "a password": holds_password,
    "a message": masked,
}


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    def end(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def seconds(read: Callable[[str], object], cell: str) -> float:
    """Return the processor's time, so that a busy machine changes nothing."""
    begun = time.process_time()
    read(cell)
    return time.process_time() - begun


def is_linear(read: Callable[[str], object], begin: str, repeated: str) -> bool:
    def cell(length: int) -> str:
        return begin + repeated * (length // len(repeated)) + "!"

    try:
        with at_most(MOST_SECONDS):
            read(cell(10))
            if seconds(read, cell(LENGTH)) < 0.02:
                return True
            once, twice = (min(seconds(read, cell(size)) for _ in range(2)) for size in (LENGTH, 2 * LENGTH))
            return twice < 3 * once
    except TimeoutError:
        return False


@pytest.mark.parametrize("reader", READERS)
def test_twice_as_long_takes_twice_the_time(reader):
    cells = [(begin, repeated) for begin in BEGINS for repeated in REPEATED]
    assert [cell for cell in cells if not is_linear(READERS[reader], *cell)] == []


def test_what_is_quadratic_is_found():
    import re

    assert not is_linear(lambda cell: re.search(r"[^@\s]+@", cell), "", "a")

"""The kinds of sources that tables can be read from, by the name by which settings know them.

A new kind is a module of its own with a `TableSource`, and a line in `KINDS`. Settings name it as the ``kind`` of a
table, ``{kind: NAME, path: FILE}``, with whatever else it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from data.config import Settings
from data.errors import InputError, nearest
from data.sources.base import TableSource
from data.sources.encodings import PARQUET
from data.sources.files import FileSource, as_input_errors, check_there
from data.sources.parquet import ParquetFile
from data.sources.sql import reading
from data.sources.text import TextFile
from data.sources.workbook import WorkbookFile, is_workbook, split_sheet

Opening = Callable[[Any], TableSource]
"""Opens a table that the settings describe, as in ``settings.tables``."""


def open_file(path: Path, encoding: str | None = None) -> FileSource:
    """Open a file as what its content shows, whatever it is called: Parquet, a workbook, or text.

    ``path`` may name a sheet of a workbook, ``file.xlsx#Sheet``; ``encoding`` is that of a text file where it is known.
    Raises `InputError` where the file is missing, unreadable, empty, damaged as a whole, or no table.
    """
    path, sheet = split_sheet(path)
    with as_input_errors(path):
        check_there(path)
        if is_workbook(path):
            return WorkbookFile(path, sheet)
        return ParquetFile(path) if _is_parquet(path) else TextFile(path, encoding)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == PARQUET


@contextmanager
def _of_database(settings: Settings, _: Path) -> Iterator[Opening]:
    assert settings.database is not None, "settings with a table of a database name the database"
    with reading(settings.database) as database:
        yield database.open


@contextmanager
def _of_crm(settings: Settings, copies: Path) -> Iterator[Opening]:
    from data.crm import connect, reading_crm  # load the client of the web, which no other source needs

    assert settings.crm is not None, "settings with a table of a CRM name the CRM"
    with reading_crm(connect(settings.crm), copies) as tables:
        yield lambda source: tables.open(source)


KINDS: dict[str, Callable[[Settings, Path], AbstractContextManager[Opening]]] = {
    "file": lambda settings, _: nullcontext(lambda source: open_file(source.path, settings.encoding)),
    "database": _of_database,
    "crm": _of_crm,
}
"""For each kind, what to enter to read tables of that kind: those of a database come by one connection.

It is given the settings, and the file of the workspace that holds copies of other systems' tables.
"""


@contextmanager
def open_sources(settings: Settings, names: list[str], copies: Path) -> Iterator[dict[str, TableSource]]:
    """Open some tables of the settings, all as they stand at one moment; ``copies`` is the file of the copies.

    Raises `InputError` for a kind that is not known, and where a table is not there.
    """
    sources = {name: settings.tables[name] for name in names}
    for source in sources.values():
        _require_known(source.kind)
    with ExitStack() as stack:
        kinds = {source.kind: KINDS[source.kind] for source in sources.values()}
        openings = {kind: stack.enter_context(opened(settings, copies)) for kind, opened in kinds.items()}
        yield {name: openings[source.kind](source) for name, source in sources.items()}


def _require_known(kind: str) -> None:
    if kind not in KINDS:
        raise InputError(
            f"there is no kind of source '{kind}'",
            expected=", ".join(KINDS),
            got=kind,
            remedy=nearest(kind, KINDS),
        )

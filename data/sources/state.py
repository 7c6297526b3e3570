"""Whether tables may have changed since they were last read, without reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from data.config import DatabaseTable, Settings
from data.sources.files import version_of
from data.sources.sql import reading
from data.sources.workbook import split_sheet


def state_of(settings: Settings) -> Mapping[str, Any] | None:
    """Return, by table, what changes whenever the table does; None where some table cannot tell.

    Of files it is their size and when they were written, of a database's tables the newest value of the column that
    says when a row was changed: rows that were deleted do not show. Tables of other kinds cannot tell.
    """
    state = dict(_of_files(settings))
    in_database = {name: source for name, source in settings.tables.items() if isinstance(source, DatabaseTable)}
    if len(state) + len(in_database) < len(settings.tables):
        return None
    if in_database and settings.database:
        with reading(settings.database) as database:
            tables = {name: database.open(source) for name, source in in_database.items()}
            if any(table.changed_at is None for table in tables.values()):
                return None
            state |= {name: table.newest() for name, table in tables.items()}
    return state


def _of_files(settings: Settings) -> Iterator[tuple[str, Any]]:
    for name, source in settings.tables.items():
        if source.kind == "file" and source.path:
            yield name, version_of(split_sheet(source.path)[0])

"""Write the rows that could not be used where people can see them, as they were and with the reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copystat
from typing import NamedTuple

import duckdb
import pyarrow as pa

from data.drafts import draft_of
from data.sinks import export_to
from data.sources import allow_long_cells, own_name
from data.staging.tables import BATCH, Table
from data.vocabulary import TABLES, Kind

CELL_ENDS = re.compile(r"[,;\t|\"\r\n]")
ADDRESS = re.compile(r"(?<![^\s<>()\[\]:;,|\"@?])[^\s<>()\[\]:;,|\"@?]+@[^\s<>()\[\]:;,|\"@?]+")
"""Begins only where the character before cannot be of an address: else it would be tried from each place."""
ADDED = ("position", "line", "reason", "text")
LEAD = "lead_id"
"""The column by which a row is known as a lead's, so that it can be forgotten."""


def write_quarantine(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    """Write ``<folder>/<table>.csv`` anew; without such rows the file is removed.

    Columns: ``position`` (from 0), ``line`` (of a text file), ``reason``, ``lead_id`` where the file calls it
    otherwise, the cells, and ``text`` for a record that is no row.
    """
    path = folder / f"{table.name}.csv"
    path.unlink(missing_ok=True)
    names = _names(table)
    lead = [table.file.columns[table.columns[LEAD]]] if _adds_lead(table) else []
    cells = ", ".join(f"s.{cell}" for cell in [*lead, *table.file.columns.values()])
    query = f"""SELECT s.position, s.line, q.reason, {cells}, s.text
        FROM quarantine q JOIN {table.staged} s USING (position) WHERE q.source = '{table.name}' ORDER BY s.position"""
    with export_to(path, ids=_ids(table)) as write:
        for batch in connection.cursor().sql(query).to_arrow_reader(BATCH):
            if batch.num_rows:
                folder.mkdir(mode=0o700, exist_ok=True)
                write(pa.table(batch.columns, names=names).to_pandas())


def erase_older(folder: Path, moment: datetime) -> int:
    """Remove the files that were written before a moment (naive UTC); return how many they were."""
    begun = moment.replace(tzinfo=UTC).timestamp()
    old = [file for file in folder.glob("*") if file.stat().st_mtime < begun]
    for file in old:
        file.unlink()
    return len(old)


class Swept(NamedTuple):
    """How many rows were taken out, and how many of those left name no lead, by file: nobody knows whose they are."""

    forgotten: int
    nameless: dict[str, int]


def forget_rows(folder: Path, who: str) -> Swept:
    """Take the rows out of all files of the folder that name a lead, or hold an e-mail address: ``who`` is either.

    In a file that an earlier version wrote no row may name its lead.
    """
    allow_long_cells()
    for draft in folder.glob("*.draft"):  # as earlier versions called them
        draft.unlink()
    counts = {file.name: _forget_in(file, who) for file in sorted(folder.glob("*.csv"))}
    nameless = {name: left for name, (_, left) in counts.items() if left}
    return Swept(sum(forgotten for forgotten, _ in counts.values()), nameless)


def quarantined_rows(folder: Path, who: str) -> dict[str, list[dict[str, str]]]:
    """Return the rows that `forget_rows` would take out, by file."""
    allow_long_cells()
    return {file.name: list(_rows_of(file, who)) for file in sorted(folder.glob("*.csv"))}


def _rows_of(path: Path, who: str) -> Iterator[dict[str, str]]:
    addresses = set(_addresses(who))
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        place = header.index(LEAD) if LEAD in header else None
        yield from (dict(zip(header, row, strict=False)) for row in rows if _is_of(row, place, who, addresses))


def _is_of(row: list[str], place: int | None, who: str, addresses: set[str]) -> bool:
    lead = "" if place is None else row[place]
    damaged = who in CELL_ENDS.split(row[-1])  # the last cell: the text of a record that is no row
    return damaged or lead == who or bool(addresses and not addresses.isdisjoint(_addresses("\n".join(row))))


def _forget_in(path: Path, who: str) -> tuple[int, int]:
    """Return how many rows went, and how many stayed that name no lead. The file keeps its age, for `erase_older`."""
    forgotten, nameless = 0, 0
    addresses = set(_addresses(who))
    with (
        draft_of(path) as draft,
        path.open(encoding="utf-8", newline="") as file,
        draft.open("w", encoding="utf-8", newline="") as remaining,
    ):
        write = csv.writer(remaining, lineterminator="\n").writerow
        rows = csv.reader(file)
        header = next(rows, [])
        place = header.index(LEAD) if LEAD in header else None
        write(header)
        for row in rows:
            if _is_of(row, place, who, addresses):
                forgotten += 1
            else:
                nameless += place is None or not row[place].strip()
                write(row)
        remaining.flush()
        copystat(path, draft)
    return forgotten, nameless


def _addresses(text: str) -> list[str]:
    """Return the e-mail addresses in a text: an apostrophe before one was put there by `export_to`."""
    return [address.strip("'.").lower() for address in ADDRESS.findall(text)]


def _names(table: Table) -> list[str]:
    """Return the columns of the file between those added; one that bears the name of an added one is numbered."""
    first = [*ADDED[:3], LEAD] if _adds_lead(table) else [*ADDED[:3]]
    names = [*first, ADDED[3]]
    for name in table.file.columns:
        names.append(own_name(name, names))
    return [*first, *names[len(first) + 1 :], ADDED[3]]


def _adds_lead(table: Table) -> bool:
    column = table.columns.get(LEAD, LEAD)
    return column != LEAD and column in table.file.columns  # a file may be numbered by its rows


def _ids(table: Table) -> set[str]:
    known = TABLES[table.name]
    return {LEAD} | {column for name, column in table.columns.items() if name in known and known[name].kind is Kind.ID}

"""Write the rows that could not be used where people can look at them, as they were and with the reason."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pyarrow as pa

from data.delimited import allow_long_cells
from data.exports import export_to
from data.files import own_name
from data.tables import BATCH, Table
from data.vocabulary import TABLES, Kind

ADDED = ("position", "line", "reason", "text")


def write_quarantine(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    """Write ``<folder>/<table>.csv`` anew: ``position`` (from 0), ``line`` (of a text file), ``reason``, the cells, and
    ``text`` for a record that is no row. Without such rows the file is removed."""
    path = folder / f"{table.name}.csv"
    path.unlink(missing_ok=True)
    names = _names(table)
    cells = ", ".join(f"s.{cell}" for cell in table.file.columns.values())
    query = f"""SELECT s.position, s.line, q.reason, {cells}, s.text
        FROM quarantine q JOIN {table.staged} s USING (position) WHERE q.source = '{table.name}' ORDER BY s.position"""
    with export_to(path, ids=_ids(table)) as write:
        for batch in connection.cursor().sql(query).to_arrow_reader(BATCH):
            if batch.num_rows:
                folder.mkdir(mode=0o700, exist_ok=True)
                write(pa.table(batch.columns, names=names).to_pandas())


def forget_rows(folder: Path, lead_id: str) -> int:
    """Take the rows that name a lead out of all files of the folder; return how many they were."""
    allow_long_cells()
    return sum(_forget_in(file, lead_id) for file in sorted(folder.glob("*.csv")))


def _forget_in(path: Path, lead_id: str) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    kept = [row for row in rows if lead_id not in row and lead_id not in row[-1]]  # the last cell: a damaged record
    if len(kept) < len(rows):
        draft = path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *kept])
        draft.replace(path)
    return len(rows) - len(kept)


def _names(table: Table) -> list[str]:
    """Return the columns of the file between ours; a column of the file that bears one of our names is numbered."""
    names: list[str] = list(ADDED)
    for name in table.file.columns:
        names.append(own_name(name, names))
    return [*ADDED[:3], *names[len(ADDED) :], ADDED[3]]


def _ids(table: Table) -> set[str]:
    known = TABLES[table.name]
    return {theirs for ours, theirs in table.columns.items() if ours in known and known[ours].kind is Kind.ID}

"""The typed copy of a staged table: each cell read as what its column means, the unreadable ones counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from data.columns import shown
from data.parsing import read_cells, texts
from data.quality_report import ROWS_SHOWN, Flag, place
from data.sources import Relay
from data.staging.tables import BATCH, Reading, Table, quarantined
from data.vocabulary import NUMERIC, Kind

ARROW_TYPES = {**dict.fromkeys((*NUMERIC, Kind.FLAG), pa.float64()), Kind.TIME: pa.timestamp("us")}
SQL_TYPES = {**dict.fromkeys((*NUMERIC, Kind.FLAG), "DOUBLE"), Kind.TIME: "TIMESTAMP"}
UNREADABLE = {
    Kind.NUMBER: "not a number",
    Kind.BAND: "neither a number nor a range",
    Kind.FLAG: "neither yes nor no",
    Kind.TIME: "not a time",
}
PLAIN = {(Kind.TIME, "TIMESTAMP"), (Kind.NUMBER, "BIGINT")}


@dataclass
class _BadCells:
    """Cells of a column that cannot be read: how many, the first one, and the first rows."""

    count: int = 0
    example: str = ""
    rows: list[str] = field(default_factory=list)


def make_typed(
    connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading], into: str
) -> list[Flag]:
    """Make the typed table of those rows of a staged table that are not in quarantine; return what cannot be read.

    Where all cells are there as they should be, as in most Parquet files, DuckDB does that alone.
    """
    if all(_is_plain(connection, table, reading) for reading in readings):
        cells = {reading.typed: _plain_sql(table, reading) for reading in readings}
        connection.execute(f"CREATE TABLE {into} AS {_usable_cells(table, cells)}")
        return []
    return _write_typed(connection, table, readings, into)


def _is_plain(connection: duckdb.DuckDBPyConnection, table: Table, reading: Reading) -> bool:
    """Return whether a column needs no reading at all, or, of a flag, holds true and false as Parquet has them."""
    if reading.source is None or reading.kind is Kind.ID:
        return True
    cell, kind = table.file.columns[reading.source], table.file.types[reading.source]
    if reading.kind is Kind.NUMBER and kind == "DOUBLE":
        query = f"SELECT count(*) FROM {table.staged} WHERE NOT isfinite({cell})"
        return connection.execute(query).fetchall() == [(0,)]
    if reading.kind is Kind.FLAG and kind == "VARCHAR":
        query = f"SELECT count(*) FROM {table.staged} WHERE {cell} <> 'true' AND {cell} <> 'false'"
        return connection.execute(query).fetchall() == [(0,)]
    if reading.kind is Kind.CATEGORY and kind == "VARCHAR":
        query = f"SELECT DISTINCT {cell} AS cell FROM {table.staged}"
        distinct = connection.sql(query).to_arrow_table().to_pandas()["cell"]
        return texts(distinct).equals(distinct)
    return (reading.kind, kind) in PLAIN


def _write_typed(
    connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading], into: str
) -> list[Flag]:
    bad_cells = {reading.typed: _BadCells() for reading in readings}
    relay = Relay(_typed_batches(connection.cursor(), table, readings, bad_cells))
    with relay.source_errors():
        connection.register("typed", pa.RecordBatchReader.from_batches(_arrow_schema(readings), relay))
        connection.execute(f"CREATE TABLE {into} AS SELECT * FROM typed")
        connection.unregister("typed")
    return [
        Flag(table.name, reading.source or "", UNREADABLE[reading.kind], bad.count, bad.example, tuple(bad.rows))
        for reading in readings
        if (bad := bad_cells[reading.typed]).count
    ]


def _arrow_schema(readings: Sequence[Reading]) -> pa.Schema:
    columns = ((reading.typed, ARROW_TYPES.get(reading.kind, pa.string())) for reading in readings)
    return pa.schema([("position", pa.int64()), *columns])


def _typed_batches(
    cursor: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading], bad_cells: dict[str, _BadCells]
) -> Iterator[pa.RecordBatch]:
    schema, cells = _arrow_schema(readings), {reading.typed: _cell_sql(table, reading) for reading in readings}
    for batch in cursor.sql(_usable_cells(table, cells)).to_arrow_reader(BATCH):
        columns = [_typed_column(batch, reading, bad_cells[reading.typed]) for reading in readings]
        yield pa.RecordBatch.from_arrays([batch["position"], *columns], schema=schema)


def _typed_column(batch: pa.RecordBatch, reading: Reading, bad: _BadCells) -> pa.Array:
    cells = batch[reading.typed]
    if reading.kind is Kind.ID:
        return cells
    parsed = read_cells(cells.to_pandas(), reading.kind, reading.written)
    if parsed.bad.any():
        _count_bad(bad, parsed.bad, batch, cells)
    return pa.array(parsed.values, ARROW_TYPES.get(reading.kind, pa.string()), from_pandas=True)


def _usable_cells(table: Table, cells: Mapping[str, str]) -> str:
    """Return a query for some cells, named SQL expressions, of all rows that are not in quarantine."""
    named = ", ".join(f"{cell} AS {name}" for name, cell in cells.items())
    return f"SELECT position, line, {named} FROM {table.staged} WHERE position NOT IN ({quarantined(table.name)})"


def _cell_sql(table: Table, reading: Reading) -> str:
    if reading.kind is Kind.ID:
        return table.id_sql(reading.source)
    if reading.source is None:
        return f"NULL::{SQL_TYPES.get(reading.kind, 'VARCHAR')}"
    cell, kind = table.file.columns[reading.source], table.file.types[reading.source]
    return f"{cell}::DOUBLE" if kind == "BIGINT" and reading.kind is Kind.NUMBER else cell


def _plain_sql(table: Table, reading: Reading) -> str:
    """Return SQL for the value of a cell that needs no reading: true is 1, false is 0."""
    cell = _cell_sql(table, reading)
    return f"({cell} = 'true')::DOUBLE" if reading.kind is Kind.FLAG and reading.source else cell


def _count_bad(bad: _BadCells, are_bad: pd.Series, batch: pa.RecordBatch, cells: pa.Array) -> None:
    rows = np.flatnonzero(are_bad.to_numpy())
    if not bad.count:
        first = int(rows[0])
        bad.example = f"'{shown(str(cells[first].as_py()))}' in {_place(batch, first)}"
    bad.rows += [_id_or_place(batch, int(row)) for row in rows[: ROWS_SHOWN - len(bad.rows)]]
    bad.count += len(rows)


def _place(batch: pa.RecordBatch, number: int) -> str:
    return place(batch["line"][number].as_py(), batch["position"][number].as_py())


def _id_or_place(batch: pa.RecordBatch, number: int) -> str:
    lead = batch["lead_id"][number].as_py() if "lead_id" in batch.schema.names else None
    return lead or _place(batch, number)

"""The typed copy of a staged table: each cell read as what its column means, the unreadable ones counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from data.columns import shown
from data.parsing import Currency, read_cells, texts, worths
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
NAMED = "currency_of_{}"
"""What a batch calls the column that names the currency of another one."""
PLAIN = {(Kind.TIME, "TIMESTAMP"), (Kind.NUMBER, "BIGINT")}
CHECKS = {
    (Kind.NUMBER, "DOUBLE"): "isfinite({cell})",
    (Kind.FLAG, "VARCHAR"): "({cell} = 'true' OR {cell} = 'false')",
}
"""What holds of each cell of a kind that is stored as a type, where it needs no reading."""
WORDED = (Kind.CATEGORY, "VARCHAR")
MANY_TEXTS = 100
"""Of more columns of text, reading all cells takes less time than asking for the values of each."""


class _Problem(NamedTuple):
    """What is to be said of some cells of a column."""

    column: str
    what: str
    level: Literal["info", "warning"] = "warning"


@dataclass
class _BadCells:
    """Cells of a column with a problem: how many, the first one, and the first rows."""

    count: int = 0
    example: str = ""
    rows: list[str] = field(default_factory=list)


def make_typed(
    connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading], into: str
) -> list[Flag]:
    """Make the typed table of those rows of a staged table that are not in quarantine; return what cannot be read.

    Where all cells are there as they should be, as in most Parquet files, DuckDB does that alone.
    """
    if _are_plain(connection, table, readings):
        cells = {reading.typed: _plain_sql(table, reading) for reading in readings}
        connection.execute(f"CREATE TABLE {into} AS {_usable_cells(table, cells)}")
        return []
    return _write_typed(connection, table, readings, into)


def _are_plain(connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading]) -> bool:
    """Return whether columns need no reading at all, or, of flags, hold true and false as Parquet has them."""
    stored = [
        (table.file.columns[reading.source], (reading.kind, table.file.types[reading.source]))
        for reading in readings
        if reading.source is not None and reading.kind is not Kind.ID
    ]
    if any(reading.currency is not None for reading in readings):
        return False
    worded = [cell for cell, kinds in stored if kinds == WORDED]
    if len(worded) > MANY_TEXTS or any(kinds not in {*PLAIN, *CHECKS, WORDED} for _, kinds in stored):
        return False
    checks = [CHECKS[kinds].format(cell=cell) for cell, kinds in stored if kinds in CHECKS]
    query = f"SELECT count(*) FROM {table.staged} WHERE NOT ({' AND '.join(checks) or 'true'})"
    are_checked = connection.execute(query).fetchall() == [(0,)]
    return are_checked and all(_are_texts(connection, table, cell) for cell in worded)


def _are_texts(connection: duckdb.DuckDBPyConnection, table: Table, cell: str) -> bool:
    """Return whether the texts of a column are as they are read: without blanks around, none meaning "missing"."""
    distinct = connection.sql(f"SELECT DISTINCT {cell} AS cell FROM {table.staged}").to_arrow_table().to_pandas()
    return texts(distinct["cell"]).equals(distinct["cell"])


def _write_typed(
    connection: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading], into: str
) -> list[Flag]:
    bad_cells: dict[_Problem, _BadCells] = defaultdict(_BadCells)
    relay = Relay(_typed_batches(connection.cursor(), table, readings, bad_cells))
    with relay.source_errors():
        connection.register("typed", pa.RecordBatchReader.from_batches(_arrow_schema(readings), relay))
        connection.execute(f"CREATE TABLE {into} AS SELECT * FROM typed")
        connection.unregister("typed")
    order = {reading.source or "": number for number, reading in enumerate(readings)}
    return [
        Flag(table.name, problem.column, problem.what, bad.count, bad.example, tuple(bad.rows), problem.level)
        for problem, bad in sorted(bad_cells.items(), key=lambda item: order[item[0].column])
    ]


def _arrow_schema(readings: Sequence[Reading]) -> pa.Schema:
    columns = ((reading.typed, ARROW_TYPES.get(reading.kind, pa.string())) for reading in readings)
    return pa.schema([("position", pa.int64()), *columns])


def _typed_batches(
    cursor: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading], bad_cells: dict[_Problem, _BadCells]
) -> Iterator[pa.RecordBatch]:
    schema, cells = _arrow_schema(readings), {reading.typed: _cell_sql(table, reading) for reading in readings}
    names = {NAMED.format(each.typed): table.file.columns[each.named_in] for each in readings if each.named_in}
    for batch in cursor.sql(_usable_cells(table, cells | names)).to_arrow_reader(BATCH):
        columns = [_typed_column(batch, reading, bad_cells) for reading in readings]
        yield pa.RecordBatch.from_arrays([batch["position"], *columns], schema=schema)


def _typed_column(batch: pa.RecordBatch, reading: Reading, bad_cells: dict[_Problem, _BadCells]) -> pa.Array:
    cells = batch[reading.typed]
    if reading.kind is Kind.ID:
        return cells
    column = cells.to_pandas()
    parsed = read_cells(column, reading.kind, reading.written)
    problems = {_Problem(reading.source or "", UNREADABLE.get(reading.kind, "")): parsed.bad}
    if reading.currency is not None:
        worth = worths(column, reading.currency, _named(batch, reading))
        problems |= _foreign(reading, reading.currency, worth[parsed.values.notna()].reindex(worth.index, fill_value=1))
        parsed = parsed._replace(values=parsed.values * worth)
    for problem, are_bad in problems.items():
        if are_bad.any():
            first, is_amount = int(np.argmax(are_bad)), are_bad is not parsed.bad
            example = f"'{_example(batch, reading, first, is_amount=is_amount)}' in {_place(batch, first)}"
            _count_bad(bad_cells[problem], are_bad, batch, example)
    return pa.array(parsed.values, ARROW_TYPES.get(reading.kind, pa.string()), from_pandas=True)


def _named(batch: pa.RecordBatch, reading: Reading) -> pd.Series | None:
    """Return the currency that is named beside each amount, where a column names it."""
    return batch[NAMED.format(reading.typed)].to_pandas() if reading.named_in else None


def _example(batch: pa.RecordBatch, reading: Reading, row: int, *, is_amount: bool) -> str:
    """Return a cell as a log may show it; an amount is shown with the currency that is named beside it."""
    cell, named = str(batch[reading.typed][row].as_py()), _named(batch, reading)
    if not is_amount:
        return shown(cell)
    return cell if named is None else f"{cell} {named.fillna('').iloc[row]}".strip()


def _foreign(reading: Reading, currency: Currency, worth: pd.Series) -> dict[_Problem, pd.Series]:
    """Return which amounts are in another currency than their column: without a rate, and converted by one."""
    column, what = reading.source or "", f"in another currency than {currency.code}"
    is_converted = worth.notna() & (worth != 1)
    return {
        _Problem(column, f"{what}: read as missing"): worth.isna(),
        _Problem(column, f"{what}: converted by the rates", "info"): is_converted,
    }


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


def _count_bad(bad: _BadCells, are_bad: pd.Series, batch: pa.RecordBatch, example: str) -> None:
    rows = np.flatnonzero(are_bad.to_numpy())
    bad.example = bad.example or example
    bad.rows += [_id_or_place(batch, int(row)) for row in rows[: ROWS_SHOWN - len(bad.rows)]]
    bad.count += len(rows)


def _place(batch: pa.RecordBatch, number: int) -> str:
    return place(batch["line"][number].as_py(), batch["position"][number].as_py())


def _id_or_place(batch: pa.RecordBatch, number: int) -> str:
    lead = batch["lead_id"][number].as_py() if "lead_id" in batch.schema.names else None
    return lead or _place(batch, number)

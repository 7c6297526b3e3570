"""The tables of a data set: which file holds each, which of its columns means what, and the typed copy of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from data.columns import claims, shown
from data.config import Settings
from data.errors import InputError, nearest
from data.parsing import read_cells, texts
from data.quality_report import ROWS_SHOWN, Flag, place
from data.schema import RENAMED, Schema
from data.sources import Database, Mirror, Relay, StagedFile, stage
from data.vocabulary import READ_TABLES, Kind

BATCH = 50_000
ARROW_TYPES = {Kind.NUMBER: pa.float64(), Kind.FLAG: pa.float64(), Kind.TIME: pa.timestamp("us")}
SQL_TYPES = {Kind.NUMBER: "DOUBLE", Kind.FLAG: "DOUBLE", Kind.TIME: "TIMESTAMP"}
UNREADABLE = {Kind.NUMBER: "not a number", Kind.FLAG: "neither yes nor no", Kind.TIME: "not a time"}
PLAIN = {(Kind.TIME, "TIMESTAMP"), (Kind.NUMBER, "BIGINT")}
ROWS = "rows"
"""In place of the column of the lead id: the number of the row, from 1, for files without any id."""
BLANKS = r"' ' || chr(9) || chr(10) || chr(13)"
NO_ID = r"(?i)[ \t\n\r]*(null|nan|none|#?n/a)?[ \t\n\r]*"
"""Short texts that are no id; a pattern, for of a list DuckDB makes a join that all ids go through."""


@dataclass(frozen=True)
class Table:
    """A staged table; ``columns`` maps columns of the vocabulary (ours) to columns of the file (theirs)."""

    name: str
    file: StagedFile
    columns: dict[str, str]

    @property
    def staged(self) -> str:
        return self.file.table

    def has(self, ours: str) -> bool:
        return ours in self.columns

    def text_sql(self, theirs: str) -> str:
        """Return SQL for the cells of a column as text, verbatim; whole numbers have no decimals."""
        cell, kind = self.file.columns[theirs], self.file.types[theirs]
        if kind != "DOUBLE":
            return f"{cell}::VARCHAR"
        is_whole = f"{cell} = floor({cell}) AND abs({cell}) < 1e15"
        return f"CASE WHEN {is_whole} THEN {cell}::BIGINT::VARCHAR ELSE {cell}::VARCHAR END"

    def id_sql(self, theirs: str | None) -> str:
        """Return SQL for an id: verbatim text, or missing where nothing usable is there."""
        if theirs is None:
            return "NULL::VARCHAR"
        if theirs == ROWS and ROWS not in self.file.columns:
            return "(position + 1)::VARCHAR"
        text = self.text_sql(theirs)
        return f"CASE WHEN strlen({text}) > 4 OR NOT regexp_full_match({text}, '{NO_ID}') THEN {text} END"


@dataclass(frozen=True)
class Reading:
    """How a column is read: our name, the column of the file (theirs), its kind, and how its cells are written.

    ``column`` is its name in the typed table where that is not ours.
    """

    name: str
    theirs: str | None
    kind: Kind
    written: str | None = None
    column: str = ""

    @property
    def typed(self) -> str:
        return self.column or self.name


@dataclass
class _Tally:
    """Bad cells of a column: how many, the first one, and the first rows."""

    count: int = 0
    example: str = ""
    rows: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sources:
    """Where tables come from beside files: an open database, and the copies that are kept of its tables."""

    database: Database
    mirror: Mirror


def open_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    settings: Settings,
    sources: Sources | None,
    *,
    trained: Schema | None,
    only: Mapping[str, Collection[str]] | None = None,
) -> Table:
    """Stage a table and find the columns of the vocabulary in it.

    Of a table of a database only the columns that are needed are read. Leads to be scored (``trained`` is the schema of
    the model) may lack columns that only training needs, such as the date of closing. ``only`` are the ids of the lead
    whose rows `only_of` takes afterwards: a database may leave out others.
    """
    source, into, scoring = settings.tables[name], f"staged_{name}", trained is not None
    if isinstance(source, Path):
        file = stage(connection, source, into)
        return _with_leads(Table(name, file, _meanings(file, name, settings, scoring=scoring)))
    assert sources is not None, "settings with a table of a database name the database"
    reader = sources.database.open(source)
    columns = _meanings(reader, name, settings, scoring=scoring)
    needed = {*columns.values(), *(_needed_of_leads(reader, settings, trained) if name == "leads" else ())}
    reader.verbatim = {
        columns[ours] for ours, known in READ_TABLES[name].items() if known.kind is Kind.ID and ours in columns
    }
    file = sources.mirror.stage(connection, reader, needed, into)
    if file is None and only is not None:
        held = {columns[ours]: ids for ours, ids in only.items() if columns.get(ours) in reader.columns}
        return Table(name, reader.stage(connection, needed, into, only=held), columns)
    return _with_leads(Table(name, file or reader.stage(connection, needed, into), columns))


def ids_of(connection: duckdb.DuckDBPyConnection, leads: Table | None, lead_id: str) -> dict[str, list[str]]:
    """Return the ids by which tables know a lead: its own, and those of its account once the leads are staged."""
    if leads is None:
        return {"lead_id": [lead_id]}
    accounts = connection.execute(_accounts_sql(leads), [lead_id]).fetchall()
    return {"lead_id": [lead_id], "account_id": [account for (account,) in accounts if account is not None]}


def _accounts_sql(leads: Table) -> str:
    of_lead, account = (leads.id_sql(leads.columns.get(name)) for name in ("lead_id", "account_id"))
    return f"SELECT {account} FROM {leads.staged} WHERE {of_lead} = $1"


def only_of(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], lead_id: str) -> dict[str, Table]:
    """Leave of the staged tables the rows of one lead, and the events of its account."""
    connection.execute(f"CREATE TABLE accounts_of_lead AS {_accounts_sql(tables['leads'])}", [lead_id])
    kept = {}
    for name, table in tables.items():
        lead, account = (table.id_sql(table.columns.get(column)) for column in ("lead_id", "account_id"))
        theirs = f" OR ({lead} IS NULL AND {account} IN (FROM accounts_of_lead))" if name == "events" else ""
        into = f"{table.staged}_of_lead"
        connection.execute(f"CREATE TABLE {into} AS SELECT * FROM {table.staged} WHERE {lead} = $1{theirs}", [lead_id])
        connection.execute(f"DROP {'VIEW' if table.file.is_view else 'TABLE'} {table.staged}")
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {into}").fetchall()
        kept[name] = replace(table, file=replace(table.file, table=into, rows=rows, is_view=False))
    return kept


def _with_leads(table: Table) -> Table:
    """Return a table, unless it is that of leads and holds none: any other may be empty."""
    if table.name == "leads" and not table.file.rows:
        raise InputError(
            "the table of leads is empty",
            expected="a row for each lead",
            got="a header without rows",
            where=table.file.place,
            remedy="export the leads again, with their rows; or name another table",
        )
    return table


class HasColumns(Protocol):
    """Something with columns: a staged file, or a table of a database before it is read."""

    @property
    def columns(self) -> Mapping[str, str]: ...
    @property
    def place(self) -> str: ...


def _meanings(file: HasColumns, name: str, settings: Settings, *, scoring: bool) -> dict[str, str]:
    """Map columns of the vocabulary to those of a file. Raises InputError where one that is needed is not there."""
    explicit = settings.columns.get(name, {})
    if scoring and name == "leads":
        explicit = {ours: theirs for ours, theirs in explicit.items() if ours == "lead_id" or theirs in file.columns}
    for ours, theirs in explicit.items():
        _check_known(name, ours)
        if (ours, theirs) != ("lead_id", ROWS):
            check_column(file, theirs, f"columns.{name}.{ours}")
    columns = explicit | claims(_free_columns(file, name, settings), list(READ_TABLES[name]), explicit)
    for ours, column in READ_TABLES[name].items():
        if column.required and ours not in columns and explicit.get(ours) != ROWS:
            check_column(file, ours, name)
    return columns


def _needed_of_leads(frame: HasColumns, settings: Settings, trained: Schema | None) -> list[str]:
    """Return the columns of leads to read beside those of the vocabulary: to learn, all that are not dropped."""
    outcome = {settings.outcome.column} if settings.outcome else set()
    if trained is None:
        return [name for name in frame.columns if name not in settings.drop or name in outcome]
    known = {attribute.name.removesuffix(RENAMED) for attribute in trained.attributes}
    return [name for name in frame.columns if name in known | outcome | {settings.order}]


def _free_columns(file: HasColumns, name: str, settings: Settings) -> list[str]:
    """Return the columns that may be meant by our names: not the outcome, which may well be called stage."""
    outcome = settings.outcome.column if settings.outcome and name == "leads" else None
    return [column for column in file.columns if column != outcome]


def _check_known(table: str, ours: str) -> None:
    known = [*READ_TABLES[table], "closed_at"] if table == "leads" else list(READ_TABLES[table])
    if ours not in known:
        raise InputError(
            f"'{ours}' is no column of {table}",
            expected=", ".join(known),
            got=ours,
            where=f"columns.{table}",
            remedy=nearest(ours, known),
        )


def check_column(file: HasColumns, theirs: str, what: str) -> None:
    """Raise `InputError` where a file lacks a column that ``what`` (a table or a setting) asks for."""
    if theirs not in file.columns:
        mapping = f"say which column it is under columns.{what}.{theirs}"
        raise InputError(
            f"there is no column '{theirs}'",
            expected=f"'{theirs}' (for {what})",
            got=", ".join(file.columns),
            where=file.place,
            remedy=nearest(theirs, file.columns) or (mapping if what in READ_TABLES else "name a column that is there"),
        )


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
    """Tell whether a column needs no reading at all, or, of a flag, holds true and false as Parquet has them."""
    if reading.theirs is None or reading.kind is Kind.ID:
        return True
    cell, kind = table.file.columns[reading.theirs], table.file.types[reading.theirs]
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
    tallies = {reading.typed: _Tally() for reading in readings}
    relay = Relay(_typed_batches(connection.cursor(), table, readings, tallies))
    with relay.told():
        connection.register("typed", pa.RecordBatchReader.from_batches(_arrow_schema(readings), relay))
        connection.execute(f"CREATE TABLE {into} AS SELECT * FROM typed")
        connection.unregister("typed")
    return [
        Flag(table.name, reading.theirs or "", UNREADABLE[reading.kind], tally.count, tally.example, tuple(tally.rows))
        for reading in readings
        if (tally := tallies[reading.typed]).count
    ]


def _arrow_schema(readings: Sequence[Reading]) -> pa.Schema:
    columns = ((reading.typed, ARROW_TYPES.get(reading.kind, pa.string())) for reading in readings)
    return pa.schema([("position", pa.int64()), *columns])


def _typed_batches(
    cursor: duckdb.DuckDBPyConnection, table: Table, readings: Sequence[Reading], tallies: dict[str, _Tally]
) -> Iterator[pa.RecordBatch]:
    schema, cells = _arrow_schema(readings), {reading.typed: _cell_sql(table, reading) for reading in readings}
    for batch in cursor.sql(_usable_cells(table, cells)).to_arrow_reader(BATCH):
        columns = [_typed_column(batch, reading, tallies[reading.typed]) for reading in readings]
        yield pa.RecordBatch.from_arrays([batch["position"], *columns], schema=schema)


def _typed_column(batch: pa.RecordBatch, reading: Reading, tally: _Tally) -> pa.Array:
    cells = batch[reading.typed]
    if reading.kind is Kind.ID:
        return cells
    parsed = read_cells(cells.to_pandas(), reading.kind, reading.written)
    if parsed.bad.any():
        _count_bad(tally, parsed.bad, batch, cells)
    return pa.array(parsed.values, ARROW_TYPES.get(reading.kind, pa.string()), from_pandas=True)


def _usable_cells(table: Table, cells: Mapping[str, str]) -> str:
    """Return a query for some cells, named SQL expressions, of all rows that are not in quarantine."""
    named = ", ".join(f"{cell} AS {name}" for name, cell in cells.items())
    return f"SELECT position, line, {named} FROM {table.staged} WHERE position NOT IN ({quarantined(table.name)})"


def quarantined(name: str) -> str:
    """Return a query for the positions of the rows of a table that are in quarantine."""
    return f"SELECT position FROM quarantine WHERE source = '{name}'"


def _cell_sql(table: Table, reading: Reading) -> str:
    if reading.kind is Kind.ID:
        return table.id_sql(reading.theirs)
    if reading.theirs is None:
        return f"NULL::{SQL_TYPES.get(reading.kind, 'VARCHAR')}"
    cell, kind = table.file.columns[reading.theirs], table.file.types[reading.theirs]
    return f"{cell}::DOUBLE" if kind == "BIGINT" and reading.kind is Kind.NUMBER else cell


def _plain_sql(table: Table, reading: Reading) -> str:
    """Return SQL for the value of a cell that needs no reading: true is 1, false is 0."""
    cell = _cell_sql(table, reading)
    return f"({cell} = 'true')::DOUBLE" if reading.kind is Kind.FLAG and reading.theirs else cell


def _count_bad(tally: _Tally, bad: pd.Series, batch: pa.RecordBatch, cells: pa.Array) -> None:
    wrong = np.flatnonzero(bad.to_numpy())
    if not tally.count:
        first = int(wrong[0])
        tally.example = f"'{shown(str(cells[first].as_py()))}' in {_place(batch, first)}"
    tally.rows += [_id_or_place(batch, int(number)) for number in wrong[: ROWS_SHOWN - len(tally.rows)]]
    tally.count += len(wrong)


def _place(batch: pa.RecordBatch, number: int) -> str:
    return place(batch["line"][number].as_py(), batch["position"][number].as_py())


def _id_or_place(batch: pa.RecordBatch, number: int) -> str:
    lead = batch["lead_id"][number].as_py() if "lead_id" in batch.schema.names else None
    return lead or _place(batch, number)

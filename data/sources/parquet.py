"""Parquet files: staged as a view, since reading one again is cheaper than copying it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data.sources.base import ROWS, StagedFile, count_rows, describe, own_name
from data.sources.files import FileSource, as_input_errors

TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP_US")
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
ROW_NUMBER = "file_row_number"
"""The column that DuckDB adds; where a file has one of that name, rows are counted instead."""
ROW_CELLS = "NULL::BIGINT AS line, NULL::VARCHAR AS problem, NULL::VARCHAR AS text"


class ParquetFile(FileSource):
    """A Parquet file; each column is read as the plain type that is nearest to its own."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        names = pq.read_schema(path).names
        self._has_own_number = ROW_NUMBER in (name.lower() for name in names)
        self._columns: dict[str, str] = {}
        self._plain: dict[str, tuple[str, str]] = {}
        with duckdb.connect() as duck:
            for name, cell, kind in _flat_columns(duck, self._rows, names):
                own = own_name(name, self._columns)
                self._columns[own], self._plain[own] = kind, _plain(cell, kind)

    @property
    def columns(self) -> Mapping[str, str]:
        return self._columns

    @property
    def zoned(self) -> frozenset[str]:
        return frozenset(name for name, kind in self._columns.items() if "TIME ZONE" in kind)

    def types(self, names: Sequence[str]) -> dict[str, str]:
        return {name: self._plain[name][1] for name in names}

    @property
    def _rows(self) -> str:
        numbered = "" if self._has_own_number else f", {ROW_NUMBER} = true"
        return f"read_parquet('{_literal(self._path)}'{numbered})"

    def _query(self, types: Mapping[str, str]) -> str:
        cells = (f"{self._plain[name][0]} AS c{number}" for number, name in enumerate(types))
        position = "row_number() OVER () - 1" if self._has_own_number else ROW_NUMBER
        return f"SELECT {', '.join([f'{position} AS position', ROW_CELLS, *cells])} FROM {self._rows}"

    def batches(
        self,
        types: Mapping[str, str],
        *,
        since: Any = None,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        with as_input_errors(self._path), duckdb.connect() as duck:
            yield from duck.sql(self._query(types)).to_arrow_reader(ROWS)

    def stage(
        self,
        duck: duckdb.DuckDBPyConnection,
        into: str,
        names: Collection[str] | None = None,
        *,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> StagedFile:
        """Make a view of all columns: those that nobody asks for are not read."""
        types = self.types([*self._columns])
        with as_input_errors(self._path):
            end = "" if limit is None else f" LIMIT {limit}"
            duck.execute(f"CREATE VIEW {into} AS {self._query(types)}{end}")
            cells = {name: f"c{number}" for number, name in enumerate(types)}
            return describe(self, into, cells, types, count_rows(duck, into), self.notes, is_view=True)


def _flat_columns(duck: duckdb.DuckDBPyConnection, rows: str, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each column, the SQL for its cells and its type; a struct is a column for each of its fields.

    DuckDB gives doubled names a number of its own, by which the cell is read; users see the one of the file.
    """
    described = duck.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()[: len(names)]
    columns = [(name, _quoted(cell), kind) for name, (cell, kind, *_) in zip(names, described, strict=True)]
    while columns:
        name, cell, kind = columns.pop(0)
        if not kind.startswith("STRUCT(") or kind.endswith("[]"):
            yield name, cell, kind
            continue
        fields = duck.execute(f"DESCRIBE SELECT unnest({cell}) FROM {rows}").fetchall()
        columns[:0] = [(f"{name}.{field}", f"{cell}.{_quoted(field)}", of_field) for field, of_field, *_ in fields]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(path: Path) -> str:
    """Return a path for DuckDB's SQL, which takes brackets, stars and question marks for patterns."""
    return re.sub(r"([\[*?])", r"[\1]", str(path)).replace("'", "''")


def _plain(column: str, kind: str) -> tuple[str, str]:
    """Return the SQL that reads a column of a Parquet file as one of four plain types, and that type."""
    if kind in TIMES:
        return f"{column}::TIMESTAMP", "TIMESTAMP"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"make_timestamp(epoch_us({column}))", "TIMESTAMP"
    if kind in WHOLE:
        return f"{column}::BIGINT", "BIGINT"
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        return f"{column}::DOUBLE", "DOUBLE"
    if kind == "VARCHAR[]":
        return f"array_to_string({column}, ';')", "VARCHAR"
    return f"{column}::VARCHAR", "VARCHAR"

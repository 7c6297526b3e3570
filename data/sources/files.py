"""Open one file, CSV or Parquet, and stage its rows in DuckDB as they are.

A staged file is a table with ``position`` (the row's place in the file, from 0), ``line`` (in text files, from 1),
``problem`` and ``text`` (a record that is no row, and why), and the columns ``c0``, ``c1``, …:
text, verbatim, from CSV; from Parquet one of text, whole number, number and time (naive UTC).
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import InputError
from data.sources.delimited import Header, allow_long_cells, read_header, read_rows
from data.sources.encodings import PARQUET, detect, is_gzip, open_text

SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
TIMES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP_US")
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")


@dataclass(frozen=True)
class StagedFile:
    """A file, or a table of a database, as it lies in DuckDB: its table (or view) there, and how it was read.

    ``columns`` and ``types`` map the file's own names to the staged columns and their types; ``zoned`` are the times
    that said in which zone they are, ``unread`` the columns that were not needed.
    """

    table: str
    place: str
    columns: dict[str, str]
    types: dict[str, str]
    rows: int
    notes: tuple[str, ...] = ()
    zoned: frozenset[str] = frozenset()
    is_view: bool = False
    unread: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a file is called without its folder."""
        return self.place.rpartition("/")[2]

    def is_text(self, name: str) -> bool:
        return self.types[name] == "VARCHAR"


def seen(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with every writing of a file: which file it is, its size, and when it was written."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns


EXPORT_AGAIN = "export the table again, with a header and rows; or name another file"


def stage(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> StagedFile:
    """Read a file into a new table.

    Raises `InputError` where the file is missing, unreadable, empty, damaged as a whole, or no table.
    """
    with _told_as_input_errors(path):
        _check_there(path)
        if _is_parquet(path):
            return _stage_parquet(connection, path, table)
        return _stage_text(connection, path, table)


@contextmanager
def _told_as_input_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise InputError("this gzip file is damaged", got=str(problem), where=str(path)) from None
    except (OSError, duckdb.Error, pa.ArrowException, UnicodeError) as problem:
        raise InputError("this file cannot be read", got=_first_line(problem), where=str(path)) from None


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]


def _check_there(path: Path) -> None:
    if path.is_dir():
        raise InputError("this is a folder", expected="a CSV or Parquet file", where=str(path))
    if not path.exists():
        raise InputError("there is no such file", expected="a CSV or Parquet file", where=str(path))
    if path.stat().st_size == 0:
        raise InputError(
            "this file is empty", expected="a header and rows", got="0 bytes", where=str(path), remedy=EXPORT_AGAIN
        )


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == PARQUET


def _stage_text(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> StagedFile:
    allow_long_cells()
    encoding = detect(path)
    with open_text(path, encoding) as text:
        header = read_header(text)
    if not any(header.names):
        raise InputError(
            "this file has no header",
            expected="names of columns in the first line",
            got="blank lines only",
            where=str(path),
            remedy=EXPORT_AGAIN,
        )
    with open_text(path, encoding) as text:
        _fill(connection, table, read_rows(text, header, path), header)
    notes = ["gzip"] * is_gzip(path) + [encoding.note] * bool(encoding.note) + _separator_note(header)
    return _named(connection, path, table, header, notes)


def _separator_note(header: Header) -> list[str]:
    return [f"separated by {SEPARATOR_NAMES[header.delimiter]}"] if header.delimiter != "," else []


def _fill(connection: duckdb.DuckDBPyConnection, table: str, blocks: Iterator[pa.Table], header: Header) -> None:
    """Stream Arrow tables into a new table; an error of the stream is raised as it was."""
    names = ["problem", "text", *(f"c{number}" for number in range(len(header.names)))]
    schema = pa.schema([("position", pa.int64()), ("line", pa.int64()), *((name, pa.string()) for name in names)])
    relay = Relay(batch for block in blocks for batch in block.to_batches())
    reader = pa.RecordBatchReader.from_batches(schema, relay)
    with relay.told():
        connection.register("stream", reader)
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM stream")
        connection.unregister("stream")


class Relay:
    """Hand batches to DuckDB and remember the error that ended them, which DuckDB would only quote."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self.batches = batches
        self.problem: Exception | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self.batches
        except Exception as problem:
            self.problem = problem
            raise

    @contextmanager
    def told(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise self.problem or error from None


def _named(
    connection: duckdb.DuckDBPyConnection, path: Path, table: str, header: Header, notes: list[str]
) -> StagedFile:
    """Give each column a name of its own, and leave out columns that have neither name nor content."""
    columns: dict[str, str] = {}
    for number, name in enumerate(header.names):
        cell = f"c{number}"
        if not name and _is_empty(connection, table, cell):
            notes.append(f"column {number + 1} has no name and no content: ignored")
            continue
        own = own_name(name or f"column {number + 1}", columns)
        if own != name:
            notes.append(f"column {number + 1} ({name or 'without a name'}) is called '{own}'")
        columns[own] = cell
    rows = _count(connection, table)
    return StagedFile(table, str(path), columns, dict.fromkeys(columns, "VARCHAR"), rows, tuple(notes))


def own_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: the same with a number where it is."""
    number = 2
    own = name
    while own in taken:
        own = f"{name} ({number})"
        number += 1
    return own


def _is_empty(connection: duckdb.DuckDBPyConnection, table: str, cell: str) -> bool:
    return connection.execute(f"SELECT count(*) FROM {table} WHERE trim({cell}) <> ''").fetchall() == [(0,)]


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]


def _stage_parquet(connection: duckdb.DuckDBPyConnection, path: Path, table: str) -> StagedFile:
    """Make a view of a Parquet file: reading it again is cheaper than copying it."""
    names = pq.read_schema(path).names
    source = f"read_parquet('{_literal(path)}', file_row_number = true)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()[: len(names)]
    plain = [(f"c{number}", *_plain(name, kind)) for number, (name, kind, *_) in enumerate(described)]
    cells = ", ".join(f"{expression} AS {cell}" for cell, expression, _ in plain)
    fixed = "file_row_number AS position, NULL::BIGINT AS line, NULL::VARCHAR AS problem, NULL::VARCHAR AS text"
    connection.execute(f"CREATE VIEW {table} AS SELECT {fixed}, {cells} FROM {source}")
    columns: dict[str, str] = {}
    for name, (cell, _, _) in zip(names, plain, strict=True):
        columns[own_name(name, columns)] = cell
    types = {name: kind for name, (_, _, kind) in zip(columns, plain, strict=True)}
    zoned = frozenset(name for name, (_, kind, *_) in zip(columns, described, strict=True) if "TIME ZONE" in kind)
    return StagedFile(table, str(path), columns, types, _count(connection, table), zoned=zoned, is_view=True)


def _literal(path: Path) -> str:
    """Return a path for DuckDB's SQL, which takes brackets, stars and question marks for patterns."""
    return re.sub(r"([\[*?])", r"[\1]", str(path)).replace("'", "''")


def _plain(name: str, kind: str) -> tuple[str, str]:
    """Return the SQL that reads a column of a Parquet file as one of four plain types, and that type."""
    column = '"' + name.replace('"', '""') + '"'
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

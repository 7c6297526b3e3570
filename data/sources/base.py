"""What every source of a table has in common: its columns, its rows as Arrow batches, and its copy in DuckDB.

A staged table has ``position`` (the row's place in the source, from 0), ``line`` (in text files, from 1), ``problem``
and ``text`` (a record that is no row, and why), and the columns ``c0``, ``c1``, … of four plain types: text, whole
number, number and time (naive UTC).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, Self

import duckdb
import pyarrow as pa

ROWS = 10_000
"""Rows that are in memory at once."""
ARROW = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "TIMESTAMP": pa.timestamp("us")}
"""The plain types of cells, by their names in DuckDB."""
ROW_FIELDS = {"position": pa.int64(), "line": pa.int64(), "problem": pa.string(), "text": pa.string()}
"""What is known of each row beside its cells."""


@dataclass(frozen=True)
class StagedFile:
    """A file, or a table of a database, as it lies in DuckDB: its table (or view) there, and how it was read.

    ``columns`` and ``types`` map the source's own names to the staged columns and their types; ``zoned`` are the times
    that said in which zone they are, ``unread`` the columns that were not needed, ``changed_at`` is the column that
    says when a row was changed.
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
    changed_at: str | None = None

    @property
    def name(self) -> str:
        """What a file is called without its folder."""
        return self.place.rpartition("/")[2]

    def is_text(self, name: str) -> bool:
        return self.types[name] == "VARCHAR"


class TableSource(Protocol):
    """A table that leads, events or whatever else are read from, opened and not yet read.

    A kind of source says where the table is, which columns it has, and yields its rows. The rest has a default:
    a table of text without a key, streamed into DuckDB as a whole. Kinds are listed in `data.sources.kinds`.
    """

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the table is, for messages; without secrets."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, str]:
        """The names of all columns, with their types as the source calls them."""

    @abstractmethod
    def batches(
        self,
        types: Mapping[str, str],
        *,
        since: Any = None,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows as batches of the schema `batch_schema`; ``types`` maps the wanted columns to plain types.

        ``since`` is a value of the column `changed_at`: rows that changed before it are left out, those without a time
        are not. ``limit`` and ``only`` say what is needed, and a source may yield more: so many rows from the first
        on; and, by column, the ids of which a row must hold one.
        """

    @property
    def identity(self) -> str:
        """What tells the table from all others, without secrets: a replica is kept under it."""
        return self.place

    @property
    def key(self) -> Sequence[str]:
        """The columns that together identify a row; none where nothing is known to."""
        return ()

    @property
    def changed_at(self) -> str | None:
        """The column that says when a row was changed, by a time or a number that grows; None where there is none."""
        return None

    def newest(self) -> Any:
        """Return the highest value of the column `changed_at`."""
        return None

    @property
    def notes(self) -> Sequence[str]:
        """What a user should know of how the table is read."""
        return ()

    @property
    def zoned(self) -> Collection[str]:
        """The columns whose times say in which zone they are."""
        return ()

    def types(self, names: Sequence[str]) -> dict[str, str]:
        """Return the plain types of some columns, by their names in DuckDB."""
        return dict.fromkeys(names, "VARCHAR")

    def with_text(self, names: Collection[str]) -> Self:
        """Return the source with some columns read as text: ids, which a floating-point number would round."""
        return self

    def was_rewritten(self) -> bool:
        """Return whether the table was written anew since it was opened: rows of two states may be mixed then."""
        return False

    def stage(
        self,
        duck: duckdb.DuckDBPyConnection,
        into: str,
        names: Collection[str] | None = None,
        *,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> StagedFile:
        """Stream the table into a new one of DuckDB; ``limit`` and ``only`` are as in `batches`.

        ``names`` are the columns that are needed, all by default; a source may stage more.
        """
        types = self.types([name for name in self.columns if names is None or name in names])
        stream_into(duck, f"CREATE TABLE {into} AS SELECT *", types, self.batches(types, limit=limit, only=only), limit)
        cells = {name: f"c{number}" for number, name in enumerate(types)}
        return describe(self, into, cells, types, count_rows(duck, into), self.notes)


def describe(
    source: TableSource,
    into: str,
    columns: dict[str, str],
    types: dict[str, str],
    rows: int,
    notes: Iterable[str],
    *,
    is_view: bool = False,
) -> StagedFile:
    """Describe what was staged of a source."""
    return StagedFile(
        table=into,
        place=source.place,
        columns=columns,
        types=types,
        rows=rows,
        notes=tuple(notes),
        zoned=frozenset(source.zoned) & types.keys(),
        is_view=is_view,
        unread=tuple(name for name in source.columns if name not in types),
        changed_at=source.changed_at,
    )


def batch_schema(types: Mapping[str, str]) -> pa.Schema:
    """Return the schema of batches: what is known of each row, and ``c0``, ``c1``, … in the order of ``types``."""
    cells = ((f"c{number}", ARROW[kind]) for number, kind in enumerate(types.values()))
    return pa.schema([*ROW_FIELDS.items(), *cells])


def batch_of(types: Mapping[str, str], cells: Iterable[pa.Array], position: int, rows: int) -> pa.RecordBatch:
    """Return a batch of good rows whose places begin at ``position``; ``cells`` are the columns of ``types``."""
    places = pa.array(range(position, position + rows), pa.int64())
    nothing = (pa.nulls(rows, kind) for name, kind in ROW_FIELDS.items() if name != "position")
    return pa.RecordBatch.from_arrays([places, *nothing, *cells], schema=batch_schema(types))


def stream_into(
    duck: duckdb.DuckDBPyConnection,
    statement: str,
    types: Mapping[str, str],
    batches: Iterator[pa.RecordBatch],
    limit: int | None = None,
) -> None:
    """Run a statement of DuckDB that takes its rows from a stream, of which only the first ``limit`` are used."""
    relay = Relay(batches)
    with relay.source_errors():
        duck.register("stream", pa.RecordBatchReader.from_batches(batch_schema(types), relay))
        duck.execute(f"{statement} FROM stream{'' if limit is None else f' LIMIT {limit}'}")
        duck.unregister("stream")


def count_rows(duck: duckdb.DuckDBPyConnection, table: str) -> int:
    """Return how many rows a table, or a query in brackets, has."""
    return duck.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]


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
    def source_errors(self) -> Iterator[None]:
        """Raise the error of the source in the place of DuckDB's."""
        try:
            yield
        except duckdb.Error as error:
            raise self.problem or error from None


def own_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: the same with a number where it is.

    >>> own_name("Name", ["Name", "Name (2)"])
    'Name (3)'
    """
    number = 2
    own = name
    while own in taken:
        own = f"{name} ({number})"
        number += 1
    return own

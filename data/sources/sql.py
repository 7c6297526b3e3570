"""Tables of a database, streamed into DuckDB as they are: only the needed columns, in one consistent snapshot.

Rows come in the order of the primary key where there is one.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine.reflection import ObjectKind

from data.config import UPDATED_AT, DatabaseTable
from data.errors import InputError, nearest
from data.sources.base import ROWS, TableSource, batch_of
from data.sources.connections import connected, engine_of, identity, require_file


class Database:
    """An open connection to read tables from; made by `reading`."""

    def __init__(self, connection: Connection, address: str) -> None:
        self.connection = connection
        self.address = address

    @cached_property
    def tables(self) -> list[str]:
        """The names of all tables and views, those of other schemas with their schema."""
        inspector = sa.inspect(self.connection)
        here = [*inspector.get_table_names(), *inspector.get_view_names()]
        own = inspector.default_schema_name
        others = [name for name in inspector.get_schema_names() if name not in (own, "information_schema", "main")]
        return [*here, *(f"{schema}.{name}" for schema in others for name in inspector.get_table_names(schema))]

    def columns(self) -> dict[str, list[str]]:
        """Return the names of the columns of all tables and views."""
        inspector = sa.inspect(self.connection)
        return {
            table: [column["name"] for column in columns]
            for schema in self._schemas
            for table, columns in self._named(inspector.get_multi_columns(schema, kind=ObjectKind.ANY))
        }

    def references(self) -> dict[str, list[str]]:
        """Return for each table those that its foreign keys refer to."""
        return {
            table: [_qualified(key["referred_schema"], key["referred_table"]) for key in keys]
            for schema in self._schemas
            for table, keys in self._named(sa.inspect(self.connection).get_multi_foreign_keys(schema))
        }

    @cached_property
    def _schemas(self) -> list[str | None]:
        return [None, *sorted({name.rpartition(".")[0] for name in self.tables if "." in name})]

    def _named(self, by_table: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
        """Yield what is known of each table under the name that `tables` has for it."""
        for (schema, name), known in by_table.items():
            if _qualified(schema, name) in self.tables:
                yield _qualified(schema, name), known

    def open(self, source: DatabaseTable) -> SqlTable:
        """Open a table. Raises InputError where it is not there."""
        schema, _, name = source.table.rpartition(".")
        if source.table not in self.tables and not sa.inspect(self.connection).has_table(name, schema or None):
            raise InputError(
                f"there is no table '{source.table}' in the database",
                expected=", ".join(self.tables[:20]),
                remedy=nearest(source.table, self.tables),
            )
        return SqlTable(self.connection, self.address, source)


def _qualified(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


@contextmanager
def reading(address: str) -> Iterator[Database]:
    """Open a database to read from: all tables as they stood at one moment, and nothing can be changed.

    Raises InputError for an address that cannot be used, LeadscoreError where the database cannot be reached.
    """
    require_file(address)
    engine = engine_of(address)
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with connected(engine, address) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        yield Database(connection, address)


class SqlTable(TableSource):
    """A table of a database: its columns with their plain types, and its rows as a stream."""

    def __init__(self, connection: Connection, address: str, source: DatabaseTable) -> None:
        self._connection = connection
        self._address = address
        self._source = source
        schema, _, name = source.table.rpartition(".")
        inspector = sa.inspect(connection)
        columns = inspector.get_columns(name, schema or None)
        self._table = sa.table(name, *(sa.column(column["name"]) for column in columns), schema=schema or None)
        self._declared = {column["name"]: column["type"] for column in columns}
        self._key: list[str] = inspector.get_pk_constraint(name, schema or None).get("constrained_columns", [])
        self._changed_at = self._column_of_changes()
        self._as_text: frozenset[str] = frozenset()

    def _column_of_changes(self) -> str | None:
        named = self._source.updated_at
        if named and named not in self._declared:
            raise InputError(
                f"there is no column '{named}'",
                expected=", ".join(self._declared),
                where=f"{self.place}, updated_at",
                remedy=nearest(named, self._declared),
            )
        return named or (UPDATED_AT if UPDATED_AT in self._declared else None)

    @property
    def place(self) -> str:
        return self._source.place

    @property
    def identity(self) -> str:
        return f"{identity(self._address)}\n{self._source.table}"

    @property
    def columns(self) -> Mapping[str, str]:
        return {name: str(kind) for name, kind in self._declared.items()}

    @property
    def key(self) -> Sequence[str]:
        return self._key

    @property
    def changed_at(self) -> str | None:
        return self._changed_at

    def newest(self) -> Any:
        name = str(self.changed_at)
        cell = self._cell(name, self.types([name])[name])
        newest = self._connection.execute(sa.select(sa.func.max(cell)).select_from(self._table)).scalar_one()
        if isinstance(newest, Decimal):
            return float(newest)
        return newest if isinstance(newest, datetime) or not isinstance(newest, date) else _midnight(newest)

    @property
    def zoned(self) -> frozenset[str]:
        return frozenset(name for name, kind in self._declared.items() if getattr(kind, "timezone", False))

    def with_text(self, names: Collection[str]) -> Self:
        reader = copy.copy(self)
        reader._as_text = frozenset(names)
        return reader

    def types(self, names: Sequence[str]) -> dict[str, str]:
        if self._connection.dialect.name == "sqlite":
            return self._types_of_values(names)
        return {name: "VARCHAR" if name in self._as_text else _plain_type(self._declared[name]) for name in names}

    def _types_of_values(self, names: Sequence[str]) -> dict[str, str]:
        """SQLite keeps any value in any column, so the values decide: all whole, all numbers, or text."""
        kinds = [
            sa.func.max(
                sa.case(
                    (sa.func.typeof(self._table.c[name]) == "null", 0),
                    (sa.func.typeof(self._table.c[name]) == "integer", 1),
                    (sa.func.typeof(self._table.c[name]) == "real", 2),
                    else_=3,
                )
            )
            for name in names
        ]
        highest = self._connection.execute(sa.select(*kinds)).one() if names else ()
        return {
            name: {1: "BIGINT", 2: "DOUBLE"}.get(kind, "VARCHAR") for name, kind in zip(names, highest, strict=True)
        }

    def batches(
        self,
        types: Mapping[str, str],
        *,
        since: Any = None,
        limit: int | None = None,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        query = sa.select(*(self._cell(name, kind) for name, kind in types.items())).select_from(self._table)
        if only and all(self._is_written_in_one_way(name) for name in only):
            query = query.where(sa.or_(*(self._holds(name, ids) for name, ids in only.items())))
        if since is not None:
            changed = self._table.c[str(self.changed_at)]
            query = query.where(sa.or_(changed >= since, changed.is_(None)))
        query = query.order_by(*(self._table.c[name] for name in self.key)).limit(limit)
        options = {"stream_results": True, "yield_per": ROWS}
        with closing(self._connection.execute(query, execution_options=options)) as result:
            position = 0
            for rows in result.partitions():
                cells = zip(types.values(), zip(*rows, strict=True), strict=True)
                yield batch_of(types, [CONVERT[kind](values) for kind, values in cells], position, len(rows))
                position += len(rows)

    def _is_written_in_one_way(self, name: str) -> bool:
        """Return whether the database writes an id as it is read here: not fractions, nor what it pads with blanks."""
        if self._connection.dialect.name == "sqlite":
            return self.types([name])[name] in ("VARCHAR", "BIGINT")
        declared = self._declared[name]
        return isinstance(declared, sa.String | sa.Integer) and not isinstance(declared, sa.CHAR)

    def _holds(self, name: str, ids: Collection[str]) -> sa.ColumnElement[bool]:
        """Return the condition that a cell is one of some ids, or may be: SQLite keeps fractions and bytes anywhere."""
        column = self._table.c[name]
        holds = sa.cast(column, sa.Text).in_(ids)
        is_sqlite = self._connection.dialect.name == "sqlite"
        return sa.or_(holds, sa.func.typeof(column).in_(("real", "blob"))) if is_sqlite else holds

    def _cell(self, name: str, kind: str) -> sa.ColumnElement[Any]:
        """PostgreSQL knows moments that Python does not, such as infinity: they are read as missing."""
        column = self._table.c[name]
        if kind == "TIMESTAMP" and self._connection.dialect.name == "postgresql":
            return sa.case((column.between(sa.text("'0001-01-02'"), sa.text("'9999-12-30'")), column), else_=None)
        return column


def _plain_type(declared: sa.types.TypeEngine) -> str:
    if isinstance(declared, sa.Boolean):
        return "VARCHAR"
    if isinstance(declared, sa.Integer):
        return "BIGINT"
    if isinstance(declared, sa.Numeric):
        return "DOUBLE"
    return "TIMESTAMP" if isinstance(declared, (sa.DateTime, sa.Date)) else "VARCHAR"


def _numbers(values: Sequence[Any]) -> pa.Array:
    return pa.array([None if value is None else float(value) for value in values], pa.float64())


def _times(values: Sequence[Any]) -> pa.Array:
    return pa.array([_naive_utc(value) for value in values], pa.timestamp("us"))


def _naive_utc(value: Any) -> datetime | None:
    if value is None or not isinstance(value, datetime):
        return value and _midnight(value)
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _texts(values: Sequence[Any]) -> pa.Array:
    return pa.array(
        [value if value is None or isinstance(value, str) else _text(value) for value in values], pa.string()
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).decode("utf-8", errors="replace")
    if isinstance(value, list):
        return ";".join("" if item is None else str(item) for item in value)
    return json.dumps(value) if isinstance(value, dict) else str(value)


CONVERT: dict[str, Callable[[Sequence[Any]], pa.Array]] = {
    "BIGINT": lambda values: pa.array(values, pa.int64()),
    "DOUBLE": _numbers,
    "TIMESTAMP": _times,
    "VARCHAR": _texts,
}

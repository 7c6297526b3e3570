"""Many rows into a database at once: COPY on PostgreSQL, executemany on SQLite.

Rows come as an Arrow table whose columns are named as in the database. COPY is binary into tables whose types are known
(`sqlalchemy.Table`), which halves its time, and text into others, where PostgreSQL finds out what the cells are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

import pgpq
import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
import sqlalchemy as sa
from sqlalchemy import Connection, exc

STAGED = "leadscore_staged"
SLICE = 5_000
"""Rows that are rendered at once."""
ARROW_TYPES: dict[type[sa.types.TypeEngine], pa.DataType] = {
    sa.SmallInteger: pa.int16(),
    sa.BigInteger: pa.int64(),
    sa.Integer: pa.int32(),
    sa.Double: pa.float64(),
    sa.DateTime: pa.timestamp("us"),
    sa.LargeBinary: pa.binary(),
    sa.Text: pa.string(),
}
"""The types of PostgreSQL's binary format; the first that fits is taken."""


def load(connection: Connection, table: sa.TableClause, rows: pa.Table | pa.RecordBatch) -> None:
    """Append rows to a table, within the transaction of the connection."""
    rows = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    into = connection.dialect.identifier_preparer.format_table(table)
    if connection.dialect.name == "postgresql":
        _copy(connection, table, into, rows)
    elif rows.num_rows:
        marks = ", ".join("?" * rows.num_columns)
        names = ", ".join(_quoted(connection, rows.column_names))
        _executemany(connection, f"INSERT INTO {into} ({names}) VALUES ({marks})", rows)


def upsert(connection: Connection, table: sa.TableClause, key: Sequence[str], rows: pa.Table) -> None:
    """Insert rows, or update those whose key is there already; a row that is there as it should be stays untouched.

    Within the transaction of the connection; ``key`` must be a primary key or unique.
    """
    into = connection.dialect.identifier_preparer.format_table(table)
    names = _quoted(connection, rows.column_names)
    update = _on_conflict(connection, into, key, rows.column_names)
    if connection.dialect.name == "postgresql":
        columns = ", ".join(names)
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE {STAGED} ON COMMIT DROP AS SELECT {columns} FROM {into} WITH NO DATA"
        )
        _copy(connection, table, STAGED, rows)
        connection.exec_driver_sql(f"INSERT INTO {into} ({columns}) SELECT {columns} FROM {STAGED} {update}")
        connection.exec_driver_sql(f"DROP TABLE {STAGED}")
    elif rows.num_rows:
        marks = ", ".join("?" * len(names))
        _executemany(connection, f"INSERT INTO {into} ({', '.join(names)}) VALUES ({marks}) {update}", rows)


def update(connection: Connection, table: sa.TableClause, key: str, rows: pa.Table) -> list[str]:
    """Update the rows whose key is there, and make none; return the keys, as text, that are not there.

    Within the transaction of the connection; a row that is there as it should be stays untouched.
    """
    into = connection.dialect.identifier_preparer.format_table(table)
    [quoted_key] = _quoted(connection, [key])
    others = _quoted(connection, [name for name in rows.column_names if name != key])
    columns = ", ".join([quoted_key, *others])
    rows = rows.select([key, *(name for name in rows.column_names if name != key)])
    temporary = f"CREATE TEMPORARY TABLE {STAGED} AS SELECT {columns} FROM {into} WHERE false"
    connection.exec_driver_sql(temporary)
    if connection.dialect.name == "postgresql":
        _copy(connection, table, STAGED, rows)
    elif rows.num_rows:
        _executemany(connection, f"INSERT INTO {STAGED} VALUES ({', '.join('?' * rows.num_columns)})", rows)
    same = f"{into}.{quoted_key} = {STAGED}.{quoted_key}"
    changes = ", ".join(f"{name} = {STAGED}.{name}" for name in others)
    differs = " OR ".join(f"{into}.{name} IS DISTINCT FROM {STAGED}.{name}" for name in others)
    connection.exec_driver_sql(f"UPDATE {into} SET {changes} FROM {STAGED} WHERE {same} AND ({differs})")
    absent = f"SELECT CAST({quoted_key} AS TEXT) FROM {STAGED} WHERE NOT EXISTS (SELECT 1 FROM {into} WHERE {same})"
    keys = [each for (each,) in connection.exec_driver_sql(absent)]
    connection.exec_driver_sql(f"DROP TABLE {STAGED}")
    return keys


def _on_conflict(connection: Connection, into: str, key: Sequence[str], names: Sequence[str]) -> str:
    others = _quoted(connection, [name for name in names if name not in key])
    keys = ", ".join(_quoted(connection, key))
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    differs = " OR ".join(f"{into}.{name} IS DISTINCT FROM excluded.{name}" for name in others)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {changes} WHERE {differs}" if others else "ON CONFLICT DO NOTHING"


def _quoted(connection: Connection, names: Sequence[str]) -> list[str]:
    return [connection.dialect.identifier_preparer.quote(name) for name in names]


def _copy(connection: Connection, table: sa.TableClause, into: str, rows: pa.Table) -> None:
    """Slices are small, so that the server takes one in while the next is rendered."""
    typed = isinstance(table, sa.Table)
    slices = _as_binary(table, rows) if isinstance(table, sa.Table) else _as_csv(rows)
    columns = ", ".join(_quoted(connection, rows.column_names))
    statement = f"COPY {into} ({columns}) FROM STDIN (FORMAT {'binary' if typed else 'csv'})"
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement.replace("%%", "%")) as copy:  # type: ignore[attr-defined]  (COPY has no parameters)
            for part in slices:
                copy.write(part)
    except psycopg.Error as problem:  # SQLAlchemy knows nothing of COPY, and so does not wrap its errors
        raise exc.DBAPIError.instance("COPY", None, problem, psycopg.Error, dialect=connection.dialect) from problem


def _as_binary(table: sa.Table, rows: pa.Table) -> Iterator[bytes]:
    """The binary format has no conversions: cells must have the very types of the columns."""
    typed = rows.cast(pa.schema([(name, _arrow_type(table.columns[name].type)) for name in rows.column_names]))
    encoder = pgpq.ArrowToPostgresBinaryEncoder(typed.schema)
    yield encoder.write_header()
    for batch in typed.to_batches(SLICE):
        yield encoder.write_batch(batch)
    yield encoder.finish()


def _arrow_type(kind: sa.types.TypeEngine) -> pa.DataType:
    return next(arrow for sql, arrow in ARROW_TYPES.items() if isinstance(kind, sql))


def _as_csv(rows: pa.Table) -> Iterator[memoryview]:
    """Text is always quoted in what Arrow writes, so an empty cell without quotes is NULL, as COPY has it."""
    for batch in rows.to_batches(SLICE):
        content = BytesIO()
        table = with_hex(pa.Table.from_batches([batch]))
        arrow_csv.write_csv(table, content, arrow_csv.WriteOptions(include_header=False))
        yield content.getbuffer()


def with_hex(rows: pa.Table) -> pa.Table:
    """Write raw bytes as PostgreSQL reads them."""
    for number, column in enumerate(rows.columns):
        if pa.types.is_binary(column.type):
            hexed = [None if cell is None else f"\\x{cell.hex()}" for cell in column.to_pylist()]
            rows = rows.set_column(number, rows.column_names[number], pa.array(hexed, pa.string()))
    return rows


def _executemany(connection: Connection, statement: str, rows: pa.Table) -> None:
    columns = [_as_sqlite(column) for column in rows.columns]
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _as_sqlite(column: pa.ChunkedArray) -> list:
    """SQLite has no times: they are text, as SQLAlchemy writes and reads them."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us")).cast(pa.string()).to_pylist()
    return column.to_pylist()

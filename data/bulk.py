"""Many rows into a database at once: COPY on PostgreSQL, executemany elsewhere.

Rows come as an Arrow table whose columns are named as in the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
import sqlalchemy as sa
from sqlalchemy import Connection, exc

STAGED = "leadscore_staged"


def load(connection: Connection, table: sa.TableClause, rows: pa.Table | pa.RecordBatch) -> None:
    """Append rows to a table, within the transaction of the connection."""
    rows = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    into = connection.dialect.identifier_preparer.format_table(table)
    if connection.dialect.name == "postgresql":
        _copy(connection, into, rows)
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
        _copy(connection, STAGED, rows)
        connection.exec_driver_sql(f"INSERT INTO {into} ({columns}) SELECT {columns} FROM {STAGED} {update}")
        connection.exec_driver_sql(f"DROP TABLE {STAGED}")
    elif rows.num_rows:
        marks = ", ".join("?" * len(names))
        _executemany(connection, f"INSERT INTO {into} ({', '.join(names)}) VALUES ({marks}) {update}", rows)


def _on_conflict(connection: Connection, into: str, key: Sequence[str], names: Sequence[str]) -> str:
    others = _quoted(connection, [name for name in names if name not in key])
    keys = ", ".join(_quoted(connection, key))
    changes = ", ".join(f"{name} = excluded.{name}" for name in others)
    differs = " OR ".join(f"{into}.{name} IS DISTINCT FROM excluded.{name}" for name in others)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {changes} WHERE {differs}" if others else "ON CONFLICT DO NOTHING"


def _quoted(connection: Connection, names: Sequence[str]) -> list[str]:
    return [connection.dialect.identifier_preparer.quote(name) for name in names]


def _copy(connection: Connection, into: str, rows: pa.Table) -> None:
    """Text is always quoted in what Arrow writes, so an empty cell without quotes is NULL, as COPY has it."""
    content = BytesIO()
    arrow_csv.write_csv(_for_copy(rows), content, arrow_csv.WriteOptions(include_header=False))
    columns = ", ".join(_quoted(connection, rows.column_names))
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f"COPY {into} ({columns}) FROM STDIN (FORMAT csv)") as copy:  # type: ignore[attr-defined]
            copy.write(content.getbuffer())
    except psycopg.Error as problem:  # SQLAlchemy knows nothing of COPY, and so does not wrap its errors
        raise exc.DBAPIError.instance("COPY", None, problem, psycopg.Error, dialect=connection.dialect) from problem


def _for_copy(rows: pa.Table) -> pa.Table:
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
        return [None if cell is None else f"{cell:%Y-%m-%d %H:%M:%S.%f}" for cell in column.to_pylist()]
    return column.to_pylist()

"""A local copy of tables of a database, so that a run fetches only what changed since the last one.

A table is copied where it has a key and a column that tells when a row was changed (``updated_at``, or the one named in
the settings). The newest such moment is the watermark; the next run asks for the rows from a little before it on, since
transactions may end later than they began. The keys of all rows are compared each time: rows that are gone are dropped,
and where others are missing, or columns or types are others, the table is fetched anew. What this cannot see is a
change of a row that is dated more than an hour before the newest one known: a clock may step back so far, no farther.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from data.sources.connections import identity
from data.sources.files import Relay, StagedFile
from data.sources.sql import DatabaseTableReader

OVERLAP = timedelta(hours=1)
"""How long a transaction in the source may take until its rows can be seen."""


@dataclass(frozen=True)
class Copy:
    """A copied table: the types of its columns by their names (they are ``c0``, ``c1``, … here), and its watermark."""

    table: str
    types: dict[str, str]
    watermark: Any

    @property
    def columns(self) -> dict[str, str]:
        return {name: f"c{number}" for number, name in enumerate(self.types)}


class Mirror:
    """The copies of one workspace: a file of DuckDB."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stage(
        self, duck: duckdb.DuckDBPyConnection, reader: DatabaseTableReader, names: Collection[str], into: str
    ) -> StagedFile | None:
        """Bring the copy of a table up to date and stage it from there.

        None where the table has no key or does not tell what changed, or where another run uses the copies.
        """
        if not reader.key or not reader.changed_at or not _has_order(reader.newest()):
            return None
        wanted = {*names, *reader.key, reader.changed_at}
        with self._attached(duck) as attached:
            if not attached:
                return None
            copy, note = self._up_to_date(duck, reader, wanted)
            return self._staged(duck, reader, copy, names, into, note)

    @contextmanager
    def _attached(self, duck: duckdb.DuckDBPyConnection) -> Iterator[bool]:
        try:
            path = str(self.path).replace("'", "''")
            duck.execute(f"ATTACH '{path}' AS mirror")
        except duckdb.IOException:
            yield False
            return
        try:
            duck.execute("CREATE TABLE IF NOT EXISTS mirror.copies (name VARCHAR PRIMARY KEY, known VARCHAR)")
            yield True
        finally:
            duck.execute("DETACH mirror")

    def _up_to_date(
        self, duck: duckdb.DuckDBPyConnection, reader: DatabaseTableReader, wanted: set[str]
    ) -> tuple[Copy, str]:
        copy = self._known(duck, reader)
        if copy is None or not wanted <= copy.types.keys() or not _continues(reader, copy):
            return self._fetched(duck, reader, wanted), "fetched whole, and kept to fetch only changes next time"
        fetched, changed = self._with_changes(duck, reader, copy)
        if self._lacks_rows(duck, reader, fetched):
            return self._fetched(duck, reader, wanted), "fetched whole, since rows came that have an old date"
        return fetched, f"{changed:,} rows fetched that changed since {copy.watermark}, the others as kept"

    def _lacks_rows(self, duck: duckdb.DuckDBPyConnection, reader: DatabaseTableReader, copy: Copy) -> bool:
        """Drop the rows that are gone in the source; tell whether others are there that the copy lacks."""
        keys = {name: copy.types[name] for name in reader.key}
        same = " AND ".join(f"m.{copy.columns[name]} = k.c{number}" for number, name in enumerate(keys))
        with _transaction(duck):
            _stream(duck, reader, keys, "CREATE OR REPLACE TEMP TABLE keys AS SELECT * EXCLUDE (position)")
            duck.execute(f"DELETE FROM mirror.{copy.table} m WHERE NOT EXISTS (SELECT 1 FROM keys k WHERE {same})")
            lacks = _count(duck, "keys") != _count(duck, f"mirror.{copy.table}")
            duck.execute("DROP TABLE keys")
        return lacks

    def _known(self, duck: duckdb.DuckDBPyConnection, reader: DatabaseTableReader) -> Copy | None:
        found = duck.execute("SELECT known FROM mirror.copies WHERE name = $1", [_name(reader)]).fetchall()
        return Copy(_name(reader), **_from_json(found[0][0])) if found else None

    def _fetched(self, duck: duckdb.DuckDBPyConnection, reader: DatabaseTableReader, wanted: set[str]) -> Copy:
        types = reader.types([name for name in reader.columns if name in wanted])
        copy = Copy(_name(reader), types, _watermark(reader))
        with _transaction(duck):
            _stream(duck, reader, types, f"CREATE OR REPLACE TABLE mirror.{copy.table} AS SELECT * EXCLUDE (position)")
            _remember(duck, copy)
        return copy

    def _with_changes(
        self, duck: duckdb.DuckDBPyConnection, reader: DatabaseTableReader, copy: Copy
    ) -> tuple[Copy, int]:
        """Replace the rows that changed; those of the overlap come again and stay as they are."""
        newer = Copy(copy.table, copy.types, _watermark(reader))
        since = copy.watermark - OVERLAP if isinstance(copy.watermark, datetime) else copy.watermark
        same = " AND ".join(f"m.{copy.columns[name]} = n.{copy.columns[name]}" for name in reader.key)
        with _transaction(duck):
            statement = "CREATE OR REPLACE TEMP TABLE news AS SELECT * EXCLUDE (position)"
            _stream(duck, reader, copy.types, statement, since)
            changed = _count(duck, f"(SELECT * FROM news EXCEPT SELECT * FROM mirror.{copy.table})")
            duck.execute(f"DELETE FROM mirror.{copy.table} m USING news n WHERE {same}")
            duck.execute(f"INSERT INTO mirror.{copy.table} SELECT * FROM news")
            duck.execute("DROP TABLE news")
            _remember(duck, newer)
        return newer, changed

    def _staged(
        self,
        duck: duckdb.DuckDBPyConnection,
        reader: DatabaseTableReader,
        copy: Copy,
        names: Collection[str],
        into: str,
        note: str,
    ) -> StagedFile:
        wanted = [name for name in copy.types if name in names]
        cells = ", ".join(copy.columns[name] for name in wanted)
        key = ", ".join(copy.columns[name] for name in reader.key)
        duck.execute(
            f"""CREATE TABLE {into} AS SELECT row_number() OVER (ORDER BY {key}) - 1 AS position,
            NULL::BIGINT AS line, NULL::VARCHAR AS problem, NULL::VARCHAR AS text, {cells}
            FROM mirror.{copy.table} ORDER BY position"""
        )
        columns = {name: copy.columns[name] for name in wanted}
        types = {name: copy.types[name] for name in wanted}
        return reader.staged(into, columns, types, _count(duck, into), (note,))

    def forget(self) -> int:
        """Remove all copies, so that nothing of an erased lead stays; the next run fetches whole tables."""
        there = self.path.exists()
        for file in self.path.parent.glob(f"{self.path.name}*"):  # a run that was killed leaves a log beside it
            file.unlink()
        return int(there)


def _name(reader: DatabaseTableReader) -> str:
    told = f"{identity(reader.address)}\n{reader.source.table}\n{reader.changed_at}"
    return "t" + hashlib.sha256(told.encode()).hexdigest()[:16]


def _has_order(newest: Any) -> bool:
    """Tell whether later changes have higher values: text has that only where it is written as ISO-8601."""
    if not isinstance(newest, str):
        return True
    try:
        datetime.fromisoformat(newest)
    except ValueError:
        return False
    return True


def _watermark(reader: DatabaseTableReader) -> Any:
    """Return the newest change, but nothing later than now: one wrong date in the future must not hide all others."""
    newest, now = reader.newest(), datetime.now(UTC)
    if isinstance(newest, datetime):
        return min(newest, now if newest.tzinfo else now.replace(tzinfo=None))
    return min(newest, f"{now:%Y-%m-%d %H:%M:%S}") if isinstance(newest, str) else newest  # SQLite has times as text


@contextmanager
def _transaction(duck: duckdb.DuckDBPyConnection) -> Iterator[None]:
    duck.execute("BEGIN")
    try:
        yield
    except BaseException:
        duck.execute("ROLLBACK")
        raise
    duck.execute("COMMIT")


def _remember(duck: duckdb.DuckDBPyConnection, copy: Copy) -> None:
    """Keep what is known of a copy together with the copy itself."""
    known = {"types": copy.types, "watermark": _as_json(copy.watermark)}
    duck.execute("INSERT OR REPLACE INTO mirror.copies VALUES ($1, $2)", [copy.table, json.dumps(known)])


def _continues(reader: DatabaseTableReader, copy: Copy) -> bool:
    """Tell whether the source is what it was, only newer."""
    newest = reader.newest()
    if newest is None or copy.watermark is None or newest < copy.watermark:
        return False
    return copy.types.keys() <= reader.columns.keys() and reader.types([*copy.types]) == copy.types


def _stream(
    duck: duckdb.DuckDBPyConnection,
    reader: DatabaseTableReader,
    types: dict[str, str],
    statement: str,
    since: Any = None,
) -> None:
    relay = Relay(reader.batches(types, since=since))
    with relay.told():
        duck.register("stream", reader.stream_of(types, relay))
        duck.execute(f"{statement} FROM stream")
        duck.unregister("stream")


def _count(duck: duckdb.DuckDBPyConnection, table: str) -> int:
    return duck.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]


def _as_json(watermark: Any) -> Any:
    return {"at": watermark.isoformat()} if isinstance(watermark, datetime) else watermark


def _from_json(text: str) -> dict[str, Any]:
    known = json.loads(text)
    if isinstance(known["watermark"], dict):
        known["watermark"] = datetime.fromisoformat(known["watermark"]["at"])
    return known

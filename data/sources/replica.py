"""A local copy of tables from elsewhere, so that a run fetches only what changed since the last one.

A table of any source is copied where it has a key and a column that says when a row was changed (in a database,
``updated_at``, or the one named in the settings). The newest such moment is the watermark; the next run asks for the
rows from a little before it on, since transactions may end later than they began. The keys of all rows are compared
each time: rows that are gone are dropped, and where others are missing, or columns or types are others, the table is
fetched anew. What this cannot see is a change of a row that is dated more than an hour before the newest one known: a
clock may step back so far, no farther.
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

from data.sources.base import ROW_FIELDS, StagedFile, TableSource, count_rows, describe, stream_into

CELLS = f"* EXCLUDE ({', '.join(ROW_FIELDS)})"
"""What is kept of a row: not its place, which a row that comes or goes would change."""
OVERLAP = timedelta(hours=1)
"""How long a transaction in the source may take until its rows can be seen."""


@dataclass(frozen=True)
class Copy:
    """A copied table: the types of its columns by their names (they are ``c0``, ``c1``, … here), and its watermark.

    ``lead`` is the one column that holds ids of leads, where that is known.
    """

    table: str
    types: dict[str, str]
    watermark: Any
    lead: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        return {name: f"c{number}" for number, name in enumerate(self.types)}


class Replica:
    """The copies of one workspace: a file of DuckDB."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stage(
        self, duck: duckdb.DuckDBPyConnection, source: TableSource, names: Collection[str], into: str
    ) -> StagedFile | None:
        """Bring the copy of a table up to date and stage it from there.

        None where the table has no key or does not say what changed, or where another run uses the copies.
        """
        if not source.key or not source.changed_at or not _has_order(source.newest()):
            return None
        wanted = {*names, *source.key, source.changed_at}
        with self._attached(duck) as attached:
            if not attached:
                return None
            copy, note = self._up_to_date(duck, source, wanted)
            return self._staged(duck, source, copy, names, into, note)

    @contextmanager
    def _attached(self, duck: duckdb.DuckDBPyConnection) -> Iterator[bool]:
        try:
            path = str(self.path).replace("'", "''")
            duck.execute(f"ATTACH '{path}' AS replica")
        except duckdb.IOException:
            yield False
            return
        try:
            duck.execute("CREATE TABLE IF NOT EXISTS replica.copies (name VARCHAR PRIMARY KEY, known VARCHAR)")
            yield True
        finally:
            duck.execute("DETACH replica")

    def _up_to_date(self, duck: duckdb.DuckDBPyConnection, source: TableSource, wanted: set[str]) -> tuple[Copy, str]:
        copy = self._known(duck, source)
        if copy is None or not wanted <= copy.types.keys() or not _continues(source, copy):
            return self._fetched(duck, source, wanted), "fetched whole, and kept to fetch only changes next time"
        fetched, changed = self._with_changes(duck, source, copy)
        if self._lacks_rows(duck, source, fetched):
            return self._fetched(duck, source, wanted), "fetched whole, since rows came that have an old date"
        return fetched, f"{changed:,} rows fetched that changed since {copy.watermark}, the others as kept"

    def _lacks_rows(self, duck: duckdb.DuckDBPyConnection, source: TableSource, copy: Copy) -> bool:
        """Drop the rows that are gone in the source; return whether others are there that the copy lacks."""
        keys = {name: copy.types[name] for name in source.key}
        same = " AND ".join(f"m.{copy.columns[name]} = k.c{number}" for number, name in enumerate(keys))
        with _transaction(duck):
            stream_into(duck, f"CREATE OR REPLACE TEMP TABLE keys AS SELECT {CELLS}", keys, source.batches(keys))
            duck.execute(f"DELETE FROM replica.{copy.table} m WHERE NOT EXISTS (SELECT 1 FROM keys k WHERE {same})")
            lacks = count_rows(duck, "keys") != count_rows(duck, f"replica.{copy.table}")
            duck.execute("DROP TABLE keys")
        return lacks

    def _known(self, duck: duckdb.DuckDBPyConnection, source: TableSource) -> Copy | None:
        rows = duck.execute("SELECT known FROM replica.copies WHERE name = $1", [_name(source)]).fetchall()
        return Copy(_name(source), **_from_json(rows[0][0])) if rows else None

    def _fetched(self, duck: duckdb.DuckDBPyConnection, source: TableSource, wanted: set[str]) -> Copy:
        types = source.types([name for name in source.columns if name in wanted])
        copy = Copy(_name(source), types, _watermark(source))
        with _transaction(duck):
            statement = f"CREATE OR REPLACE TABLE replica.{copy.table} AS SELECT {CELLS}"
            stream_into(duck, statement, types, source.batches(types))
            _remember(duck, copy)
        return copy

    def _with_changes(self, duck: duckdb.DuckDBPyConnection, source: TableSource, copy: Copy) -> tuple[Copy, int]:
        """Replace the rows that changed; those of the overlap come again and stay as they are."""
        newer = Copy(copy.table, copy.types, _watermark(source))
        since = copy.watermark - OVERLAP if isinstance(copy.watermark, datetime) else copy.watermark
        same = " AND ".join(f"m.{copy.columns[name]} = n.{copy.columns[name]}" for name in source.key)
        with _transaction(duck):
            statement = f"CREATE OR REPLACE TEMP TABLE news AS SELECT {CELLS}"
            stream_into(duck, statement, copy.types, source.batches(copy.types, since=since))
            changed = count_rows(duck, f"(SELECT * FROM news EXCEPT SELECT * FROM replica.{copy.table})")
            duck.execute(f"DELETE FROM replica.{copy.table} m USING news n WHERE {same}")
            duck.execute(f"INSERT INTO replica.{copy.table} SELECT * FROM news")
            duck.execute("DROP TABLE news")
            _remember(duck, newer)
        return newer, changed

    def _staged(
        self,
        duck: duckdb.DuckDBPyConnection,
        source: TableSource,
        copy: Copy,
        names: Collection[str],
        into: str,
        note: str,
    ) -> StagedFile:
        wanted = [name for name in copy.types if name in names]
        cells = ", ".join(copy.columns[name] for name in wanted)
        key = ", ".join(copy.columns[name] for name in source.key)
        duck.execute(
            f"""CREATE TABLE {into} AS SELECT row_number() OVER (ORDER BY {key}) - 1 AS position,
            NULL::BIGINT AS line, NULL::VARCHAR AS problem, NULL::VARCHAR AS text, {cells}
            FROM replica.{copy.table} ORDER BY position"""
        )
        columns = {name: copy.columns[name] for name in wanted}
        types = {name: copy.types[name] for name in wanted}
        return describe(source, into, columns, types, count_rows(duck, into), [note])

    def mentions(self, text: str) -> list[dict[str, Any]]:
        """Return the rows of all copies in which a cell is a text, such as the id of a lead.

        Where it is known which column holds ids of leads, no other is looked into.
        """
        if not self.path.exists():
            return []
        with duckdb.connect(str(self.path), read_only=True) as duck:
            copies = duck.execute("SELECT name, known FROM copies").fetchall()
            return [row for name, known in copies for row in _rows_with(duck, Copy(name, **_from_json(known)), text)]

    def is_older(self, moment: datetime) -> bool:
        """Return whether the copies were last brought up to date before a moment (naive UTC)."""
        begun = moment.replace(tzinfo=UTC).timestamp()
        return self.path.exists() and self.path.stat().st_mtime < begun

    def forget(self) -> int:
        """Remove all copies, so that nothing of an erased lead stays; the next run fetches whole tables."""
        there = self.path.exists()
        for file in self.path.parent.glob(f"{self.path.name}*"):  # a run that was killed leaves a log beside it
            file.unlink()
        return int(there)


def _rows_with(duck: duckdb.DuckDBPyConnection, copy: Copy, text: str) -> list[dict[str, Any]]:
    searched = [copy.columns[copy.lead]] if copy.lead else copy.columns.values()
    is_in = " OR ".join(f"CAST({column} AS VARCHAR) = $1" for column in searched)
    cells = ", ".join(copy.columns.values())
    rows = duck.execute(f"SELECT {cells} FROM {copy.table} WHERE {is_in}", [text]).fetchall()
    return [dict(zip(copy.columns, row, strict=True)) for row in rows]


def _name(source: TableSource) -> str:
    identity = f"{source.identity}\n{source.changed_at}"
    return "t" + hashlib.sha256(identity.encode()).hexdigest()[:16]


def _has_order(newest: Any) -> bool:
    """Return whether later changes have higher values: text has that only where it is written as ISO-8601."""
    if not isinstance(newest, str):
        return True
    try:
        datetime.fromisoformat(newest)
    except ValueError:
        return False
    return True


def _watermark(source: TableSource) -> Any:
    """Return the newest change, but nothing later than now: one wrong date in the future must not hide all others."""
    newest, now = source.newest(), datetime.now(UTC)
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
    duck.execute("INSERT OR REPLACE INTO replica.copies VALUES ($1, $2)", [copy.table, json.dumps(known)])


def _continues(source: TableSource, copy: Copy) -> bool:
    """Return whether the source is what it was, only newer."""
    newest = source.newest()
    if newest is None or copy.watermark is None or newest < copy.watermark:
        return False
    return copy.types.keys() <= source.columns.keys() and source.types([*copy.types]) == copy.types


def _as_json(watermark: Any) -> Any:
    return {"at": watermark.isoformat()} if isinstance(watermark, datetime) else watermark


def _from_json(text: str) -> dict[str, Any]:
    known = json.loads(text)
    if isinstance(known["watermark"], dict):
        known["watermark"] = datetime.fromisoformat(known["watermark"]["at"])
    return known

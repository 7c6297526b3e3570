"""The score store: current scores, what they were before, the runs that made them, and what the CRM knows of them.

A run writes its scores chunk by chunk, each in a transaction, to a table that nobody reads, and publishes them in one:
so readers see the scores of a whole run or none of it, and a run that is killed leaves what was there before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from data import bulk
from data.connections import connected, engine_of, require_dialect, told
from data.errors import LeadscoreError
from data.store.tables import (
    DELIVERIES,
    HISTORY,
    INCOMING,
    METADATA,
    MODEL_VERSIONS,
    RUNS,
    SCORE_COLUMNS,
    SCORES,
)

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 7_305_814_277
"""The number of the advisory lock on PostgreSQL, by which runs on several machines know of each other."""
COLUMNS = ", ".join(SCORE_COLUMNS)
NEWER = "s.run_as_of <= i.run_as_of AND s.digest <> i.digest"


@dataclass(frozen=True)
class Told:
    """What a model version calls the parts of a score: its concepts and its features, in the order of their codes."""

    concepts: tuple[str, ...]
    features: tuple[str, ...]


class Store:
    """The scores of one workspace; made by `open_store`."""

    def __init__(self, engine: Engine, address: str) -> None:
        self.engine = engine
        self.address = address

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a connection for one transaction; database errors come in plain words."""
        with connected(self.engine, self.address) as connection, connection.begin():
            yield connection

    def begin(self, *, as_of: datetime, model_version: str, told: Told) -> int:
        """Start a run and return its number; what interrupted runs left unpublished is dropped."""
        with self.transaction() as connection:
            connection.execute(sa.delete(INCOMING))
            stopped = {"status": "interrupted", "finished_at": _now()}
            connection.execute(sa.update(RUNS).where(RUNS.c.status == "running").values(stopped))
            names = {"concepts": json.dumps(told.concepts), "features": json.dumps(told.features)}
            connection.execute(sa.delete(MODEL_VERSIONS).where(MODEL_VERSIONS.c.model_version == model_version))
            connection.execute(sa.insert(MODEL_VERSIONS).values(model_version=model_version, **names))
            run = {"status": "running", "started_at": _now(), "as_of": as_of, "model_version": model_version}
            return connection.execute(sa.insert(RUNS).values(run)).inserted_primary_key[0]  # type: ignore[index]

    def add(self, run_id: int, as_of: datetime, scores: pd.DataFrame) -> None:
        """Keep a chunk of scores of a run, to be published with the others.

        ``scores`` has the columns of `data.store.tables.SCORES` but those of the run.
        """
        rows = scores.assign(run_id=run_id, run_as_of=as_of, since=as_of)[list(SCORE_COLUMNS)]
        with self.transaction() as connection:
            bulk.load(connection, INCOMING, pa.Table.from_pandas(rows, preserve_index=False))

    def publish(self, run_id: int) -> int:
        """Make the scores of a run the current ones, in one transaction; return how many differ from before.

        What was there before goes to the history. A score of a later moment is not replaced by one of an earlier.
        """
        with self.transaction() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("ANALYZE scores_incoming")
            run = sa.text("SELECT count(*) FROM scores_incoming")
            scored = connection.execute(run).scalar_one()
            changed = connection.exec_driver_sql(
                f"""SELECT count(*) FROM scores_incoming i LEFT JOIN scores s USING (lead_id)
                WHERE s.lead_id IS NULL OR ({NEWER})"""
            ).scalar_one()
            connection.exec_driver_sql(
                f"""INSERT INTO score_history ({COLUMNS}) SELECT {", ".join(f"s.{name}" for name in SCORE_COLUMNS)}
                FROM scores s JOIN scores_incoming i ON s.lead_id = i.lead_id WHERE {NEWER}"""
            )
            connection.exec_driver_sql(_replace_scores())
            connection.execute(sa.delete(INCOMING))
            done = {"status": "done", "finished_at": _now(), "scored": scored, "changed": changed}
            connection.execute(sa.update(RUNS).where(RUNS.c.run_id == run_id).values(done))
        return changed

    def fail(self, run_id: int, message: str) -> None:
        """Record that a run failed, and why."""
        failed = {"status": "failed", "finished_at": _now(), "message": message}
        with self.transaction() as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.run_id == run_id).values(failed))

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs, the newest first."""
        return self._rows(sa.select(RUNS).order_by(RUNS.c.run_id.desc()))

    def scores_of(self, lead_id: str) -> list[dict[str, Any]]:
        """Return the score of a lead and what it was before, the newest first; nothing for an unknown lead."""
        current = sa.select(SCORES).where(SCORES.c.lead_id == lead_id)
        before = sa.select(HISTORY).where(HISTORY.c.lead_id == lead_id).order_by(HISTORY.c.run_id.desc())
        return [*self._rows(current), *self._rows(before)]

    def hottest(self, count: int) -> list[dict[str, Any]]:
        """Return the open leads with the highest probability."""
        is_open = sa.select(SCORES).where(SCORES.c.outcome == "open")
        return self._rows(is_open.order_by(SCORES.c.probability.desc(), SCORES.c.lead_id).limit(count))

    def leads_per_band(self) -> dict[str, int]:
        """Return how many open leads are hot, warm and cold."""
        counted = sa.select(SCORES.c.band, sa.func.count().label("leads")).where(SCORES.c.outcome == "open")
        found = {row["band"]: row["leads"] for row in self._rows(counted.group_by(SCORES.c.band))}
        return {band: found.get(band, 0) for band in ("hot", "warm", "cold")}

    def told(self, model_version: str) -> Told:
        """Return what the codes in scores of a model version mean."""
        row = self._rows(sa.select(MODEL_VERSIONS).where(MODEL_VERSIONS.c.model_version == model_version))[0]
        return Told(tuple(json.loads(row["concepts"])), tuple(json.loads(row["features"])))

    def forget(self, lead_id: str) -> dict[str, int]:
        """Erase a lead from all tables; return how many rows of each it was in."""
        found = {}
        with self.transaction() as connection:
            for table in (SCORES, HISTORY, INCOMING, DELIVERIES):
                found[table.name] = connection.execute(sa.delete(table).where(table.c.lead_id == lead_id)).rowcount
        self._scrub()
        return found

    def _scrub(self) -> None:
        """Let nothing of deleted rows stay in the files, as far as the database allows."""
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with connected(engine, self.address) as connection:
            connection.exec_driver_sql("VACUUM")
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _rows(self, query: sa.Select) -> list[dict[str, Any]]:
        with self.transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _replace_scores() -> str:
    """Since when a score holds stays as it was where only the moment of the run is another."""
    changes = [f"{name} = excluded.{name}" for name in SCORE_COLUMNS if name not in ("lead_id", "since")]
    since = "since = CASE WHEN scores.digest = excluded.digest THEN scores.since ELSE excluded.since END"
    return f"""INSERT INTO scores ({COLUMNS}) SELECT {COLUMNS} FROM scores_incoming WHERE true
        ON CONFLICT (lead_id) DO UPDATE SET {", ".join([*changes, since])}
        WHERE scores.run_as_of <= excluded.run_as_of"""


@contextmanager
def open_store(address: str, *, writing: bool = False) -> Iterator[Store]:
    """Open the store, making or migrating its tables where they are not those of this version.

    ``writing`` claims it for one run: on PostgreSQL also against runs on other machines.
    Raises InputError for an address that cannot be used, LeadscoreError where the store cannot be reached or another
    run has claimed it.
    """
    engine = engine_of(address)
    require_dialect(engine, address)
    with _claimed(engine, address, writing=writing):
        with connected(engine, address) as connection:
            _let_readers_read(connection)
            _migrate(connection)
        yield Store(engine, address)


@contextmanager
def _claimed(engine: Engine, address: str, *, writing: bool) -> Iterator[None]:
    """Hold an advisory lock, which PostgreSQL lets go when the connection ends, however it ends."""
    if not writing or engine.dialect.name != "postgresql":
        yield
        return
    with connected(engine, address) as connection:
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})").scalar_one():
            raise LeadscoreError(
                "another run is writing to this score store",
                expected="one run at a time",
                remedy="wait until it is done and run the same command again",
            )
        connection.commit()
        yield


def _let_readers_read(connection: Connection) -> None:
    """Let an SQLite file be read while it is written."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN")


def _migrate(connection: Connection) -> None:
    """Bring the tables to the newest form; nothing happens where they have it already."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    newest, present = ScriptDirectory.from_config(config).get_heads(), MigrationContext.configure(connection)
    if set(present.get_current_heads()) != set(newest):
        command.upgrade(config, "head")
        connection.commit()
    else:
        connection.rollback()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def arrow_of(rows: Sequence[dict[str, Any]], table: sa.Table) -> pa.Table:
    """Return rows as an Arrow table with the columns of a table of the store."""
    return pa.table({column.name: [row[column.name] for row in rows] for column in table.columns})


__all__ = ["METADATA", "Store", "Told", "arrow_of", "open_store", "told"]

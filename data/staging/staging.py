"""The temporary database that the tables of a project are read into, and what is found out about them on the way."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
from filelock import FileLock, Timeout

from data.config import Settings
from data.errors import InputError, LeadscoreError
from data.memory import memory_for_tables
from data.parsing import Currency
from data.quality_report import Report
from data.schema import Schema
from data.sources import Replica, TableSource
from data.staging.tables import ROW_TABLES, Table

REPLICA = "mirror.duckdb"
"""The file in the workspace that holds copies of tables of other systems."""
EMPTY_TABLES = f"""
    {ROW_TABLES}
    CREATE TABLE closings (position BIGINT, won BOOLEAN, closed_at TIMESTAMP, amount DOUBLE);
    CREATE TABLE events (position BIGINT, occurred_at TIMESTAMP, seq BIGINT, type VARCHAR, asset VARCHAR,
        campaign VARCHAR, value DOUBLE);
    CREATE TABLE account_events (account_id VARCHAR, occurred_at TIMESTAMP, seq BIGINT, type VARCHAR, asset VARCHAR,
        campaign VARCHAR, value DOUBLE);
    CREATE TABLE entries (position BIGINT, entered_at TIMESTAMP, seq BIGINT, stage VARCHAR, closes BOOLEAN);
    CREATE TABLE table_outcomes (position BIGINT, won BOOLEAN, closed_at TIMESTAMP, amount DOUBLE);
    CREATE TABLE overtaken (position BIGINT, lost_at TIMESTAMP, reopened_at TIMESTAMP);
    CREATE TABLE reopenings (position BIGINT, lost_spells TIMESTAMP[][]);
    CREATE TABLE history (position BIGINT, field VARCHAR, value VARCHAR, changed_at TIMESTAMP, seq BIGINT);
    CREATE TABLE changes (position BIGINT, attribute VARCHAR, changed_at TIMESTAMP, text VARCHAR, number DOUBLE,
        seq BIGINT);
"""


@dataclass
class Staging:
    """A database that fills up, step by step, and what each step has found out.

    connection  the database; its tables are those of `EMPTY_TABLES`, the staged and the typed ones
    settings    those of the project; once the outcome was decided they say so
    now         what dates are not later than (naive UTC)
    replica     copies of tables of other systems
    trained     the schema of the model that the leads are read for; None where one is to be inferred
    only        the id of the lead besides which none is needed; None for all
    posted      events that came by the API (`data.store.posted_events`), beside those of the table
    sources     where the tables come from
    tables      the staged tables, by their names in the vocabulary
    columns     attribute or personal column → column of the source that it is read from
    formats     how numbers and times are written, by table and column of the vocabulary
    currencies  the currency of amounts, by table and column of the vocabulary
    days        the columns of moments without a time of day, by table, as the vocabulary calls them
    end         the end of the data, once all is read; now before (naive UTC)
    zoneless    the columns whose times do not say in which zone they are
    report      what was read, what was left out and why, and what looks wrong
    """

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    now: pd.Timestamp
    replica: Replica
    trained: Schema | None = None
    only: str | None = None
    posted: pd.DataFrame = field(default_factory=pd.DataFrame)
    sources: dict[str, TableSource] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    formats: dict[str, dict[str, str]] = field(default_factory=dict)
    currencies: dict[str, dict[str, str]] = field(default_factory=dict)
    days: dict[str, list[str]] = field(default_factory=dict)
    zoneless: list[str] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    end: pd.Timestamp = field(init=False)

    def __post_init__(self) -> None:
        self.end = self.now

    @property
    def leads(self) -> Table:
        return self.tables["leads"]

    @property
    def latest(self) -> pd.Timestamp:
        """The moment after which nothing counts, whatever the end of the data: that of the settings, else now."""
        return pd.Timestamp(self.settings.as_of or self.now)

    @property
    def settings_used(self) -> Settings:
        """The settings with what was decided of formats, currencies and days without a time."""
        formats, currencies = (
            {name: decided for name, decided in by_table.items() if decided}
            for by_table in (self.formats, self.currencies)
        )
        return self.settings.model_copy(update={"formats": formats, "currencies": currencies, "days": self.days})

    def currencies_of(self, table: str) -> dict[str, Currency]:
        """Return the currency of each column of amounts that has one, with the rates of the settings."""
        rates = self.settings.rates
        return {column: Currency(code, rates) for column, code in self.currencies.get(table, {}).items()}


@contextmanager
def open_staging(
    settings: Settings,
    *,
    workspace: Path,
    now: pd.Timestamp | None = None,
    trained: Schema | None = None,
    only: str | None = None,
) -> Iterator[Staging]:
    """Open an empty database, which spills into the workspace and is gone afterwards.

    ``now`` is naive UTC, by default the present.
    """
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    remove_abandoned(workspace)
    moment = now or pd.Timestamp.now("UTC").tz_localize(None)
    with (
        _folder_in(workspace) as folder,
        closing(duckdb.connect(":memory:", config=limits(folder, settings.memory))) as connection,
    ):
        connection.execute(EMPTY_TABLES)
        yield Staging(connection, settings, moment, Replica(workspace / REPLICA), trained, only)


@contextmanager
def _folder_in(workspace: Path) -> Iterator[Path]:
    """Make a folder that is removed afterwards, and whose lock shows that it is in use."""
    folder = workspace / f"staging-{uuid.uuid4().hex}"
    try:
        with _lock_of(folder):  # held before the folder is there, so that nobody finds it without
            folder.mkdir(mode=0o700)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        _remove_lock(folder)


def remove_abandoned(workspace: Path) -> None:
    """Remove the folders in which runs were reading that were killed: their locks are free."""
    for folder in (path for path in workspace.glob("staging-*") if path.is_dir()):
        with suppress(Timeout):
            with _lock_of(folder).acquire(timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
            _remove_lock(folder)


def abandoned_folders(workspace: Path) -> list[Path]:
    """Return the folders that `remove_abandoned` would remove."""
    return [folder for folder in workspace.glob("staging-*") if folder.is_dir() and _is_free(folder)]


def _is_free(folder: Path) -> bool:
    try:
        with _lock_of(folder).acquire(timeout=0):
            return True
    except Timeout:
        return False


def _lock_of(folder: Path) -> FileLock:
    return FileLock(folder.with_suffix(".lock"), thread_local=False)  # one thread may begin to read, another end


def _remove_lock(folder: Path) -> None:
    with suppress(OSError):  # Windows refuses while another run tries to take it
        folder.with_suffix(".lock").unlink()


def limits(folder: Path, memory: str | None = None) -> dict[str, str | bool | int | float | list[str]]:
    """Return what DuckDB may use: memory, by default a part of the machine's, threads, and a folder to spill into."""
    threads = min(2, os.cpu_count() or 1)
    return {
        "memory_limit": memory or f"{memory_for_tables() // 2**20}MiB",
        "temp_directory": str(folder),
        "threads": threads,
    }


@contextmanager
def reading_errors(settings: Settings) -> Iterator[None]:
    """Turn what DuckDB says while the tables of the settings are read into errors of our own."""
    try:
        yield
    except duckdb.OutOfMemoryException as problem:
        raise LeadscoreError(
            "there is not enough memory or disk space for the tables",
            got=str(problem).splitlines()[0],
            where=settings.places,
            remedy="name wide columns that teach nothing under drop, make room on the disk, or allow more memory: "
            "`memory: 4GB` in leadscore.yaml",
        ) from None
    except (duckdb.DataError, duckdb.OperationalError, duckdb.InvalidInputException) as problem:
        raise InputError(
            "the tables cannot be read",
            got=str(problem).splitlines()[0],
            where=settings.places,
        ) from None

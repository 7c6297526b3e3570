"""Inspect tables that nobody has described yet: the files of a folder or the tables of a database, by samples."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from data.columns import Profile, has_id_word, profile
from data.config import SQLITE, TABLE_ENDINGS, VARIABLE, DatabaseTable, FileTable, holds_password
from data.errors import InputError
from data.parsing import texts
from data.proposal.joins import telling_tables
from data.sources import Database, StagedFile, open_file, reading, require_file
from data.staging import (
    ROW_TABLES,
    SHORT,
    Table,
    form_of,
    in_form,
    require_whole,
    sample,
    set_aside_damaged,
    with_all_values,
)
from data.vocabulary import Kind

DATABASE_ROWS = 200_000
"""Rows of a table of a database that are read."""
DATABASE_TABLES = 30
"""Tables of a database that are read; of more, those that may have to do with leads."""
NO_ROWS = "no rows"
NOT_INSPECTED = "its name says nothing of leads"
SOME = 100
"""Ids by which those of Salesforce are known."""
ROW_ORDER = "the order of the rows"


@dataclass(frozen=True)
class ProfiledTable:
    """A table with the profiles of its columns; ``name`` is that of the file, or that in the database.

    ``limit`` is the number of rows that were read at most, of a table of a database.
    """

    name: str
    source: FileTable | DatabaseTable
    table: Table
    connection: duckdb.DuckDBPyConnection
    limit: int | None = None

    @property
    def rows(self) -> int:
        return self.table.file.rows

    @property
    def complete(self) -> bool:
        """Return whether all rows were read."""
        return self.limit is None or self.rows < self.limit

    @cached_property
    def cells(self) -> pd.DataFrame:
        """A sample of up to 20,000 rows."""
        return sample(self.connection, self.table, list(self.table.file.columns))

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        order = {ROW_ORDER: pd.Series(self.cells.index, index=self.cells.index)}
        names = self.table.file.columns
        whole = {name: with_all_values(self.connection, self.table, name, self.cells[name]) for name in names}
        return {name: profile(name, cells, order) for name, cells in whole.items()}

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Return the filled columns of some kinds."""
        return [name for name, column in self.profiles.items() if column.kind in kinds and column.filled]

    def repeats(self, column: str) -> int:
        """Return how many rows have no value of their own in a column: they lack one, or repeat it."""
        cell = self.table.id_sql(column)
        query = f"SELECT count(*) - count(DISTINCT {cell}) FROM {self.table.staged}"
        return self.connection.execute(query).fetchall()[0][0]

    def values(self, column: str) -> list[str]:
        """Return the distinct values of a column, the most frequent first."""
        cell = self.table.text_sql(column)
        query = f"SELECT {cell} AS cell FROM {self.table.staged} GROUP BY 1 ORDER BY count(*) DESC, 1"
        return texts(self.connection.sql(query).to_arrow_table().to_pandas()["cell"]).dropna().tolist()

    def some_ids(self, column: str) -> list[str]:
        """Return the first ids of a column."""
        cell = self.table.id_sql(column)
        query = f"SELECT {cell} FROM {self.table.staged} WHERE {cell} IS NOT NULL LIMIT {SOME}"
        return [value for (value,) in self.connection.execute(query).fetchall()]

    def share_in(self, column: str, other: ProfiledTable, other_column: str) -> float:
        """Return which share of the distinct values of a column occurs in a column of another table."""
        own, known = self.table.id_sql(column), other.table.id_sql(other_column)
        if form_of(self.some_ids(column)) and form_of(other.some_ids(other_column)):
            own, known = in_form(own, SHORT), in_form(known, SHORT)
        query = f"""WITH own AS (SELECT DISTINCT {own} AS value FROM {self.table.staged}),
            known AS (SELECT {known} AS value FROM {other.table.staged})
            SELECT coalesce(avg((value IN (FROM known WHERE value IS NOT NULL))::INT), 0)
            FROM own WHERE value IS NOT NULL"""
        return self.connection.execute(query).fetchall()[0][0]


@dataclass(frozen=True)
class Inspection:
    """The tables that a proposal can be made of, the address of their database, and why others are left out."""

    tables: list[ProfiledTable]
    address: str | None = None
    left_out: dict[str, str] = field(default_factory=dict)


@contextmanager
def inspect_tables(place: str, *, temporary: Path) -> Iterator[Inspection]:
    """Yield the tables of a file, of a folder of files, or of a database: ``${NAME}``, or a URL without a password.

    Raises InputError where nothing is there, or where the address holds a password, which is not repeated.
    """
    connection = duckdb.connect(":memory:", config={"temp_directory": str(temporary), "threads": _threads()})
    connection.execute(ROW_TABLES)
    try:
        yield _database(connection, place) if is_address(place) else _files(connection, Path(place))
    finally:
        connection.close()


def _threads() -> int:
    return min(2, os.cpu_count() or 1)


def is_address(place: str) -> bool:
    return "://" in place or bool(VARIABLE.search(place))


def _files(connection: duckdb.DuckDBPyConnection, path: Path) -> Inspection:
    if not path.exists():
        raise InputError(
            "there is no such file or folder", expected="a CSV or Parquet file, or a folder", got=str(path)
        )
    if not path.is_dir():
        return _something(Inspection([_profiled_file(connection, 0, path)]), str(path))
    tables, left_out = [], {}
    for number, file in enumerate(sorted(file for file in path.iterdir() if file.is_file())):
        if not file.name.lower().endswith(TABLE_ENDINGS):
            left_out[file.name] = "neither CSV, Parquet nor Excel"
            continue
        try:
            tables.append(_profiled_file(connection, number, file))
        except InputError as problem:
            left_out[file.name] = str(problem).splitlines()[0]
    return _something(Inspection(tables, left_out=left_out), str(path))


def _database(connection: duckdb.DuckDBPyConnection, address: str) -> Inspection:
    if holds_password(address):
        raise InputError(
            "a password does not belong on the command line",
            expected="${NAME}, with the address in the environment variable NAME",
            remedy="export NAME=… and give --leads '${NAME}', in single quotes, or the shell puts the address in",
        )
    require_file(address)
    with reading(address) as database:
        left_out = dict.fromkeys(_too_many(database), NOT_INSPECTED)
        tables = []
        for number, name in enumerate(name for name in database.tables if name not in left_out):
            tables.append(_profiled_table(connection, number, name, database))
    return _something(Inspection(tables, address, left_out), "the database")


def _too_many(database: Database) -> list[str]:
    """Return the tables that are not read where there are many: those that have nothing to do with leads."""
    if len(database.tables) <= DATABASE_TABLES:
        return []
    telling = telling_tables(database.columns(), database.references(), DATABASE_TABLES)
    return [name for name in database.tables if name not in telling]


def _something(inspection: Inspection, where: str) -> Inspection:
    """Drop what has no rows. Raises InputError where nothing is left."""
    empty = {table.name: NO_ROWS for table in inspection.tables if not table.rows}
    tables = [table for table in inspection.tables if table.name not in empty]
    left_out = inspection.left_out | empty
    if not tables:
        raise InputError(
            "there is no table to look at",
            expected="a table of leads: a CSV or Parquet file, or a table of a database",
            got="; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:10]) or "nothing",
            where=where,
        )
    return Inspection(tables, inspection.address, left_out)


def _profiled_file(connection: duckdb.DuckDBPyConnection, number: int, path: Path) -> ProfiledTable:
    file = open_file(path).stage(connection, f"staged_t{number}")
    return ProfiledTable(path.name, FileTable(path), _usable(connection, number, file), connection)


def _profiled_table(connection: duckdb.DuckDBPyConnection, number: int, name: str, database: Database) -> ProfiledTable:
    """Return a table of a database by its first rows."""
    source = DatabaseTable(table=name)
    file = database.open(source).stage(connection, f"staged_t{number}", limit=DATABASE_ROWS)
    return ProfiledTable(name, source, _usable(connection, number, file), connection, limit=DATABASE_ROWS)


def _usable(connection: duckdb.DuckDBPyConnection, number: int, file: StagedFile) -> Table:
    table = Table(f"t{number}", file, {})
    set_aside_damaged(connection, table)
    for name in [*file.columns][:1]:
        if has_id_word(name):
            require_whole(connection, table, name)
    return table


def address_beside(address: str, folder: Path) -> str:
    """Return an address for a file in a folder: the path of an SQLite database starts there."""
    path = address.removeprefix(SQLITE)
    if not address.startswith(SQLITE) or VARIABLE.search(path) or Path(path).is_absolute():
        return address
    return SQLITE + path_beside(Path(path), folder)


def path_beside(path: Path, folder: Path) -> str:
    """Return a path as a file in a folder names it.

    >>> path_beside(Path("/crm/export/leads.csv"), Path("/crm"))
    'export/leads.csv'
    """
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()

"""Which column of a source means which one of the vocabulary, and the table staged with those that are needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

import duckdb

from data.columns import claims, is_currency_name
from data.config import Settings
from data.errors import InputError, nearest
from data.schema import RENAMED, Schema
from data.sources import Replica, TableSource, count_rows
from data.staging.tables import ROWS, Table
from data.vocabulary import READ_TABLES, Kind


class HasColumns(Protocol):
    """Something with columns: a source before it is read, or a staged file."""

    @property
    def columns(self) -> Mapping[str, str]: ...
    @property
    def place(self) -> str: ...


def stage_table(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: TableSource,
    settings: Settings,
    replica: Replica,
    *,
    trained: Schema | None,
    only: Mapping[str, Collection[str]] | None = None,
) -> Table:
    """Stage a table and find the columns of the vocabulary in it.

    Leads to be scored (``trained`` is the schema of the model) may lack columns that only training needs, such as the
    date of closing. ``only`` are the ids of the lead whose rows `rows_of_lead` takes afterwards: a source may leave out
    others. Raises `InputError` where a column that is needed is not there, and where there are no leads.
    """
    columns = canonical_columns(source, name, settings, scoring=trained is not None)
    needed = {*columns.values(), *(_further_columns_of_leads(source, settings, trained) if name == "leads" else ())}
    ids = {columns[known] for known, column in READ_TABLES[name].items() if column.kind is Kind.ID and known in columns}
    source, into = source.with_text(ids), f"staged_{name}"
    wanted = {columns[known]: some for known, some in (only or {}).items() if columns.get(known) in source.columns}
    file = replica.stage(connection, source, needed, into) or source.stage(connection, into, needed, only=wanted)
    if name == "leads" and not file.rows and only is None:
        raise _no_leads(file.place)
    return Table(name, file, columns)


def _no_leads(place: str) -> InputError:
    return InputError(
        "the table of leads is empty",
        expected="a row for each lead",
        got="a header without rows",
        where=place,
        remedy="export the leads again, with their rows; or name another table",
    )


def canonical_columns(source: HasColumns, name: str, settings: Settings, *, scoring: bool) -> dict[str, str]:
    """Map columns of the vocabulary to those of a source: as the settings say, and by their names.

    Raises `InputError` where one that is needed is not there.
    """
    explicit = settings.columns.get(name, {})
    if scoring and name == "leads":
        # What only training needs may be missing later on.
        present = {"lead_id"} | {known for known, column in explicit.items() if column in source.columns}
        explicit = {known: column for known, column in explicit.items() if known in present}
    for known, column in explicit.items():
        _check_vocabulary(name, known)
        if (known, column) != ("lead_id", ROWS):
            check_column(source, column, f"columns.{name}.{known}")
    columns = explicit | claims(_free_columns(source, name, settings), list(READ_TABLES[name]), explicit)
    for known, column in READ_TABLES[name].items():
        if column.required and known not in columns and explicit.get(known) != ROWS:
            check_column(source, known, name)
    return columns


def _further_columns_of_leads(source: HasColumns, settings: Settings, trained: Schema | None) -> list[str]:
    """Return the columns of leads to read beside those of the vocabulary: to learn, all that are not dropped."""
    outcome = {*settings.outcome.columns} if settings.outcome else set()
    if trained is None:
        return [name for name in source.columns if name not in settings.drop or name in outcome]
    known = {attribute.name.removesuffix(RENAMED) for attribute in trained.columns_to_read}
    return [name for name in source.columns if name in known | outcome | {settings.order} or is_currency_name(name)]


def _free_columns(source: HasColumns, name: str, settings: Settings) -> list[str]:
    """Return the columns that may mean one of the vocabulary: not the outcome, which may well be called stage."""
    outcome = settings.outcome.columns if settings.outcome and name == "leads" else []
    return [column for column in source.columns if column not in outcome]


def _check_vocabulary(table: str, name: str) -> None:
    known = [*READ_TABLES[table], "closed_at"] if table == "leads" else list(READ_TABLES[table])
    if name not in known:
        raise InputError(
            f"'{name}' is no column of {table}",
            expected=", ".join(known),
            got=name,
            where=f"columns.{table}",
            remedy=nearest(name, known),
        )


def check_column(source: HasColumns, column: str, what: str) -> None:
    """Raise `InputError` where a source lacks a column that ``what`` (a table or a setting) asks for."""
    if column not in source.columns:
        mapping = f"say which column it is under columns.{what}.{column}"
        raise InputError(
            f"there is no column '{column}'",
            expected=f"'{column}' (for {what})",
            got=", ".join(source.columns),
            where=source.place,
            remedy=nearest(column, source.columns)
            or (mapping if what in READ_TABLES else "name a column that is there"),
        )


def ids_of_lead(connection: duckdb.DuckDBPyConnection, leads: Table | None, lead_id: str) -> dict[str, list[str]]:
    """Return the ids by which tables know a lead: its own, and those of its account once the leads are staged."""
    if leads is None:
        return {"lead_id": [lead_id]}
    accounts = connection.execute(_accounts_sql(leads), [lead_id]).fetchall()
    return {"lead_id": [lead_id], "account_id": [account for (account,) in accounts if account is not None]}


def _accounts_sql(leads: Table) -> str:
    of_lead, account = (leads.id_sql(leads.columns.get(name)) for name in ("lead_id", "account_id"))
    return f"SELECT {account} FROM {leads.staged} WHERE {of_lead} = $1"


def rows_of_lead(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], lead_id: str) -> dict[str, Table]:
    """Leave of the staged tables the rows of one lead, and the events of its account."""
    connection.execute(f"CREATE TABLE accounts_of_lead AS {_accounts_sql(tables['leads'])}", [lead_id])
    return {name: _rows_of_lead(connection, table, lead_id) for name, table in tables.items()}


def _rows_of_lead(connection: duckdb.DuckDBPyConnection, table: Table, lead_id: str) -> Table:
    lead, account = (table.id_sql(table.columns.get(column)) for column in ("lead_id", "account_id"))
    of_account = f" OR ({lead} IS NULL AND {account} IN (FROM accounts_of_lead))" if table.name == "events" else ""
    into = f"{table.staged}_of_lead"
    connection.execute(f"CREATE TABLE {into} AS SELECT * FROM {table.staged} WHERE {lead} = $1{of_account}", [lead_id])
    drop_table(connection, table)
    return replace(table, file=replace(table.file, table=into, rows=count_rows(connection, into), is_view=False))


def drop_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Drop a staged table."""
    connection.execute(f"DROP {'VIEW' if table.file.is_view else 'TABLE'} {table.staged}")

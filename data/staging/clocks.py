"""Days without a time of day: when something counts as known that happened at no known hour.

A lead that was created on a day was there from its beginning. Whatever else happened on a day is known at its end:
so a win on the day of creation is later than the creation, and an activity of the first day is none from before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import duckdb
import pandas as pd

from data.staging.tables import Reading
from data.vocabulary import END_OF_DAY

MOMENTS = frozenset({"created_at", "closed_at", "occurred_at", "entered_at", "changed_at"})
BEGINS = "created_at"
CAME_WITH = (
    ("stages", "entries", "entered_at", "position"),
    ("attribute_history", "history", "changed_at", "position, lower(trim(field))"),
)
"""Histories: what a user calls them, the table, its moment, and of what the first row may be from the beginning."""
NEARLY_ALL = 0.95
"""So many moments at midnight are no times of day: a few that a system wrote in between do not make a clock."""


def days_of(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    readings: Sequence[Reading],
    known: Collection[str],
    latest: pd.Timestamp,
    *,
    is_whole: bool,
) -> list[str]:
    """Return the columns of a typed table whose moments, up to the ``latest`` one, have no time of day.

    ``known`` are those that a whole table showed before; of a part of one nothing else is decided.
    """
    moments = [reading.name for reading in readings if reading.source and reading.name in MOMENTS]
    return [name for name in moments if name in known or (is_whole and _lacks_clock(connection, table, name, latest))]


def begin_with_the_lead(connection: duckdb.DuckDBPyConnection, days: Mapping[str, Collection[str]]) -> None:
    """Let the first open stage of a lead, and the first value of each field, of the day of its creation begin with it.

    ``days`` are the columns without a time of day, by table.
    """
    for name, table, column, of_one in CAME_WITH:
        if column in days.get(name, ()):
            connection.execute(
                f"""UPDATE {table} SET {column} = l.created_at FROM leads l,
                (SELECT position, seq FROM {table} WHERE {"NOT closes" if table == "entries" else "TRUE"}
                QUALIFY row_number() OVER (PARTITION BY {of_one} ORDER BY {column}, seq) = 1) f
                WHERE {table}.position = l.position AND {table}.position = f.position AND {table}.seq = f.seq
                AND {column}::DATE = l.created_at::DATE"""
            )


def _lacks_clock(connection: duckdb.DuckDBPyConnection, table: str, column: str, latest: pd.Timestamp) -> bool:
    # As `data.parsing.lacks_clock` has it, of all rows and where they are.
    query = f"""SELECT count(*), count(*) FILTER ({column} = date_trunc('day', {column}))
        FROM {table} WHERE {column} <= $1"""
    moments, at_midnight = connection.execute(query, [latest]).fetchall()[0]
    return moments > 0 and at_midnight >= NEARLY_ALL * moments


def end_of_days(connection: duckdb.DuckDBPyConnection, table: str, columns: Collection[str], now: pd.Timestamp) -> None:
    """Move the days of these columns to their end, today to the present; a creation stays where it is."""
    for column in columns:
        if column != BEGINS:
            end = f"{column} + INTERVAL '{END_OF_DAY}'"
            connection.execute(
                f"""UPDATE {table} SET {column} = CASE WHEN {column} > $1 THEN {end} ELSE least({end}, $1) END
                WHERE {column} = date_trunc('day', {column})""",
                [now.floor("s")],
            )

"""Sizes that no firm has: they are flagged, and missing from then on, so that nothing is learned from them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.quality_report import ROWS_SHOWN, Flag

IMPOSSIBLE = {
    "employees": "{0} < 0 OR {0} > 5e6 OR {0} <> floor({0})",
    "annual_revenue": "{0} < 0 OR {0} > 1e13",
    "budget": "{0} < 0",
    "timeline_days": "{0} < 0",
}
"""Which numbers cannot be, as SQL: the largest employers have two million, and the largest revenue is below 1e12."""

WHOLE = r"-?\d{1,15}"
"""A number that reads the same everywhere: of others it takes the whole column to tell how they are written."""
NUMERIC = r"\W*\d[\d.,]*\W*"

Sizes = Mapping[str, tuple[str, str]]
"""Our names of sizes, each with its column in the table ``leads`` and that in the file."""


def forget_impossible(connection: duckdb.DuckDBPyConnection, sizes: Sizes, worded: Sizes) -> list[Flag]:
    """Make impossible sizes of leads missing, and mark their leads in the column ``impossible_size`` (0 or 1).

    ``worded`` are sizes that are read as words, for too few of their cells are numbers: the others are told as well.
    """
    connection.execute("ALTER TABLE leads ADD COLUMN impossible_size DOUBLE DEFAULT 0")
    flags = []
    for name, (column, theirs) in sizes.items():
        flags += _forget(connection, column, theirs, column, IMPOSSIBLE[name])
    for name, (column, theirs) in worded.items():
        flags += _no_numbers(connection, column, theirs)
        number = f"CASE WHEN regexp_full_match({column}, '{WHOLE}') THEN {column}::DOUBLE END"
        flags += _forget(connection, column, theirs, number, IMPOSSIBLE[name])
    return flags


def _forget(
    connection: duckdb.DuckDBPyConnection, column: str, theirs: str, number: str, impossible: str
) -> list[Flag]:
    wrong = impossible.format(f"({number})")
    count, rows, example = connection.execute(
        f"""SELECT count(*), arg_min(lead_id, position, {ROWS_SHOWN}), arg_min({number}, position)
        FROM leads WHERE {wrong}"""
    ).fetchall()[0]
    if not count:
        return []
    connection.execute(f"UPDATE leads SET impossible_size = 1, {column} = NULL WHERE {wrong}")
    what = f"{example:,.15g} of lead {rows[0]}"
    return [Flag("leads", theirs, "impossible: read as missing", count, what, tuple(rows))]


def _no_numbers(connection: duckdb.DuckDBPyConnection, column: str, theirs: str) -> list[Flag]:
    """Return the cells for which a column is read as words although most are numbers; bands, as 11-50, are words."""
    numeric = f"regexp_full_match({column}, '{NUMERIC}')"
    numbers, count, rows = connection.execute(
        f"""SELECT count(*) FILTER ({numeric}), count(*) FILTER (NOT {numeric}),
        arg_min(lead_id, position, {ROWS_SHOWN}) FILTER (NOT {numeric}) FROM leads"""
    ).fetchall()[0]
    if not count or numbers <= count:
        return []
    problem = "not a number, as most are: all are read as words"
    return [Flag("leads", theirs, problem, count, f"lead {rows[0]}", tuple(rows))]

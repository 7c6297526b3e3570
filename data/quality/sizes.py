"""Sizes that no firm has: they are flagged, and missing from then on, so that nothing is learned from them."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.parsing import SIZE_BOUNDS
from data.quality_report import ROWS_SHOWN, Flag

WHOLE = r"-?\d{1,15}"
"""A number that reads the same everywhere: of others it takes the whole column to tell how they are written."""
NUMERIC = r"\W*\d[\d.,]*\W*"

Sizes = Mapping[str, tuple[str, str]]
"""Sizes by their name in the vocabulary, each with its column in the table ``leads`` and that in the file."""


def forget_impossible(connection: duckdb.DuckDBPyConnection, sizes: Sizes, worded: Sizes) -> list[Flag]:
    """Make impossible sizes of leads missing, and mark their leads in the column ``impossible_size`` (0 or 1).

    ``worded`` are sizes that are read as words, as too few of their cells are numbers; the other cells are flagged too.
    """
    connection.execute("ALTER TABLE leads ADD COLUMN impossible_size DOUBLE DEFAULT 0")
    flags = []
    for name, (column, source) in sizes.items():
        flags += _forget(connection, column, source, column, name)
    for name, (column, source) in worded.items():
        flags += _no_numbers(connection, column, source)
        number = f"CASE WHEN regexp_full_match({column}, '{WHOLE}') THEN {column}::DOUBLE END"
        flags += _forget(connection, column, source, number, name)
    return flags


def _forget(connection: duckdb.DuckDBPyConnection, column: str, source: str, number: str, name: str) -> list[Flag]:
    is_impossible = _is_impossible(f"({number})", name)
    count, rows, example = connection.execute(
        f"""SELECT count(*), arg_min(lead_id, position, {ROWS_SHOWN}), arg_min({number}, position)
        FROM leads WHERE {is_impossible}"""
    ).fetchall()[0]
    if not count:
        return []
    connection.execute(f"UPDATE leads SET impossible_size = 1, {column} = NULL WHERE {is_impossible}")
    what = f"{example:,.15g} of lead {rows[0]}"
    return [Flag("leads", source, "impossible: read as missing", count, what, tuple(rows))]


def _is_impossible(number: str, name: str) -> str:
    """Return the SQL condition under which a number is outside of the bounds of a size.

    >>> _is_impossible("(employees)", "employees")
    '(employees) < 0 OR (employees) > 5000000.0::DOUBLE OR (employees) <> floor((employees))'
    """
    bounds = SIZE_BOUNDS[name]
    conditions = [f"{number} < {bounds.least}"]
    conditions += [f"{number} > {bounds.largest}::DOUBLE"] if bounds.largest is not None else []
    conditions += [f"{number} <> floor({number})"] if bounds.whole else []
    return " OR ".join(conditions)


def _no_numbers(connection: duckdb.DuckDBPyConnection, column: str, source: str) -> list[Flag]:
    """Return the cells for which a column is read as words although most are numbers; bands, as 11-50, are words."""
    numeric = f"regexp_full_match({column}, '{NUMERIC}')"
    numbers, count, rows = connection.execute(
        f"""SELECT count(*) FILTER ({numeric}), count(*) FILTER (NOT {numeric}),
        arg_min(lead_id, position, {ROWS_SHOWN}) FILTER (NOT {numeric}) FROM leads"""
    ).fetchall()[0]
    if not count or numbers <= count:
        return []
    problem = "not a number, as most are: all are read as words"
    return [Flag("leads", source, problem, count, f"lead {rows[0]}", tuple(rows))]

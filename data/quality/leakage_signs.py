"""Signs of leakage: that a column was filled in once its lead had closed, or by whoever closed it.

Such a column knows the outcome when a model is trained and knows nothing when a lead is scored. Two signs are read from
the data: cells that only closed leads have, and a history whose first value was entered at or after the closing.
Of personal columns they say how many cells are filled, never what stands in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from data.schema import Schema
from data.staging import TrackedColumn, tracked_columns
from data.vocabulary import NUMERIC, Kind

STRATA = 10
"""Parts of equal size, by creation: closed leads are compared with open ones of the same time."""
FEWEST_EXPECTED = 20
"""Open leads that would have the value if it had nothing to do with closing; with fewer, nothing is said."""
HARDLY_ANY = 0.1
"""Share of those that may have it and the value still be one of closed leads."""
FEWEST_ENTERED = 20
"""Closed leads with a history of an attribute from which on it says something."""
MOSTLY = 0.5
LEVELS = 50
"""Values that are counted one by one, the most frequent ones."""

CELLS, COLUMNS = 4_000_000, 500
"""Counted by one query at most. One for each column would take longer the more columns there are; of very many cells,
the values that are not frequent would not fit into memory."""

COUNTS = """
    WITH cells AS (
        SELECT ntile({strata}) OVER (ORDER BY l.created_at NULLS FIRST, l.position) AS stratum,
        c.position IS NOT NULL AS closed, {levels}
        FROM leads l LEFT JOIN (FROM closings WHERE closed_at IS NULL OR closed_at <= $1) c USING (position)
        WHERE l.created_at IS NULL OR l.created_at <= $1),
    counted AS (
        SELECT name, level, stratum, count(*) FILTER (closed) AS closed, count(*) FILTER (NOT closed) AS open
        FROM (FROM cells UNPIVOT INCLUDE NULLS (level FOR name IN ({names}))) GROUP BY ALL),
    ranked AS (
        SELECT name, level, row_number() OVER (PARTITION BY name ORDER BY sum(closed + open) DESC, level) AS place
        FROM counted WHERE level IS NOT NULL GROUP BY name, level)
    SELECT name AS column, stratum,
    CASE WHEN place <= {most} THEN level WHEN level IS NOT NULL THEN '' END AS level,
    sum(closed)::DOUBLE AS closed, sum(open)::DOUBLE AS open FROM counted LEFT JOIN ranked USING (name, level)
    GROUP BY ALL"""
ENTERED = """
    SELECT lower(trim(h.field)) AS field, count(*) AS entered, count(*) FILTER (h.first >= c.closed_at) AS late
    FROM (SELECT position, field, min(changed_at) AS first FROM history
        WHERE trim(value) <> '' AND changed_at <= $1 GROUP BY ALL) h
    JOIN closings c USING (position) WHERE c.closed_at <= $1 GROUP BY 1"""


def leakage_signs(
    connection: duckdb.DuckDBPyConnection, schema: Schema, columns: Mapping[str, str], end: pd.Timestamp
) -> dict[str, tuple[str, ...]]:
    """Return the signs of leakage, in sentences, of each attribute and personal column that has any.

    ``columns`` maps them to the columns of the source, by which a history may call them. Leads, closings and changes
    later than ``end`` (naive UTC) are as if they were not there.
    """
    entered = {field: counted for field, *counted in connection.execute(ENTERED, [end]).fetchall()}
    tracked = list(tracked_columns(schema, columns))
    when_closed = _only_when_closed(connection, tracked, end)
    signs_of = {}
    for number, column in enumerate(tracked):
        late = (entered_late(*entered[name]) for name in sorted(column.names & entered.keys()))
        signs = (when_closed.get(number, ""), *late)
        if any(signs):
            signs_of[column.name] = tuple(sign for sign in signs if sign)
    return signs_of


def _only_when_closed(
    connection: duckdb.DuckDBPyConnection, tracked: Sequence[TrackedColumn], end: pd.Timestamp
) -> dict[int, str]:
    """Return what says, by its number, of each column that only closed leads have it, or one value of it."""
    leads = connection.execute("SELECT count(*) FROM leads").fetchall()[0][0]
    at_once = min(COLUMNS, max(1, CELLS // max(1, leads)))
    signs: dict[int, str] = {}
    for first in range(0, len(tracked), at_once):
        counts = connection.execute(_query(tracked[first : first + at_once]), [end]).df()
        signs |= {first + int(name): sign for name, sign in only_when_closed(counts).items()}
    return signs


def _query(tracked: Sequence[TrackedColumn]) -> str:
    """Return SQL for the counts of some columns, each named by its number."""
    levels = ", ".join(f'{_level_sql(column)} AS "{number}"' for number, column in enumerate(tracked))
    names = ", ".join(f'"{number}"' for number in range(len(tracked)))
    return COUNTS.format(strata=STRATA, levels=levels, names=names, most=LEVELS)


def _level_sql(column: TrackedColumn) -> str:
    cell = f"l.{column.cell}"
    levels = {
        Kind.CATEGORY: f"nullif(lower(trim({cell})), '')",
        **dict.fromkeys(NUMERIC, f"CASE WHEN {cell} <> 0 THEN 'other than 0' WHEN {cell} = 0 THEN '0' END"),
        Kind.FLAG: f"CASE WHEN {cell} <> 0 THEN 'yes' WHEN {cell} = 0 THEN 'no' END",
    }
    filled = f"CASE WHEN {cell} IS NOT NULL THEN '' END"
    return levels.get(column.kind, filled)


def only_when_closed(counts: pd.DataFrame) -> dict[str, str]:
    """Say of which columns the cells, or one value, are hardly ever those of open leads.

    ``counts`` has ``column``, ``stratum``, ``level`` (text; missing where the cell is, '' where values are not counted
    apart), ``closed`` and ``open``: the leads of that time with that value. Of the open leads as many are expected to
    have a value as among the closed leads of their time.

    >>> rows = [("phase", 1, None, 50, 90), ("phase", 1, "lost", 50, 1)]
    >>> only_when_closed(pd.DataFrame(rows, columns=["column", "stratum", "level", "closed", "open"]))["phase"]
    'filled in for 50 % of the closed leads and for 1 of 91 open ones, where 46 would be expected'
    """
    totals = counts.groupby(["column", "stratum"])[["closed", "open"]].transform("sum")
    expected = counts["closed"] / totals["closed"].clip(lower=1) * totals["open"]
    with_value = counts.assign(expected=expected)[counts["level"].notna()]
    all_leads = counts.groupby("column").agg(all_closed=("closed", "sum"), all_open=("open", "sum"))
    columns = _telling(with_value, ["column"]).join(all_leads)
    values = _telling(with_value[with_value["level"] != ""], ["column", "level"])
    worst = values.sort_values("closed", ascending=False, kind="stable").groupby("column").head(1)
    of_values = {column: _value_sign(level, *row) for (column, level), *row in worst.itertuples()}
    return of_values | {column: _filled_sign(*row) for column, *row in columns.itertuples()}


def _telling(counts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the sums of what hardly any open lead has, though some would be expected to."""
    sums = counts.groupby(by)[["closed", "open", "expected"]].sum()
    return sums[(sums["expected"] >= FEWEST_EXPECTED) & (sums["open"] <= HARDLY_ANY * sums["expected"])]


def _value_sign(level: str, closed: float, open_ones: float, expected: float) -> str:
    return (
        f"the value '{level}' stands in {closed:,.0f} closed leads and in {open_ones:,.0f} open "
        f"ones, where {expected:,.0f} would be expected"
    )


def _filled_sign(closed: float, open_ones: float, expected: float, all_closed: float, all_open: float) -> str:
    share = f"{closed / all_closed:.0%}".replace("%", " %")
    return (
        f"filled in for {share} of the closed leads and for {open_ones:,.0f} of {all_open:,.0f} open ones, "
        f"where {expected:,.0f} would be expected"
    )


def entered_late(entered: int, late: int) -> str:
    """Say that most first values were entered at or after the closing; nothing where they were not.

    >>> entered_late(200, 180)
    'by its history first filled in when the lead had closed, for 180 of 200 leads'
    """
    if entered < FEWEST_ENTERED or late < MOSTLY * entered:
        return ""
    return f"by its history first filled in when the lead had closed, for {late:,} of {entered:,} leads"

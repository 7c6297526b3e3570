"""Signs of leakage: that a column was filled in once its lead had closed, or by whoever closed it.

Such a column knows the outcome when a model is trained and knows nothing when a lead is scored. Two signs are read from
the data: cells that only closed leads have, and a history whose first value was entered at or after the closing.
Of personal columns they say how many cells are filled, never what stands in them.
"""

from __future__ import annotations

from collections.abc import Mapping

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

COUNTS = """
    WITH cells AS (
        SELECT ntile({strata}) OVER (ORDER BY l.created_at NULLS FIRST, l.position) AS stratum,
        c.position IS NOT NULL AS closed, {level} AS level
        FROM leads l LEFT JOIN (FROM closings WHERE closed_at IS NULL OR closed_at <= $1) c USING (position)
        WHERE l.created_at IS NULL OR l.created_at <= $1),
    frequent AS (
        SELECT level FROM cells WHERE level IS NOT NULL GROUP BY level ORDER BY count(*) DESC, level LIMIT {most})
    SELECT stratum, CASE WHEN level IN (FROM frequent) THEN level WHEN level IS NOT NULL THEN '' END AS level,
    count(*) FILTER (closed) AS closed, count(*) FILTER (NOT closed) AS open FROM cells GROUP BY ALL"""
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
    signs_of = {}
    for column in tracked_columns(schema, columns):
        counts = connection.execute(_query(column), [end]).df()
        late = (entered_late(*entered[name]) for name in sorted(column.names & entered.keys()))
        signs = (only_when_closed(counts), *late)
        if any(signs):
            signs_of[column.name] = tuple(sign for sign in signs if sign)
    return signs_of


def _query(column: TrackedColumn) -> str:
    cell = f"l.{column.cell}"
    levels = {
        Kind.CATEGORY: f"nullif(lower(trim({cell})), '')",
        **dict.fromkeys(NUMERIC, f"CASE WHEN {cell} <> 0 THEN 'other than 0' WHEN {cell} = 0 THEN '0' END"),
        Kind.FLAG: f"CASE WHEN {cell} <> 0 THEN 'yes' WHEN {cell} = 0 THEN 'no' END",
    }
    filled = f"CASE WHEN {cell} IS NOT NULL THEN '' END"
    return COUNTS.format(strata=STRATA, level=levels.get(column.kind, filled), most=LEVELS)


def only_when_closed(counts: pd.DataFrame) -> str:
    """Say that cells, or one value, are hardly ever those of open leads; nothing where they are.

    ``counts`` has ``stratum``, ``level`` (text; missing where the cell is, '' where values are not counted apart),
    ``closed`` and ``open``: the leads of that time with that value. Of the open leads as many are expected to have a
    value as among the closed leads of their time.

    >>> counts = pd.DataFrame([(1, None, 50, 90), (1, "lost", 50, 1)], columns=["stratum", "level", "closed", "open"])
    >>> only_when_closed(counts)
    'filled in for 50 % of the closed leads and for 1 of 91 open ones, where 46 would be expected'
    """
    totals = counts.groupby("stratum")[["closed", "open"]].transform("sum")
    expected = (counts["closed"] / totals["closed"].clip(lower=1) * totals["open"]).rename("expected")
    table = pd.concat([counts, expected], axis=1)
    filled = table.loc[table["level"].notna(), ["closed", "open", "expected"]].sum()
    closed, open_ones = int(counts["closed"].sum()), int(counts["open"].sum())
    if _tells(filled):
        share = f"{filled['closed'] / closed:.0%}".replace("%", " %")
        return (
            f"filled in for {share} of the closed leads and for {filled['open']:,.0f} of {open_ones:,} open ones, "
            f"where {filled['expected']:,.0f} would be expected"
        )
    by_level = table[table["level"].notna() & (table["level"] != "")].groupby("level")[["closed", "open", "expected"]]
    telling = by_level.sum().loc[lambda each: each.apply(_tells, axis=1).astype(bool)]
    if telling.empty:
        return ""
    worst = telling.loc[telling["closed"].idxmax()]
    return (
        f"the value '{worst.name}' stands in {worst['closed']:,.0f} closed leads and in {worst['open']:,.0f} open "
        f"ones, where {worst['expected']:,.0f} would be expected"
    )


def _tells(counted: pd.Series) -> bool:
    return bool(counted["expected"] >= FEWEST_EXPECTED and counted["open"] <= HARDLY_ANY * counted["expected"])


def entered_late(entered: int, late: int) -> str:
    """Say that most first values were entered at or after the closing; nothing where they were not.

    >>> entered_late(200, 180)
    'by its history first filled in when the lead had closed, for 180 of 200 leads'
    """
    if entered < FEWEST_ENTERED or late < MOSTLY * entered:
        return ""
    return f"by its history first filled in when the lead had closed, for {late:,} of {entered:,} leads"

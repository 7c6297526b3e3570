"""Things that were done in bulk: closings, creations and stage changes of many leads in one second, or on one day.

A clean-up closes leads long after they were lost, and an import dates them all alike: such a moment is when somebody
pressed a button, not when something happened. Nothing is changed; what it does to labels and times is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from data.quality_report import Flag
from data.staging import first_rows
from data.vocabulary import END_OF_DAY

MANY, TIMES_USUAL = 20, 10
"""So many leads in one second or on one day, and so many times as many as is usual (the median), are a bulk."""
FIND = """
    CREATE OR REPLACE TEMP TABLE bulk AS
    WITH moments AS ({moments}),
    seconds AS (
        SELECT date_trunc('second', moment) AS instant, count(DISTINCT position) AS leads FROM moments
        WHERE moment::TIME NOT IN (TIME '00:00:00', TIME '{end_of_day}') GROUP BY instant),
    in_seconds AS (
        SELECT DISTINCT position, instant, leads, 'second' AS span
        FROM moments JOIN seconds ON date_trunc('second', moment) = instant
        WHERE leads >= greatest({many}, {times} * (SELECT median(leads) FROM seconds))),
    others AS (FROM moments WHERE position NOT IN (SELECT position FROM in_seconds)),
    days AS (
        SELECT date_trunc('day', moment) AS instant, count(DISTINCT position) AS leads FROM others GROUP BY instant)
    FROM in_seconds UNION ALL
    SELECT DISTINCT position, instant, leads, 'day' AS span FROM others JOIN days ON date_trunc('day', moment) = instant
    WHERE leads >= greatest({many}, {times} * (SELECT median(leads) FROM days))"""
LARGEST = "SELECT span, instant, leads, count(DISTINCT instant) OVER () FROM bulk ORDER BY leads DESC, instant LIMIT 1"
DAYS_TO_CLOSE = "CASE WHEN c.closed_at >= l.created_at THEN date_diff('day', l.created_at, c.closed_at) END"
CLOSED = f"""
    SELECT count(*) FILTER (won AND b.position IS NOT NULL), count(*) FILTER (won),
        count(*) FILTER (NOT won AND b.position IS NOT NULL), count(*) FILTER (NOT won),
        median({DAYS_TO_CLOSE}) FILTER (b.position IS NOT NULL), median({DAYS_TO_CLOSE}) FILTER (b.position IS NULL)
    FROM closings c JOIN leads l USING (position) LEFT JOIN (SELECT DISTINCT position FROM bulk) b USING (position)"""
CLOSED_BEFORE = """
    SELECT count(*) FROM leads l JOIN closings c USING (position)
    WHERE position IN (SELECT position FROM bulk) AND c.closed_at <= l.created_at"""


@dataclass(frozen=True)
class _Bulk:
    """The largest bulk of a kind, and in how many moments there is one."""

    span: str
    at: str
    leads: int
    moments: int


def done_in_bulk(connection: duckdb.DuckDBPyConnection, *, closed_in: tuple[str, str]) -> list[Flag]:
    """Return what was done to many leads at once, and what that does to labels and times.

    ``closed_in`` is the table and the column that say when leads closed.
    """
    flags = [
        *_closed(connection, closed_in),
        *_created(connection),
        *_entered(connection),
    ]
    connection.execute("DROP TABLE IF EXISTS bulk")
    return flags


def _closed(connection: duckdb.DuckDBPyConnection, place: tuple[str, str]) -> list[Flag]:
    bulk = _find(connection, "SELECT position, closed_at AS moment FROM closings WHERE closed_at IS NOT NULL")
    if bulk is None:
        return []
    won, all_won, lost, all_lost, days, usual = connection.execute(CLOSED).fetchall()[0]
    counts = [f"{lost:,} of {all_lost:,} losses"] * bool(lost) + [f"{won:,} of {all_won:,} wins"] * bool(won)
    effect = f"{' and '.join(counts)}, {_took(days, usual)}"
    labels = "that they were won counts from there on" if won else "that they were not won holds"
    return _flag(
        connection, *place, f"closed {_with_others(bulk)}, a clean-up more than a decision: {effect}; {labels}"
    )


def _took(days: float | None, usual: float | None) -> str:
    if days is None:
        return "of no known age"
    return f"closed after {days:,.0f} days (median)" + (f" where others took {usual:,.0f}" if usual is not None else "")


def _created(connection: duckdb.DuckDBPyConnection) -> list[Flag]:
    bulk = _find(connection, "SELECT position, created_at AS moment FROM leads WHERE created_at IS NOT NULL")
    if bulk is None:
        return []
    ((before,),) = connection.execute(CLOSED_BEFORE).fetchall()
    effect = f"; {before:,} of them had closed by then, and are not learned from" if before else ""
    problem = f"created {_with_others(bulk)}, as by an import: their age counts from there{effect}"
    return _flag(connection, "leads", "created_at", problem, is_warning=bool(before))


def _entered(connection: duckdb.DuckDBPyConnection) -> list[Flag]:
    bulk = _find(connection, "SELECT position, entered_at AS moment FROM entries WHERE NOT closes")
    if bulk is None:
        return []
    problem = f"entered a stage {_with_others(bulk)}: their time in it counts from there"
    return _flag(connection, "stages", "entered_at", problem, is_warning=False)


def _find(connection: duckdb.DuckDBPyConnection, moments: str) -> _Bulk | None:
    """Fill the table ``bulk`` of one kind; return the largest."""
    connection.execute(FIND.format(moments=moments, end_of_day=END_OF_DAY, many=MANY, times=TIMES_USUAL))
    rows = connection.execute(LARGEST).fetchall()
    if not rows:
        return None
    span, at, leads, moments_in_bulk = rows[0]
    return _Bulk(span, f"{at:%Y-%m-%d %H:%M:%S}" if span == "second" else f"{at:%Y-%m-%d}", leads, moments_in_bulk)


def _with_others(bulk: _Bulk) -> str:
    """Say when it was.

    >>> _with_others(_Bulk("second", "2024-08-15 02:00:00", 675, 1))
    'in one second (2024-08-15 02:00:00)'
    >>> _with_others(_Bulk("day", "2024-08-15", 100, 3))
    'on 3 days on which many did (most, 100, on 2024-08-15)'
    """
    if bulk.moments == 1:
        return f"in one second ({bulk.at})" if bulk.span == "second" else f"on one day ({bulk.at})"
    where = "in" if bulk.span == "second" else "on"
    return f"{where} {bulk.moments:,} {bulk.span}s {where} which many did (most, {bulk.leads:,}, {where} {bulk.at})"


def _flag(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, problem: str, *, is_warning: bool = True
) -> list[Flag]:
    rows = "(SELECT DISTINCT position FROM bulk) JOIN lead_ids USING (position)"
    affected = first_rows(connection, "'lead ' || arg_min(lead_id, position)", rows)
    level = "warning" if is_warning else "info"
    return [Flag(table, column, problem, *affected, level=level)] if affected else []

"""How leads ended: won, lost or open, from a final outcome column, a table of outcomes, or the stage history.

Each ``close_by_…`` fills the table ``closings``: ``position``, ``won``, ``closed_at``, ``amount``, one row per closed
lead. A lead that was lost and opened again ended as it did at last, or is open; it is not learned from in between:
``reopenings`` has ``position`` and ``lost_spells``, the pairs of times from each loss to the opening after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from data.config import Outcome, StageMapping
from data.errors import InputError, nearest
from data.staging.tables import Table, quarantined

WON = ("1", "true", "yes", "won")
SHOWN = 10
OVERTAKEN = "another outcome of the lead counts: its first win, else its last loss"
FILLED = "filled"


def decide_outcome(connection: duckdb.DuckDBPyConnection, leads: Table, outcome: Outcome) -> Outcome:
    """Return the outcome with the values that mean won and lost: decided at training, and kept for later files.

    Without values for lost there may be only one value beside won and empty: that is lost.
    Raises `InputError` on a third, and where won is never found, but another value is nearly spelt so.
    """
    won = [plain_value(value) for value in outcome.won] or list(WON)
    others = _other_values(connection, [*won, *map(plain_value, outcome.lost or [])])
    is_stated = outcome.lost is not None or bool(outcome.lost_where)
    if not is_stated and len(others) > 1:
        raise _third_value(leads, outcome, won, others)
    if is_stated and not _is_found(connection, won) and (meant := nearest(won[0], others)):
        raise _never_won(leads, outcome, won, others, meant)
    return outcome.model_copy(update={"won": won, "lost": (outcome.lost or []) if is_stated else others})


def close_by_column(connection: duckdb.DuckDBPyConnection, outcome: Outcome) -> None:
    """Take outcomes from the leads' own columns, closing dates too where they are mapped; other values are open."""
    won, lost = (_plain_values(values) for values in (outcome.won, outcome.lost or []))
    value = _value("outcome")
    conditions = {lost_column(n): _plain_values(values) for n, values in enumerate(outcome.lost_where.values())}
    is_lost = " AND ".join(_holds(column, values) for column, values in conditions.items()) or "false"
    connection.execute(
        f"""INSERT INTO closings
        SELECT position, coalesce(list_contains($won, {value}), false), closed_at, NULL FROM leads
        WHERE list_contains($won, {value}) OR list_contains($lost::VARCHAR[], {value}) OR ({is_lost})
        ORDER BY position""",
        {"won": won, "lost": lost} | {column: values for column, values in conditions.items() if values},
    )


def lost_column(number: int) -> str:
    """Return the name in the typed table of leads of a column that says which leads were lost."""
    return f"lost{number}"


def _holds(column: str, values: list[str]) -> str:
    """Return SQL for whether a lead has one of the values in a column; without values, whether it has any at all."""
    return f"list_contains(${column}, {_value(column)})" if values else f"{column} IS NOT NULL"


def _plain_values(values: Sequence[str]) -> list[str]:
    return [] if values == FILLED else [plain_value(value) for value in values]


def _value(column: str) -> str:
    """Return SQL that does to the cells what `plain_value` does to a value of the settings."""
    return rf"regexp_replace(lower({column}), '^(-?[0-9]+)\.0+$', '\1')"


def plain_value(value: str) -> str:
    """Values are compared without regard to case, blanks around and decimals of whole numbers."""
    return re.sub(r"^(-?\d+)\.0+$", r"\1", value.strip().lower())


def _is_found(connection: duckdb.DuckDBPyConnection, values: list[str]) -> bool:
    query = f"SELECT count(*) FROM leads WHERE list_contains($1, {_value('outcome')})"
    return bool(connection.execute(query, [values]).fetchone()[0])  # type: ignore[index]


def _other_values(connection: duckdb.DuckDBPyConnection, known: list[str]) -> list[str]:
    query = f"""SELECT {_value("outcome")} AS value FROM leads WHERE NOT list_contains($1, {_value("outcome")})
        GROUP BY value ORDER BY count(*) DESC, value LIMIT {SHOWN}"""
    return [value for (value,) in connection.execute(query, [known]).fetchall()]


def _third_value(leads: Table, outcome: Outcome, won: list[str], others: list[str]) -> InputError:
    return InputError(
        f"the outcome column '{outcome.column}' has more than two values",
        expected=f"won ({', '.join(won)}), one other value, or nothing",
        got=", ".join(f"'{value[:40]}'" for value in others),
        where=leads.file.place,
        remedy="name the values that mean won and those that mean lost; all others are open",
    )


def _never_won(leads: Table, outcome: Outcome, won: list[str], others: list[str], meant: str) -> InputError:
    return InputError(
        f"no row of the outcome column '{outcome.column}' says what means won",
        expected=f"won ({', '.join(won)})",
        got=", ".join(f"'{value[:40]}'" for value in others),
        where=leads.file.place,
        remedy=meant,
    )


def close_by_outcomes(connection: duckdb.DuckDBPyConnection) -> None:
    """Take outcomes from their table; a row without outcome and date is an open lead."""
    connection.execute(
        f"""INSERT INTO table_outcomes SELECT l.position, o.won = 1, o.closed_at, o.amount
        FROM typed_outcomes o JOIN lead_ids l USING (lead_id) WHERE o.position NOT IN ({quarantined("outcomes")})"""
    )
    connection.execute("INSERT INTO closings FROM table_outcomes WHERE won IS NOT NULL ORDER BY position")
    connection.execute(
        """INSERT INTO overtaken SELECT t.position, o.closed_at, t.closed_at
        FROM quarantine q JOIN typed_outcomes o USING (position) JOIN lead_ids l USING (lead_id)
        JOIN table_outcomes t ON t.position = l.position
        WHERE q.source = 'outcomes' AND q.reason = $1 AND o.won = 0 AND o.closed_at < t.closed_at""",
        [OVERTAKEN],
    )


def close_by_stages(connection: duckdb.DuckDBPyConnection, stages: StageMapping) -> None:
    """Take outcomes from the history: won at the first entry into a won stage, else lost if the last stage is lost.

    Leads that the table of outcomes speaks of are left as they are.
    """
    connection.execute(
        """INSERT INTO closings
        WITH ended AS MATERIALIZED (
            SELECT DISTINCT position FROM entries
            WHERE closes AND position NOT IN (SELECT position FROM table_outcomes)),
        ends AS (
            SELECT position, min(entered_at) FILTER (list_contains($won, lower(stage))) AS won_at,
                last(lower(stage) ORDER BY entered_at, seq) AS last_stage, max(entered_at) AS last_at
            FROM entries WHERE position IN (FROM ended) GROUP BY position)
        SELECT position, won_at IS NOT NULL, coalesce(won_at, last_at), NULL FROM ends
        WHERE won_at IS NOT NULL OR list_contains($lost, last_stage) ORDER BY position""",
        {"won": [plain_value(stage) for stage in stages.won], "lost": [plain_value(stage) for stage in stages.lost]},
    )


def find_reopenings(connection: duckdb.DuckDBPyConnection, stages: StageMapping) -> None:
    """Fill the table of leads that were lost and, by a later stage or another outcome, open again."""
    connection.execute(
        """INSERT INTO reopenings
        WITH steps AS (
            SELECT position, entered_at, list_contains($lost, lower(stage)) AS lost, lag(lost) OVER lead AS was_lost,
                lag(entered_at) OVER lead AS before
            FROM entries WINDOW lead AS (PARTITION BY position ORDER BY entered_at, seq)),
        turns AS (
            SELECT position, before AS lost_at, entered_at AS reopened_at FROM steps WHERE was_lost AND NOT lost
            UNION ALL FROM overtaken)
        SELECT position, list([lost_at, reopened_at] ORDER BY lost_at) FROM turns
        GROUP BY position ORDER BY position""",
        {"lost": [plain_value(stage) for stage in stages.lost]},
    )

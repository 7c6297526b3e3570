"""Which rows cannot be used, and why; and what is kept although it looks wrong.

Rows that cannot be used go to the table ``quarantine`` (``source``, ``position``, ``reason``); the first reason counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from data.config import StageMapping
from data.parsing import EARLIEST
from data.quality_report import ROWS_SHOWN, Flag, TableCounts, place
from data.staging.ids import set_aside_older
from data.staging.outcomes import OVERTAKEN, plain_value
from data.staging.tables import BLANKS, Table, quarantined

UNDATED_WIN = "won without a closing date: not learned from"
UNDATED_LOSS = "lost without a closing date: learned from as of its creation alone"


def set_aside(connection: duckdb.DuckDBPyConnection, name: str, reason: str, positions: str) -> None:
    """Put the rows whose positions a query returns into quarantine, unless they are there already."""
    connection.execute(
        f"""INSERT INTO quarantine SELECT '{name}', position, $1 FROM ({positions})
        WHERE position NOT IN ({quarantined(name)})""",
        [reason],
    )


def set_aside_damaged(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Put records that are no rows into quarantine."""
    connection.execute(
        f"INSERT INTO quarantine SELECT '{table.name}', position, problem FROM {table.staged} WHERE problem IS NOT NULL"
    )


def identify_leads(connection: duckdb.DuckDBPyConnection, leads: Table, latest: pd.Timestamp | None = None) -> None:
    """Make the table ``lead_ids`` of all usable leads; rows without an id, and repeated ids, go to quarantine.

    ``latest`` is the end that the settings state: no later change decides which row of a lead counts.
    """
    lead, account = leads.id_sql(leads.columns["lead_id"]), leads.id_sql(leads.columns.get("account_id"))
    connection.execute(
        f"""CREATE TABLE lead_ids AS SELECT position, {lead} AS lead_id, {account} AS account_id
        FROM {leads.staged} WHERE problem IS NULL ORDER BY position"""
    )
    is_blank = f"lead_id < '!' AND trim(lead_id, {BLANKS}) = ''"  # few ids begin with a blank: only they are trimmed
    without = f"SELECT position FROM lead_ids WHERE lead_id IS NULL OR ({is_blank})"
    set_aside(connection, "leads", "no lead_id", without)
    set_aside_older(connection, leads, latest)
    set_aside_repeated(connection, "leads", "lead_ids", "lead_id")
    connection.execute(f"DELETE FROM lead_ids WHERE position IN ({quarantined('leads')})")


def set_aside_repeated(connection: duckdb.DuckDBPyConnection, name: str, table: str, key: str) -> None:
    """Put all usable rows but the first with the same key into quarantine."""
    usable = f"(SELECT position, {key} FROM {table} WHERE {key} IS NOT NULL AND position NOT IN ({quarantined(name)}))"
    repeated = f"SELECT {key}, min(position) AS first FROM {usable} GROUP BY {key} HAVING count(*) > 1"
    later = f"SELECT t.position FROM {usable} t JOIN ({repeated}) r ON t.{key} = r.{key} AND t.position > r.first"
    set_aside(connection, name, f"the {key} of an earlier row", later)


def check_events(connection: duckdb.DuckDBPyConnection, events: Table) -> None:
    """Put events without lead or account, time or type, and repeated ones, into quarantine.

    An event of an account that has no lead yet stays: see `fill_events`.
    """
    connection.execute(
        """INSERT INTO quarantine SELECT * FROM (
        SELECT 'events', e.position, CASE
            WHEN e.lead_id IS NULL AND e.account_id IS NULL THEN 'an event without a lead: it names none'
            WHEN e.lead_id IS NOT NULL AND l.lead_id IS NULL THEN 'an event without a lead: its lead_id is unknown'
            WHEN e.occurred_at IS NULL THEN 'no readable time'
            WHEN e.type IS NULL THEN 'no type' END AS reason
        FROM typed_events e LEFT JOIN lead_ids l ON e.lead_id = l.lead_id) WHERE reason IS NOT NULL"""
    )
    if events.has("event_id"):
        set_aside_repeated(connection, "events", "typed_events", "event_id")


def add_posted(connection: duckdb.DuckDBPyConnection, posted: pd.DataFrame) -> None:
    """Add events that came by the API behind those of the table, unless the table has one of the same id.

    ``posted`` is as `data.store.posted_events` has them.
    """
    cells = "lead_id, account_id, occurred_at, type, asset, campaign, value, event_id"
    kinds = "lead_id VARCHAR, account_id VARCHAR, occurred_at TIMESTAMP, type VARCHAR, asset VARCHAR, campaign VARCHAR"
    table = f"typed_events (position BIGINT, {kinds}, value DOUBLE, event_id VARCHAR)"
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table}")
    if posted.empty:
        return
    connection.register("posted", posted)
    connection.execute(
        f"""INSERT INTO typed_events (position, {cells})
        SELECT row_number() OVER (ORDER BY occurred_at, event_id) + (
            SELECT coalesce(max(position), -1) FROM typed_events) AS position, {cells}
        FROM posted WHERE event_id NOT IN (SELECT event_id FROM typed_events WHERE event_id IS NOT NULL)"""
    )
    connection.unregister("posted")


def check_stages(connection: duckdb.DuckDBPyConnection) -> None:
    """Put stage entries without a known lead, a stage or a time into quarantine: those that did not come in."""
    ((came_in, rows),) = connection.execute(
        "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM typed_stages)"
    ).fetchall()
    if came_in == rows:
        return
    connection.execute(
        """INSERT INTO quarantine SELECT * FROM (
        SELECT 'stages', s.position, CASE
            WHEN l.lead_id IS NULL THEN 'no known lead'
            WHEN s.stage IS NULL THEN 'no stage'
            WHEN s.entered_at IS NULL THEN 'no readable time' END AS reason
        FROM typed_stages s LEFT JOIN lead_ids l USING (lead_id)) WHERE reason IS NOT NULL"""
    )


def check_outcomes(connection: duckdb.DuckDBPyConnection, outcomes: Table) -> None:
    """Put outcomes of unknown leads, all but one of a lead, and those without a time or a result into quarantine.

    A table without the column ``won`` lists deals that were won.
    """
    set_aside(connection, "outcomes", "no known lead", _without_lead("typed_outcomes"))
    half = "SELECT position FROM typed_outcomes WHERE (won IS NULL) <> (closed_at IS NULL)"
    if outcomes.has("won"):
        set_aside(connection, "outcomes", "no readable closing time, or neither won nor lost", half)
    else:
        connection.execute("UPDATE typed_outcomes SET won = 1 WHERE closed_at IS NOT NULL")
        set_aside(connection, "outcomes", "no readable closing time", half)
    _set_aside_overtaken(connection)


def _set_aside_overtaken(connection: duckdb.DuckDBPyConnection) -> None:
    """Put all outcomes of a lead but one into quarantine: the first win stays, else the last loss."""
    usable = f"FROM typed_outcomes WHERE lead_id IS NOT NULL AND position NOT IN ({quarantined('outcomes')})"
    connection.execute(
        f"""INSERT INTO quarantine
        WITH several AS (SELECT lead_id {usable} GROUP BY lead_id HAVING count(*) > 1),
        ranked AS (
            SELECT position, won, closed_at, row_number() OVER each AS place, first(won) OVER each AS last_won,
                first(closed_at) OVER each AS last_closed_at
            FROM (SELECT * {usable}) WHERE lead_id IN (FROM several)
            WINDOW each AS (PARTITION BY lead_id ORDER BY won DESC NULLS LAST,
                CASE WHEN won = 1 THEN closed_at END, closed_at DESC NULLS LAST, position))
        SELECT 'outcomes', position, CASE
            WHEN won IS NOT DISTINCT FROM last_won AND closed_at IS NOT DISTINCT FROM last_closed_at
            THEN 'the lead_id of an earlier row' ELSE $1 END
        FROM ranked WHERE place > 1""",
        [OVERTAKEN],
    )


def check_history(connection: duckdb.DuckDBPyConnection) -> None:
    """Put changes of attributes without a known lead, a field or a time into quarantine."""
    set_aside(connection, "attribute_history", "no known lead", _without_lead("typed_attribute_history"))
    for column, reason in (("field", "no field"), ("changed_at", "no readable time")):
        missing = f"SELECT position FROM typed_attribute_history WHERE {column} IS NULL"
        set_aside(connection, "attribute_history", reason, missing)


def fill_history(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the table ``history`` of attributes in order of lead and time."""
    connection.execute(
        f"""INSERT INTO history SELECT l.position, h.field, h.value, h.changed_at, h.position
        FROM typed_attribute_history h JOIN lead_ids l USING (lead_id)
        WHERE h.position NOT IN ({quarantined("attribute_history")}) ORDER BY 1, 4, h.position"""
    )


def _without_lead(table: str) -> str:
    return f"SELECT position FROM {table} WHERE lead_id IS NULL OR lead_id NOT IN (SELECT lead_id FROM lead_ids)"


def fill_events(connection: duckdb.DuckDBPyConnection, event_types: Mapping[str, Sequence[str]]) -> None:
    """Fill the table ``events`` in order of lead and time, an account's events for each of its leads.

    Those of accounts without a lead come into ``account_events``, in order of account and time. ``event_types`` maps
    types of the vocabulary to those of the source.
    """
    canonical = {source.strip().lower(): name for name, sources in event_types.items() for source in sources}
    _rename(connection, "typed_events", "type", canonical)
    cells = "e.occurred_at, e.position AS seq, e.type, e.asset, e.campaign, e.value"
    usable = f"e.position NOT IN ({quarantined('events')})"
    connection.execute(
        f"""INSERT INTO events
        SELECT l.position, {cells} FROM typed_events e JOIN lead_ids l USING (lead_id) WHERE {usable}
        UNION ALL SELECT l.position, {cells} FROM typed_events e JOIN lead_ids l USING (account_id)
        WHERE e.lead_id IS NULL AND {usable} ORDER BY 1, 2, 3"""
    )
    connection.execute(
        f"""INSERT INTO account_events SELECT e.account_id, {cells} FROM typed_events e
        WHERE e.lead_id IS NULL AND {usable} AND e.account_id NOT IN (
            SELECT account_id FROM lead_ids WHERE account_id IS NOT NULL) ORDER BY 1, 2, 3"""
    )


def fill_entries(connection: duckdb.DuckDBPyConnection, stages: StageMapping) -> None:
    """Fill the table ``entries`` of stages in order of lead and time; ``closes`` marks the stages that end a lead.

    Rows without a known lead, a stage or a time do not come in.
    """
    _rename(connection, "typed_stages", "stage", stages.renamed)
    connection.execute(
        """INSERT INTO entries
        SELECT l.position, s.entered_at, s.position AS seq, s.stage, list_contains($1, lower(s.stage)) AS closes
        FROM typed_stages s JOIN lead_ids l USING (lead_id)
        WHERE s.stage IS NOT NULL AND s.entered_at IS NOT NULL ORDER BY 1, 2, 3""",
        [[plain_value(stage) for stage in (*stages.won, *stages.lost)]],
    )


def rename_stages(connection: duckdb.DuckDBPyConnection, stages: StageMapping) -> None:
    """Call the present stages of leads by the names of the vocabulary."""
    _rename(connection, "leads", "stage", stages.renamed)


def _rename(connection: duckdb.DuckDBPyConnection, table: str, column: str, canonical: Mapping[str, str]) -> None:
    """Put words of the vocabulary in the place of those of the source, which map to them in lower case."""
    if canonical:
        connection.execute(
            f"UPDATE {table} SET {column} = $canonical[list_position($source, lower({column}))]"
            f" WHERE list_contains($source, lower({column}))",
            {"source": list(canonical), "canonical": list(canonical.values())},
        )


def impossible_dates(connection: duckdb.DuckDBPyConnection, leads: Table, now: pd.Timestamp) -> list[Flag]:
    """Make dates of leads missing that are later than now or before there were CRMs; return what they were."""
    flags = []
    for column in ("created_at", "closed_at"):
        for problem, is_wrong, limit in (("in the future", ">", now), (f"before {EARLIEST.year}", "<", EARLIEST)):
            condition = f"{column} {is_wrong} $1"
            affected = first_rows(connection, f"min({column})::VARCHAR", f"leads WHERE {condition}", [limit])
            if affected:
                connection.execute(f"UPDATE leads SET {column} = NULL WHERE {condition}", [limit])
                flags.append(Flag("leads", leads.columns[column], f"{problem}: read as missing", *affected))
    return flags


def out_of_order(connection: duckdb.DuckDBPyConnection, *, timed: bool) -> list[Flag]:
    """Return leads that closed before they were created or at no known time, and events from before their lead was."""
    closed = "leads l JOIN closings c USING (position)"
    queries = {
        ("leads", "created_at", "created after it was closed"): f"{closed} WHERE l.created_at > c.closed_at",
        ("leads", "closed_at", UNDATED_WIN): f"{closed} WHERE c.closed_at IS NULL AND c.won AND {timed}",
        ("leads", "closed_at", UNDATED_LOSS): f"{closed} WHERE c.closed_at IS NULL AND NOT c.won AND {timed}",
        ("events", "occurred_at", "before its lead was created"): (
            "events e JOIN leads l USING (position) WHERE e.occurred_at < l.created_at"
        ),
    }
    flagged = (
        (place, first_rows(connection, "'lead ' || arg_min(lead_id, position)", q)) for place, q in queries.items()
    )
    return [
        Flag(*place, *rows, level="info" if place[-1] == UNDATED_LOSS else "warning") for place, rows in flagged if rows
    ]


def amounts_below_zero(connection: duckdb.DuckDBPyConnection) -> list[Flag]:
    """Return deals with an amount that none has; they stay, and are summed up as they are."""
    rows = "closings JOIN lead_ids USING (position) WHERE amount < 0"
    affected = first_rows(connection, "format('{:.15g}', min(amount))", rows)
    return [Flag("outcomes", "amount", "below zero: counted in sums, not learned from", *affected)] if affected else []


def first_rows(
    connection: duckdb.DuckDBPyConnection,
    example: str,
    rows: str,
    values: Sequence[object] | Mapping[str, object] = (),
) -> tuple[int, str, tuple[str, ...]] | None:
    """Return how many rows there are, an example as SQL has it, and the ids of the first leads; None without rows."""
    query = f"SELECT count(*), {example}, min(DISTINCT {{'at': position, 'id': lead_id}}, {ROWS_SHOWN}) FROM {rows}"
    count, shown, first = connection.execute(query, values).fetchall()[0]
    return (count, shown, tuple(row["id"] for row in first)) if count else None


def count_usable(connection: duckdb.DuckDBPyConnection, table: Table) -> TableCounts:
    """Count the rows of a table, those in quarantine by reason: the most frequent first."""
    first = f"min({{'at': position, 'line': s.line}}, {ROWS_SHOWN})"
    query = f"""SELECT reason, count(*), {first} FROM quarantine JOIN {table.staged} s USING (position)
        WHERE source = $1 GROUP BY reason ORDER BY count(*) DESC, reason"""
    by_reason = connection.execute(query, [table.name]).fetchall()
    reasons = {reason: count for reason, count, _ in by_reason}
    rows = {reason: tuple(place(each["line"], each["at"]) for each in places) for reason, _, places in by_reason}
    return TableCounts(table.file.rows, table.file.rows - sum(reasons.values()), reasons, rows)

"""Histories that contradict their lead, or themselves: nothing is changed, for nobody knows which of the two is right.

How a lead is read stands in `data.closings`; each flag says what was taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from data.changes import FIELDS, names_of
from data.checks import first_rows
from data.closings import plain_value
from data.quality import Flag
from data.schema import Attribute
from data.settings import StageMapping
from data.vocabulary import Kind

LEAD = "'lead ' || arg_min(lead_id, position)"
STAGES = {
    ("stages", "entered_at", "from a day before the lead was created"): """
        entries e JOIN leads l USING (position) WHERE e.entered_at::DATE < l.created_at::DATE""",
    ("stages", "stage", "lost after it was won: read as won"): """
        (SELECT position FROM entries GROUP BY position
        HAVING max(entered_at) FILTER (list_contains($lost, lower(stage)))
            > min(entered_at) FILTER (list_contains($won, lower(stage)))) JOIN lead_ids USING (position)""",
    ("stages", "stage", "opened again after it was lost: not learned from in between"): """
        reopenings JOIN lead_ids USING (position)""",
    ("outcomes", "won", "the stages say otherwise: the outcome is taken"): """
        (SELECT position, last(list_contains($won, lower(stage)) ORDER BY entered_at, seq) AS won
        FROM entries WHERE list_contains($won, lower(stage)) OR list_contains($lost, lower(stage)) GROUP BY position) e
        JOIN closings c USING (position) JOIN lead_ids USING (position) WHERE $outcomes AND c.won <> e.won""",
    ("leads", "stage", "another stage than the last of its history"): """
        (SELECT position, last(stage ORDER BY entered_at, seq) AS last FROM entries WHERE entered_at <= $now
        GROUP BY position) e JOIN leads l USING (position) WHERE lower(trim(l.stage)) <> lower(trim(e.last))""",
}
"""Place and problem of a contradiction, and the rows that have it; every lead counts once but in the first."""
LAST = """
    (SELECT position, last(value ORDER BY changed_at) AS value FROM history
    WHERE changed_at <= $1 AND list_contains($2, lower(trim(field))) GROUP BY position) h
    JOIN leads l USING (position) WHERE {last} <> {cell}"""
COMPARED = {
    Kind.CATEGORY: ("lower(trim(h.value))", "lower(trim({}))"),
    Kind.NUMBER: ("TRY_CAST(h.value AS DOUBLE)", "{}"),
}
"""How the last value and the cell are compared; what cannot be read as a number says nothing."""


def contradictory_stages(
    connection: duckdb.DuckDBPyConnection, stages: StageMapping, now: pd.Timestamp, *, outcomes: bool
) -> list[Flag]:
    """Return how the history of stages contradicts leads, outcomes (where a table tells them) and itself."""
    given = {
        "won": [plain_value(stage) for stage in stages.won],
        "lost": [plain_value(stage) for stage in stages.lost],
        "now": now,
        "outcomes": outcomes,
    }
    flags = []
    for place, rows in STAGES.items():
        needed = {name: value for name, value in given.items() if f"${name}" in rows}
        if found := first_rows(connection, LEAD, rows, needed):
            flags.append(Flag(*place, *found))
    return flags


def contradictory_values(
    connection: duckdb.DuckDBPyConnection,
    attributes: Sequence[Attribute],
    columns: Mapping[str, str],
    now: pd.Timestamp,
) -> list[Flag]:
    """Return attributes whose cell is another than the last value of their history.

    ``columns`` maps attributes to the columns of the source, by which a history may call them.
    """
    fields = {field for (field,) in connection.execute(FIELDS).fetchall()}
    flags = []
    for number, attribute in enumerate(attributes):
        column = columns[attribute.name]
        names = sorted(names_of(attribute, columns) & fields)
        if names and attribute.kind in COMPARED:
            last, cell = COMPARED[attribute.kind]
            rows = LAST.format(last=last, cell=cell.format(f"l.a{number}"))
            found = first_rows(connection, LEAD, rows, [now, names])
            flags += [Flag("leads", column, "another value than the last of its history", *found)] if found else []
    return flags

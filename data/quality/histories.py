"""Histories that contradict their lead, or themselves: nothing is changed, for nobody knows which of the two is right.

How a lead is read stands in `data.staging.outcomes`; each flag says what was taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import duckdb
import numpy as np
import pandas as pd

from data.columns import SET_SEPARATORS
from data.config import StageMapping
from data.parsing import Currency, parts_of_mail, read_cells
from data.quality_report import ROWS_SHOWN, Flag
from data.schema import Schema
from data.staging import FIELDS, Table, TrackedColumn, first_rows, plain_value, tracked_columns
from data.vocabulary import NUMERIC, Kind

LEAD = "'lead ' || arg_min(lead_id, position)"
OTHER_VALUE = "another value than the last of its history"
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
EARLY = "history h JOIN leads l USING (position) WHERE h.changed_at::DATE < l.created_at::DATE"
LAST = """
    SELECT i.position, i.lead_id, h.value, l.cell
    FROM (SELECT position, last(value ORDER BY changed_at, seq) AS value FROM history
        WHERE changed_at <= $1 AND list_contains($2, lower(trim(field))) GROUP BY position) h
    JOIN (SELECT position, {cell} AS cell FROM {staged}) l USING (position) JOIN lead_ids i USING (position)
    WHERE h.value IS DISTINCT FROM l.cell ORDER BY i.position"""
"""The last value and the cell as the source has it, where they are not written alike; to be read, and compared then."""
SAME = 1e-9
"""So much, in proportion, numbers may differ by the way they were stored."""


def contradictory_stages(
    connection: duckdb.DuckDBPyConnection, stages: StageMapping, now: pd.Timestamp, *, outcomes: bool
) -> list[Flag]:
    """Return how the history of stages contradicts leads, outcomes (where a table has them) and itself."""
    parameters = {
        "won": [plain_value(stage) for stage in stages.won],
        "lost": [plain_value(stage) for stage in stages.lost],
        "now": now,
        "outcomes": outcomes,
    }
    flags = []
    for place, rows in STAGES.items():
        needed = {name: value for name, value in parameters.items() if f"${name}" in rows}
        if first := first_rows(connection, LEAD, rows, needed):
            flags.append(Flag(*place, *first))
    return flags


def contradictory_values(
    connection: duckdb.DuckDBPyConnection,
    leads: Table,
    schema: Schema,
    columns: Mapping[str, str],
    formats: Mapping[str, str],
    currencies: Mapping[str, Currency],
    now: pd.Timestamp,
) -> list[Flag]:
    """Return changes from before their lead, and columns whose cell is another than the last value of their history.

    ``columns`` maps attributes and personal columns to those of the source, by which a history may call them;
    ``formats`` says how their cells are written, and ``currencies`` in which currency amounts are.
    """
    early = first_rows(connection, LEAD, EARLY)
    flags = [Flag("attribute_history", "changed_at", "from a day before the lead was created", *early)] if early else []
    fields = {field for (field,) in connection.execute(FIELDS).fetchall()}
    for column in tracked_columns(schema, columns):
        names, source = sorted(column.names & fields), columns[column.name]
        if names:
            query = LAST.format(cell=leads.text_sql(source), staged=leads.staged)
            table = connection.execute(query, [now, names]).df().astype({"value": "str", "cell": "str"})
            of_cells = formats.get(column.name), currencies.get(column.name)
            other = table["lead_id"][_differ(table["value"], table["cell"], column, *of_cells)]
            rows = tuple(other.head(ROWS_SHOWN))
            flags += [Flag("leads", source, OTHER_VALUE, len(other), f"lead {rows[0]}", rows)] if rows else []
    return flags


def _differ(
    values: pd.Series, cells: pd.Series, column: TrackedColumn, written: str | None, currency: Currency | None
) -> pd.Series:
    """Return where two texts mean different things; one that cannot be read is taken for the same."""
    last, current = (read_cells(texts, column.kind, written, currency) for texts in (values, cells))
    if column.kind in (*NUMERIC, Kind.FLAG):
        same = pd.Series(np.isclose(last.values, current.values, rtol=SAME, atol=0, equal_nan=True), index=values.index)
    else:
        one, other = _comparable(last.values, column), _comparable(current.values, column)
        same = (one == other).fillna(False) | (one.isna() & other.isna())
    return ~(same | last.bad | current.bad)


def _comparable(values: pd.Series, column: TrackedColumn) -> pd.Series:
    """Return values such that those that mean the same are equal: in small letters, days, addresses, sorted sets."""
    if column.kind is Kind.TIME:
        return values.dt.normalize()
    if column.name == "email":
        persons, domains = (part.to_pandas().set_axis(values.index) for part in parts_of_mail(values))
        return (persons + "@" + domains).fillna(values)
    return values.map(_members if column.kind is Kind.SET else _plain, na_action="ignore")


def _plain(text: str) -> str:
    return plain_value(" ".join(text.casefold().split()))


def _members(text: str) -> str:
    return ";".join(sorted({_plain(member) for member in re.split(SET_SEPARATORS, text)} - {""}))

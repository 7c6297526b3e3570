"""Ids that came in two forms, that a spreadsheet destroyed, or that several rows have after a merge in the CRM.

Salesforce shows a record's id with 15 characters, which differ by case, and exports it with 18 elsewhere: the last
three are a checksum of the case of the first fifteen, so that the id survives systems that ignore case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import duckdb
import pandas as pd

from data.columns import changed_at_of
from data.config import UPDATED_AT
from data.errors import InputError
from data.parsing import read_cells
from data.quality_report import Flag
from data.staging.formats import decide_readings
from data.staging.tables import LONG, SHORT, SIGNS, Reading, Table, quarantined
from data.vocabulary import Kind

SAMPLE = 1000
MOSTLY = 0.95
DESTROYED = r"[+-]?\d([.,]\d+)?E\+\d{2,}"
"""A number as spreadsheets show one of more than eleven digits: all others of it are lost."""
ROUNDED = r"\d{15}0+"
"""A number of more than fifteen digits as spreadsheets keep it: the digits behind are zero."""
ENOUGH = 20
NEWER = "another row of the lead_id was changed later: the newest counts"


def checksum_of(short: str) -> str:
    """Return the last three characters of the long form of a Salesforce id.

    >>> checksum_of("00Q5g0000AAAAbQ")
    'EQX'
    """
    parts = (short[start : start + 5] for start in (0, 5, 10))
    return "".join(SIGNS[sum(sign.isupper() << place for place, sign in enumerate(part))] for part in parts)


def form_of(ids: Iterable[str]) -> int | None:
    """Return with how many characters nearly all Salesforce ids are written, 18 where both occur; None for others.

    >>> form_of(["00Q5g0000AAAAbQ"]), form_of(["00Q5g0000AAAAbQ", "00Q5g0000AAAAbQEQX"]), form_of(["L00001"])
    (15, 18, None)
    """
    known = list(ids)
    are_long = [len(each) == LONG and _is_short(each[:SHORT]) and checksum_of(each) == each[SHORT:] for each in known]
    are_short = [_is_short(each) for each in known]
    if not known or sum(are_long) + sum(are_short) < MOSTLY * len(known):
        return None
    return LONG if any(are_long) else SHORT


def _is_short(text: str) -> bool:
    return len(text) == SHORT and text.isascii() and text.isalnum() and any(map(str.isdigit, text))


def in_one_form(connection: duckdb.DuckDBPyConnection, tables: dict[str, Table]) -> tuple[dict[str, Table], list[Flag]]:
    """Return tables whose Salesforce ids are written as those of the leads, and which ones were written otherwise."""
    form = form_of(_ids(connection, tables["leads"]))
    if form is None:
        return tables, []
    flags, alike = [], dict(tables)
    for name, table in tables.items():
        ids = [] if "lead_id" not in table.columns else _ids(connection, table)
        others = [each for each in ids if len(each) != form]
        if others and form_of(ids) is not None:
            alike[name] = replace(table, id_form=form)
            known = _count_other(connection, table, form)
            example = f"'{others[0]}' in the table, {form} characters are used"
            problem = f"Salesforce ids of {len(others[0])} characters: matched with those of {form}"
            flags.append(Flag(name, table.columns["lead_id"], problem, known, example, level="info"))
    return alike, flags


def _ids(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    cell = table.id_sql(table.columns.get("lead_id"))
    step = max(1, table.file.rows // SAMPLE)
    query = f"SELECT {cell} FROM {table.staged} WHERE position % {step} = 0 AND {cell} IS NOT NULL LIMIT {2 * SAMPLE}"
    return [text.strip() for (text,) in connection.execute(query).fetchall()]


def _count_other(connection: duckdb.DuckDBPyConnection, table: Table, form: int) -> int:
    cell = table.id_sql(table.columns["lead_id"])
    return connection.execute(f"SELECT count(*) FROM {table.staged} WHERE strlen({cell}) <> {form}").fetchall()[0][0]


def require_whole(connection: duckdb.DuckDBPyConnection, table: Table, column: str) -> None:
    """Raise `InputError` where a spreadsheet destroyed most ids of a column."""
    if column not in table.file.columns or not table.file.is_text(column):
        return
    cell = f"trim({table.text_sql(column)})"
    step = max(1, table.file.rows // 20_000)
    filled, shown, rounded, longer, example = connection.execute(
        f"""WITH ids AS (SELECT {cell} AS id FROM {table.staged} WHERE position % {step} = 0),
        seen AS (SELECT id, regexp_full_match(upper(id), '{DESTROYED}') AS is_shown,
            regexp_full_match(id, '{ROUNDED}') AS is_rounded, strlen(id) > 15 AS is_longer FROM ids WHERE id <> '')
        SELECT count(*), count(*) FILTER (is_shown), count(DISTINCT id) FILTER (is_rounded),
            count(DISTINCT id) FILTER (is_longer), min(id) FILTER (is_shown OR is_rounded) FROM seen"""
    ).fetchall()[0]
    if filled and (2 * shown >= filled or (longer >= ENOUGH and rounded == longer)):
        raise InputError(
            f"a spreadsheet destroyed the ids in '{column}'",
            expected="ids as the CRM writes them",
            got=f"{example}, and others like it",
            where=table.file.place,
            remedy="export them as text, and do not save the file with a spreadsheet in between",
        )


def set_aside_older(connection: duckdb.DuckDBPyConnection, leads: Table, latest: pd.Timestamp | None = None) -> None:
    """Put all rows of a lead but its newest one into quarantine, where a column says when one changed.

    ``latest`` is the end that the settings state: of rows that were changed later none counts, unless a lead has no
    other; then its oldest one does.
    """
    column = changed_column(leads)
    if column is None:
        return
    usable = f"(FROM lead_ids WHERE lead_id IS NOT NULL AND position NOT IN ({quarantined('leads')}))"
    rows = (
        connection.sql(
            f"""SELECT l.position, l.lead_id, {leads.file.columns[column]} AS cell
        FROM {usable} l JOIN {leads.staged} s USING (position)
        WHERE l.lead_id IN (SELECT lead_id FROM {usable} GROUP BY lead_id HAVING count(*) > 1) ORDER BY l.position"""
        )
        .to_arrow_table()
        .to_pandas()
    )
    if rows.empty:
        return
    (reading,), _ = decide_readings(connection, leads, [Reading("changed_at", column, Kind.TIME)], {})
    rows["moment"] = read_cells(rows["cell"], Kind.TIME, reading.written).values
    known = rows["moment"] if latest is None else rows["moment"].where(rows["moment"] <= latest)
    newest = known.groupby(rows["lead_id"]).transform("max").fillna(rows.groupby("lead_id")["moment"].transform("min"))
    older = rows[newest.notna() & (rows["moment"] != newest)]
    connection.register("older", older[["position"]])
    connection.execute("INSERT INTO quarantine SELECT 'leads', position, $1 FROM older", [NEWER])
    connection.unregister("older")


def changed_column(leads: Table) -> str | None:
    """Return the column that says when a row was changed; None where none does."""
    named = (leads.file.changed_at, UPDATED_AT, changed_at_of(leads.file.columns))
    return next((name for name in named if name in leads.file.columns), None)

"""Ids that came in two forms, and ids that a spreadsheet destroyed.

Salesforce shows a record's id with 15 characters, which differ by case, and exports it with 18 elsewhere: the last
three are a checksum of the case of the first fifteen, so that the id survives systems that ignore case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import duckdb

from data.errors import InputError
from data.quality_report import Flag
from data.staging.tables import LONG, SHORT, SIGNS, Table

SAMPLE = 1000
MOSTLY = 0.95
DESTROYED = r"[+-]?\d([.,]\d+)?E\+\d{2,}"
"""A number as spreadsheets show one of more than eleven digits: all others of it are lost."""
ROUNDED = r"\d{15}0+"
"""A number of more than fifteen digits as spreadsheets keep it: the digits behind are zero."""
ENOUGH = 20


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

"""Spellings of a level that differ in capitals and blanks alone: they are read as one, in later files too."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from data.columns import shown
from data.quality_report import ROWS_SHOWN, Flag
from data.schema import Schema

ONE_LEVEL = "spelt with other capitals or blanks: read as one level"
LEVEL = r"lower(regexp_replace(trim({cell}), '\s+', ' ', 'g'))"
"""What `data.schema.level_of` does to a text, done to the cells."""


def spell_alike(connection: duckdb.DuckDBPyConnection, schema: Schema, columns: Mapping[str, str]) -> list[Flag]:
    """Give levels one spelling each, in the leads and in the history of their attributes; return which had others.

    ``columns`` maps attributes to columns of the source.
    """
    flags = []
    for number, attribute in enumerate(schema.attributes):
        if not attribute.spellings:
            continue
        cell = f"a{number}"
        rows = connection.execute(
            f"SELECT lead_id, {cell}, {_spelling(cell)} FROM leads WHERE {_is_other(cell)} ORDER BY position",
            _known(attribute.spellings),
        ).fetchall()
        for table, text, of_attribute in (("leads", cell, "true"), ("changes", "text", "attribute = $attribute")):
            values = _known(attribute.spellings) | ({"attribute": attribute.name} if table == "changes" else {})
            connection.execute(
                f"UPDATE {table} SET {text} = {_spelling(text)} WHERE {of_attribute} AND {_is_other(text)}", values
            )
        if rows:
            _, text, spelling = rows[0]
            ids = tuple(lead_id for lead_id, _, _ in rows[:ROWS_SHOWN])
            example = f"'{shown(text)}' as '{shown(spelling)}'"
            flags.append(Flag("leads", columns[attribute.name], ONE_LEVEL, len(rows), example, ids, level="info"))
    return flags


def _known(spellings: Mapping[str, str]) -> dict[str, object]:
    return {"levels": list(spellings), "spellings": list(spellings.values())}


def _spelling(cell: str) -> str:
    """Return SQL for how the level of a cell is spelt; missing where it has one spelling alone."""
    return f"$spellings[list_position($levels, {LEVEL.format(cell=cell)})]"


def _is_other(cell: str) -> str:
    return f"list_contains($levels, {LEVEL.format(cell=cell)}) AND {cell} <> {_spelling(cell)}"

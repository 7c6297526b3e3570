"""Attributes as they were: what the history of attributes says, read as the cells of their columns are read.

An attribute that has a history is known by it alone: before its first value, and for a lead without any, it is missing.
Were the present cell taken there, what came later would be known; and were it missing only where a change is yet to
come, that it comes would be. So a history that few leads have says nothing of the others, and is not used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import duckdb
import pandas as pd

from data.parsing import Currency, read_cells
from data.quality_report import Flag
from data.schema import Attribute, Schema
from data.staging.rows import first_rows
from data.staging.tables import later
from data.staging.typed import UNREADABLE
from data.vocabulary import NUMERIC, Kind

NUMBERS, TEXTS = (*NUMERIC, Kind.FLAG), (Kind.CATEGORY, Kind.SET, Kind.PERSONAL)
FIELDS = "SELECT DISTINCT lower(trim(field)) FROM history"
OF_FIELDS = "SELECT position, changed_at, seq, value FROM history WHERE list_contains($1, lower(trim(field)))"


COVERED = 0.5
"""Share of the leads with a cell that a history must speak of; else the attribute is read as it stands now."""
COVERAGE = f"""
    SELECT count(*), count(*) FILTER (position IN (
        SELECT position FROM history WHERE list_contains($1, {{field}}) AND changed_at <= $2))
    FROM leads WHERE {{cell}} IS NOT NULL AND position NOT IN ({later("leads")})"""
WITH_HISTORY = "leads WHERE position IN (SELECT position FROM history WHERE list_contains($1, {field}))"
LEAD = "'lead ' || arg_min(lead_id, position)"
WITHOUT_HISTORY = """
    INSERT INTO changes SELECT position, $2, TIMESTAMP '1700-01-01', NULL, NULL, -1 FROM leads
    WHERE {cell} IS NOT NULL AND position NOT IN (SELECT position FROM history WHERE list_contains($1, {field}))"""
"""Leads without a history of an attribute that others have: nothing is known of it, from the beginning."""


class TrackedColumn(NamedTuple):
    """A column of the leads that may have a history: its name, its kind, its cells, and what a history may call it."""

    name: str
    kind: Kind
    cell: str
    names: set[str]


def names_of(attribute: Attribute, columns: Mapping[str, str]) -> set[str]:
    """Return what a history may call an attribute, in lower case; ``columns`` maps it to the column of the source."""
    return {name.lower() for name in (attribute.name, columns.get(attribute.name, ""), attribute.label) if name}


def fill_changes(
    connection: duckdb.DuckDBPyConnection,
    schema: Schema,
    columns: Mapping[str, str],
    formats: Mapping[str, str],
    currencies: Mapping[str, Currency],
    latest: pd.Timestamp,
) -> list[Flag]:
    """Fill the table ``changes`` from ``history``; return columns whose history too few leads have, or is unreadable.

    A value that cannot be read is missing, as in a cell; ``formats`` says how the cells of attributes are written, and
    ``currencies`` in which currency amounts are. What came after the ``latest`` moment does not decide.
    """
    fields, flags = {field for (field,) in connection.execute(FIELDS).fetchall()}, []
    for column in tracked_columns(schema, columns):
        names = sorted(column.names & fields)
        if names and column.kind in (*NUMBERS, *TEXTS):
            place = {"cell": column.cell, "field": "lower(trim(field))"}
            filled, covered = connection.execute(COVERAGE.format(**place), [names, latest]).fetchall()[0]
            if covered < COVERED * filled:
                problem = (
                    f"a history that only {covered:,} of {filled:,} leads with a value have: read as it stands now"
                )
                affected = first_rows(connection, LEAD, WITH_HISTORY.format(**place), [names])
                flags += [Flag("attribute_history", columns[column.name], problem, *affected)] if affected else []
            else:
                of_cells = formats.get(column.name), currencies.get(column.name)
                flags += _fill(connection, column, names, columns[column.name], *of_cells)
                connection.execute(WITHOUT_HISTORY.format(**place), [names, column.name])
    return flags


def tracked_columns(schema: Schema, columns: Mapping[str, str]) -> Iterator[TrackedColumn]:
    """Yield the attributes, and the personal columns that something is derived from."""
    for number, attribute in enumerate(schema.columns_to_read):
        if attribute.name in columns:
            yield TrackedColumn(attribute.name, attribute.kind, f"a{number}", names_of(attribute, columns))
    for name in schema.personal:
        if name in columns:
            yield TrackedColumn(name, Kind.PERSONAL, name, {name, columns[name].lower()})


def _fill(
    connection: duckdb.DuckDBPyConnection,
    column: TrackedColumn,
    names: list[str],
    source: str,
    written: str | None,
    currency: Currency | None,
) -> list[Flag]:
    changes = connection.execute(OF_FIELDS, [names]).df()
    values, bad = read_cells(changes["value"].astype("str"), column.kind, written, currency)
    missing = pd.Series(None, index=changes.index, dtype="str")
    text, number = (values, missing.astype(float)) if column.kind in TEXTS else (missing, values)
    read = changes.assign(attribute=column.name, text=text, number=number)
    connection.register("read", read)
    connection.execute("INSERT INTO changes SELECT position, attribute, changed_at, text, number, seq FROM read")
    connection.unregister("read")
    return _unreadable(connection, changes[bad], column.kind, source) if bad.any() else []


def _unreadable(connection: duckdb.DuckDBPyConnection, changes: pd.DataFrame, kind: Kind, source: str) -> list[Flag]:
    connection.register("unread", changes)
    affected = first_rows(connection, LEAD, "unread JOIN lead_ids USING (position)")
    connection.unregister("unread")
    return [Flag("attribute_history", source, f"{UNREADABLE[kind]}: read as missing", *affected)] if affected else []


def unknown_fields(connection: duckdb.DuckDBPyConnection, known: Collection[str]) -> list[Flag]:
    """Return the changes of fields that are no column; ``known`` are all names of columns."""
    rows = "history JOIN lead_ids USING (position) WHERE NOT list_contains($1, lower(trim(field)))"
    affected = first_rows(connection, "min(field)", rows, [[name.lower() for name in known]])
    problem = "no column of the leads is called so: not used"
    return [Flag("attribute_history", "field", problem, *affected)] if affected else []

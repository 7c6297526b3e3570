"""Attributes as they were: what the history of attributes says, read as the cells of their columns are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import duckdb
import pandas as pd

from data.cells import read_cells
from data.checks import first_rows
from data.quality import Flag
from data.schema import Attribute
from data.vocabulary import Kind

NUMBERS, TEXTS = (Kind.NUMBER, Kind.FLAG), (Kind.CATEGORY, Kind.SET)
FIELDS = "SELECT DISTINCT lower(trim(field)) FROM history"
OF_FIELDS = "SELECT position, changed_at, seq, value FROM history WHERE list_contains($1, lower(trim(field)))"


def names_of(attribute: Attribute, columns: Mapping[str, str]) -> set[str]:
    """Return what a history may call an attribute, in lower case; ``columns`` maps it to the column of the source."""
    return {name.lower() for name in (attribute.name, columns.get(attribute.name, ""), attribute.label) if name}


def fill_changes(
    connection: duckdb.DuckDBPyConnection,
    attributes: Sequence[Attribute],
    columns: Mapping[str, str],
    formats: Mapping[str, str],
) -> None:
    """Fill the table ``changes`` from ``history``; a value that cannot be read is missing, as in a cell.

    ``formats`` says how the cells of attributes are written.
    """
    fields = {field for (field,) in connection.execute(FIELDS).fetchall()}
    for attribute in attributes:
        names = sorted(names_of(attribute, columns) & fields)
        if names and attribute.kind in (*NUMBERS, *TEXTS):
            _fill(connection, attribute, names, formats.get(attribute.name))


def _fill(connection: duckdb.DuckDBPyConnection, attribute: Attribute, names: list[str], written: str | None) -> None:
    changes = connection.execute(OF_FIELDS, [names]).df()
    values = read_cells(changes["value"].astype("str"), attribute.kind, written).values
    missing = pd.Series(None, index=changes.index, dtype="str")
    text, number = (values, missing.astype(float)) if attribute.kind in TEXTS else (missing, values)
    read = changes.assign(attribute=attribute.name, text=text, number=number)
    connection.register("read", read)
    connection.execute("INSERT INTO changes SELECT position, attribute, changed_at, text, number, seq FROM read")
    connection.unregister("read")


def unknown_fields(connection: duckdb.DuckDBPyConnection, known: Collection[str]) -> list[Flag]:
    """Return the changes of fields that are no column; ``known`` are all names of columns."""
    told = "min(field)"
    rows = "history JOIN lead_ids USING (position) WHERE NOT list_contains($1, lower(trim(field)))"
    found = first_rows(connection, told, rows, [[name.lower() for name in known]])
    return (
        [Flag("attribute_history", "field", "no column of the leads is called so: not used", *found)] if found else []
    )

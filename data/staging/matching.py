"""Which column of the leads file is read for which attribute: decided from the data, or demanded by a schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb
import pandas as pd

from data.columns import Choice, Profile, fits_vocabulary, infer_schema, kind_of, profile, shown, suits
from data.config import UPDATED_AT, Settings
from data.errors import InputError, nearest
from data.parsing import decide_format, read_cells
from data.schema import RENAMED, Attribute, EventType, Schema
from data.staging.accounts import NO_ACCOUNT
from data.staging.canonical import check_column
from data.staging.formats import sample, with_all_values
from data.staging.tables import Table
from data.vocabulary import LEADS, Kind

ENOUGH = 20
"""Filled cells from which on unreadable ones mean that the column holds something else."""


def infer(
    connection: duckdb.DuckDBPyConnection,
    leads: Table,
    settings: Settings,
    *,
    event_types: tuple[EventType, ...],
    stages: tuple[str, ...],
) -> Schema:
    """Decide the schema from the cells of the leads table and what the settings say."""
    _check_named(leads, settings)
    cells = sample(connection, leads, list(leads.file.columns))
    orders = _orders(leads, settings, cells)
    kinds = declared_kinds(leads, settings)
    profiles = [_profile(connection, leads, name, cells[name], orders, kinds.get(name)) for name in leads.file.columns]
    by_name = {column.name: column for column in profiles}
    named = {name: column for name, column in leads.columns.items() if column in by_name}
    claimed = {name: column for name, column in named.items() if fits_vocabulary(name, by_name[column])}
    choice = Choice(
        _roles(leads, settings), _source_columns(leads, settings.drop), _source_columns(leads, settings.keep)
    )
    timed = not settings.outcome_is_final
    schema = infer_schema(profiles, claimed, choice, timed=timed, event_types=event_types, stages=stages)
    unread = dict.fromkeys(leads.file.unread, "dropped by the settings")
    return replace(schema, excluded={**schema.excluded, **unread})


def _check_named(leads: Table, settings: Settings) -> None:
    """Columns that the settings name must be there, or a misspelt ``--drop`` would leave a leak in."""
    named = {"drop": settings.drop, "keep": settings.keep, "segments": settings.segments, "kinds": [*settings.kinds]}
    for what, names in {**named, "order": _order_column(settings)}.items():
        for name in names:
            if name not in leads.columns and name not in leads.file.unread:
                check_column(leads.file, name, what)


def _order_column(settings: Settings) -> list[str]:
    return [settings.order] if settings.order and settings.order != "rows" else []


def _source_columns(leads: Table, names: list[str]) -> set[str]:
    return {name if name in leads.file.columns else leads.columns.get(name, name) for name in names}


def _roles(leads: Table, settings: Settings) -> dict[str, str]:
    """Return the columns that have a role beside those of the vocabulary."""
    roles = dict.fromkeys(_order_column(settings), "orders the evaluation")
    if leads.shared_account:
        roles[leads.shared_account] = NO_ACCOUNT
    if settings.outcome:
        roles |= dict.fromkeys(settings.outcome.lost_where, "says which leads were lost")
        roles[settings.outcome.column] = "the outcome"
    for name in (UPDATED_AT, leads.file.changed_at):
        if name in leads.file.columns:
            roles[name] = "tells when the row was changed, so also that the lead ended"
    return {leads.columns.get(name, name): reason for name, reason in roles.items()}


def _orders(leads: Table, settings: Settings, cells: pd.DataFrame) -> dict[str, pd.Series]:
    orders = {"the order of the rows": pd.Series(cells.index, index=cells.index)}
    for name in _order_column(settings):
        orders[f"'{name}'"] = _ranks(cells[leads.columns.get(name, name)])
    if "created_at" in leads.columns:
        orders["the time of creation"] = _ranks(cells[leads.columns["created_at"]])
    return orders


def order_kind(connection: duckdb.DuckDBPyConnection, leads: Table, column: str) -> Kind:
    """Return whether a column puts leads in order as numbers, times or text."""
    kind = kind_of(sample(connection, leads, [column])[column], column)
    return kind if kind in (Kind.NUMBER, Kind.TIME) else Kind.CATEGORY


def _ranks(cells: pd.Series) -> pd.Series:
    kind = kind_of(cells, str(cells.name))
    return read_cells(cells, kind, decide_format(cells, kind)[0]).values.rank()


def _profile(
    connection: duckdb.DuckDBPyConnection,
    leads: Table,
    name: str,
    cells: pd.Series,
    orders: dict[str, pd.Series],
    declared: Kind | None,
) -> Profile:
    canonical = next((known for known, column in leads.columns.items() if column == name), "")
    kind = declared or (Kind.SET if canonical in LEADS and LEADS[canonical].kind is Kind.SET else None)
    return profile(name, with_all_values(connection, leads, name, cells), orders, kind)


def declared_kinds(leads: Table, settings: Settings) -> dict[str, Kind]:
    """Return what the settings say that columns of the source are; they may name them as the vocabulary does."""
    return {leads.columns.get(name, name): Kind(kind) for name, kind in settings.kinds.items()}


def match(leads: Table, schema: Schema) -> dict[str, str]:
    """Return for each attribute and personal column of a schema the column of the file.

    Raises `InputError` where one is missing. The person who works on a lead may be missing: nothing is made of it; and
    so may what only the rules read.
    """
    columns = {name: _column_for(leads, name) for name in (*(a.name for a in schema.attributes), *schema.personal)}
    missing = [name for name, column in columns.items() if not column and name != "owner"]
    if missing:
        raise _missing(leads, schema, missing)
    columns |= {attribute.name: _column_for(leads, attribute.name) for attribute in schema.named.attributes}
    return {name: column for name, column in columns.items() if column}


def _column_for(leads: Table, name: str) -> str:
    candidates = (leads.columns.get(name, ""), name, name.removesuffix(RENAMED))
    return next((column for column in candidates if column in leads.file.columns), "")


def _missing(leads: Table, schema: Schema, missing: list[str]) -> InputError:
    expected = [*(attribute.name for attribute in schema.attributes), *schema.personal]
    free = [name for name in leads.file.columns if name not in expected]
    return InputError(
        f"columns that the model was trained on are missing: {', '.join(missing)}",
        expected=", ".join(expected),
        got=", ".join(leads.file.columns),
        where=leads.file.place,
        remedy=nearest(missing[0], free) or "score a file with the same columns, or train again without them",
    )


def kinds_to_read(
    connection: duckdb.DuckDBPyConnection,
    leads: Table,
    schema: Schema,
    columns: dict[str, str],
    declared: Mapping[str, Kind],
) -> dict[str, Kind]:
    """Return what each attribute of a schema is read as; raise `InputError` where most cells are of another kind.

    What is ``declared``, by column of the source, is read as that, and its other cells are counted.
    A number that was only ever 0 or 1 in training is a flag there; where it grows beyond, it is read as a number.
    """
    cells = sample(connection, leads, [columns[attribute.name] for attribute in schema.attributes])
    kinds = {}
    for attribute in schema.attributes:
        of_column = cells[columns[attribute.name]]
        kind = Kind.NUMBER if attribute.kind is Kind.FLAG and suits(of_column, Kind.NUMBER) else attribute.kind
        is_declared = columns[attribute.name] in declared
        if not is_declared and of_column.notna().sum() >= ENOUGH and not suits(of_column, kind):
            raise _changed(leads, attribute, columns[attribute.name], of_column)
        kinds[attribute.name] = kind
    return kinds


def _changed(leads: Table, attribute: Attribute, column: str, cells: pd.Series) -> InputError:
    values = cells.dropna().astype("str").value_counts().index[:5]
    return InputError(
        f"the column '{column}' is not what the model was trained on",
        expected=f"{column}: {attribute.kind.value}",
        got=f"{column}: {kind_of(cells).value}, such as {', '.join(repr(shown(value)) for value in values)}",
        where=leads.file.place,
        remedy="score a file of the same kind, or train again",
    )

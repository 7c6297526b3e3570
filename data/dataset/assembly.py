"""Bring the tables of a project into one database: staged, checked, typed, and put in order.

Tables made, all ordered by ``position``, the row's place in the table of leads: ``leads`` (`LEAD_COLUMNS`, the personal
columns, ``outcome``, ``ranking``, ``impossible_size`` and ``a0``, ``a1``, … for the attributes), ``events``,
``entries`` (of stages), ``closings`` and ``reopenings``; beside them ``lead_ids`` and ``quarantine``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd

from data.columns import RARE
from data.dataset.named import read_for_rules
from data.parsing import SIZE_BOUNDS
from data.quality import contradictory_stages, contradictory_values, done_in_bulk, find_wrong_data, spell_alike
from data.quality_report import Flag
from data.schema import EventType, Mentions, Schema
from data.staging import (
    Reading,
    Staging,
    amounts_below_zero,
    begin_with_the_lead,
    close_leads,
    count_rows,
    declared_kinds,
    drop_staged,
    end_of_data,
    fill_changes,
    find_reopenings,
    identify_leads,
    impossible_dates,
    infer,
    kinds_to_read,
    lead_readings,
    match,
    note_days,
    note_zoneless,
    order_kind,
    out_of_order,
    planned_rows,
    read_timelines,
    rename_stages,
    require_unchanged,
    stage_tables,
    type_table,
    unknown_fields,
)
from data.vocabulary import AMOUNTS, FUNNEL, NUMERIC, PERSONAL, TABLES, Kind
from data.vocabulary import EVENT_TYPES as KNOWN_TYPES

EVENT_TYPES, ASSETS, ASSET_EVENTS = 40, 20, 20
NEARLY_ALL = 0.95
"""So many leads as enter a stage on the day on which they come: it says no more than their age."""


def assemble(staging: Staging, quarantine: Path | None, mentions: Mentions | None = None) -> Schema:
    """Fill the database; return the schema, inferred unless that of a trained model is there.

    Rows that cannot be used are written to the folder ``quarantine``, where one is given. ``mentions`` are what rules
    name beside what is learned from; by default that which the schema of the model names.
    """
    stage_tables(staging, [*TABLES])
    identify_leads(staging)
    read_timelines(staging)
    count_rows(staging, quarantine)

    schema = staging.trained or _infer(staging)
    if mentions is not None:
        schema = replace(schema, named=read_for_rules(staging, schema, mentions))
    staging.columns = match(staging.leads, schema)
    _read_leads(staging, schema)
    begin_with_the_lead(staging.connection, staging.days)
    if not staging.trained:
        schema = replace(schema, stages=_without_entry(staging, schema.stages)).in_currencies(_currencies(staging))
    staging.report.flags += fill_changes(
        staging.connection,
        schema,
        staging.columns,
        staging.formats["leads"],
        staging.currencies_of("leads"),
        staging.latest,
    )
    staging.report.flags += spell_alike(staging.connection, schema, staging.columns)

    close_leads(staging, strict=not staging.trained)
    find_reopenings(staging.connection, staging.settings.stages)
    _note_oddities(staging, schema)
    drop_staged(staging)
    require_unchanged(staging)
    return schema


def _infer(staging: Staging) -> Schema:
    """Infer the schema from what was known at the moment of the settings, where they state one."""
    types = _event_types(staging.connection, staging.latest)
    stages = _open_stages(staging.connection, staging.latest)
    return infer(staging.connection, staging.leads, staging.settings, event_types=types, stages=stages)


def _currencies(staging: Staging) -> dict[str, str]:
    """Return the currency of the amounts of leads by column: as their cells have it, else that of the settings."""
    own = staging.settings.own_currency
    return (dict.fromkeys(AMOUNTS, own) if own else {}) | staging.currencies.get("leads", {})


def _read_leads(staging: Staging, schema: Schema) -> None:
    """Make the typed table of leads; dates and sizes that cannot be are missing in it."""
    personal = [Reading(name, staging.columns.get(name), Kind.PERSONAL) for name in PERSONAL]
    attributes = _attribute_readings(staging, schema)
    type_table(staging, "leads", [*lead_readings(staging), *personal, _order_reading(staging), *attributes], "leads")
    rename_stages(staging.connection, staging.settings.stages)
    staging.report.flags += impossible_dates(staging.connection, staging.leads, staging.now)
    staging.report.flags += _wrong_data(staging, [*personal, *attributes])


def _attribute_readings(staging: Staging, schema: Schema) -> list[Reading]:
    kinds = {attribute.name: attribute.kind for attribute in schema.attributes}
    if staging.trained:
        kinds = kinds_to_read(
            staging.connection,
            staging.leads,
            schema,
            staging.columns,
            declared_kinds(staging.leads, staging.settings),
        )
    kinds |= {attribute.name: attribute.kind for attribute in schema.named.attributes}
    return [
        Reading(name, staging.columns.get(name), kind, column=f"a{number}")
        for number, (name, kind) in enumerate(kinds.items())
    ]


def _order_reading(staging: Staging) -> Reading:
    """Return how the column is read by which leads are ordered for the evaluation."""
    order = staging.leads.columns.get(staging.settings.order or "", staging.settings.order)
    if order not in staging.leads.file.columns:
        return Reading("ranking", None, Kind.NUMBER)
    return Reading("ranking", order, order_kind(staging.connection, staging.leads, order))


def _wrong_data(staging: Staging, readings: list[Reading]) -> list[Flag]:
    """Return what leads gave that is wrong, and make impossible sizes missing."""
    places = {
        reading.name: (reading.typed, reading.source)
        for reading in readings
        if reading.source and reading.kind in (Kind.PERSONAL, *NUMERIC)
    }
    categories = {
        reading.name: (reading.typed, reading.source)
        for reading in readings
        if reading.source and reading.kind is Kind.CATEGORY and reading.name in SIZE_BOUNDS
    }
    return find_wrong_data(staging.connection, staging.leads, places, staging.settings.drop, categories)


def _note_oddities(staging: Staging, schema: Schema) -> None:
    """Note what looks wrong and is kept, and what is not used."""
    connection, report = staging.connection, staging.report
    staging.end = end_of_data(staging)
    report.flags += planned_rows(staging)
    report.flags += out_of_order(connection, timed=schema.timed)
    report.flags += amounts_below_zero(connection)
    report.flags += done_in_bulk(connection, closed_in=_closed_in(staging))
    report.flags += _contradictions(staging, schema)
    note_zoneless(staging)
    note_days(staging)
    known = {*schema.excluded, *_columns_in_use(staging, schema)}
    new = [name for name in staging.leads.file.columns if name not in known]
    if new:
        report.notes.append(f"columns that the model does not know are ignored: {', '.join(new)}")


def _closed_in(staging: Staging) -> tuple[str, str]:
    """Return the table and the column that say when leads closed."""
    if staging.settings.outcome is not None:
        return "leads", staging.leads.columns.get("closed_at", "closed_at")
    return ("outcomes", "closed_at") if "outcomes" in staging.tables else ("stages", "entered_at")


def _contradictions(staging: Staging, schema: Schema) -> list[Flag]:
    """Return histories that contradict their lead, or themselves."""
    connection, settings, leads, now = staging.connection, staging.settings, staging.leads, staging.now
    flags: list[Flag] = []
    if "stages" in staging.tables:
        has_outcomes = settings.outcome is None and "outcomes" in staging.tables
        flags += contradictory_stages(connection, settings.stages, now, outcomes=has_outcomes)
    if "attribute_history" in staging.tables:
        columns, labels = staging.columns, [attribute.label for attribute in schema.attributes]
        formats, currencies = staging.formats["leads"], staging.currencies_of("leads")
        flags += contradictory_values(connection, leads, schema, columns, formats, currencies, now)
        flags += unknown_fields(connection, [*columns, *leads.columns, *leads.file.columns, *labels])
    return flags


def _columns_in_use(staging: Staging, schema: Schema) -> set[str]:
    settings, leads = staging.settings, staging.leads
    in_use = {*leads.columns.values(), *match(leads, schema).values(), settings.order or ""}
    return in_use | ({*settings.outcome.columns} if settings.outcome else set())


def _event_types(connection: duckdb.DuckDBPyConnection, latest: pd.Timestamp) -> tuple[EventType, ...]:
    """Return the most frequent types of events that are not yet to come, each with its most frequent assets."""
    types = connection.execute(
        f"""SELECT type, count(value) > 0 FROM events WHERE occurred_at <= $2 GROUP BY type
        HAVING count(DISTINCT position) >= {RARE} OR list_contains($1, type)
        ORDER BY count(*) DESC, type LIMIT {EVENT_TYPES}""",
        [list(KNOWN_TYPES), latest],
    ).fetchall()
    counted = connection.execute(
        f"""SELECT type, asset FROM events WHERE asset IS NOT NULL AND occurred_at <= $1 GROUP BY type, asset
        HAVING count(*) >= {ASSET_EVENTS} AND count(DISTINCT position) >= {RARE} ORDER BY type, count(*) DESC, asset""",
        [latest],
    ).fetchall()
    assets = defaultdict(list)
    for event_type, asset in counted:
        assets[event_type].append(asset)
    return tuple(EventType(name, tuple(assets[name][:ASSETS]), has_value) for name, has_value in types)


def _open_stages(connection: duckdb.DuckDBPyConnection, latest: pd.Timestamp) -> tuple[str, ...]:
    """Return the stages that do not close a lead, in the order of the funnel, then by frequency."""
    query = f"""SELECT stage FROM entries WHERE NOT closes AND entered_at <= $2 GROUP BY stage
        HAVING count(DISTINCT position) >= {RARE} OR list_contains($1, lower(stage)) ORDER BY count(*) DESC, stage"""
    names = [name for (name,) in connection.execute(query, [list(FUNNEL), latest]).fetchall()]
    return tuple(sorted(names, key=lambda name: FUNNEL.index(name.lower()) if name.lower() in FUNNEL else len(FUNNEL)))


def _without_entry(staging: Staging, stages: tuple[str, ...]) -> tuple[str, ...]:
    """Return stages without those in which nearly all leads stand from their first day on."""
    query = """SELECT e.stage FROM entries e JOIN leads USING (position)
        WHERE entered_at BETWEEN created_at - INTERVAL 1 DAY AND created_at + INTERVAL 1 DAY
        AND created_at <= $2 AND entered_at <= $2 GROUP BY e.stage
        HAVING count(DISTINCT position) >= $1 * (SELECT count(*) FROM leads WHERE created_at <= $2)"""
    with_all = {stage for (stage,) in staging.connection.execute(query, [NEARLY_ALL, staging.latest]).fetchall()}
    return tuple(stage for stage in stages if stage not in with_all)

"""Bring the files of a project into one database: staged, checked, typed, and put in order.

Tables made, all ordered by ``position``, the row's place in the leads file: ``leads`` (the columns of `FIXED`, the
personal ones, ``outcome``, ``ranking``, ``impossible_size`` and ``a0``, ``a1``, … for the attributes), ``events``,
``entries`` (of stages), ``closings`` and ``reopenings``; beside them ``lead_ids`` and ``quarantine``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import duckdb
import pandas as pd

from data.columns import PERSONAL, RARE
from data.config import DatabaseTable, Outcome, Settings
from data.errors import InputError
from data.parsing import SIZE_BOUNDS
from data.quality import contradictory_stages, contradictory_values, find_wrong_data
from data.quality_report import Report, TableCounts
from data.schema import EventType, Schema
from data.sources import Mirror, reading, seen
from data.staging import (
    Reading,
    Sources,
    Table,
    check_column,
    decide_readings,
    fill_changes,
    ids_of,
    infer,
    kinds_to_read,
    make_typed,
    match,
    only_of,
    open_table,
    order_kind,
    unknown_fields,
    write_quarantine,
    zoneless,
)
from data.staging import outcomes as closings
from data.staging import rows as checks
from data.vocabulary import EVENT_TYPES as KNOWN_TYPES
from data.vocabulary import FUNNEL, LATER_TABLES, READ_TABLES, TABLES, Kind

FIXED = {
    "lead_id": Kind.ID,
    "account_id": Kind.ID,
    "created_at": Kind.TIME,
    "closed_at": Kind.TIME,
    "stage": Kind.CATEGORY,
}
EVENT_TYPES, ASSETS, ASSET_EVENTS = 40, 20, 20
NEARLY_ALL = 0.95
"""So many leads as enter a stage on the day on which they come: it tells no more than their age."""
EMPTY_TABLES = """
    CREATE TABLE quarantine (source VARCHAR, position BIGINT, reason VARCHAR);
    CREATE TABLE closings (position BIGINT, won BOOLEAN, closed_at TIMESTAMP, amount DOUBLE);
    CREATE TABLE events (position BIGINT, occurred_at TIMESTAMP, seq BIGINT, type VARCHAR, asset VARCHAR,
        campaign VARCHAR, value DOUBLE);
    CREATE TABLE entries (position BIGINT, entered_at TIMESTAMP, seq BIGINT, stage VARCHAR, closes BOOLEAN);
    CREATE TABLE told_outcomes (position BIGINT, won BOOLEAN, closed_at TIMESTAMP, amount DOUBLE);
    CREATE TABLE overtaken (position BIGINT, lost_at TIMESTAMP, reopened_at TIMESTAMP);
    CREATE TABLE reopenings (position BIGINT, lost_spells TIMESTAMP[][]);
    CREATE TABLE history (position BIGINT, field VARCHAR, value VARCHAR, changed_at TIMESTAMP, seq BIGINT);
    CREATE TABLE changes (position BIGINT, attribute VARCHAR, changed_at TIMESTAMP, text VARCHAR, number DOUBLE,
        seq BIGINT);
"""


class Assembly:
    """The files of a project on their way into the database; `build` tells the story."""

    wanted = tuple(TABLES)
    """The tables that are staged, where there are such."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: Settings,
        now: pd.Timestamp,
        *,
        trained: Schema | None,
        mirror: Mirror,
        only: str | None = None,
    ) -> None:
        self.connection = connection
        self.settings = settings
        self.now = now
        self.report = Report()
        self.formats: dict[str, dict[str, str]] = {name: dict(settings.formats.get(name, {})) for name in self.wanted}
        self.zoneless: list[str] = []
        if "leads" not in settings.tables:
            raise InputError("there is no table of leads", expected="a file under tables.leads")
        connection.execute(EMPTY_TABLES)
        self.trained = trained
        self.mirror = mirror
        self.files = {path: seen(path) for path in settings.tables.values() if isinstance(path, Path)}
        self.columns: dict[str, str] = {}
        self.only = only if "attribute_history" not in settings.tables else None  # whether that is used, all tell
        self.tables = self._staged() if self.only is None else only_of(connection, self._staged(), self.only)
        self.leads = self.tables["leads"]

    def _staged(self) -> dict[str, Table]:
        """Stage all tables; those of a database as they stand at one moment."""
        with ExitStack() as stack:
            address = self.settings.database if self._reads_a_database() else None
            sources = Sources(stack.enter_context(reading(address)), self.mirror) if address else None
            names = (name for name in self.wanted if name in self.settings.tables)
            tables: dict[str, Table] = {}
            for name in names:
                only = None if self.only is None else ids_of(self.connection, tables.get("leads"), self.only)
                opened = open_table(self.connection, name, self.settings, sources, trained=self.trained, only=only)
                tables[name] = opened
            return tables

    def _reads_a_database(self) -> bool:
        return any(isinstance(source, DatabaseTable) for source in self.settings.tables.values())

    def build(self, quarantine: Path | None) -> Schema:
        """Fill the database; return the schema, inferred unless that of a trained model was given.

        Rows that cannot be used are written to the folder ``quarantine``, where one is given.
        """
        for table in self.tables.values():
            checks.set_aside_damaged(self.connection, table)
        checks.identify_leads(self.connection, self.leads)
        self._read_timelines()
        self._count_rows(quarantine)
        schema = self.trained or self._infer()
        self.columns = match(self.leads, schema)
        self._read_leads(schema, self.columns)
        schema = schema if self.trained else replace(schema, stages=_without_entry(self.connection, schema.stages))
        self.report.flags += fill_changes(self.connection, schema, self.columns, self.formats["leads"])
        self._close_leads(strict=self.trained is None)
        closings.find_reopenings(self.connection, self.settings.stages)
        self._note_oddities(schema)
        self._let_go()
        self._require_unchanged_files()
        return schema

    def _read_timelines(self) -> None:
        if "events" in self.tables:
            self._read_table("events", "typed_events")
            checks.check_events(self.connection, self.tables["events"])
            checks.fill_events(self.connection, self.settings.event_types)
        if "stages" in self.tables:
            self._read_table("stages", "typed_stages")
            checks.fill_entries(self.connection, self.settings.stages)
            checks.check_stages(self.connection)
        if "outcomes" in self.tables:
            self._read_table("outcomes", "typed_outcomes")
            self._note_that_all_were_won()
            checks.check_outcomes(self.connection, self.tables["outcomes"])
        if "attribute_history" in self.tables:
            self._read_table("attribute_history", "typed_attribute_history")
            checks.check_history(self.connection)
            checks.fill_history(self.connection)

    def _note_that_all_were_won(self) -> None:
        if not self.tables["outcomes"].has("won"):
            self.report.notes.append("the outcomes have no column won: each is taken for a deal that was won")

    def _read_table(self, name: str, into: str) -> None:
        columns = self.tables[name].columns
        readings = [Reading(ours, columns.get(ours), column.kind) for ours, column in READ_TABLES[name].items()]
        self._type(name, readings, into)

    def _type(self, name: str, readings: Sequence[Reading], into: str) -> None:
        """Make the typed copy of a table, and keep how its cells were read."""
        table = self.tables[name]
        decided, notes = decide_readings(self.connection, table, readings, self.formats[name])
        self.formats[name] |= {reading.name: reading.written for reading in decided if reading.written}
        self.report.notes += notes
        self.report.flags += make_typed(self.connection, table, decided, into)
        self.zoneless += zoneless(self.connection, table, decided)

    def _count_rows(self, quarantine: Path | None) -> None:
        for name, table in self.tables.items():
            if quarantine:
                write_quarantine(self.connection, table, quarantine)
            self.report.tables[name] = checks.counted(self.connection, table)
            self.report.notes += [f"{table.file.name}: {note}" for note in table.file.notes]
        if not self.report.tables["leads"].used and self.only is None:
            raise self._no_leads(self.report.tables["leads"])

    def _no_leads(self, counts: TableCounts) -> InputError:
        return InputError(
            "no row of the leads table can be used",
            expected="rows with a unique lead_id",
            got=", ".join(f"{count} × {reason}" for reason, count in counts.reasons.items()) or "a header without rows",
            where=self.leads.file.place,
        )

    def _infer(self) -> Schema:
        types, stages = _event_types(self.connection), _open_stages(self.connection)
        return infer(self.connection, self.leads, self.settings, event_types=types, stages=stages)

    def _read_leads(self, schema: Schema, columns: dict[str, str]) -> None:
        readings = [Reading(name, self.leads.columns.get(name), kind) for name, kind in FIXED.items()]
        readings += [Reading(name, columns.get(name), Kind.PERSONAL) for name in PERSONAL]
        readings += [self._outcome_reading(), self._order_reading()]
        kinds = {attribute.name: attribute.kind for attribute in schema.attributes}
        if self.trained:
            kinds = kinds_to_read(self.connection, self.leads, schema, columns)
        readings += [
            Reading(name, columns[name], kind, column=f"a{number}") for number, (name, kind) in enumerate(kinds.items())
        ]
        self._type("leads", readings, "leads")
        checks.rename_stages(self.connection, self.settings.stages)
        self.report.flags += checks.impossible_dates(self.connection, self.leads, self.now)
        read = {reading.name: reading for reading in readings if reading.kind in (Kind.PERSONAL, Kind.NUMBER)}
        places = {name: (reading.typed, reading.theirs) for name, reading in read.items() if reading.theirs}
        words = {reading.name: reading for reading in readings if reading.kind is Kind.CATEGORY}
        worded = {name: (words[name].typed, columns[name]) for name in SIZE_BOUNDS if name in words}
        self.report.flags += find_wrong_data(self.connection, self.leads, places, self.settings.drop, worded)

    def _outcome_reading(self) -> Reading:
        outcome = self.settings.outcome
        there = outcome is not None and outcome.column in self.leads.file.columns
        return Reading("outcome", outcome.column if outcome and there else None, Kind.CATEGORY)

    def _order_reading(self) -> Reading:
        order = self.leads.columns.get(self.settings.order or "", self.settings.order)
        if order not in self.leads.file.columns:
            return Reading("ranking", None, Kind.NUMBER)
        return Reading("ranking", order, order_kind(self.connection, self.leads, order))

    def _close_leads(self, strict: bool) -> None:
        if self.settings.outcome is not None:
            self._close_by_column(self.settings.outcome, strict)
        else:
            if "outcomes" in self.tables:
                closings.close_by_outcomes(self.connection)
            closings.close_by_stages(self.connection, self.settings.stages)

    def _close_by_column(self, outcome: Outcome, strict: bool) -> None:
        if strict:
            check_column(self.leads.file, outcome.column, "outcome")
            outcome = closings.decide_outcome(self.connection, self.leads, outcome)
            self.settings = self.settings.model_copy(update={"outcome": outcome})
        if outcome.column in self.leads.file.columns:
            closings.close_by_column(self.connection, outcome)

    def _note_oddities(self, schema: Schema) -> None:
        self.report.flags += checks.future_rows(self.connection, self.now)
        if self.settings.as_of is None:
            self.report.flags += checks.lone_rows(self.connection, self.settled, self.now)
        self.report.flags += checks.out_of_order(self.connection, timed=schema.timed)
        self.report.flags += checks.amounts_below_zero(self.connection)
        self._note_contradictions(schema)
        self._note_zoneless()
        unread = [name for name in LATER_TABLES if name in self.settings.tables]
        if unread:
            self.report.notes.append(f"tables that nothing reads yet: {', '.join(unread)}")
        known = {*schema.excluded, *self._columns_in_use(schema)}
        new = [name for name in self.leads.file.columns if name not in known]
        if new:
            self.report.notes.append(f"columns that the model does not know are ignored: {', '.join(new)}")

    def _note_zoneless(self) -> None:
        if self.zoneless:
            self.report.notes.append(f"times without a zone are read as UTC: {', '.join(self.zoneless)}")

    def _note_contradictions(self, schema: Schema) -> None:
        told = self.settings.outcome is None and "outcomes" in self.tables
        if "stages" in self.tables:
            self.report.flags += contradictory_stages(self.connection, self.settings.stages, self.now, outcomes=told)
        if "attribute_history" in self.tables:
            columns = self.columns
            self.report.flags += contradictory_values(
                self.connection, self.leads, schema, columns, self.formats["leads"], self.now
            )
            names = [
                *columns,
                *self.leads.columns,
                *self.leads.file.columns,
                *(each.label for each in schema.attributes),
            ]
            self.report.flags += unknown_fields(self.connection, names)

    def _columns_in_use(self, schema: Schema) -> set[str]:
        in_use = {*self.leads.columns.values(), *match(self.leads, schema).values(), self.settings.order or ""}
        return in_use | ({self.settings.outcome.column} if self.settings.outcome else set())

    def _let_go(self) -> None:
        """Drop the copies that were needed on the way."""
        for name, table in self.tables.items():
            kind = "VIEW" if table.file.is_view else "TABLE"
            self.connection.execute(f"DROP {kind} {table.staged}; DROP TABLE IF EXISTS typed_{name}")

    def _require_unchanged_files(self) -> None:
        """Raise `InputError` where a file was written meanwhile: what was read may be neither the old nor the new."""
        for path, before in self.files.items():
            if seen(path) != before:
                raise InputError(
                    "this file was changed while it was read",
                    expected="a file that is whole",
                    where=str(path),
                    remedy="run again once it is written; whoever writes it had better rename a finished copy",
                )

    def settings_used(self) -> Settings:
        """Return the settings with the formats that were decided."""
        formats = {name: written for name, written in self.formats.items() if written}
        return self.settings.model_copy(update={"formats": formats})

    def newest(self) -> pd.Timestamp:
        """Return the newest moment in the data that is not later than now; now where there is none."""
        return checks.newest_moment(self.connection, self.now) or self.now

    @cached_property
    def settled(self) -> pd.Timestamp:
        """Return the newest moment that does not stand alone either."""
        return checks.newest_moment(self.connection, self.now, passing_lone_ones=True) or self.now


def _event_types(connection: duckdb.DuckDBPyConnection) -> tuple[EventType, ...]:
    """Return the most frequent types of events, each with its most frequent assets."""
    types = connection.execute(
        f"""SELECT type, count(value) > 0 FROM events GROUP BY type
        HAVING count(DISTINCT position) >= {RARE} OR list_contains($1, type)
        ORDER BY count(*) DESC, type LIMIT {EVENT_TYPES}""",
        [list(KNOWN_TYPES)],
    ).fetchall()
    counted = connection.execute(
        f"""SELECT type, asset FROM events WHERE asset IS NOT NULL GROUP BY type, asset
        HAVING count(*) >= {ASSET_EVENTS} AND count(DISTINCT position) >= {RARE} ORDER BY type, count(*) DESC, asset"""
    ).fetchall()
    assets = defaultdict(list)
    for event_type, asset in counted:
        assets[event_type].append(asset)
    return tuple(EventType(name, tuple(assets[name][:ASSETS]), has_value) for name, has_value in types)


def _open_stages(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return the stages that do not close a lead, in the order of the funnel, then by frequency."""
    query = f"""SELECT stage FROM entries WHERE NOT closes GROUP BY stage
        HAVING count(DISTINCT position) >= {RARE} OR list_contains($1, lower(stage)) ORDER BY count(*) DESC, stage"""
    names = [name for (name,) in connection.execute(query, [list(FUNNEL)]).fetchall()]
    return tuple(sorted(names, key=lambda name: FUNNEL.index(name.lower()) if name.lower() in FUNNEL else len(FUNNEL)))


def _without_entry(connection: duckdb.DuckDBPyConnection, stages: tuple[str, ...]) -> tuple[str, ...]:
    """Return stages without those in which nearly all leads stand from their first day on."""
    query = """SELECT e.stage FROM entries e JOIN leads USING (position)
        WHERE entered_at BETWEEN created_at - INTERVAL 1 DAY AND created_at + INTERVAL 1 DAY GROUP BY e.stage
        HAVING count(DISTINCT position) >= $1 * (SELECT count(created_at) FROM leads)"""
    with_all = {stage for (stage,) in connection.execute(query, [NEARLY_ALL]).fetchall()}
    return tuple(stage for stage in stages if stage not in with_all)

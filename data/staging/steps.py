"""The steps by which tables are staged and read, for whoever tells the story: a data set, or the funnel.

Each takes the `Staging` as the steps before it left it, and leaves what it found out there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from data.config import Outcome
from data.errors import InputError
from data.quality_report import TableCounts
from data.sources import TableSource, open_sources
from data.staging import outcomes, rows
from data.staging.accounts import without_shared_account
from data.staging.canonical import check_column, drop_table, ids_of_lead, rows_of_lead, stage_table
from data.staging.clocks import days_of, end_of_days
from data.staging.formats import (
    decide_currency,
    decide_readings,
    may_be_foreign,
    with_currencies,
    with_named_currency,
    zoneless,
)
from data.staging.ids import in_one_form, require_whole
from data.staging.quarantine import write_quarantine
from data.staging.staging import Staging
from data.staging.tables import Reading, Table
from data.staging.typed import make_typed
from data.vocabulary import READ_TABLES, REPORT_TABLES, Kind

ALL_WON = "the outcomes have no column won: each is taken for a deal that was won"
HAPPENED = {
    "leads": "created_at",
    "events": "occurred_at",
    "stages": "entered_at",
    "outcomes": "closed_at",
    "attribute_history": "changed_at",
}
"""By table, the column that says when a row came."""
LEAD_COLUMNS = {
    "lead_id": Kind.ID,
    "account_id": Kind.ID,
    "created_at": Kind.TIME,
    "closed_at": Kind.TIME,
    "stage": Kind.CATEGORY,
}
"""The columns of the typed table of leads that are there whatever is made of it."""


def stage_tables(staging: Staging, names: Collection[str]) -> None:
    """Stage those of the named tables that the settings have, as they stand at one moment.

    Raises `InputError` where there are no leads, or a table or a column that is needed is not there.
    """
    settings = staging.settings
    if "leads" not in settings.tables:
        raise InputError("there is no table of leads", expected="a file under tables.leads")
    staging.formats = {name: dict(settings.formats.get(name, {})) for name in names}
    staging.currencies = {name: dict(settings.currencies.get(name, {})) for name in names}
    there = [name for name in names if name in settings.tables]
    with open_sources(settings, there, staging.replica.path) as sources:
        staging.sources = sources
        for name, source in sources.items():
            staging.tables[name] = _staged(staging, name, source)
            require_whole(staging.connection, staging.tables[name], staging.tables[name].columns.get("lead_id", ""))
    staging.tables, flags = in_one_form(staging.connection, staging.tables)
    staging.report.flags += flags
    if staging.only is not None:
        staging.tables = rows_of_lead(staging.connection, staging.tables, staging.only)


def _staged(staging: Staging, name: str, source: TableSource) -> Table:
    # The leads come first, so that of the other tables the rows of the lead's account can be asked for.
    leads = staging.tables.get("leads")
    only = None if staging.only is None else ids_of_lead(staging.connection, leads, staging.only)
    return stage_table(
        staging.connection, name, source, staging.settings, staging.replica, trained=staging.trained, only=only
    )


def identify_leads(staging: Staging) -> None:
    """Put records that are no rows, and leads without an id of their own, into quarantine; find what is no account."""
    for table in staging.tables.values():
        rows.set_aside_damaged(staging.connection, table)
    rows.identify_leads(staging.connection, staging.leads, _stated_end(staging))
    _find_later_rows(staging)
    staging.tables["leads"], note = without_shared_account(staging.connection, staging.leads, staging.trained)
    staging.report.notes += [note] if note else []


def _find_later_rows(staging: Staging) -> None:
    """Find the rows that came after the moment of the settings, where they state one: they decide nothing."""
    if not staging.settings.as_of or staging.trained:
        return
    connection = staging.connection
    for name, column in HAPPENED.items():
        table = staging.tables.get(name)
        if table and table.has(column):
            moment = Reading(column, table.columns[column], Kind.TIME)
            decided, _ = decide_readings(connection, table, [moment], staging.formats[name], staging.latest)
            make_typed(connection, table, decided, "moments")
            # What cannot be read in the layout of the rows before may be later, too.
            unreadable = f"{column} IS NULL AND {table.file.columns[table.columns[column]]} IS NOT NULL"
            connection.execute(
                f"""INSERT INTO later_rows SELECT '{name}', position FROM moments JOIN {table.staged} USING (position)
                WHERE {column} > $1 OR ({unreadable})""",
                [staging.latest],
            )
            connection.execute("DROP TABLE moments")


def read_timelines(staging: Staging) -> None:
    """Read events, stages, outcomes and the history of attributes, and put what cannot be used into quarantine."""
    connection, settings, tables = staging.connection, staging.settings, staging.tables
    if "events" in tables:
        read_table(staging, "events")
        rows.check_events(connection, tables["events"])
    if "events" in tables or len(staging.posted):
        rows.add_posted(connection, staging.posted)
        rows.fill_events(connection, settings.event_types)
    if "stages" in tables:
        read_table(staging, "stages")
        rows.fill_entries(connection, settings.stages)
        rows.check_stages(connection)
    if "outcomes" in tables:
        read_table(staging, "outcomes")
        if not tables["outcomes"].has("won"):
            staging.report.notes.append(ALL_WON)
        rows.check_outcomes(connection, tables["outcomes"])
    if "attribute_history" in tables:
        read_table(staging, "attribute_history")
        rows.check_history(connection)
        rows.fill_history(connection)


def _stated_end(staging: Staging) -> pd.Timestamp | None:
    """Return the end of the data that the settings state; None where it is to be found."""
    return staging.latest if staging.settings.as_of else None


def read_table(staging: Staging, name: str, further: Sequence[Reading] = ()) -> None:
    """Make the typed table ``typed_…`` with all columns of the vocabulary, and some further ones."""
    columns = staging.tables[name].columns
    readings = [Reading(known, columns.get(known), column.kind) for known, column in READ_TABLES[name].items()]
    type_table(staging, name, [*readings, *further], f"typed_{name}")


def type_table(staging: Staging, name: str, readings: Sequence[Reading], into: str) -> None:
    """Make the typed copy of a table, and note how its cells were read."""
    connection, table, report = staging.connection, staging.tables[name], staging.report
    decided, notes = decide_readings(connection, table, readings, staging.formats[name], _stated_end(staging))
    staging.formats[name] |= {reading.name: reading.written for reading in decided if reading.written}
    report.notes += notes
    decided = _in_their_currencies(staging, table, decided)
    report.flags += make_typed(connection, table, decided, into)
    known_days, is_whole = staging.settings.days.get(name, ()), staging.only is None
    days = days_of(connection, into, decided, known_days, staging.latest, is_whole=is_whole)
    staging.days |= {name: days} if days else {}
    end_of_days(connection, into, days, staging.now)
    staging.zoneless += zoneless(connection, table, decided)


def _in_their_currencies(staging: Staging, table: Table, readings: Sequence[Reading]) -> list[Reading]:
    """Decide once in which currency the amounts of each column are, unless it is known."""
    readings = [with_named_currency(table, reading) for reading in readings]
    if table.name in REPORT_TABLES:
        return readings
    known, wanted = staging.currencies[table.name], staging.settings.own_currency
    amounts = [reading for reading in readings if may_be_foreign(table, reading)]
    undecided = [reading for reading in amounts if reading.name not in known]
    for reading in with_currencies(staging.connection, table, undecided):
        if code := decide_currency(staging.connection, table, reading, wanted):
            known[reading.name] = code
    currencies = staging.currencies_of(table.name)
    return [replace(each, currency=currencies.get(each.name)) if each in amounts else each for each in readings]


def lead_readings(staging: Staging) -> list[Reading]:
    """Return how the columns of leads are read that are there whatever is made of them, with the outcome."""
    columns, outcome = staging.leads.columns, staging.settings.outcome
    readings = [Reading(name, columns.get(name), kind) for name, kind in LEAD_COLUMNS.items()]
    if outcome is None:
        return [*readings, Reading("outcome", None, Kind.CATEGORY)]
    names = ["outcome", *(outcomes.lost_column(number) for number in range(len(outcome.lost_where)))]
    there = [column if column in staging.leads.file.columns else None for column in outcome.columns]
    return [*readings, *(Reading(name, column, Kind.CATEGORY) for name, column in zip(names, there, strict=True))]


def count_rows(staging: Staging, quarantine: Path | None) -> None:
    """Count the rows of all tables, and write those in quarantine to a folder, where one is given.

    Raises `InputError` where no lead can be used.
    """
    for name, table in staging.tables.items():
        if quarantine:
            write_quarantine(staging.connection, table, quarantine)
        staging.report.tables[name] = rows.count_usable(staging.connection, table)
        staging.report.notes += [f"{table.file.name}: {note}" for note in table.file.notes]
    counts = staging.report.tables["leads"]
    if not counts.used and staging.only is None:
        raise _no_usable_leads(counts, staging.leads.file.place)


def _no_usable_leads(counts: TableCounts, place: str) -> InputError:
    return InputError(
        "no row of the leads table can be used",
        expected="rows with a unique lead_id",
        got=", ".join(f"{count} × {reason}" for reason, count in counts.reasons.items()) or "a header without rows",
        where=place,
    )


def close_leads(staging: Staging, *, strict: bool) -> None:
    """Find out how leads ended: from the column of the settings, else from the table of outcomes, then from stages.

    ``strict`` decides which values of the column mean won and lost, which needs the column to be there.
    """
    connection, settings = staging.connection, staging.settings
    if settings.outcome is not None:
        _close_by_column(staging, settings.outcome, strict)
        return
    if "outcomes" in staging.tables:
        outcomes.close_by_outcomes(connection)
    outcomes.close_by_stages(connection, settings.stages)


def _close_by_column(staging: Staging, outcome: Outcome, strict: bool) -> None:
    if strict:
        for column in outcome.columns:
            check_column(staging.leads.file, column, "outcome")
        outcome = outcomes.decide_outcome(staging.connection, staging.leads, outcome)
        staging.settings = staging.settings.model_copy(update={"outcome": outcome})
    if outcome.column in staging.leads.file.columns:
        outcomes.close_by_column(staging.connection, outcome)


def note_zoneless(staging: Staging) -> None:
    """Note which columns have times that do not say in which zone they are."""
    if staging.zoneless:
        staging.report.notes.append(f"times without a zone are read as UTC: {', '.join(staging.zoneless)}")


def note_days(staging: Staging) -> None:
    """Note which columns have days without a time of day."""
    if staging.days:
        names = [
            f"{name}.{staging.tables[name].columns[column]}"
            for name, columns in staging.days.items()
            for column in columns
        ]
        staging.report.notes.append(f"dates without a time of day are compared by day: {', '.join(names)}")


def drop_staged(staging: Staging) -> None:
    """Drop the copies that were needed on the way."""
    for name, table in staging.tables.items():
        drop_table(staging.connection, table)
        staging.connection.execute(f"DROP TABLE IF EXISTS typed_{name}")


def require_unchanged(staging: Staging) -> None:
    """Raise `InputError` where a file was written meanwhile: what was read may be neither the old nor the new."""
    for source in staging.sources.values():
        if source.was_rewritten():
            raise InputError(
                "this file was changed while it was read",
                expected="a file that is whole",
                where=source.place,
                remedy="run again once it is written; whoever writes it had better rename a finished copy",
            )

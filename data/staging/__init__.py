"""From tables as they lie somewhere to typed rows in one database, with a note of everything that cannot be used.

A `Staging` holds the database and what is known so far; `steps` are what is done with it, one after the other.
"""

from data.staging.accounts import ONE_FOR_ALL
from data.staging.attribute_history import FIELDS, TrackedColumn, fill_changes, tracked_columns, unknown_fields
from data.staging.clocks import begin_with_the_lead
from data.staging.formats import open_note, sample, with_all_values
from data.staging.ids import form_of, require_whole
from data.staging.matching import declared_kinds, infer, kinds_to_read, match, order_kind
from data.staging.outcomes import find_reopenings, plain_value
from data.staging.pace import end_of_data, planned_rows
from data.staging.quarantine import erase_older, forget_rows, quarantined_rows
from data.staging.rows import (
    amounts_below_zero,
    first_rows,
    impossible_dates,
    out_of_order,
    rename_stages,
    set_aside,
    set_aside_damaged,
)
from data.staging.staging import REPLICA, Staging, abandoned_folders, open_staging, reading_errors, remove_abandoned
from data.staging.steps import (
    close_leads,
    count_rows,
    drop_staged,
    identify_leads,
    lead_readings,
    note_days,
    note_zoneless,
    read_table,
    read_timelines,
    require_unchanged,
    stage_tables,
    type_table,
)
from data.staging.tables import ROW_TABLES, ROWS, SHORT, Reading, Table, in_form

__all__ = [
    "FIELDS",
    "ONE_FOR_ALL",
    "REPLICA",
    "ROWS",
    "ROW_TABLES",
    "SHORT",
    "Reading",
    "Staging",
    "Table",
    "TrackedColumn",
    "abandoned_folders",
    "amounts_below_zero",
    "begin_with_the_lead",
    "close_leads",
    "count_rows",
    "declared_kinds",
    "drop_staged",
    "end_of_data",
    "erase_older",
    "fill_changes",
    "find_reopenings",
    "first_rows",
    "forget_rows",
    "form_of",
    "identify_leads",
    "impossible_dates",
    "in_form",
    "infer",
    "kinds_to_read",
    "lead_readings",
    "match",
    "note_days",
    "note_zoneless",
    "open_note",
    "open_staging",
    "order_kind",
    "out_of_order",
    "plain_value",
    "planned_rows",
    "quarantined_rows",
    "read_table",
    "read_timelines",
    "reading_errors",
    "remove_abandoned",
    "rename_stages",
    "require_unchanged",
    "require_whole",
    "sample",
    "set_aside",
    "set_aside_damaged",
    "stage_tables",
    "tracked_columns",
    "type_table",
    "unknown_fields",
    "with_all_values",
]

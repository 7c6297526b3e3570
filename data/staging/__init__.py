"""data.staging."""

from data.staging.attribute_history import FIELDS, Column, columns_of, fill_changes, unknown_fields
from data.staging.formats import decide_readings, open_note, sample, with_all_values, zoneless
from data.staging.matching import infer, kinds_to_read, match, order_kind
from data.staging.outcomes import plain_value
from data.staging.quarantine import erase_older, forget_rows, write_quarantine
from data.staging.rows import first_rows, set_aside_damaged
from data.staging.tables import ROWS, Reading, Sources, Table, check_column, ids_of, make_typed, only_of, open_table

__all__ = [
    "FIELDS",
    "ROWS",
    "Column",
    "Reading",
    "Sources",
    "Table",
    "check_column",
    "columns_of",
    "decide_readings",
    "erase_older",
    "fill_changes",
    "first_rows",
    "forget_rows",
    "ids_of",
    "infer",
    "kinds_to_read",
    "make_typed",
    "match",
    "only_of",
    "open_note",
    "open_table",
    "order_kind",
    "plain_value",
    "sample",
    "set_aside_damaged",
    "unknown_fields",
    "with_all_values",
    "write_quarantine",
    "zoneless",
]

"""What a cell means: numbers, times, amounts, addresses, names, companies and sizes, read as pure functions of text.

Nothing here opens a file or a database or knows of settings, so features may use all of it.
"""

from data.parsing.bands import bounds_of
from data.parsing.cells import NO, YES, decide_format, read_cells, texts
from data.parsing.companies import LEGAL_FORMS, normalized_company
from data.parsing.contradictions import CONTRADICTIONS, can_contradict, contradiction_of
from data.parsing.emails import (
    FREE,
    FREE_DOMAINS,
    IN_BRACKETS,
    INVALID,
    LINK,
    MADE_UP,
    PERSONS,
    THROW_AWAY,
    THROW_AWAY_DOMAINS,
    kind_of_mail,
    parts_of_mail,
)
from data.parsing.money import decide_month_order, foreign, read_months
from data.parsing.names import is_made_up, without_made_up
from data.parsing.sizes import SIZE_BOUNDS
from data.parsing.times import DAY_FIRST, EARLIEST, MONTH_FIRST, lacks_clock, lacks_offset, to_arrow

__all__ = [
    "CONTRADICTIONS",
    "DAY_FIRST",
    "EARLIEST",
    "FREE",
    "FREE_DOMAINS",
    "INVALID",
    "IN_BRACKETS",
    "LEGAL_FORMS",
    "LINK",
    "MADE_UP",
    "MONTH_FIRST",
    "NO",
    "PERSONS",
    "SIZE_BOUNDS",
    "THROW_AWAY",
    "THROW_AWAY_DOMAINS",
    "YES",
    "bounds_of",
    "can_contradict",
    "contradiction_of",
    "decide_format",
    "decide_month_order",
    "foreign",
    "is_made_up",
    "kind_of_mail",
    "lacks_clock",
    "lacks_offset",
    "normalized_company",
    "parts_of_mail",
    "read_cells",
    "read_months",
    "texts",
    "to_arrow",
    "without_made_up",
]

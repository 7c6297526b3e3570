"""What a cell means: numbers, times, amounts, addresses, names, companies and sizes, read as pure functions of text.

Nothing here opens a file or a database or knows of settings, so features may use all of it.
"""

from data.parsing.bands import bounds_of
from data.parsing.cells import NO, YES, decide_format, labels_of_bands, may_be_numbers, read_cells, texts, worths
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
from data.parsing.money import (
    CODE_PATTERN,
    SIGN_PATTERN,
    WIDE,
    Currency,
    commonest_currency,
    decide_month_order,
    marks_of,
    read_months,
)
from data.parsing.names import is_made_up, without_made_up
from data.parsing.sizes import SIZE_BOUNDS
from data.parsing.times import DAY_FIRST, EARLIEST, MONTH_FIRST, lacks_clock, lacks_offset, to_arrow

__all__ = [
    "CODE_PATTERN",
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
    "SIGN_PATTERN",
    "SIZE_BOUNDS",
    "THROW_AWAY",
    "THROW_AWAY_DOMAINS",
    "WIDE",
    "YES",
    "Currency",
    "bounds_of",
    "can_contradict",
    "commonest_currency",
    "contradiction_of",
    "decide_format",
    "decide_month_order",
    "is_made_up",
    "kind_of_mail",
    "labels_of_bands",
    "lacks_clock",
    "lacks_offset",
    "marks_of",
    "may_be_numbers",
    "normalized_company",
    "parts_of_mail",
    "read_cells",
    "read_months",
    "texts",
    "to_arrow",
    "without_made_up",
    "worths",
]

"""Telephone numbers that ring nowhere. They are flagged only: no feature is made of them,
so nothing but the checks loads the numbering plans."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import pandas as pd
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc

from data.parsing import to_arrow

FURTHER = r"(?i)\s*(?:ext|x|[;,]).*$"
"""An extension, or a second number."""
AFTER_SLASH = "/.*$"
"""A second number, or the rest of the first: 030/1234567. So a number is wrong only where both readings are."""
SHORTEST, LONGEST = 6, 15
MADE_UP = f"^(?:0?1234567?8?9?0?|{'|'.join(f'{digit}+' for digit in range(10))})$"
SIGNIFICANT = 5
"""Digits that hold the country of a number; with its length they decide whether it is possible."""


def is_no_phone(numbers: pd.Series) -> pd.Series:
    """Return which numbers nobody has; a missing one is none of them.

    What begins with the country is looked up in the numbering plans of all countries, once for each beginning and
    length; else only numbers that are too short, too long or plainly made up are wrong.

    >>> list(is_no_phone(pd.Series(["+49 30 1234567", "(415) 555-2671 ext. 3", "+999 123456", "1111111", "12", None])))
    [False, False, True, True, True, False]
    """
    spelt = pc.replace_substring_regex(pc.utf8_trim_whitespace(to_arrow(numbers)), FURTHER, "")
    first = pc.replace_substring_regex(spelt, AFTER_SLASH, "")
    wrong = _ring_nowhere(first)
    again = wrong & pc.fill_null(pc.not_equal(first, spelt), False).to_pandas()
    wrong[again] = _ring_nowhere(spelt.filter(pa.array(again))).to_numpy()
    return wrong.set_axis(numbers.index)


def _ring_nowhere(spelt: pa.Array) -> pd.Series:
    digits = pc.replace_substring_regex(spelt, r"\D", "")
    table = pd.DataFrame({"digits": digits.to_pandas(), "length": pc.utf8_length(digits).to_pandas()})
    wrong = (table["length"] < SHORTEST) | (table["length"] > LONGEST)
    wrong |= pc.fill_null(pc.match_substring_regex(digits, MADE_UP), False).to_pandas()
    with_country = pc.fill_null(pc.match_substring_regex(spelt, r"^\(?(?:\+|00)"), False).to_pandas() & ~wrong
    return wrong | _are_impossible(table[with_country]).reindex(table.index, fill_value=False)


def _are_impossible(numbers: pd.DataFrame) -> pd.Series:
    bare = numbers["digits"].str.replace("^00", "", regex=True)
    kinds = bare.str[:SIGNIFICANT] + " " + bare.str.len().astype("str")
    first = bare.groupby(kinds).first()
    return kinds.map({kind: not _is_possible(digits) for kind, digits in first.items()}).astype(bool)


def _is_possible(digits: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False

"""Amounts: which month a cell names, which currency an amount is in, and what that is worth in another one."""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
import pyarrow.compute as pc

from data.parsing.times import DAY_FIRST, MONTH_FIRST, decide_order, parse_times, to_arrow

SIGNS = {
    "US$": ("USD",),
    "AU$": ("AUD",),
    "CA$": ("CAD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "MX$": ("MXN",),
    "NT$": ("TWD",),
    "A$": ("AUD",),
    "C$": ("CAD",),
    "R$": ("BRL",),
    "S$": ("SGD",),
    "ZŁ": ("PLN",),
    "KR": ("SEK", "NOK", "DKK", "ISK"),
    "KČ": ("CZK",),
    "RS.": ("INR",),
    "₽": ("RUB",),
    "РУБ": ("RUB",),
    "₺": ("TRY",),
    "₩": ("KRW",),
    "元": ("CNY",),
    "円": ("JPY",),
    "₪": ("ILS",),
    "₴": ("UAH",),
    "฿": ("THB",),
    "₫": ("VND",),
    "₱": ("PHP",),
    "₦": ("NGN",),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN"),
}
"""The currencies that a sign, in capitals, may stand for, the most frequent first; a sign stands before its parts."""
CODES = ("EUR", "USD", "GBP", "CHF", "INR", "BRL", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "JPY", "CNY")
CODES += ("SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "RUB", "TRY", "KRW", "HUF", "ZAR", "ILS", "UAH", "RMB")
CODES += (
    "AED",
    "SAR",
    "QAR",
    "KWD",
    "EGP",
    "THB",
    "VND",
    "IDR",
    "MYR",
    "PHP",
    "TWD",
    "NGN",
    "RON",
    "ARS",
    "CLP",
    "COP",
)
"""Codes that may stand beside a number; not all, for some are words."""
CODE_PATTERN = rf"(?:^|[^A-Z])({'|'.join(CODES)})(?:[^A-Z]|$)"
SIGN_PATTERN = f"({'|'.join(re.escape(sign) for sign in SIGNS)})"
"""In capitals; both mean the same to Python and to DuckDB."""
WIDE = {"\uffe5": "¥", "\uff04": "$", "\uffe1": "£", "RMB": "CNY"}
"""What is written in another way: the wide signs of East Asian keyboards, and a name that is no code."""


class Currency(NamedTuple):
    """The currency that the amounts of a column are in, and what one unit of others is worth in it."""

    code: str
    rates: Mapping[str, float] = {}

    def worth(self, mark: str) -> float | None:
        """Return what one unit of a currency, by its code or sign, is worth; None where no rate says so.

        >>> Currency("EUR", {"USD": 0.9}).worth("$"), Currency("CAD").worth("$"), Currency("EUR").worth("GBP")
        (0.9, 1.0, None)
        """
        codes = _codes(mark)
        if self.code in codes:
            return 1.0
        return next((self.rates[code] for code in codes if code in self.rates), None)


def read_months(cells: pd.Series, order: str | None = None) -> pd.Series:
    """Return the first moment of the month that each cell names or lies in; missing where it names none.

    ``order`` says how a date like 03/01/2026 is meant, as `data.parsing.times.parse_times` has it.

    >>> read_months(pd.Series(["2025-03", "2025-03-17", "03/2025", "March 2025", "soon"])).astype(str).tolist()
    ['2025-03-01', '2025-03-01', '2025-03-01', '2025-03-01', nan]
    """
    texts = cells.astype("str").str.strip()
    whole = texts.str.replace(r"^(\d{4})[-/.](\d{1,2})$", r"\1-\2-01", regex=True)
    whole = whole.str.replace(r"^(\d{1,2})[-/.](\d{4})$", r"\2-\1-01", regex=True)
    whole = whole.str.replace(r"^([A-Za-z]{3,9})\.?[ -](\d{4})$", r"1 \1 \2", regex=True)
    return parse_times(whole, order).dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")


def decide_month_order(cells: pd.Series) -> tuple[str | None, bool]:
    """Decide which comes first, the day or the month, where months are written as dates.

    Where the dates leave it open, all of them are rather the first of a month than days of one. Returns the order, and
    whether other months could be meant.

    >>> decide_month_order(pd.Series(["01/01/2026", "02/01/2026"]))
    ('month first', True)
    >>> decide_month_order(pd.Series(["01/02/2026", "31/03/2026"]))
    ('day first', False)
    """
    order, is_open = decide_order(cells)
    if not is_open or read_months(cells, DAY_FIRST).equals(read_months(cells, MONTH_FIRST)):
        return order, False
    are_first = parse_times(cells, MONTH_FIRST).dropna().dt.day.eq(1).all()
    return MONTH_FIRST if are_first else DAY_FIRST, True


def marks_of(amounts: pd.Series) -> pd.Series:
    """Return the code or the sign of the currency that each amount is written with; missing where there is none.

    >>> marks_of(pd.Series(["1,2 Mio. €", "USD5,000", "5 kr.", "7"])).tolist()
    ['€', 'USD', 'KR', nan]
    """
    # What is written beside the digits is the same in most cells, so it is looked through once.
    beside = pc.replace_substring_regex(to_arrow(amounts.astype("str")), r"\d[\d.,]*", "0").to_pandas()
    numbers, distinct = pd.factorize(beside)
    written = pd.Series(distinct, dtype="str").str.upper()
    for wide, common in WIDE.items():
        written = written.str.replace(wide, common)
    codes, signs = (written.str.extract(pattern, expand=False) for pattern in (CODE_PATTERN, SIGN_PATTERN))
    return pd.Series(codes.fillna(signs).array.take(numbers, allow_fill=True), index=amounts.index)


def commonest_currency(marks: pd.Series, rows: pd.Series) -> str:
    """Return the currency of most rows, by the mark of each amount and how many rows have it; there must be one."""
    return str(rows.groupby(marks.map(lambda mark: _codes(mark)[0], na_action="ignore")).sum().idxmax())


def _codes(text: str) -> tuple[str, ...]:
    """Return the currencies that a sign may stand for; any other text is a code."""
    return SIGNS.get(text, (text,))

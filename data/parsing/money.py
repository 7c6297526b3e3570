"""Amounts by month: which month a cell names, and which currency an amount is in."""

from __future__ import annotations

import re

import pandas as pd

from data.parsing.times import DAY_FIRST, MONTH_FIRST, decide_order, parse_times

SIGNS = {
    "US$": ("USD",),
    "AU$": ("AUD",),
    "CA$": ("CAD",),
    "NZ$": ("NZD",),
    "HK$": ("HKD",),
    "MX$": ("MXN",),
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
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN"),
}
"""The currencies that a sign, in capitals, may stand for, the most frequent first; a sign stands before its parts."""
CODES = ("EUR", "USD", "GBP", "CHF", "INR", "BRL", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "JPY", "CNY")
CODES += ("SEK", "NOK", "DKK", "ISK", "PLN", "CZK", "RUB", "TRY", "KRW", "HUF", "ZAR", "ILS", "UAH", "RMB")
"""Codes that may stand beside a number; not all, for some are words."""
_SIGN = "|".join(re.escape(sign) for sign in SIGNS)


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


def foreign(
    named: pd.Series, amounts: pd.Series, currency: str, rows: pd.Series | None = None
) -> tuple[str, pd.Series]:
    """Return which amounts are in another currency, by the one that is named beside them, else by how they are written.

    Without a ``currency`` that of most ``rows`` is taken: so many stand for each amount, one unless given. Returns the
    currency, and the mask.

    >>> foreign(pd.Series([None, None, "usd"]), pd.Series(["€5", "7", "9"]), "")[1].tolist()
    [False, False, True]
    >>> foreign(pd.Series([None, None]), pd.Series(["R$ 5", "$5"]), "USD")[1].tolist()
    [True, False]
    """
    written = (
        amounts.astype("str")
        .str.upper()
        .str.replace("\uffe5", "¥")
        .str.replace("\uff04", "$")
        .str.replace("RMB", "CNY")
    )
    letters = written.str.extract(r"\b([A-Z]{3})\b", expand=False)
    signs = written.str.extract(f"({_SIGN})", expand=False)
    meant = named.astype("str").str.strip().str.upper().fillna(letters).fillna(signs)
    if meant.notna().any() and not currency:
        each = pd.Series(1, index=meant.index) if rows is None else rows
        currency = str(each.groupby(meant.map(lambda text: _codes(text)[0], na_action="ignore")).sum().idxmax())
    return currency, meant.isin([text for text in meant.dropna().unique() if currency not in _codes(text)])


def _codes(text: str) -> tuple[str, ...]:
    """Return the currencies that a sign may stand for; any other text is a code."""
    return SIGNS.get(text, (text,))

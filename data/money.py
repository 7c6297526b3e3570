"""Amounts by month: which month a cell names, and which currency an amount is in."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from data.times import parse_times

SYMBOLS = {
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
    "$": ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN"),
}
"""The currencies that a sign may stand for, the most frequent first."""


def read_months(cells: pd.Series) -> pd.Series:
    """Return the first moment of the month that each cell names or lies in; missing where it names none.

    >>> read_months(pd.Series(["2025-03", "2025-03-17", "03/2025", "March 2025", "soon"])).astype(str).tolist()
    ['2025-03-01', '2025-03-01', '2025-03-01', '2025-03-01', nan]
    """
    texts = cells.astype("str").str.strip()
    whole = texts.str.replace(r"^(\d{4})[-/.](\d{1,2})$", r"\1-\2-01", regex=True)
    whole = whole.str.replace(r"^(\d{1,2})[-/.](\d{4})$", r"\2-\1-01", regex=True)
    whole = whole.str.replace(r"^([A-Za-z]{3,9})\.?[ -](\d{4})$", r"1 \1 \2", regex=True)
    return parse_times(whole).dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")


def foreign(named: pd.Series, amounts: pd.Series, currency: str) -> tuple[str, pd.Series]:
    """Tell which amounts are in another currency, by the one that is named beside them, else by how they are written.

    Without a ``currency`` the most frequent one is taken. Returns the currency, and the mask.

    >>> foreign(pd.Series([None, None, "usd"]), pd.Series(["€5", "7", "9"]), "")[1].tolist()
    [False, False, True]
    """
    letters = amounts.astype("str").str.upper().str.extract(r"\b([A-Z]{3})\b", expand=False)
    signs = amounts.astype("str").str.extract(f"([{''.join(SYMBOLS)}])", expand=False)
    meant = named.astype("str").str.strip().str.upper().fillna(letters).fillna(signs)
    told = [SYMBOLS.get(text, (text,)) for text in meant.dropna()]
    if told and not currency:
        currency = Counter(first for first, *_ in told).most_common(1)[0][0]
    others = pd.Series([currency not in codes for codes in told], meant.dropna().index, dtype=bool)
    return currency, others.reindex(amounts.index, fill_value=False)

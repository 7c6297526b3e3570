"""Costs and views that are given for a year, a half-year, a quarter or several months: spread over their months."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

YEAR = r"(?P<year>(?:19|20)\d\d)"
PERIODS = {
    rf"(?:fy ?)?{YEAR}(?:\.0)?": 12,
    rf"{YEAR}[-/. ]*h(?P<part>[12])|h(?P<part_first>[12])[-/. ']*(?P<year_last>(?:19|20)\d\d)": 6,
    rf"{YEAR}[-/. ]*[qt](?P<part>[1-4])|[qt](?P<part_first>[1-4])[-/. ']*(?P<year_last>(?:19|20)\d\d)": 3,
    rf"(?P<part>[1-4])\. ?quartal {YEAR}": 3,
}
"""How periods are written, in small letters, and how many months they have."""
FROM_TO = re.compile(r"(\d{4})-(\d{1,2})(?: *(?:to|until|bis|à|–|—) *| - )(\d{4})-(\d{1,2})")
CALLED = {12: "a year", 6: "a half-year", 3: "a quarter"}


def periods_named(cells: pd.Series) -> pd.DataFrame:
    """Return the periods that cells name which are longer than a month, by the index of those cells.

    Columns: ``month``, its first moment, and ``months``, how many it has.

    >>> periods_named(pd.Series(["2025", "2025-03", "Q2 2025", "2025-H1", "2025-11 to 2026-02"]))["months"].to_dict()
    {0: 12, 2: 3, 3: 6, 4: 4}
    """
    by_cell = {place: period for place, cell in cells.dropna().items() if (period := _period(str(cell)))}
    periods = pd.DataFrame(list(by_cell.values()), index=list(by_cell), columns=["month", "months"])
    return periods.astype({"month": "datetime64[us]", "months": "int64"})


def _period(cell: str) -> tuple[pd.Timestamp, int] | None:
    text = " ".join(cell.strip().casefold().split())
    for pattern, months in PERIODS.items():
        if named := re.fullmatch(pattern, text):
            parts = {name.partition("_")[0]: value for name, value in named.groupdict().items() if value}
            first = (int(parts.get("part", 1)) - 1) * months + 1
            return pd.Timestamp(int(parts["year"]), first, 1), months
    if (ends := FROM_TO.fullmatch(text)) and all(1 <= int(ends[number]) <= 12 for number in (2, 4)):
        first, last = (pd.Timestamp(int(ends[number]), int(ends[number + 1]), 1) for number in (1, 3))
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        return (first, months) if months >= 1 else None
    return None


def spread(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return rows of several ``months`` as one for each of them, with an even share of a value.

    >>> costs = pd.DataFrame({"month": pd.to_datetime(["2025-01-01"]), "months": [3], "spend": [900.0]})
    >>> spread(costs, "spend")[["month", "spend"]].astype("str").values.tolist()
    [['2025-01-01', '300.0'], ['2025-02-01', '300.0'], ['2025-03-01', '300.0']]
    """
    each = rows.loc[rows.index.repeat(rows["months"])]
    number = each.groupby(level=0).cumcount()
    later = [month + pd.DateOffset(months=n) for month, n in zip(each["month"], number, strict=True)]
    months = pd.Series(later, index=each.index, dtype="datetime64[us]")
    shared = each.assign(month=months, **{value: each[value] / each["months"]})
    return shared.drop(columns="months").reset_index(drop=True)


def spread_words(table: str, months: pd.Series) -> list[str]:
    """Say how many rows of a table are spread over their months, and of what periods they are.

    >>> spread_words("costs", pd.Series([1, 3, 3, 12]))
    ['costs: rows of several months, which are spread evenly over them: 1 of a year, 2 of a quarter']
    """
    longer = months[months > 1]
    if longer.empty:
        return []
    counts = Counter(sorted(longer.tolist(), reverse=True))
    said = ", ".join(f"{count:,} of {CALLED.get(length, f'{length} months')}" for length, count in counts.items())
    return [f"{table}: rows of several months, which are spread evenly over them: {said}"]

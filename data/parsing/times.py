"""Read text as moments: ISO first, then day-first or month-first dates, also with the names of months.

Everything becomes naive UTC in microseconds; a time without an offset is read as UTC.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

DAY_FIRST, MONTH_FIRST = "day first", "month first"
EARLIEST_YEAR = 1900
EARLIEST = pd.Timestamp("1990-01-01")
"""Leads from before it have the date that a system writes where none was given, such as 1970-01-01."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_NUMBERS = {name: str(number) for number, name in enumerate(MONTHS, 1)}
ISO = r"^\d{4}-\d{1,2}-\d{1,2}(?:$|[T ]\d)"
TAIL = r"(?:[t,\s]+(?P<clock>.*))?$"
NUMBERED = r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<year>\d{4}|\d{2})" + TAIL
YEAR_FIRST = (
    r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + TAIL,
    r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})" + TAIL,
)
NAMED = (
    r"^(?P<day>\d{1,2})[\s\-.]+(?P<month>[a-z]{3})[a-z]*[\s\-.,]+(?P<year>\d{4})" + TAIL,
    r"^(?P<month>[a-z]{3})[a-z]*[\s\-.]+(?P<day>\d{1,2})[\s\-.,]+(?P<year>\d{4})" + TAIL,
)
CLOCK = (
    r"^(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d{1,9})?))?"
    r"\s*(?P<half>[ap]m)?\s*(?P<offset>z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
WRITTEN_CLOCK = r"(?i)\b(\d{1,2}(?::\d{2}){1,2}(?:[.,]\d+)?|\d{1,2}\s?[h时時点點](?:\s?\d{2})?)(?:\s?([ap])\.?m\b)?"
OFFSET = r"(?i)\d\s?(?:z|utc|gmt|[+-]\d{2}:?\d{2})$|\d:\d{2}(?:\.\d+)?\s?[+-]\d{2}$"


def parse_times(texts: pd.Series, order: str | None = None) -> pd.Series:
    """Return the moments of texts as ``datetime64[us]``; what is no date of 1900 or later is missing.

    ``order`` (`DAY_FIRST` or `MONTH_FIRST`) says how ``01-02-2018`` is meant; day first unless given.

    >>> texts = pd.Series(["2018-02-01T10:00:00+02:00", "01-02-2018 19:58", "5 Feb 2018 1:30 PM"])
    >>> parse_times(texts).astype(str).tolist()
    ['2018-02-01 08:00:00', '2018-02-01 19:58:00', '2018-02-05 13:30:00']
    """
    cells = texts.astype("str").str.strip()
    moments = _read_iso(cells.where(cells.str.match(ISO)))
    rest = moments.isna() & cells.notna()
    if rest.any():
        moments[rest] = _read_other(cells[rest].str.lower(), order or DAY_FIRST)
    return moments.where(moments.dt.year >= EARLIEST_YEAR)


def decide_order(texts: pd.Series) -> tuple[str | None, bool]:
    """Decide from all values of a column whether the day or the month comes first.

    Returns the order (``None`` where no value is written like ``01-02-2018``) and whether the values leave it open.

    >>> decide_order(pd.Series(["01-02-2018", "26-02-2018"]))
    ('day first', False)
    >>> decide_order(pd.Series(["01/02/2018"]))
    ('day first', True)
    """
    parts = _extract(texts.astype("str").str.strip().str.lower(), NUMBERED)
    first, second = pd.to_numeric(parts["first"]), pd.to_numeric(parts["second"])
    if first.isna().all():
        return None, False
    days_first, months_first = (first > 12).sum(), (second > 12).sum()
    return MONTH_FIRST if months_first > days_first else DAY_FIRST, bool(days_first == months_first)


def lacks_offset(texts: pd.Series) -> bool:
    """Return whether any of these times does not say in which zone it is."""
    return bool((~texts.dropna().astype("str").str.strip().str.contains(OFFSET)).any())


def lacks_clock(moments: pd.Series) -> bool:
    """Return whether no moment of a column has a time of day: none is written, or all are at midnight.

    moments: texts as they are written, or datetime64. A column without any moment lacks nothing.

    >>> lacks_clock(pd.Series(["2024-01-05", "05.01.2024 00:00", "1/5/2024 12:00 AM", None]))
    True
    >>> lacks_clock(pd.Series(["2024-01-05 00:00", "2024-01-05 09:30"]))
    False
    >>> lacks_clock(pd.Series(pd.to_datetime(["2024-01-05", "2024-01-06"])))
    True
    """
    filled = moments.dropna()
    if filled.empty:
        return False
    if pd.api.types.is_datetime64_any_dtype(filled.dtype):
        return bool((filled == filled.dt.normalize()).all())
    clocks = filled.astype("str").str.extract(WRITTEN_CLOCK)
    of_morning = clocks[1].str.lower() == "a"
    is_later = clocks[0].str.replace("^12", "0", regex=True).where(of_morning, clocks[0]).str.contains("[1-9]")
    return not is_later.fillna(False).any()


def _read_iso(texts: pd.Series) -> pd.Series:
    moments = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    return moments.dt.tz_localize(None).astype("datetime64[us]")


def _read_other(texts: pd.Series, order: str) -> pd.Series:
    """Write dates of other layouts as ISO, then read them."""
    date = _dates(texts, order)
    clock = _clocks(date["clock"])
    return _read_iso(date["year"] + "-" + date["month"] + "-" + date["day"] + clock)


def _dates(texts: pd.Series, order: str) -> pd.DataFrame:
    names = {"first": "day", "second": "month"} if order == DAY_FIRST else {"first": "month", "second": "day"}
    numbered = _extract(texts, NUMBERED).rename(columns=names)
    numbered["year"] = numbered["year"].where(numbered["year"].str.len() == 4, "20" + numbered["year"])
    dates = numbered
    for layout in YEAR_FIRST:
        dates = dates.combine_first(_extract(texts, layout))
    for layout in NAMED:
        parts = _extract(texts, layout)
        parts["month"] = parts["month"].map(MONTH_NUMBERS).astype("str")
        dates = dates.combine_first(parts)
    return dates


def _clocks(texts: pd.Series) -> pd.Series:
    """Return the ISO spelling of times of day; nothing where there is none, missing where it cannot be read."""
    parts = _extract(texts, CLOCK)
    hour = pd.to_numeric(parts["hour"])
    half = parts["half"].isin(["am", "pm"])
    hour = hour.where(~half, hour % 12 + 12 * (parts["half"] == "pm"))
    hours = hour.astype("Int64").astype("str").str.zfill(2)
    offset = parts["offset"].replace({"z": "+00:00", "utc": "+00:00", "gmt": "+00:00"})
    seconds = parts["second"].where(parts["second"].fillna("") != "", "00")
    clock = "T" + hours + ":" + parts["minute"] + ":" + seconds + offset
    return clock.where(texts.fillna("") != "", "")


def to_arrow(texts: pd.Series) -> pa.Array:
    """Return texts as one Arrow array, whose functions are faster than those of pandas."""
    array = pa.array(texts, pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _extract(texts: pd.Series, pattern: str) -> pd.DataFrame:
    """Return the named groups of a pattern as columns; a row that does not match is missing."""
    groups = pc.extract_regex(to_arrow(texts), pattern)
    columns = {group.name: groups.field(group.name) for group in groups.type}
    valid = groups.is_valid()
    texts_of = {name: pc.if_else(valid, column, None).to_pandas().array for name, column in columns.items()}
    return pd.DataFrame(texts_of, index=texts.index, dtype="str")

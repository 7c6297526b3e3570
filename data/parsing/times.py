"""Read text as moments: ISO first, then day-first or month-first dates, also with the names of months.

Everything becomes naive UTC in microseconds; a time without an offset is read as UTC.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.parsing.months import MONTH_NUMBERS, plain_moment

DAY_FIRST, MONTH_FIRST = "day first", "month first"
EARLIEST_YEAR = 1900
EARLIEST = pd.Timestamp("1990-01-01")
"""Leads from before it have the date that a system writes where none was given, such as 1970-01-01."""
ISO = r"^\d{4}-\d{1,2}-\d{1,2}(?:$|[T ]\d)"
TAIL = r"(?:[t,\s]+(?P<clock>.*))?$"
NUMBERED = r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<year>\d{4}|\d{2})" + TAIL
YEAR_FIRST = (
    r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + TAIL,
    r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})" + TAIL,
)
NAMED = (
    r"^(?P<day>\d{1,2})[\s\-.]+(?P<name>[a-z]{3,12})[\s\-.,]+(?P<year>\d{4})" + TAIL,
    r"^(?P<name>[a-z]{3,12})[\s\-.]+(?P<day>\d{1,2})[\s\-.,]+(?P<year>\d{4})" + TAIL,
)
LAYOUTS = (NUMBERED, *YEAR_FIRST, *NAMED)
MANY, SAMPLE = 1000, 50
CLOCK = (
    r"^(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d{1,9})?))?"
    r"\s*(?P<half>[ap]m)?\s*(?P<offset>z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
SIMPLER = (
    (r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", ""),
    (r"(\d\s*)([ap])\.\s?m\.?$", r"\1\2m"),
    (r"^(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日", r"\1-\2-\3 "),
    (r"\s(?:gmt|utc)([+-]\d)", r" \1"),
    (r"\s\([^()]*\)$", ""),
)
MAY_BE_SPELT = r"(?:19|20)\d{2}|\d[^\w\s]?[\s'-]?[a-z]{3,}|[^\x00-\x7f]"
"""A year, the name of a month behind a day, or letters that are not those of English."""
COUNTED = r"^\d{5}(?:[.,]\d+)?$|^\d{10}(?:\.\d+)?$|^\d{12,19}$"
"""Days of a spreadsheet, seconds, milliseconds, microseconds and nanoseconds since 1970; 20240105093000 in one."""
SECONDS = {10: 1, 13: 1e3, 16: 1e6, 19: 1e9}
"""How many of a count since 1970 make a second, by the digits it has from 2001 to 2286."""
TOGETHER = {12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
FIRST_SECOND, LAST_SECOND = 631_152_000, 4_102_444_800
"""1990 and 2100: what counts to another year is no moment."""
FIRST_DAY, LAST_DAY = 32_874, 73_051
"""The same years as days of a spreadsheet."""
SHEET_EPOCH = pd.Timestamp("1899-12-30")
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


def plain_times(column: pd.Series) -> pd.Series | None:
    """Return the moments of texts that are all written as ISO has it, or missing; None where any is not.

    Of other columns it is None as well: this is only the fast way through most of them.

    >>> plain_times(pd.Series(["2018-02-01 10:00:00", None])).astype(str).tolist()
    ['2018-02-01 10:00:00', nan]
    """
    if not pd.api.types.is_string_dtype(column.dtype):
        return None
    for zone in (None, "UTC"):
        with suppress(pa.ArrowInvalid):
            moments = pc.cast(to_arrow(column), pa.timestamp("us", zone)).to_numpy(zero_copy_only=False)
            values = pd.Series(moments, index=column.index)
            return values.where(values.dt.year >= EARLIEST_YEAR)
    return None


def decide_order(texts: pd.Series) -> tuple[str | None, bool]:
    """Decide from all values of a column whether the day or the month comes first.

    Returns the order (``None`` where no value is written like ``01-02-2018``) and whether the values leave it open.

    >>> decide_order(pd.Series(["01-02-2018", "26-02-2018"]))
    ('day first', False)
    >>> decide_order(pd.Series(["01/02/2018"]))
    ('day first', True)
    """
    bare = texts.astype("str").str.strip().str.lower().str.replace(*SIMPLER[0], regex=True)
    parts = _extract(bare, NUMBERED)
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
    """Read dates of other layouts: the plain ones, then what counts the time since a day, then what is spelt out."""
    moments = _read_layouts(texts, order)
    for read in (_read_counted, lambda cells: _read_simplified(cells, order), lambda cells: _read_spelt(cells, order)):
        rest = texts[moments.isna()]
        if not rest.empty:
            moments[rest.index] = read(rest)
    return moments


def _read_layouts(texts: pd.Series, order: str) -> pd.Series:
    """Write dates of plain layouts as ISO, then read them; a text goes through layouts until one fits."""
    moments, rest = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]"), texts
    for layout in _most_fitting_first(texts):
        if rest.empty:
            break
        date = _extract(rest, layout)
        fits = date["year"].notna()
        if fits.any():
            date = _as_iso(date if fits.all() else date[fits], order)
            moments[date.index] = _read_iso(
                date["year"] + "-" + date["month"] + "-" + date["day"] + _clocks(date["clock"])
            )
            rest = rest[~fits]
    return moments


def _most_fitting_first(texts: pd.Series) -> Sequence[str]:
    """Return the layouts with the one first that most of the first cells have: no text fits two of them."""
    if len(texts) < MANY:
        return LAYOUTS
    first = texts.iloc[:SAMPLE]
    return sorted(LAYOUTS, key=lambda layout: -first.str.match(layout).sum())


def _as_iso(date: pd.DataFrame, order: str) -> pd.DataFrame:
    """Return the parts of a date with the number of its month and four digits of its year."""
    if "first" in date:
        names = {"first": "day", "second": "month"} if order == DAY_FIRST else {"first": "month", "second": "day"}
        date = date.rename(columns=names)
        date["year"] = date["year"].where(date["year"].str.len() == 4, "20" + date["year"])
    elif "name" in date:
        date["month"] = date["name"].map(MONTH_NUMBERS).astype("str")
    return date


def _read_counted(texts: pd.Series) -> pd.Series:
    """Read digits alone: a count since a day, or year, month, day, hour and minute without anything between."""
    moments = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    cells = texts[texts.str.match(COUNTED)]
    if cells.empty:
        return moments
    counted = moments_of_counts(pd.to_numeric(cells.str.replace(",", "."), errors="coerce"))
    moments[cells.index] = counted
    for digits, layout in TOGETHER.items():
        together = cells[(cells.str.len() == digits) & cells.str.match("19|20")]
        moments[together.index] = pd.to_datetime(together, format=layout, errors="coerce").astype("datetime64[us]")
    return moments


def moments_of_counts(counts: pd.Series) -> pd.Series:
    """Return the moments that numbers count to: days of a spreadsheet, or seconds and finer since 1970.

    What would lie before 1990 or after 2099 is missing. Days are rounded to seconds, for spreadsheets hold fractions.

    >>> moments_of_counts(pd.Series([1704110400, 1704110400123, 45292.5, 12])).astype(str).tolist()
    ['2024-01-01 12:00:00.000', '2024-01-01 12:00:00.123', '2024-01-01 12:00:00.000', nan]
    """
    moments = pd.Series(pd.NaT, index=counts.index, dtype="datetime64[us]")
    for per_second in SECONDS.values():
        within = counts.between(FIRST_SECOND * per_second, LAST_SECOND * per_second, inclusive="left")
        if within.any():
            microseconds = (counts[within] * (1e6 / per_second)).round().astype("int64")
            moments[within] = microseconds.astype("datetime64[us]")
    days = counts.between(FIRST_DAY, LAST_DAY, inclusive="left")
    if days.any():
        seconds = (counts[days] * 86_400).round().astype("int64")
        moments[days] = SHEET_EPOCH + pd.to_timedelta(seconds, unit="s")
    return moments


def _read_simplified(texts: pd.Series, order: str) -> pd.Series:
    """Read what fits a plain layout once it has no weekday before it, no wide characters, and am for a. m."""
    simple = pc.utf8_normalize(to_arrow(texts), "NFKC")
    for pattern, replacement in SIMPLER:
        simple = pc.replace_substring_regex(simple, pattern, replacement)
    cells = pd.Series(simple.to_pandas().array, index=texts.index, dtype="str").str.strip()
    return _read_layouts(cells.where(cells != texts), order)


def _read_spelt(texts: pd.Series, order: str) -> pd.Series:
    """Read what people and systems spell out, each distinct text once."""
    codes, unique = pd.factorize(texts.where(texts.str.contains(MAY_BE_SPELT)))
    plain = pd.Series([plain_moment(text) for text in unique], dtype="str")
    moments = _read_layouts(plain, order)
    return pd.Series(moments.array.take(codes, allow_fill=True), index=texts.index)


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

"""Read the cells of a column as what they mean: numbers, flags, times or text; say which of them cannot be read.

Pure functions of a column. What depends on the column as a whole (a decimal comma, the day before the month)
is decided once by `decide_format` and then given, so that one cell alone reads the same as among others.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.parsing.bands import bounds_of
from data.parsing.magnitudes import BEHIND_NUMBER, FACTORS
from data.parsing.money import CODES, SIGNS, Currency, marks_of
from data.parsing.times import decide_order, moments_of_counts, parse_times, plain_times, to_arrow
from data.vocabulary import NUMERIC, Kind

MISSING = frozenset({"", "null", "nan", "n/a", "#n/a", "select", "-", "--", "?", "(not set)", "(blank)"})
MISSING_NUMBERS = MISSING | {"na", "none"}
YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "on"})
NO = frozenset({"no", "n", "false", "f", "0", "0.0", "off"})
DECIMAL_COMMA, DECIMAL_POINT = "decimal comma", "decimal point"
CODE = f"(?:{'|'.join(CODES).lower()})"
MONEY = rf"{'|'.join(re.escape(sign.lower()) for sign in SIGNS if sign != 'KR')}|\b{CODE}\b"
MONEY += r"|^rs\b|\brub\b|\bkr\b\.?|kr\.?$"  # KR1 is no amount
SPACE = "[\\s\u00a0\u202f\u2009'\u2019]"  # blanks and apostrophes part thousands in some countries
GROUPED = rf"\d{{1,3}}(?:{SPACE}\d{{3}})+|\d{{1,3}}(?:,\d{{3}})+|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}"
POINTED = rf"^[+-]?(?:{GROUPED}|\d+)?(?:\.\d*)?(?:e[+-]?\d{{1,3}})?$"
PLAIN, PLAIN_WHOLE = r"^-?\d{1,300}(?:\.\d+)?$", r"^-?\d{1,300}$"
SIGNED = r"^[$€£]?\s?(?:\d{1,3}(?:,\d{3})+|\d{1,300})(?:\.\d+)?\s?[$€£]?$"
"""The amounts that most systems write, with a decimal point: they need no look for rarer signs."""
BARE = (
    ("[\u2010-\u2013\u2212]", "-"),
    (rf"(\d){CODE}$", r"\1"),
    (rf"^{CODE}(\d)", r"\1"),
    (MONEY, ""),
    ("%", ""),
    (r"^\s+|\s+$", ""),
    (r"^\((.*)\)$", r"-\1"),
    (r"[.,]-{1,2}$", ""),  # 1'200.- in Switzerland
    (r"^(\d.*)-$", r"-\1"),
    (rf"^([+-]){SPACE}+", r"\1"),
)
"""What leaves a number bare, one after the other."""
OUTER_SIGN, DIGITS_ALONE = r"^\s*[$€£]\s?|\s?[$€£]\s*$", r"^-?\d(?:[\d.,]*\d)?$"
"""What leaves most amounts bare, and what those look like then: only the others need all of the above."""
ONE_SEPARATOR = r"^[+-]?\d+[.,]\d+$"
SURE_FRACTION = rf"^[+-]?(?:\d+(?:{SPACE}\d{{3}})*[.,](?:\d{{1,2}}|\d{{4,}})|0[.,]\d+)$"
GROUPED_BY_DOTS = r"\d\.\d{3}(?:\.\d{3}|,)"
GROUPED_BY_COMMAS = r"\d,\d{2,3}(?:,\d{2,3}|\.)"


LETTERS = re.compile("[a-z]+")
BESIDE_NUMBERS = {"e", *LETTERS.findall(" ".join([*CODES, *SIGNS, *FACTORS]).lower()), "rs", "rub", "kr"}
"""All runs of letters that a number may be written with; those beyond a to z are not looked at."""


class Parsed(NamedTuple):
    """The values of a column, and which of its cells held something that could not be read."""

    values: pd.Series
    bad: pd.Series


def read_cells(column: pd.Series, kind: Kind, written: str | None = None, currency: Currency | None = None) -> Parsed:
    """Read a column as its kind: NUMBER, BAND and FLAG as float64, TIME as datetime64[us], all else as text.

    ``written`` is what `decide_format` decided for the column. Amounts are read in its ``currency``: of others without
    a rate the values are missing.

    >>> read_cells(pd.Series(["1,200", "Select", "n. a. N"]), Kind.NUMBER).values.tolist()
    [1200.0, nan, nan]
    """
    if kind in NUMERIC:
        parsed = (numbers if kind is Kind.NUMBER else bands)(column, decimal_comma=written == DECIMAL_COMMA)
        return parsed if currency is None else parsed._replace(values=parsed.values * worths(column, currency))
    if kind is Kind.FLAG:
        return flags(column)
    if kind is Kind.TIME:
        return times(column, written)
    values = _as_text(column) if kind is Kind.ID else texts(column)
    return Parsed(values, pd.Series(False, index=column.index))


def decide_format(column: pd.Series, kind: Kind) -> tuple[str | None, bool]:
    """Decide how the numbers or dates of a text column are written, and whether its values leave that open."""
    if kind is Kind.TIME:
        return decide_order(texts(column).dropna())
    if kind is Kind.NUMBER:
        return _decide_decimal(texts(column).dropna())
    if kind is Kind.BAND:
        return _decide_decimal_of_bands(texts(column).dropna())
    return None, False


def worths(column: pd.Series, currency: Currency, named: pd.Series | None = None) -> pd.Series:
    """Return what one unit of the currency of each amount is worth, 1 where none is named; missing without a rate.

    The currency is the one that is ``named`` beside an amount, else that which it is written with.

    >>> worths(pd.Series(["5 €", "$5", "£5", "5"]), Currency("EUR", {"USD": 0.9})).tolist()
    [1.0, 0.9, nan, 1.0]
    """
    is_text = pd.api.types.is_string_dtype(column.dtype)
    written = _worths(marks_of(column), currency) if is_text else 1.0
    if named is None:
        return pd.Series(written, index=column.index)
    codes = texts(named).str.upper()
    return _worths(codes, currency).where(codes.notna(), written)


def _worths(marks: pd.Series, currency: Currency) -> pd.Series:
    worth = _by_value(marks, lambda each: each.map(currency.worth).astype("float64"))
    return worth.where(marks.notna(), 1.0)


def texts(column: pd.Series, missing: frozenset[str] = MISSING) -> pd.Series:
    """Return cells as text without blanks around; what means "not filled in" is missing.

    ``NA`` is kept: it may be Namibia or North America.

    >>> texts(pd.Series([" Select ", "NA", "?", "Olark Chat"])).dropna().tolist()
    ['NA', 'Olark Chat']
    """
    return _by_value(_as_text(column), lambda cells: _without(cells.str.strip(), missing))


def flags(column: pd.Series) -> Parsed:
    """Return 1.0 for yes, true, 1 …, 0.0 for no, false, 0 …; anything else is bad."""
    cells = texts(column, MISSING_NUMBERS)
    meaning = dict.fromkeys(YES, 1.0) | dict.fromkeys(NO, 0.0)
    values = _by_value(cells, lambda unique: unique.str.lower().map(meaning).astype("float64"))
    return Parsed(values, values.isna() & cells.notna())


def numbers(column: pd.Series, *, decimal_comma: bool = False) -> Parsed:
    """Return finite numbers; thousands separators, signs of currencies and percent signs are understood.

    >>> numbers(pd.Series(["$1,200.50", "45%", "(500)", "1e999"])).values.tolist()
    [1200.5, 0.45, -500.0, nan]
    >>> numbers(pd.Series(["1.200,50 €"]), decimal_comma=True).values.tolist()
    [1200.5]
    """
    if not pd.api.types.is_string_dtype(column.dtype):
        values = pd.to_numeric(column, errors="coerce").astype("float64")
        return Parsed(values.where(np.isfinite(values)), values.abs() == np.inf)
    if (plain := _plain_numbers(column, decimal_comma)) is not None:
        return Parsed(plain, pd.Series(False, index=column.index))
    cells = texts(column, MISSING_NUMBERS)
    values = _by_value(cells, lambda unique: _to_numbers(unique, decimal_comma))
    return Parsed(values, values.isna() & cells.notna())


def _plain_numbers(column: pd.Series, decimal_comma: bool) -> pd.Series | None:
    """Return the numbers of a column whose cells are all digits, as most systems write them; None of any other."""
    are_plain = pc.match_substring_regex(to_arrow(column), PLAIN_WHOLE if decimal_comma else PLAIN)
    return _to_floats(column) if pc.all(are_plain).as_py() else None


def bands(column: pd.Series, *, decimal_comma: bool = False) -> Parsed:
    """Return the number from which on each band holds; 0 where it only has an end.

    >>> bands(pd.Series(["51-200", "5,000+", "less than 10", "7", "n/a"])).values.tolist()
    [51.0, 5000.0, 0.0, 7.0, nan]
    """
    if not pd.api.types.is_string_dtype(column.dtype):
        return numbers(column)
    cells = texts(column, MISSING_NUMBERS)
    values = _by_value(cells, lambda unique: _lower_bounds(unique, decimal_comma))
    return Parsed(values, values.isna() & cells.notna())


def may_be_numbers(cells: pd.Series) -> pd.Series:
    """Return which texts hold no letters but those of currencies and magnitudes: no other is read as a number.

    >>> may_be_numbers(pd.Series(["1,2 Mio. EUR", "5 kr", "room 5", "p5@firm.example"])).tolist()
    [True, True, False, False]
    """
    return cells.map(lambda cell: all(_is_beside_number(run) for run in LETTERS.findall(cell.lower()))).astype(bool)


def _is_beside_number(letters: str) -> bool:
    return letters in BESIDE_NUMBERS or letters.endswith("kr")


def labels_of_bands(written: Sequence[str]) -> dict[float, str]:
    """Return how bands are written, by the number from which on each holds; the first of those with the same one.

    >>> labels_of_bands(["51-200", "less than 10", "51 - 200"])
    {51.0: '51-200', 0.0: 'less than 10'}
    """
    cells = pd.Series(written, dtype="str")
    values = read_cells(cells, Kind.BAND, decide_format(cells, Kind.BAND)[0]).values
    labels: dict[float, str] = {}
    for value, label in zip(values.dropna(), cells[values.notna()], strict=True):
        labels.setdefault(value, label)
    return labels


def _lower_bounds(cells: pd.Series, decimal_comma: bool) -> pd.Series:
    bounds = [bounds_of(cell) if isinstance(cell, str) else None for cell in cells]
    lower = pd.Series([each and (each.lower or "0") for each in bounds], index=cells.index, dtype="str")
    return _to_numbers(lower, decimal_comma)


def _decide_decimal_of_bands(cells: pd.Series) -> tuple[str | None, bool]:
    """Decide from the bounds of bands; where each has three digits behind its only sign, these are thousands."""
    bounds = [bound for cell in cells.unique() for bound in bounds_of(cell) or () if bound]
    bare = _bare(pd.Series(bounds, dtype="str"))
    written, is_open = _decide_decimal(bare)
    if is_open and bare.str.match(r"^\d{1,3}\.\d{3}$").any() and not bare.str.contains(",", regex=False).any():
        return DECIMAL_COMMA, False
    return written, False


def times(column: pd.Series, order: str | None = None) -> Parsed:
    """Return moments in naive UTC; ``order`` says whether ``01-02-2018`` begins with the day or the month."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        utc = column.dt.tz_convert(None) if column.dt.tz is not None else column
        return Parsed(utc.astype("datetime64[us]"), pd.Series(False, index=column.index))
    if (moments := plain_times(column)) is not None:
        return Parsed(moments, moments.isna() & column.notna())
    cells = _without(_as_text(column).str.strip(), MISSING_NUMBERS)
    values = _counted(column) if pd.api.types.is_numeric_dtype(column.dtype) else parse_times(cells, order)
    return Parsed(values, values.isna() & cells.notna())


def _counted(column: pd.Series) -> pd.Series:
    """Return the moments of numbers: counts since a day, or the digits of a date such as 20240131."""
    moments = moments_of_counts(column.astype("float64"))
    rest = moments.isna() & column.notna()
    if rest.any():
        moments[rest] = parse_times(_as_text(column[rest]))
    return moments


def _by_value(cells: pd.Series, function: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Apply a function once per distinct value: most columns have few."""
    codes, unique = pd.factorize(cells)
    results = function(pd.Series(unique, dtype="str"))
    return pd.Series(results.array.take(codes, allow_fill=True), index=cells.index)


def _as_text(column: pd.Series) -> pd.Series:
    """Return cells as text; whole numbers have no decimals, also where missing ones made them floats."""
    if pd.api.types.is_string_dtype(column.dtype):
        return column.astype("str")
    text = column.astype("str")
    return text.str.replace(r"\.0$", "", regex=True) if pd.api.types.is_float_dtype(column.dtype) else text


def _without(cells: pd.Series, missing: frozenset[str]) -> pd.Series:
    return cells.mask(cells.str.lower().isin(missing))


def _to_numbers(cells: pd.Series, decimal_comma: bool) -> pd.Series:
    is_plain = _matches(cells, PLAIN_WHOLE if decimal_comma else PLAIN)
    values = _to_floats(cells.where(is_plain))
    rest = cells[~is_plain]
    return values if rest.empty else values.mask(~is_plain, _decorated(rest, decimal_comma))


def _decorated(cells: pd.Series, decimal_comma: bool) -> pd.Series:
    """Read numbers with separators, signs of currencies or percent signs."""
    pointed = cells.str.translate({ord(","): ".", ord("."): ","}) if decimal_comma else cells
    is_signed = _matches(pointed, SIGNED)
    values = _to_floats(pointed.where(is_signed), without=r"[$€£,\s]")
    rest = cells[~is_signed]
    return values if rest.empty else values.mask(~is_signed, _further_decorated(rest, decimal_comma))


def _further_decorated(cells: pd.Series, decimal_comma: bool) -> pd.Series:
    plain, factors = _without_magnitude(_bare(cells))
    if decimal_comma:
        plain = plain.str.translate({ord(","): ".", ord("."): ","})
    readable = plain.str.match(POINTED) & plain.str.match(r"[+-]?\.?\d")
    values = _to_floats(plain.where(readable), without=rf"[+,]|{SPACE}") * factors
    values = values.mask(cells.str.contains("[%\uff05]"), values / 100)
    return values.where(np.isfinite(values))


def _to_floats(cells: pd.Series, without: str = "") -> pd.Series:
    """Return the numbers of cells of digits, once what a pattern finds in them is left out."""
    digits = pc.replace_substring_regex(to_arrow(cells), without, "") if without else to_arrow(cells)
    return pd.Series(pc.cast(digits, pa.float64()).to_numpy(zero_copy_only=False), index=cells.index)


def _matches(cells: pd.Series, pattern: str) -> pd.Series:
    """Return whether each cell matches a pattern; a missing one does not."""
    are_matches = pc.fill_null(pc.match_substring_regex(to_arrow(cells), pattern), False)
    return pd.Series(are_matches.to_numpy(zero_copy_only=False), index=cells.index)


def _bare(cells: pd.Series) -> pd.Series:
    """Return sign, digits, separators, exponent and magnitude only: no currency, no percent sign; (5) and 5- are -5."""
    signs_off = pc.replace_substring_regex(to_arrow(cells), OUTER_SIGN, "").to_pandas()
    bare = pd.Series(signs_off.array, index=cells.index, dtype="str")
    is_bare = _matches(bare, DIGITS_ALONE)
    rest = cells[~is_bare]
    return bare if rest.empty else bare.mask(~is_bare, _bare_of_all(rest))


def _bare_of_all(cells: pd.Series) -> pd.Series:
    plain = pc.utf8_lower(to_arrow(_without_wide(cells)))
    for pattern, replacement in BARE:
        plain = pc.replace_substring_regex(plain, pattern, replacement)
    return pd.Series(plain.to_pandas().array, index=cells.index, dtype="str").str.strip()


def _without_wide(cells: pd.Series) -> pd.Series:
    """Return cells with the wide digits and signs of East Asian keyboards as the common ones."""
    is_wide = cells.str.contains("[\uff00-\uffef]", na=False)
    if not is_wide.any():
        return cells
    return cells.where(~is_wide, cells[is_wide].map(lambda cell: unicodedata.normalize("NFKC", str(cell))))


def _without_magnitude(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return numbers without the word that multiplies them, and the factors, 1 where there is none."""
    parts = pc.extract_regex(to_arrow(cells), BEHIND_NUMBER)
    if parts.null_count == len(parts):
        return cells, pd.Series(1.0, index=cells.index)
    digits, words = (
        pd.Series(pc.if_else(parts.is_valid(), pc.struct_field(parts, name), None).to_pandas().array, index=cells.index)
        for name in ("digits", "word")
    )
    return digits.fillna(cells).str.strip(), words.map(FACTORS).astype("float64").fillna(1.0)


def _decide_decimal(cells: pd.Series) -> tuple[str | None, bool]:
    """Take the comma for the decimal sign where more values show that than show the opposite.

    Only ``1,234`` leaves it open: it is then twelve hundred, not one and a bit.
    """
    if _matches(cells, PLAIN_WHOLE).all():
        return DECIMAL_POINT, False
    bare = cells if _matches(cells, PLAIN).all() else _without_magnitude(_bare(cells))[0]
    is_fraction = bare.str.match(SURE_FRACTION)
    commas = (bare.str.contains(GROUPED_BY_DOTS) | (is_fraction & bare.str.contains(",", regex=False))).sum()
    points = (bare.str.contains(GROUPED_BY_COMMAS) | (is_fraction & bare.str.contains(".", regex=False))).sum()
    is_open = bool(bare.str.match(ONE_SEPARATOR).any() and commas == points)
    return (DECIMAL_COMMA if commas > points else DECIMAL_POINT), is_open

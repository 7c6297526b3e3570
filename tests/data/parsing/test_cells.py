"""Cells are read as what they mean, one alone as among others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.parsing.cells import (
    DECIMAL_COMMA,
    DECIMAL_POINT,
    decide_format,
    flags,
    may_be_numbers,
    numbers,
    read_cells,
    texts,
    times,
)
from data.parsing.times import DAY_FIRST, MONTH_FIRST, decide_order, lacks_offset, parse_times
from data.vocabulary import Kind

quickly = settings(max_examples=40, deadline=None)


def column(*cells: object) -> pd.Series:
    return pd.Series(list(cells), dtype="str")


@pytest.mark.parametrize(
    "cell", ["", "  ", "null", "NaN", "N/A", "#n/a", "Select", "-", "--", "?", "(not set)", "(Blank)"]
)
def test_what_means_not_filled_in_is_missing(cell) -> None:
    assert texts(column(cell)).isna().all()
    assert numbers(column(cell)).values.isna().all()
    assert not numbers(column(cell)).bad.any()


def test_na_is_a_value_of_a_category_but_no_number() -> None:
    assert texts(column("NA", "na")).tolist() == ["NA", "na"]
    assert not numbers(column("NA")).bad.any()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("007", 7),
        ("-3", -3),
        ("\u22123", -3),
        ("+ 5", 5),
        (".5", 0.5),
        ("1e5", 1e5),
        ("1,234", 1234),
        ("1,234,567.89", 1234567.89),
        ("1 234 567", 1234567),
        ("1\u00a0234", 1234),
        ("1'234.5", 1234.5),
        ("12,34,567", 1234567),
        ("$1,200.50", 1200.5),
        ("1200 EUR", 1200),
        ("€ 12", 12),
        ("(500)", -500),
        ("45 %", 0.45),
    ],
)
def test_a_number_is_understood(cell, value) -> None:
    assert numbers(column(cell)).values.tolist() == [pytest.approx(value)]


@pytest.mark.parametrize(
    "cell", ["inf", "-Infinity", "1e999", "0x10", "1_000", "12 34", "12abc", "1,23", ".", "e5", "1.2.3"]
)
def test_what_is_no_finite_number_is_bad(cell) -> None:
    assert numbers(column(cell)).values.isna().all()
    assert numbers(column(cell)).bad.all()


def test_infinite_numbers_of_parquet_are_bad() -> None:
    parsed = numbers(pd.Series([1.5, np.inf, np.nan]))
    assert parsed.bad.tolist() == [False, True, False]
    assert parsed.values.isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("cells", "written", "is_open"),
    [
        (["1.200,50", "3"], DECIMAL_COMMA, False),
        (["12,5"], DECIMAL_COMMA, False),
        (["1.234.567", "900"], DECIMAL_COMMA, False),
        (["1,200.50", "1,5"], DECIMAL_POINT, True),
        (["12.5", "3.75", "1,5"], DECIMAL_POINT, False),
        (["1,234"], DECIMAL_POINT, True),
        (["5", "6"], DECIMAL_POINT, False),
    ],
)
def test_the_decimal_sign_is_decided_for_the_column(cells, written, is_open) -> None:
    assert decide_format(column(*cells), Kind.NUMBER) == (written, is_open)


@quickly
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_python_writes_is_read_back_exactly(value) -> None:
    assert numbers(column(repr(value))).values.tolist() == [value]


@quickly
@given(st.integers(-(10**12), 10**12), st.integers(0, 99))
def test_thousands_and_decimals_of_both_worlds_mean_the_same(whole, cents) -> None:
    pointed = f"{whole:,}.{cents:02}"
    swapped = pointed.translate({ord(","): ".", ord("."): ","})
    expected = numbers(column(pointed)).values
    assert numbers(column(swapped), decimal_comma=True).values.equals(expected)


def test_flags_are_yes_and_no_in_many_words() -> None:
    parsed = flags(column("Yes", "FALSE", "1", "0.0", "y", "maybe", "", None))
    assert parsed.values.tolist()[:5] == [1, 0, 1, 0, 1]
    assert parsed.bad.tolist() == [False] * 5 + [True, False, False]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2018-02-01", "2018-02-01"),
        ("2018-02-01T10:00:00Z", "2018-02-01 10:00"),
        ("2018-02-01 10:00:00.000 UTC", "2018-02-01 10:00"),
        ("2018-02-01T10:00:00+02:00", "2018-02-01 08:00"),
        ("2018/2/1 9:05", "2018-02-01 09:05"),
        ("20180201", "2018-02-01"),
        ("01-02-2018", "2018-02-01"),
        ("26-02-2018 19:58", "2018-02-26 19:58"),
        ("1.2.18", "2018-02-01"),
        ("Feb 1, 2018 12:05 am", "2018-02-01 00:05"),
        ("1-FEB-2018 3:45 PM", "2018-02-01 15:45"),
    ],
)
def test_a_time_is_understood(cell, moment) -> None:
    assert times(column(cell)).values.tolist() == [pd.Timestamp(moment)]


@pytest.mark.parametrize("cell", ["31-02-2018", "01-02-2018 25:00", "soon", "2018", "0001-01-01", "5 Foo 2018", "1.5"])
def test_what_is_no_time_is_bad(cell) -> None:
    assert times(column(cell)).bad.all()


def test_the_order_of_day_and_month_is_decided_for_the_column() -> None:
    assert decide_order(column("01-02-2018", "26-02-2018 19:58")) == (DAY_FIRST, False)
    assert decide_order(column("01/02/2018", "02/26/2018")) == (MONTH_FIRST, False)
    assert decide_order(column("01/02/2018")) == (DAY_FIRST, True)
    assert decide_order(column("2018-01-02")) == (None, False)


@quickly
@given(st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2200-01-01")), st.sampled_from([DAY_FIRST, MONTH_FIRST]))
def test_every_layout_tells_the_same_moment(moment, order) -> None:
    day = "%d/%m/%Y" if order == DAY_FIRST else "%m/%d/%Y"
    layouts = (
        "%Y-%m-%d %H:%M:%S",
        f"{day} %H:%M:%S",
        "%Y/%m/%d %H:%M:%S",
        "%d %b %Y %I:%M:%S %p",
        "%B %d, %Y %H:%M:%S",
    )
    times = parse_times(column(*(moment.strftime(layout) for layout in layouts)), order)
    assert set(times) == {pd.Timestamp(moment.replace(microsecond=0))}


def test_times_with_a_zone_become_utc() -> None:
    zoned = pd.Series(pd.to_datetime(["2018-07-01T12:00"])).dt.tz_localize("Europe/Berlin")
    assert times(zoned).values.tolist() == [pd.Timestamp("2018-07-01 10:00")]


def test_a_time_without_an_offset_is_noticed() -> None:
    assert lacks_offset(column("2018-02-01T10:00:00Z", "2018-02-01"))
    assert not lacks_offset(column("2018-02-01T10:00:00Z", "2018-02-01 10:00:00+0200", None))


anything = st.one_of(
    st.none(),
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=10),
    st.sampled_from(
        ["1.234", "12,5", "1,234", "01-02-2018", "26.02.2018", "02/26/2018", "yes", "Select", "51-200", "45%"]
    ),
)


@quickly
@given(cells=st.lists(anything, min_size=1, max_size=12), kind=st.sampled_from(list(Kind)), at=st.integers(0))
def test_one_cell_alone_is_read_as_among_others(cells, kind, at) -> None:
    all_cells, one = column(*cells), column(cells[at % len(cells)])
    written, _ = decide_format(all_cells, kind)
    among, alone = read_cells(all_cells, kind, written), read_cells(one, kind, written)
    assert among.values[[at % len(cells)]].reset_index(drop=True).equals(alone.values)
    assert among.bad[at % len(cells)] == alone.bad[0]


@quickly
@given(st.lists(anything, max_size=12), st.sampled_from(list(Kind)))
def test_a_bad_cell_is_missing_and_had_content(cells, kind) -> None:
    parsed = read_cells(column(*cells), kind)
    assert parsed.values[parsed.bad].isna().all()
    assert column(*cells)[parsed.bad].notna().all()


def test_signs_and_codes_of_currencies_are_no_part_of_a_number():
    amounts = ["R$ 5", "A$5", "5 kr", "kr. 5", "5kr.", "5 zł", "5 Kč", "SEK 5", "CA$5"]
    assert numbers(pd.Series(amounts)).values.tolist() == [5.0] * len(amounts)
    assert numbers(pd.Series(["KR1", "kraft 5"])).bad.all()


SIGNS_AND_WORDS = st.sampled_from(["", "$", "€", "US$", "CHF", "kr", "Rs.", "R$", "zł", "Mio.", "k", "mkr", "e5"])
DIGITS = st.from_regex(r"\A-?[0-9]{1,3}([,. ][0-9]{3}){0,2}([.,][0-9]{1,3})?\Z")


@quickly
@given(DIGITS, SIGNS_AND_WORDS, SIGNS_AND_WORDS, st.booleans())
def test_a_cell_is_read_the_same_alone_and_among_others_of_rarer_layouts(digits, before, behind, comma) -> None:
    cell = f"{before}{digits} {behind}".strip()
    alone = numbers(column(cell), decimal_comma=comma)
    among = numbers(column("(5) CHF", cell, "7%", "n/a", "x"), decimal_comma=comma)
    assert alone.values.equals(among.values[[1]].reset_index(drop=True))


@quickly
@given(DIGITS, SIGNS_AND_WORDS, SIGNS_AND_WORDS, st.booleans())
def test_what_is_read_as_a_number_was_taken_for_one_by_its_letters(digits, before, behind, comma) -> None:
    cells = column(f"{before}{digits}{behind}", f"{before} {digits} {behind}", f"{digits}{behind.upper()}")
    read = numbers(cells, decimal_comma=comma).values.notna()
    assert may_be_numbers(cells)[read].all()


@quickly
@given(st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2099-12-31")), st.sampled_from(["T", " "]))
def test_a_moment_is_read_the_same_alone_and_among_others_of_rarer_layouts(moment, between) -> None:
    for cell in (moment.isoformat(between), moment.isoformat(between) + "Z", moment.date().isoformat()):
        alone = times(column(cell, None)).values
        assert alone[0] == times(column(cell, "5 Feb 2018 1:30 PM")).values[0] == pd.Timestamp(cell).tz_localize(None)
        assert pd.isna(alone[1])


def test_years_before_1900_are_no_moments_in_any_layout() -> None:
    assert times(column("1899-12-31", "1900-01-01")).bad.tolist() == [True, False]

"""Moments: the layouts that systems and people write, read as the same moments."""

from datetime import datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.parsing import lacks_clock
from data.parsing.cells import times
from data.parsing.times import DAY_FIRST, MONTH_FIRST, decide_order, parse_times

quickly = settings(max_examples=40, deadline=None)
moments = st.datetimes(datetime(1990, 1, 2), datetime(2038, 1, 1)).map(lambda moment: moment.replace(microsecond=0))


def read(text: str, order: str = DAY_FIRST) -> pd.Timestamp:
    return parse_times(pd.Series([text]), order)[0]


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-05", "2024-02-29"],
        ["2024-01-05T00:00:00.000+0000", "2024-01-06T00:00:00.000+0000"],
        ["2024-01-05 00:00:00+01:00"],
        ["1/5/2024 12:00:00 AM", "1/6/2024 12:00 a.m."],
        ["2023年1月1日", "2023年1月2日 0时00分"],
        ["5 Feb 2018", None],
    ],
)
def test_a_column_of_days_lacks_a_clock(cells):
    assert lacks_clock(pd.Series(cells))


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-05", "2024-01-05 09:30"],
        ["2024-01-05T00:00:01Z"],
        ["2024-01-05T00:00:00.5Z"],
        ["1/5/2024 12:00:00 PM"],
        ["1/5/2024 1 a.m.", "1/5/2024 1:30 am"],
        ["2023年1月1日 13时"],
        ["5 janvier 2018 14h30"],
        [None, None],
    ],
)
def test_one_time_of_day_is_a_clock_and_no_moment_lacks_none(cells):
    assert not lacks_clock(pd.Series(cells, dtype="str"))


def test_moments_that_were_read_lack_a_clock_where_all_are_at_midnight():
    days = pd.Series(pd.to_datetime(["2024-01-05", None]))
    assert lacks_clock(days)
    assert not lacks_clock(days + pd.Timedelta(seconds=1))


@quickly
@given(moments)
def test_a_count_since_1970_is_its_moment_in_text_and_as_a_number(moment):
    seconds = int(pd.Timestamp(moment).timestamp())
    for text in (f"{seconds * 1000}", f"{seconds * 1_000_000}", f"{seconds * 10**9}"):
        assert read(text) == moment
    if seconds >= 10**9:  # of nine digits, seconds are too much like other numbers to be read as text
        assert read(str(seconds)) == moment
    assert times(pd.Series([seconds * 1000, None])).values[0] == moment


@quickly
@given(moments)
def test_the_days_of_a_spreadsheet_are_their_moments_to_the_second(moment):
    days = (moment - datetime(1899, 12, 30)).total_seconds() / 86_400
    for text in (f"{days:.8f}", f"{days:.8f}".replace(".", ",")):
        assert read(text) == moment


@quickly
@given(moments, st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo", "UTC"]))
def test_a_moment_with_its_offset_is_the_same_everywhere_also_in_hours_that_come_twice(moment, zone):
    local = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    for text in (
        local.isoformat(),
        local.strftime("%Y-%m-%dT%H:%M:%S.000%z"),
        format_datetime(local),
        local.strftime(f"%a %b %d %Y %H:%M:%S GMT{offset} (Standard Time)"),
        local.strftime(f"%d/%m/%Y %I:%M:%S %p {offset}"),
        f"{local.isoformat()}[{zone}]",
    ):
        assert read(text) == moment, text


@quickly
@given(moments)
def test_what_systems_write_is_what_is_read(moment):
    for layout in (
        "%a %b %e %H:%M:%S UTC %Y",
        "%d-%b-%y %I.%M.%S.000000 %p",
        "%Y/%m/%d %H:%M:%S",
        "%Y%m%d%H%M%S",
        "%d.%m.%Y %H:%M:%S",
        "%A, %B %d, %Y at %I:%M:%S %p",
        "%Y年%m月%d日 %H:%M:%S",
        "%Y年%m月%d日%H時%M分%S秒",
    ):
        text = moment.strftime(layout)
        short_year = "%y" in layout and moment.year < 2000
        assert short_year or read(text) == moment, text
    assert read(moment.strftime("%m/%d/%Y, %I:%M:%S\u202f%p"), MONTH_FIRST) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2/1/2024 3:04:05 p. m.", "2024-01-02 15:04:05"),
        ("02/01/2024 12:00 a.m.", "2024-01-02 00:00"),
        ("2024-01-02 03:04 CET", "2024-01-02 02:04"),
        ("2024-07-01 03:04 Europe/Berlin", "2024-07-01 01:04"),
        ("2024-03-31 02:30 Europe/Berlin", "2024-03-31 01:30"),  # an hour that the clocks leave out
        ("2024-10-27 02:30 Europe/Berlin", "2024-10-27 00:30"),  # one that comes twice: the first of them
        ("14:30 02/01/2024", "2024-01-02 14:30"),
        ("202401020304", "2024-01-02 03:04"),
        ("２０２４年１月２日", "2024-01-02"),
    ],
)
def test_clocks_and_zones_are_read_as_they_are_meant(text, moment):
    assert read(text) == pd.Timestamp(moment)


@pytest.mark.parametrize("text", ["decision 12 2024", "Order 12 of 2024", "12345", "99999", "99/99/2024", "10-12"])
def test_what_is_no_moment_is_missing(text):
    assert pd.isna(read(text))


def test_the_order_of_day_and_month_is_found_behind_a_weekday():
    assert decide_order(pd.Series(["Mon 01/02/2024 10:00", "Fri 01/26/2024 9:00"])) == (MONTH_FIRST, False)

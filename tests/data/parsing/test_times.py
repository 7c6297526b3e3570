"""Moments: the layouts that systems and people write, read as the same moments."""

import pandas as pd
import pytest

from data.parsing import lacks_clock


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

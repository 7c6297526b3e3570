"""No label that was not known yet may be learned from."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from models.training.splits import rolling_splits, split_at_random, split_by_order, split_by_time

DAYS = st.lists(st.integers(0, 700), min_size=3, max_size=200)


@given(days=DAYS, horizon=st.integers(1, 200))
def test_a_window_is_over_before_the_next_block_begins(days, horizon):
    moments = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))
    splits, window = split_by_time(moments, horizon), pd.Timedelta(days=horizon)
    for earlier, later in ((splits.fit, splits.tune), (splits.tune, splits.test), (splits.fit, splits.test)):
        if earlier.any() and later.any():
            assert moments[earlier].max() + window <= moments[later].min()


@given(days=DAYS, horizon=st.integers(1, 200))
def test_no_row_is_in_two_blocks(days, horizon):
    moments = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))
    splits = split_by_time(moments, horizon)
    assert (splits.fit.astype(int) + splits.tune + splits.test).max() == 1


def test_the_newest_fifth_is_the_test_block():
    splits = split_by_order(pd.Series([3, 1, 2, 5, 4]))
    assert np.flatnonzero(splits.test).tolist() == [3]


def test_a_row_without_a_date_counts_as_the_oldest():
    dates = pd.Series([None, "2025-01-03", "2025-01-01", "2025-01-02", "2025-01-04"], dtype="datetime64[us]")
    assert np.flatnonzero(split_by_order(dates).test).tolist() == [4]


def test_random_blocks_are_the_same_for_the_same_seed():
    assert (split_at_random(50, seed=1).test == split_at_random(50, seed=1).test).all()
    assert (split_at_random(50, seed=1).test != split_at_random(50, seed=2).test).any()


@given(days=DAYS, horizon=st.integers(1, 200))
def test_what_an_origin_knows_was_over_before_what_lies_ahead_begins(days, horizon):
    moments = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))
    for origin in rolling_splits(moments, len(days), horizon, timed=True, seed=0):
        if origin.known.any() and origin.ahead.any():
            assert moments[origin.known].max() + pd.Timedelta(days=horizon) <= moments[origin.ahead].min()


@given(st.lists(st.integers(0, 30), min_size=6, max_size=60))
def test_each_row_of_the_newer_half_is_ahead_of_one_origin(keys):
    origins = rolling_splits(pd.Series(keys), len(keys), 0, timed=False, seed=0)
    seen = sum(origin.ahead.astype(int) for origin in origins)
    assert seen.sum() == len(keys) - round(len(keys) / 2)
    assert seen.max() == 1


def test_without_an_order_origins_are_drawn_and_the_same_for_the_same_seed():
    one, other = (rolling_splits(None, 60, 0, timed=False, seed=3) for _ in range(2))
    assert all((a.ahead == b.ahead).all() for a, b in zip(one, other, strict=True))
    assert not one[0].ahead[30:40].all()


def test_blocks_of_a_short_time_share_what_the_purges_leave():
    days = pd.Series(pd.date_range("2025-01-01", periods=300).repeat(10))
    splits = split_by_time(days, horizon=90)
    used = np.array([rows.sum() for rows in (splits.fit, splits.tune, splits.test)])
    assert (used / used.sum()).round(2).tolist() == [0.65, 0.16, 0.2]


def test_where_no_second_purge_fits_all_older_rows_are_there_to_fit_on():
    splits = split_by_time(pd.Series(pd.date_range("2025-01-01", periods=110)), horizon=60)
    assert (splits.fit.sum(), splits.tune.sum(), splits.test.sum()) == (29, 0, 22)

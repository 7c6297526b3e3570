"""No label that was not known yet may be learned from."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from models.blocks import blocks_by_order, blocks_by_time, random_blocks

DAYS = st.lists(st.integers(0, 700), min_size=3, max_size=200)


@given(days=DAYS, horizon=st.integers(1, 200))
def test_a_window_is_over_before_the_next_block_begins(days, horizon):
    moments = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))
    blocks, window = blocks_by_time(moments, horizon), pd.Timedelta(days=horizon)
    for earlier, later in ((blocks.fit, blocks.tune), (blocks.tune, blocks.test), (blocks.fit, blocks.test)):
        if earlier.any() and later.any():
            assert moments[earlier].max() + window <= moments[later].min()


@given(days=DAYS, horizon=st.integers(1, 200))
def test_no_row_is_in_two_blocks(days, horizon):
    moments = pd.Series(pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D"))
    blocks = blocks_by_time(moments, horizon)
    assert (blocks.fit.astype(int) + blocks.tune + blocks.test).max() == 1


def test_the_newest_fifth_is_the_test_block():
    blocks = blocks_by_order(pd.Series([3, 1, 2, 5, 4]))
    assert np.flatnonzero(blocks.test).tolist() == [3]


def test_a_row_without_a_date_counts_as_the_oldest():
    dates = pd.Series([None, "2025-01-03", "2025-01-01", "2025-01-02", "2025-01-04"], dtype="datetime64[us]")
    assert np.flatnonzero(blocks_by_order(dates).test).tolist() == [4]


def test_random_blocks_are_the_same_for_the_same_seed():
    assert (random_blocks(50, seed=1).test == random_blocks(50, seed=1).test).all()
    assert (random_blocks(50, seed=1).test != random_blocks(50, seed=2).test).any()

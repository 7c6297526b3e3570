"""When a lead is won: chances that never decrease with the days, and are right on average at each time."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fitting.timing import TIMES, fit_timing, measure_timing
from models.scoring.timing import Timing, days_if_won
from models.training import split_by_time

START = pd.Timestamp("2025-01-01")
END = pd.Timestamp("2026-01-01")


@pytest.fixture(scope="module")
def timed(table_of):
    """Leads of which the South buys within a month, and the rest any time later, if at all."""
    table = table_of(lambda features: features["visits"] - 2)
    random = np.random.default_rng(0)
    south = (table.features["region"] == "South").to_numpy()
    days = np.where(south, random.uniform(0, 30, len(table)), random.uniform(30, 200, len(table)))
    ever = (random.uniform(size=len(table)) < 0.5) & (days <= 365)
    as_of = START + pd.to_timedelta(random.integers(0, 180, len(table)), unit="D")
    won_at = pd.Series(as_of + pd.to_timedelta(days, unit="D")).where(ever)
    won = ever & (days <= 90)
    rows = table.rows.assign(as_of=as_of, won=won.astype(int), ever_won_at=won_at)
    return replace(table, rows=rows, timed=True)


@pytest.fixture(scope="module")
def probability(timed) -> np.ndarray:
    """What a model says that knows the regions."""
    return timed.rows["won"].groupby(timed.features["region"].fillna("")).transform("mean").to_numpy()


@pytest.fixture(scope="module")
def told(timed, probability) -> dict[int, np.ndarray]:
    return fit_timing(timed, probability, END, seed=0).chances(timed.features, probability)


def test_chances_never_decrease_and_the_model_s_own_is_among_them(told, probability):
    assert tuple(told) == TIMES
    assert (np.diff(np.column_stack(list(told.values())), axis=1) >= 0).all()
    assert (told[90] == probability).all()


def test_chances_are_right_on_average_at_each_time(timed, told):
    days = (timed.rows["ever_won_at"] - timed.rows["as_of"]) / pd.Timedelta(days=1)
    for time, chance in told.items():
        assert chance.mean() == pytest.approx((days <= time).mean(), abs=0.02)


def test_who_buys_soon_is_told_from_who_buys_late(timed, told):
    south = (timed.features["region"] == "South").to_numpy()
    assert told[30][south].mean() > 5 * told[30][~south].mean()
    days = days_if_won(told)
    assert np.median(days[south]) < 45 < np.median(days[~south])


def test_few_wins_are_spread_alike_for_all(timed):
    few = timed.subset(np.arange(len(timed)) < 40)
    timing = fit_timing(few, np.full(40, 0.3), END, seed=0)
    assert timing.soon is None
    assert len(np.unique(timing.chances(few.features, np.full(40, 0.3))[30])) == 1


def test_a_time_that_nobody_was_watched_for_adds_nothing(timed, probability):
    """The newest rows are watched for 90 days at most, so nobody knows of a win later than that."""
    end = timed.rows["as_of"].min() + pd.Timedelta(days=90)
    seen = timed.rows["ever_won_at"].where(timed.rows["ever_won_at"] <= end)
    young = replace(timed, rows=timed.rows.assign(ever_won_at=seen))
    told = fit_timing(young, probability, end, seed=0).chances(young.features, probability)
    assert told[180] == pytest.approx(told[90], abs=1e-6)


def test_a_time_that_few_were_watched_for_is_told_from_how_often_wins_came(timed, probability):
    """Nobody is watched for 180 days, and wins come evenly from day 30 to day 200, by half of the leads."""
    end = timed.rows["as_of"].min() + pd.Timedelta(days=150)
    seen = timed.rows["ever_won_at"].where(timed.rows["ever_won_at"] <= end)
    young = replace(timed, rows=timed.rows.assign(ever_won_at=seen))
    told = fit_timing(young, probability, end, seed=0).chances(young.features, probability)
    days = (timed.rows["ever_won_at"] - timed.rows["as_of"]) / pd.Timedelta(days=1)
    assert told[180].mean() == pytest.approx((days <= 180).mean(), abs=0.06)


def test_what_was_told_of_the_newest_block_stands_beside_what_happened(timed, probability):
    """The oldest 60 % are learned from, as known when the newest 20 % began, of whom a part is watched for 180 days."""
    splits = split_by_time(timed.rows["as_of"], 10)
    end = timed.rows["as_of"].max() + pd.Timedelta(days=170)
    measured = measure_timing(timed, splits, probability, probability[splits.test], end, seed=0)
    assert list(measured) == list(TIMES)
    assert [each["snapshots"] == splits.test.sum() for each in measured.values()] == [True, True, True, False]
    for each in measured.values():
        assert each["told"] == pytest.approx(each["happened"], abs=0.06)


def test_what_is_kept_is_what_was_learned(timed, probability):
    timing = fit_timing(timed, probability, END, seed=0)
    again = Timing.from_json(timing.to_json(), timing.soon)
    assert again == timing
    assert Timing.from_json("null", None) is None


line = st.tuples(st.floats(-5, 5), st.floats(0, 3))


@given(st.dictionaries(st.sampled_from((30, 60)), line), st.dictionaries(st.sampled_from((120, 180)), line),
       st.lists(st.floats(0.001, 0.999), min_size=1, max_size=5))  # fmt: skip
def test_whatever_is_learned_chances_rise_and_half_of_them_comes_in_time(shares, added, probability):
    chances = Timing(90, dict(sorted(shares.items())), dict(sorted(added.items()))).chances(
        pd.DataFrame(index=range(len(probability))), np.array(probability)
    )
    columns = np.column_stack(list(chances.values()))
    assert (np.diff(columns, axis=1) >= 0).all() and columns.max() <= 1
    days = days_if_won(chances)
    assert ((days > 0) & (days <= max(chances))).all()

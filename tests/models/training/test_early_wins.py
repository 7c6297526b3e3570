"""How soon wins come, in which months, and how many are expected of some days."""

import numpy as np
import pandas as pd
import pytest

from models.training.early_wins import factors, pace, season, wins_between

JANUARY = pd.Timestamp("2025-01-01")
DAY = pd.Timedelta(days=1)
LINE = np.array([[day / 90 for day in range(91)]] * 8)
"""Wins that come evenly over the horizon, at all ages."""


def snapshots(ages: list[int], won_after: list[float | None], probability: float = 0.9) -> pd.DataFrame:
    """Snapshots of 1 January, at the given places among the ages, and the days after which they are won."""
    days = pd.Series(won_after, dtype=float)
    won_at = JANUARY + pd.to_timedelta(days, unit="D")
    return pd.DataFrame({"as_of": JANUARY, "won_at": won_at, "age": ages, "probability": probability})


def test_a_win_counts_in_the_window_in_which_it_came():
    rows = snapshots([7, 7, 7], [10, 40, None])
    counted = wins_between(rows, LINE, JANUARY + 30 * DAY, JANUARY + 60 * DAY, 90)
    assert counted["won"].tolist() == [0, 1, 0]
    assert counted["expected"].tolist() == pytest.approx([0.3] * 3)  # a third of the horizon, a third of the wins


def test_a_snapshot_speaks_until_the_next_one_of_its_lead():
    rows = snapshots([0, 4], [2, 31])  # at creation, until the next day; after 30 days, until 60
    counted = wins_between(rows, LINE, JANUARY, JANUARY + 90 * DAY, 90)
    assert counted["won"].tolist() == [0, 0]
    assert counted["expected"].tolist() == pytest.approx([0.9 / 90, 0.9 * 30 / 90])


def test_a_snapshot_says_nothing_beyond_the_horizon():
    rows = snapshots([4], [20])
    counted = wins_between(rows, LINE, JANUARY, JANUARY + 90 * DAY, 14)
    assert (counted["won"].sum(), counted["expected"].sum()) == (0, pytest.approx(0.9 * 14 / 90))


def test_wins_have_come_by_the_day_on_which_they_came():
    curve = pace(snapshots([0] * 1000, [10.0] * 500 + [None] * 500, 0.5), 90)[0]
    assert (curve[9], curve[10], curve[90]) == pytest.approx((0, 1, 1))


def test_a_model_that_expects_twice_the_wins_is_taken_at_half_its_word():
    rows = snapshots([0] * 1000, [10.0] * 500 + [None] * 500, 1.0)
    assert pace(rows, 90)[0][90] == pytest.approx(0.5, abs=0.01)


def leads_of_two_years(december: float) -> pd.DataFrame:
    """Forty leads a month that are won evenly within 90 days, one in two; in December so many times as often."""
    random = np.random.default_rng(0)
    as_of = pd.Series(JANUARY + pd.to_timedelta(random.uniform(0, 730, 4000), unit="D")).astype("datetime64[us]")
    won_at = as_of + pd.to_timedelta(random.uniform(0, 90, 4000), unit="D")
    chance = np.where(won_at.dt.month == 12, 0.4 * december, 0.4)
    won = random.uniform(size=4000) < chance
    groups = np.arange(4000).astype(str)
    return pd.DataFrame({"as_of": as_of, "won_at": won_at.where(won), "age": 7, "probability": 0.4, "group": groups})


def test_a_month_that_brings_twice_the_wins_has_a_season_and_the_others_hardly_any():
    factor, _ = np.array(season(leads_of_two_years(december=2.0), LINE, 90)).T
    assert factor[11] == pytest.approx(2.0, abs=0.2)
    assert factor[1:11] == pytest.approx(np.ones(10), abs=0.2)


def test_without_seasons_months_differ_by_less_than_chance_moves_them():
    factor, variance = np.array(season(leads_of_two_years(december=1.0), LINE, 90)).T
    assert factor == pytest.approx(np.ones(12), abs=0.05)
    assert (variance < 0.01).all()


def test_less_than_a_month_knows_no_season():
    assert season(snapshots([0, 0], [3.0, None]), LINE, 90) == [(1.0, 0.0)] * 12


def test_a_month_that_was_never_seen_may_be_as_far_off_as_the_others_were():
    (_, busy), (factor, unseen) = factors(np.array([180.0, 20.0, 0.0]), np.array([100.0, 100.0, 0.0]), 1.0)[1:]
    assert factor == 1.0
    assert unseen == pytest.approx((80**2 + 80**2 - 200) / (100**2 + 100**2))
    assert busy < unseen / 10

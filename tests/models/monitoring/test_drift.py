"""Drift: what is found, and that chance alone is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.monitoring import drift
from models.monitoring.baseline import Baseline, FeatureBins
from models.monitoring.drift import (
    compare_wins,
    expected_wins,
    feature_shifts,
    group_wins,
    is_off,
    measure_outcomes,
    ranks_worse,
    shift,
    stability_index,
)

JANUARY = pd.Timestamp("2025-01-01")
DAY = pd.Timedelta(days=1)
LINE = [[day / 90 for day in range(91)]] * 8
"""Wins that come evenly over the horizon, at all ages."""


def column_of(rows: list[list[int]], **more) -> FeatureBins:
    bins = len(rows[0])
    usual = {
        "edges": list(range(bins - 2)),
        "levels": None,
        "shown": 0,
        "won": [100] * bins,
        "calibration": [1.0] * bins,
    }
    return FeatureBins(rows=rows, **{**usual, **more})


def baseline_of(columns: dict[str, FeatureBins] | None = None, **more) -> Baseline:
    usual = {"ages": [0], "leads": [1000.0], "score": column_of([[500, 500, 0]]), "calendar": [], "wins": 1000}
    return Baseline(columns=columns or {}, **{**usual, "pace": LINE, **more})


def levels(*names: str, rows: list[int]) -> FeatureBins:
    return column_of([rows], edges=[], levels=list(names), shown=len(names))


# Distributions


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(sum))
def test_the_index_is_never_negative_and_zero_for_the_same(counts):
    shares = np.array(counts) / sum(counts)
    assert stability_index(shares, shares) == 0
    assert stability_index(shares, np.roll(shares, 1)) >= 0


def test_mere_chance_is_no_shift():
    """Of 2,000 draws from the same distribution, hardly more are unlikely than should be."""
    random = np.random.default_rng(0)
    then = column_of(random.multinomial(3000, [0.1] * 10, 1).tolist())
    chances = [shift(then, random.multinomial(300, [0.1] * 10)[None], [3000.0], 300.0).chance for _ in range(2000)]
    assert np.mean(np.array(chances) < 0.01) == pytest.approx(0.01, abs=0.012)


def test_the_noise_is_what_the_index_is_without_a_change():
    random = np.random.default_rng(0)
    then = column_of([[100_000] * 10])
    drawn = [shift(then, random.multinomial(500, [0.1] * 10)[None], [1e6], 500.0) for _ in range(300)]
    assert np.mean([each.psi for each in drawn]) == pytest.approx(drawn[0].noise, rel=0.1)


def test_another_mix_of_ages_is_no_shift():
    then = column_of([[900, 100, 0], [100, 900, 0]])
    now = np.array([[9, 1, 0], [80, 720, 0]])
    assert shift(then, now, [1000.0, 1000.0], 800.0).psi == pytest.approx(0)


def test_an_age_that_the_training_never_saw_is_left_out():
    then = column_of([[500, 500, 0], [0, 0, 0]])
    now = np.array([[50, 50, 0], [0, 100, 0]])
    assert shift(then, now, [1000.0, 0.0], 200.0).psi == pytest.approx(0)


def shifted(features, then: FeatureBins, values: list, rows: int = 400, **more) -> drift.FeatureShift:
    """Compare one feature of leads of their own with a column."""
    feature = features[0] if then.levels is not None else features[1]
    design = pd.DataFrame({feature.name: pd.Series(values * (rows // len(values)))})
    groups = np.arange(len(design)).astype(str)
    return feature_shifts([feature], baseline_of({feature.name: then}, **more), design, groups, ())[0]


def test_levels_that_the_model_does_not_know_are_a_shift(features):
    then = levels("Software", "Retail", rows=[500, 500, 0, 0, 0])
    told = shifted(features, then, ["Software"] * 4 + ["Retail"] * 4 + ["Space"] * 2)
    assert (told.status, told.unseen_share, told.unseen_share_then) == ("shifted", 0.2, 0.0)


def test_cells_that_are_missing_now_are_a_shift(features):
    told = shifted(features, column_of([[500, 500, 0]]), [0.0, 1.0, np.nan, np.nan])
    assert (told.status, told.missing_share, told.missing_share_then) == ("shifted", 0.5, 0.0)


def test_the_same_levels_as_often_are_steady(features):
    then = levels("Software", "Retail", rows=[500, 500, 0, 0, 0])
    told = shifted(features, then, ["Software", "Retail"])
    assert (told.status, told.psi) == ("steady", 0.0)


def test_a_few_leads_show_nothing(features):
    then = levels("Software", "Retail", rows=[500, 500, 0, 0, 0])
    assert shifted(features, then, ["Space"], rows=40).status == "too few"


def test_leads_of_one_account_are_not_many(features):
    then = levels("Software", "Retail", rows=[500, 500, 0, 0, 0])
    design = pd.DataFrame({"industry": ["Software"] * 400})
    told = feature_shifts([features[0]], baseline_of({"industry": then}), design, np.full(400, "one account"), ())
    assert told[0].status == "too few"


def test_what_only_encodes_the_calendar_is_not_compared(features):
    then = levels("January", rows=[1000, 0, 0, 0])
    assert shifted(features, then, ["February"], calendar=["industry"]).status == "calendar"


# Wins


def test_wins_are_expected_in_season_and_its_doubt_widens_what_chance_explains():
    rows = pd.DataFrame({"as_of": [JANUARY] * 200, "won_at": pd.NaT, "age": 7, "probability": 0.9})
    plain, sure = expected_wins(rows, baseline_of(), JANUARY, JANUARY + 31 * DAY, 90)
    months = [(0.5, 0.04)] + [(1.0, 0.0)] * 11
    halved, unsure = expected_wins(rows, baseline_of(season=months), JANUARY, JANUARY + 31 * DAY, 90)
    assert (sure, unsure) == (0.0, pytest.approx(0.04 * plain["expected"].sum() ** 2))
    assert halved["expected"].tolist() == pytest.approx((plain["expected"] / 2).tolist())
    groups = np.arange(200).astype(str)
    assert compare_wins(halved, groups, 1000, unsure).high > compare_wins(halved, groups, 1000).high


def test_days_of_two_months_have_the_season_of_each():
    rows = pd.DataFrame({"as_of": [JANUARY], "won_at": pd.NaT, "age": 7, "probability": 0.9})
    months = [(2.0, 0.0), (1.0, 0.0)] * 6
    counted, _ = expected_wins(rows, baseline_of(season=months), JANUARY + 21 * DAY, JANUARY + 41 * DAY, 90)
    assert counted["expected"].tolist() == pytest.approx([0.9 * (2 * 10 + 10) / 90])


def test_twice_the_wins_are_off_and_a_few_more_are_not():
    """The numbers of the alarm that a data scientist is meant to read."""
    expected = np.full(220, 0.1)
    groups = np.arange(220).astype(str)
    many, some = (pd.DataFrame({"expected": expected, "won": np.arange(220) < wins}) for wins in (44, 27))
    assert is_off(compare_wins(many, groups, 1000))
    assert not is_off(compare_wins(some, groups, 1000))


def test_wins_that_came_by_account_are_less_sure():
    wins = pd.DataFrame({"expected": np.full(200, 0.1), "won": [1] * 40 + [0] * 160})
    alone = compare_wins(wins, np.arange(200).astype(str), 1000)
    together = compare_wins(wins, np.repeat(np.arange(20), 10).astype(str), 1000)
    assert together.chance > 10 * alone.chance


def test_a_model_that_learned_from_few_wins_is_less_sure():
    wins = pd.DataFrame({"expected": np.full(200, 0.1), "won": [1] * 40 + [0] * 160})
    groups = np.arange(200).astype(str)
    assert compare_wins(wins, groups, 10).high > compare_wins(wins, groups, 10_000).high


def test_a_right_model_is_off_no_more_often_than_it_may_be():
    random = np.random.default_rng(0)
    groups = np.arange(2000).astype(str)
    expected = random.uniform(0, 0.04, 2000)
    runs = (pd.DataFrame({"expected": expected, "won": random.uniform(size=2000) < expected}) for _ in range(300))
    assert sum(is_off(compare_wins(wins, groups, 1000)) for wins in runs) <= 2


def test_a_level_that_wins_less_than_the_others_is_found(features):
    column = levels("Partner", "Web", rows=[500, 500, 0, 0, 0])
    design = pd.DataFrame({"industry": ["Partner"] * 500 + ["Web"] * 500})
    won = [*([1] * 5 + [0] * 495), *([1] * 100 + [0] * 400)]
    wins = pd.DataFrame({"expected": np.full(1000, 0.1), "won": won})
    told = group_wins(features[:1], baseline_of({"industry": column}), design, wins, np.arange(1000).astype(str))
    assert {each.group: (each.won, each.expected) for each in told}["Industry: Partner"] == (5, pytest.approx(100))
    assert "Industry: Partner" in [each.group for each in drift.off_groups(told)]


def test_where_all_levels_win_twice_as_often_none_stands_out(features):
    column = levels("Partner", "Web", rows=[500, 500, 0, 0, 0])
    design = pd.DataFrame({"industry": ["Partner"] * 500 + ["Web"] * 500})
    wins = pd.DataFrame({"expected": np.full(1000, 0.1), "won": ([1] * 100 + [0] * 400) * 2})
    told = group_wins(features[:1], baseline_of({"industry": column}), design, wins, np.arange(1000).astype(str))
    assert list(drift.off_groups(told)) == []


def test_what_the_model_never_knew_of_a_level_is_no_drift(features):
    column = levels("Partner", "Web", rows=[500, 500, 0, 0, 0])
    column = replace(column, calibration=[0.1, 1.9, 1.0, 1.0, 1.0])
    design = pd.DataFrame({"industry": ["Partner"] * 500 + ["Web"] * 500})
    wins = pd.DataFrame({"expected": np.full(1000, 0.1), "won": [*([1] * 5 + [0] * 495), *([1] * 95 + [0] * 405)]})
    told = group_wins(features[:1], baseline_of({"industry": column}), design, wins, np.arange(1000).astype(str))
    assert list(drift.off_groups(told)) == []


# Matured outcomes


def outcomes(factor: float):
    random = np.random.default_rng(1)
    probability = random.uniform(0, 0.3, 4000)
    won = (random.uniform(size=4000) < probability * factor).astype(int)
    return measure_outcomes(probability, won, np.arange(4000).astype(str), 1000)


def test_calibration_is_wins_over_expected_wins_with_an_interval():
    told = outcomes(1.0)
    low, high = told.calibration_ci
    assert low < 1 < high
    assert told.calibration == pytest.approx(told.wins.won / told.wins.expected)
    assert not is_off(told.wins)


def test_twice_the_wins_are_a_calibration_that_is_off():
    assert outcomes(2.0).calibration_ci[0] > 1.5
    assert is_off(outcomes(2.0).wins)


def test_a_ranking_is_worse_only_by_more_than_chance():
    metrics = outcomes(1.0).metrics
    assert ranks_worse(metrics, (metrics.auc + 0.08, metrics.auc + 0.12), metrics.auc + 0.10)
    assert not ranks_worse(metrics, (metrics.auc - 0.1, metrics.auc + 0.3), metrics.auc + 0.10)
    assert not ranks_worse(metrics, (metrics.auc + 0.01, metrics.auc + 0.03), metrics.auc + 0.02)

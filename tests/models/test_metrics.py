"""Metrics on tables that can be checked by head, and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import log_loss, roc_auc_score

from models.metrics import calibration_error, difference, evaluate, evaluate_all, gains, resampled_weights

WON = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
GROUPS = np.arange(10)


def measured(probability, won=WON, groups=GROUPS):
    return evaluate(np.array(probability, dtype=float), np.array(won), np.array(groups))


def test_a_perfect_ranking_has_auc_1_and_the_highest_lift():
    metrics = measured(np.linspace(0.05, 0.95, 10))
    assert (metrics.auc, metrics.lift_10) == (1, 5)


def test_a_constant_has_auc_one_half_and_no_lift():
    metrics = measured([0.2] * 10)
    assert (metrics.auc, metrics.lift_10, metrics.ece) == pytest.approx((0.5, 1, 0.0))


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=2, max_size=40))
def test_auc_and_log_loss_are_those_of_scikit_learn(rows):
    probability, won = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    assume(len(set(won)) == 2)
    metrics = measured(probability, won, np.arange(len(won)))
    assert metrics.auc == pytest.approx(roc_auc_score(won, probability))
    assert metrics.log_loss == pytest.approx(log_loss(won, probability))


def test_intervals_hold_the_value_and_are_wider_for_fewer_groups():
    random = np.random.default_rng(0)
    probability = random.uniform(size=2000)
    won = (random.uniform(size=2000) < probability).astype(int)
    many, few = measured(probability, won, range(2000)), measured(probability, won, np.arange(2000) // 50)
    assert many.auc_ci[0] < many.auc < many.auc_ci[1]
    assert np.ptp(few.log_loss_ci) > 0
    assert many.rows == 2000


def test_of_no_rows_nothing_is_a_number():
    metrics = measured([], [], [])
    assert np.isnan([metrics.auc, metrics.log_loss, metrics.ece, metrics.base_rate, *metrics.auc_ci]).all()
    assert metrics.rows == 0
    assert np.isnan(difference(np.empty(0), np.empty(0), np.empty(0), np.empty(0)).log_loss)


@pytest.mark.parametrize("seed", range(10))
def test_the_interval_of_a_calibration_error_holds_it_and_that_there_may_be_none(seed):
    """Of a scorer that is right, each resample has more noise than the sample, which has more than the truth."""
    random = np.random.default_rng(seed)
    truth = random.uniform(0.02, 0.4, size=1000)
    metrics = measured(truth, (random.uniform(size=1000) < truth).astype(int), np.arange(1000))
    assert metrics.ece_ci[0] <= metrics.ece <= metrics.ece_ci[1]
    assert metrics.reliability_ci[0] <= metrics.reliability <= metrics.reliability_ci[1]
    assert metrics.ece_ci[0] < 0.02


def test_resampling_keeps_the_rows_of_a_group_together():
    for weights in resampled_weights(np.array(["a", "a", "b", "b"]), seed=0, resamples=20):
        assert weights[0] == weights[1]
        assert weights.sum() == 4


def test_the_better_of_two_has_a_higher_auc_and_a_lower_log_loss():
    random = np.random.default_rng(1)
    truth = random.uniform(size=3000)
    won = (random.uniform(size=3000) < truth).astype(int)
    apart = difference(truth, random.uniform(size=3000), won, np.arange(3000))
    assert 0 < apart.auc_ci[0] < apart.auc < apart.auc_ci[1]
    assert apart.log_loss_ci[0] < apart.log_loss < apart.log_loss_ci[1] < 0


def test_a_scorer_does_not_differ_from_itself():
    same = np.linspace(0.1, 0.9, 10)
    apart = difference(same, same, WON, GROUPS)
    assert (apart.auc, apart.log_loss, apart.auc_ci, apart.log_loss_ci) == (0, 0, (0, 0), (0, 0))


def test_scorers_measured_side_by_side_are_measured_as_one_by_one():
    told = {"a": np.linspace(0.1, 0.9, 10), "b": np.linspace(0.9, 0.1, 10)}
    assert evaluate_all(told, WON, GROUPS) == {name: evaluate(each, WON, GROUPS) for name, each in told.items()}


def test_probabilities_twice_too_high_have_that_calibration_error():
    random = np.random.default_rng(2)
    won = (random.uniform(size=50_000) < 0.2).astype(int)
    assert calibration_error(np.full(50_000, 0.4), won) == pytest.approx(0.2, abs=0.01)


def test_gains_end_with_everything_found():
    leads, wins = gains(np.linspace(0, 1, 10), WON)
    assert (leads[-1], wins[-1], wins[2]) == (1, 1, 1)

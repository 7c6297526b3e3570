"""Reports of drift: what is said of them, also where little or nothing could be judged."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.monitoring.baseline import Baseline, FeatureBins
from models.monitoring.drift import FEWEST_LEADS, Shift, Wins
from models.monitoring.verdict import DriftReport, RecentSnapshots, TrainingRecord, compare_with_training

NOW = pd.Timestamp("2025-06-01")
METRICS = {"auc": 0.7, "auc_ci": (0.65, 0.75)}


LINE = [[day / 90 for day in range(91)]] * 8
"""Wins that come evenly over the horizon, at all ages."""


def training_with(horizon: int | None) -> TrainingRecord:
    """A training long ago of a version that has no features."""
    bins = FeatureBins(rows=[[500, 500, 0]], edges=[0.5], levels=None, shown=0, won=[100] * 3, calibration=[1.0] * 3)
    baseline = Baseline(ages=[0], leads=[1000.0], columns={}, score=bins, calendar=[], wins=1000, pace=LINE)
    return TrainingRecord(baseline, horizon, (), (), METRICS, pd.Timestamp("2025-01-01"), seed=0)


FLAT, TIMED = training_with(None), training_with(90)


def report_of(won, probability, training=FLAT, closed_at=pd.NaT) -> DriftReport:
    """Compare leads with these outcomes and probabilities."""
    count = len(won)
    rows = pd.DataFrame({"group": [f"lead {n}" for n in range(count)], "won": won, "probability": probability})
    rows = rows.assign(as_of=pd.Timestamp("2025-01-02"), closed_at=closed_at, won_at=pd.NaT, age=0)
    recent = RecentSnapshots(rows, pd.DataFrame(index=rows.index))
    return compare_with_training(recent, training, NOW, unlearned=True)


@pytest.fixture
def nothing() -> DriftReport:
    return DriftReport(as_of=NOW, leads=0, score=Shift(0.0, 0.0, 1.0), features=[], then=METRICS)


def test_a_total_collapse_is_judged_by_the_wins_that_were_expected():
    report = report_of(np.zeros(300), np.full(300, 97 / 300))
    assert report.why[0].startswith("Of 300 outcomes since the training 0 are wins, where 97 (")
    assert report.verdict == "Retrain: the world has moved away from the model."


def test_wins_that_none_expected_are_judged_too():
    assert "40 are wins" in report_of([1] * 40 + [0] * 260, np.full(300, 0.01)).why[0]


def test_where_only_wins_come_they_are_judged():
    assert "300 are wins" in report_of(np.ones(300), np.full(300, 97 / 300)).why[0]


def test_too_few_wins_that_came_or_were_expected_are_not_judged():
    report = report_of([1] * 2 + [0] * 98, np.full(100, 0.03))
    assert report.outcomes is None
    assert "Of 100 outcomes since the training 2 are wins, where 3.0 were expected: too few to judge." in report.notes


def test_a_ranking_of_hardly_any_wins_is_not_held_against_the_model():
    won = [1, 1] + [0] * 298
    report = report_of(won, np.where(np.arange(300) < 2, 0.001, 0.02))
    assert report.outcomes.metrics.auc == 0
    assert not any("AUC" in reason for reason in report.why)


def test_that_no_outcome_arrives_is_no_collapse():
    report = report_of(np.zeros(300), np.full(300, 97 / 300), TIMED)
    assert report.outcomes is None
    assert "No lead is known to have closed since the training: outcomes are not judged." in report.notes


def test_leads_that_closed_without_a_win_are_a_collapse():
    report = report_of(np.zeros(300), np.full(300, 97 / 300), TIMED, closed_at=pd.Timestamp("2025-02-01"))
    assert "0 are wins" in report.why[0]


def test_final_outcomes_do_not_say_which_leads_were_learned_from():
    notes = report_of([0, 1] * 100, np.full(200, 0.5)).notes
    expected = "Nothing tells which of these leads were learned from: give only leads that are newer than the training."
    assert expected in notes


def test_only_where_there_is_a_window_its_days_are_told():
    flat, timed = (report_of([0, 1], np.full(2, 0.5), training).notes[0] for training in (FLAT, TIMED))
    assert flat == "There are too few leads to tell a shift: 2 of 50."
    assert timed == "There are too few leads in the last 30 days to tell a shift: 0 of 50."


def test_where_nothing_was_judged_no_drift_is_not_what_is_said(nothing):
    said = "Nothing could be judged: 0 leads to look at, where 50 are needed, and too few outcomes."
    assert (nothing.is_conclusive, nothing.verdict, nothing.why) == (False, said, [])
    assert (nothing.as_json()["judged"], nothing.as_json()["verdict"]) == (False, said)


def test_enough_leads_without_a_shift_are_no_drift(nothing):
    report = replace(nothing, leads=FEWEST_LEADS)
    assert (report.is_conclusive, report.verdict) == (True, "No drift that asks for a training.")


def test_wins_that_chance_hardly_explains_are_said_before_they_ask_for_a_training(nothing):
    some = replace(nothing, wins_since=pd.Timestamp("2025-05-02"))
    within, beyond = (replace(some, wins=Wins("", won, 22.0, 13, 30, 0.04)) for won in (30, 31))
    said = "Wins from 2 May 2025 to 1 Jun 2025: 31, where the model expects 22 (13–30)"
    assert (within.watch, within.verdict) == ([], "No drift that asks for a training.")
    assert (beyond.watch, beyond.why) == ([said], [])
    assert beyond.verdict == f"No drift that asks for a training; but watch: {said}."


def test_wins_that_ask_for_a_training_are_not_watched_as_well(nothing):
    report = replace(nothing, wins=Wins("", 60, 22.0, 13, 30, 1e-9), wins_since=NOW)
    assert (len(report.why), report.watch) == (1, [])

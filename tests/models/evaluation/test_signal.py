"""Whether a model tells won leads from lost ones at all."""

from __future__ import annotations

import numpy as np

from models.evaluation.signal import signal_of

RANDOM = np.random.default_rng(0)
CHANCE = RANDOM.uniform(size=1000)
WON = (RANDOM.uniform(size=1000) < CHANCE).astype(int)
LEADS = np.arange(1000)
BASE = np.full(1000, WON.mean())


def test_chances_that_are_right_are_a_signal():
    signal = signal_of(CHANCE, BASE, WON, LEADS, seed=0)
    assert signal.is_shown
    assert signal.auc > 0.75 and signal.log_loss < -0.1


def test_chances_of_other_leads_are_none():
    signal = signal_of(RANDOM.permutation(CHANCE), BASE, WON, LEADS, seed=0)
    assert not signal.is_shown
    assert "where 0.5 is chance" in str(signal)


def test_leads_that_are_ranked_well_at_another_level_are_a_signal():
    """A level that moved by far: log-loss is worse than the base rate's, and the ranking is as good as before."""
    signal = signal_of(CHANCE / 50, BASE, WON, LEADS, seed=0)
    assert signal.log_loss_ci[0] > 0
    assert signal.is_shown


def test_where_all_ended_alike_nothing_is_measured():
    assert signal_of(CHANCE, BASE, np.ones(1000, dtype=int), LEADS, seed=0) is None

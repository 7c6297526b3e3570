"""The chain: the truth that is written down is the one that is walked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.simulator.chain import DAY, FITS, PACES, STATES, WON, Chain, Drift
from data.simulator.world import DATA_START, SOURCES, TURNING_SOURCE
from data.vocabulary import HORIZON

DRIFTING = Chain.make(Drift())


@given(
    day=st.integers(0, 731),
    kind=st.integers(0, 2 * len(FITS) * len(PACES) - 1),
    state=st.integers(0, STATES - 1),
)
def test_the_truth_is_walked_day_by_day_through_months_and_drift(day: int, kind: int, state: int) -> None:
    here = np.eye(STATES)[state]
    for today in DATA_START // DAY + day + np.arange(HORIZON):
        here = here @ DRIFTING.moves[DRIFTING.market_at(today), kind]
    assert here[WON] == pytest.approx(DRIFTING.chance_to_win[day, kind, state])


def test_every_calendar_month_has_its_market() -> None:
    days = pd.date_range("2024-01-01", "2026-03-31")
    market = pd.Series(Chain.make(None).market[: len(days)], index=days)
    assert (market.groupby([days.year, days.month]).nunique() == 1).all()
    assert market["2024-03-31"] == market["2025-09-01"] != market["2024-08-01"]


def test_the_drift_turns_points_into_their_opposite() -> None:
    assert -2 * SOURCES[TURNING_SOURCE].points == Drift().on_fit

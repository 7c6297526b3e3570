"""Snapshots whose window is not over count as what is known of them, and while the lead is open, as what is likely."""

import numpy as np
import pandas as pd
import pytest

from data.schema import Schema
from models.censoring import chance_while_open, completed
from models.training_table import TrainingTable, joined

START = pd.Timestamp("2025-01-01")


def table_of(won, closes_in, watched) -> TrainingTable:
    """Snapshots of leads by what became of each, after how many days, and how many days it was watched."""
    closed = START + pd.to_timedelta(closes_in, unit="D")
    rows = pd.DataFrame({"lead_id": [f"L{number}" for number in range(len(won))], "as_of": START})
    rows = rows.assign(won=won, closed_at=closed, watched=np.asarray(watched, float))
    return TrainingTable(Schema(timed=True), pd.DataFrame(index=rows.index), rows, timed=True, horizon=90)


@pytest.fixture(scope="module")
def known() -> TrainingTable:
    """Leads that are won evenly over 90 days, half of them, and else lost after 100: all were watched to the end."""
    won = np.arange(4000) % 2
    return table_of(won, np.where(won, (np.arange(4000) * 0.618) % 1 * 90, 100.0), np.full(4000, 400.0))


@pytest.fixture(scope="module")
def half(known):
    return np.full(len(known), 0.5)


def test_a_lead_that_closed_early_is_what_it_became(known, half):
    censored = table_of([1.0, 0.0, np.nan], [5, 6, np.nan], [30, 30, 30])
    rows = completed(censored, np.full(3, 0.5), known, half).rows
    assert rows[["lead_id", "won", "part"]].iloc[:2].to_numpy().tolist() == [["L0", 1, 1.0], ["L1", 0, 1.0]]


def test_an_open_lead_is_won_in_part_and_lost_in_part(known, half):
    censored = table_of([np.nan], [np.nan], [45])
    rows = completed(censored, np.array([0.5]), known, half).rows
    assert (rows["lead_id"].tolist(), rows["won"].tolist(), rows["part"].sum()) == (["L0", "L0"], [1, 0], 1)


@pytest.mark.parametrize(("days", "chance"), [(0, 1 / 2), (30, 2 / 5), (60, 1 / 4), (80, 1 / 10)])
def test_the_chance_falls_as_the_window_runs_out(known, half, days, chance):
    """Of 90 that win evenly and 90 that do not, after 30 days 60 and 90 are open: 60 of 150 still win."""
    all_days = np.linspace(0, 90, 91)
    waiting = table_of(np.full(91, np.nan), np.full(91, np.nan), all_days)
    told = chance_while_open(waiting, np.full(91, 0.5), known, half)
    assert told[days] == pytest.approx(chance, abs=0.04)


def test_too_few_known_leads_say_nothing(known, half):
    few = known.taken(np.arange(len(known)) < 40)
    censored = table_of([np.nan, 0.0], [np.nan, 3], [45, 45])
    assert completed(censored, np.full(2, 0.5), few, half[:40]) is None
    assert completed(censored.taken(np.array([False, True])), np.array([0.5]), known, half) is None


def test_a_table_with_parts_weighs_each_snapshot_once(known, half):
    censored = table_of([np.nan], [np.nan], [45])
    both = joined(known.taken(np.arange(len(known)) < 3), completed(censored, np.array([0.5]), known, half))
    assert both.weights[:3].tolist() == pytest.approx([both.weights[3:].sum()] * 3)

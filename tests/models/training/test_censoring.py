"""Leads that closed before their window was over are learned from, and none counts more for having closed soon."""

import numpy as np
import pandas as pd
import pytest

from data.schema import Schema
from models.training.censoring import with_resolved
from models.training_table import TrainingTable

END = pd.Timestamp("2025-12-31")


def table_of(won, closes_in, watched) -> TrainingTable:
    """Snapshots of leads on their first day: what became of each, after how many days, and how long it was watched."""
    as_of = END - pd.to_timedelta(watched, unit="D")
    rows = pd.DataFrame({"lead_id": [f"L{number}" for number in range(len(won))], "as_of": as_of})
    rows = rows.assign(won=won, closed_at=as_of + pd.to_timedelta(closes_in, unit="D"), watched=watched, age=0.0)
    return TrainingTable(Schema(timed=True), pd.DataFrame(index=rows.index), rows, timed=True, horizon=90)


def test_a_lead_that_closed_early_is_what_it_became_and_an_open_one_is_not_learned_from():
    table = table_of([1], [20.0], [200.0])
    censored = table_of([1.0, 0.0, np.nan], [5.0, 6.0, np.nan], [30.0, 30.0, 30.0])
    rows = with_resolved(table, censored).rows
    assert rows["won"].tolist() == [1, 1, 0]
    assert rows["closed_at"].notna().all()


def test_a_row_weighs_the_inverse_of_the_chance_to_be_known():
    """Closed after 5 days, it is known of all; after 60, of the two that were watched so long; open, of the oldest."""
    table = table_of([0, 0], [np.nan, 60.0], [400.0, 100.0])
    censored = table_of([np.nan, 0.0], [np.nan, 5.0], [30.0, 10.0])
    assert with_resolved(table, censored).sample_weight.tolist() == [2.0, 2.0, 1.0]


@pytest.mark.parametrize("seed", range(3))
def test_the_share_of_wins_is_that_of_leads_that_are_all_followed(seed):
    """Half are won, all soon; who is lost closes late: of those known, far more than half of the newest are won."""
    random, count = np.random.default_rng(seed), 20_000
    won, watched = random.integers(0, 2, count), random.uniform(0, 180, count)
    closes_in = np.where(won, random.uniform(0, 30, count), random.uniform(60, 200, count))
    over, known = watched >= 90, np.minimum(closes_in, 90) <= watched
    table = table_of(won[over], closes_in[over], watched[over])
    newer = np.where(known, won, np.nan)[~over]
    closed = np.where(closes_in <= watched, closes_in, np.nan)[~over]
    with_sample_weight = with_resolved(table, table_of(newer, closed, watched[~over]))
    assert np.mean(won[known]) > 0.55
    assert np.average(with_sample_weight.won, weights=with_sample_weight.sample_weight) == pytest.approx(0.5, abs=0.01)

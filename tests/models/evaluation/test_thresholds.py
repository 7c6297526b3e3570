"""What bars of probability meant: counted on the newest block alone, each lead once."""

import numpy as np
import pandas as pd

from data.schema import Schema
from models.evaluation.thresholds import bars_in_history, history_at
from models.training_table import TrainingTable

ROWS = pd.DataFrame(
    {
        "lead_id": ["old", "a", "a", "b", "c"],
        "as_of": pd.to_datetime(["2025-01-01", "2025-06-01", "2025-06-08", "2025-06-08", "2025-06-15"]),
        "won": [1, 0, 1, 1, 0],
    }
)
TABLE = TrainingTable(Schema(timed=True), pd.DataFrame(index=ROWS.index), ROWS, timed=True, horizon=90)
NEWEST = np.array([False, True, True, True, True])
BARS = bars_in_history(np.array([0.1, 0.4, 0.4, 0.2]), TABLE, NEWEST)


def test_each_bar_counts_the_newest_leads_that_came_over_it():
    assert [(told["bar"], told["leads"], told["won"]) for told in BARS] == [(0.1, 3, 1), (0.2, 3, 2), (0.4, 2, 2)]


def test_a_bar_between_two_is_told_by_the_higher_and_one_above_all_by_none():
    assert history_at(BARS, 0.3)["bar"] == 0.4
    assert history_at(BARS, 0.5) is None


def test_where_nothing_is_newer_no_bar_is_told():
    assert bars_in_history(np.empty(0), TABLE, np.zeros(5, dtype=bool)) == []

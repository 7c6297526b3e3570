"""What bars of probability meant: counted on the newest block alone, each lead once."""

import numpy as np
import pandas as pd

from data.schema import Schema
from models.evaluation.thresholds import thresholds_in_history
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
THRESHOLDS = thresholds_in_history(np.array([0.1, 0.4, 0.4, 0.2]), TABLE, NEWEST)


def test_each_bar_counts_the_newest_leads_that_came_over_it():
    assert [(each["bar"], each["leads"], each["won"]) for each in THRESHOLDS] == [(0.1, 3, 1), (0.2, 3, 2), (0.4, 2, 2)]


def test_where_nothing_is_newer_no_bar_is_told():
    assert thresholds_in_history(np.empty(0), TABLE, np.zeros(5, dtype=bool)) == []

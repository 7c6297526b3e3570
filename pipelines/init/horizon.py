"""The horizon that a history is long enough for: blocks of time lie one horizon apart, and each needs wins."""

from __future__ import annotations

import pandas as pd

from data.dataset import Dataset
from data.proposal import USUAL_HORIZON, Suggestion
from data.vocabulary import HORIZON
from features import timed_snapshots
from models.training import split_by_time

HORIZONS = (HORIZON, 60, 30, 14)
NEEDED = {"fit": 30, "tune": 10, "test": 1}
"""Won leads, not snapshots: one lead has many snapshots."""


def fitting_horizon(dataset: Dataset) -> Suggestion:
    """Propose the longest usual horizon with which each block of the training has wins enough, else the longest."""
    columns = ["created_at", "closed_at", "won", "lost_spells"]
    leads = pd.concat([chunk.leads[columns] for chunk in dataset.chunks()], ignore_index=True)
    end = dataset.end
    for horizon in HORIZONS:
        if _is_long_enough(leads, end, horizon):
            why = "" if horizon == HORIZON else f": the longest of {_listed()} that this history is long enough for"
            return Suggestion(str(horizon), USUAL_HORIZON.reason + why)
    return Suggestion(str(HORIZON), f"{USUAL_HORIZON.reason}; there are few wins for any horizon")


def _is_long_enough(leads: pd.DataFrame, end: pd.Timestamp, horizon: int) -> bool:
    moments = timed_snapshots(leads, end, horizon).matured
    splits, won = split_by_time(moments["as_of"], horizon), moments["won"].to_numpy() == 1
    return all(moments["row"][won & getattr(splits, name)].nunique() >= count for name, count in NEEDED.items())


def _listed() -> str:
    return ", ".join(map(str, HORIZONS))

"""Snapshots whose window is not over: neither left out, which lets a model lag behind, nor taken for lost.

Where the lead closed meanwhile, what became of it is known, and it is learned from. Such leads closed soon, so that
with them alone the newest would look hasty: each row weighs the inverse of the chance that one like it is known.
Source: Robins and Finkelstein (2000), "Correcting for noncompliance and dependent censoring in an AIDS clinical trial
with inverse probability of censoring weighted (IPCW) log-rank tests". What it brings is measured in
`benchmarks.censoring`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.training.early_wins import in_days
from models.training_table import TrainingTable, append

LEAST = 0.02
"""No chance to be watched so long is taken for smaller."""

Floats = npt.NDArray[np.float64]


def with_resolved(table: TrainingTable, censored: TrainingTable) -> TrainingTable:
    """Return a timed table and the censored snapshots that a closing has resolved, all rows weighted.

    ``rows`` of both say ``age`` and ``watched`` (days) and ``closed_at``; ``won`` is missing while a lead is open.
    """
    everyone = pd.concat([table.rows, censored.rows], ignore_index=True)
    weight = 1 / np.maximum(chance_to_be_known(everyone, table.horizon), LEAST)
    return append(table, censored).with_sample_weight(weight).subset(everyone["won"].notna().to_numpy())


def chance_to_be_known(rows: pd.DataFrame, horizon: int) -> Floats:
    """Return the share of the snapshots of a row's age that were watched for as long as it took to know the row.

    A lead is known when it closes, or when its window is over.

    >>> day = pd.Timestamp("2025-01-01")
    >>> rows = pd.DataFrame({"age": 0, "as_of": day, "watched": [10.0, 50.0, 200.0, 300.0]})
    >>> closed = rows.assign(closed_at=[day + pd.Timedelta(days=5), pd.NaT, day + pd.Timedelta(days=40), pd.NaT])
    >>> chance_to_be_known(closed, 90).tolist()
    [1.0, 0.5, 0.75, 0.5]
    """
    needed = np.fmin(in_days(rows["closed_at"] - rows["as_of"]), horizon)
    ages, watched, chance = rows["age"].to_numpy(), rows["watched"].to_numpy(), np.ones(len(rows))
    for age in np.unique(ages):
        here = ages == age
        chance[here] = 1 - np.searchsorted(np.sort(watched[here]), needed[here], side="left") / here.sum()
    return chance

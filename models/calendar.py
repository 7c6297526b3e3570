"""Columns that only encode the calendar: an interest rate, a price index, a year.

Such a column is nearly the same for all leads of one time. What a model learns from it is when leads came, not which
leads are good, and it says nothing reliable of a time that has not been yet.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalogue import catalogue
from models.training_table import TrainingTable

NEIGHBOURS = 40
"""Rows next to each other in time, among which a calendar column hardly changes …"""
EXPLAINED = 0.8
"""… so that the time alone explains this share of its variance."""


def calendar_columns(table: TrainingTable) -> tuple[str, ...]:
    """Return the features that time alone explains; none where the rows have no order."""
    if table.moments is None or len(table) < 10 * NEIGHBOURS:
        return ()
    design = table.design.iloc[np.argsort(table.moments.to_numpy(), kind="stable")]
    names = (feature.name for feature in catalogue(table.schema))
    return tuple(name for name in names if explained_by_time(design[name]) >= EXPLAINED)


def explained_by_time(cells: pd.Series) -> float:
    """Return the share of a column's variance between stretches of 40 rows; rows are in order of time.

    A category is taken apart into a column per level.

    >>> explained_by_time(pd.Series([1.0] * 400 + [2.0] * 400)), explained_by_time(pd.Series([1.0, 2.0] * 400))
    (1.0, 0.0)
    """
    if cells.dtype.kind in "fiub":
        columns = cells.to_numpy(float)[:, None]
        columns = np.where(np.isnan(columns), _middle(columns), columns)
    else:
        common = cells.value_counts().index[:50]
        columns = (cells.to_numpy(object)[:, None] == common.to_numpy(object)[None, :]).astype(float)
    total = columns.var(axis=0).sum()
    stretches = columns[: len(columns) // NEIGHBOURS * NEIGHBOURS].reshape(-1, NEIGHBOURS, columns.shape[1])
    within = stretches.var(axis=1).mean(axis=0).sum()
    return float(1 - within / total) if total > 0 else 0.0


def _middle(column: npt.NDArray[np.float64]) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if len(known) else 0.0

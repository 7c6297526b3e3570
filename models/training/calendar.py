"""Columns that only encode the calendar: an interest rate, a price index, a year.

Such a column is nearly the same for all leads of one time. What a model learns from it is when leads came, not which
leads are good, and it says nothing reliable of a time that has not been yet.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features import catalogue
from models.training_table import TrainingTable

NEIGHBOURS = 40
"""Rows next to each other in time, among which a calendar column hardly changes …"""
EXPLAINED = 0.8
"""… so that the time alone explains this share of its variance."""


def calendar_columns(table: TrainingTable) -> tuple[str, ...]:
    """Return the features that time alone explains; none where the rows have no order, or where there are no others."""
    if table.order_in_time is None or len(table) < 10 * NEIGHBOURS:
        return ()
    place = table.order_in_time.rank(method="first", na_option="top").to_numpy()
    features = table.features.iloc[np.argsort(place)]
    names = [feature.name for feature in catalogue(table.schema)]
    calendar = tuple(name for name in names if explained_by_time(features[name]) >= EXPLAINED)
    return calendar if len(calendar) < len(names) else ()


def explained_by_time(cells: pd.Series) -> float:
    """Return the share of a column's variance between stretches of 40 rows; rows are in order of time.

    A category is taken apart into a column per level, and whether a cell is missing is one too.

    >>> explained_by_time(pd.Series([1.0] * 400 + [2.0] * 400)), explained_by_time(pd.Series([1.0, 2.0] * 400))
    (1.0, 0.0)
    """
    missing = cells.isna().to_numpy()
    if cells.dtype.kind in "fiub":
        ranks = cells.rank(pct=True).to_numpy(float)
        columns = np.column_stack([np.where(missing, 0.5, ranks), missing])
    else:
        common = cells.value_counts().index[:50].to_numpy(object)
        columns = np.column_stack([cells.to_numpy(object)[:, None] == common[None, :], missing]).astype(float)
    total = columns.var(axis=0).sum()
    stretches = columns[: len(columns) // NEIGHBOURS * NEIGHBOURS].reshape(-1, NEIGHBOURS, columns.shape[1])
    within = stretches.var(axis=1).mean(axis=0).sum()
    return float(1 - within / total) if total > 1e-12 else 0.0

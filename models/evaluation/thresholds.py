"""What thresholds of probability meant in history: the newest leads that came over each, and how many were won."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models.rules import volume_of
from models.training_table import Rows, TrainingTable

MOST_THRESHOLDS = 100


def thresholds_in_history(
    probability: npt.NDArray[np.float64], table: TrainingTable, newest: Rows
) -> list[dict[str, Any]]:
    """Return a `models.rules.volume.LeadVolume` as JSON for each of many thresholds (``bar``), from the lowest up.

    ``newest`` are the rows of the split from which nothing was learned, which have a ``probability``; none of no rows.
    """
    if not len(probability):
        return []
    everywhere = np.full(len(table), np.nan)
    everywhere[newest] = probability
    thresholds = np.unique(np.quantile(probability, np.linspace(0, 1, MOST_THRESHOLDS), method="nearest"))
    return [{"bar": float(at), **volume_of(everywhere >= at, table, newest).as_json()} for at in thresholds]

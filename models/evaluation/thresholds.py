"""What bars of probability meant in history: the newest leads that came over each, and how many of them were won."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.rules import volume_of
from models.training_table import Rows, TrainingTable

MOST_BARS = 100


def bars_in_history(told: npt.NDArray[np.float64], table: TrainingTable, newest: Rows) -> list[dict[str, Any]]:
    """Return what `models.rules.volume.LeadVolume` tells of each of many bars, from the lowest up, with the ``bar``.

    ``newest`` are the rows of the block from which nothing was learned, ``told`` their probabilities; none of no rows.
    """
    if not len(told):
        return []
    everywhere = np.full(len(table), np.nan)
    everywhere[newest] = told
    bars = np.unique(np.quantile(told, np.linspace(0, 1, MOST_BARS), method="nearest"))
    return [{"bar": float(bar), **volume_of(everywhere >= bar, table, newest).as_json()} for bar in bars]


def history_at(bars: Sequence[Mapping[str, Any]], bar: float) -> Mapping[str, Any] | None:
    """Return what history tells of a bar: of the next one that was measured; None above the highest.

    >>> history_at([{"bar": 0.1, "won": 7}, {"bar": 0.3, "won": 2}], 0.2)
    {'bar': 0.3, 'won': 2}
    """
    return next((told for told in bars if told["bar"] >= bar), None)

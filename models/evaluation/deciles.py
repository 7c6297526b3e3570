"""What became of leads like those that are open now: in each decile of the score, in each cell of the grid.

Scores of leads that closed long ago are of no use for this: they stand as they were just before they closed, when the
visits that come with signing had been counted, and the model has learned from most of them. So the snapshots of the
newest split are scored, at the ages that leads have, by what had been learned before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.fitting import centres_and_scale
from models.scoring import Scorer
from models.training import Learned
from models.training_table import TrainingTable

Counted = list[dict[str, Any]]
HIGHEST = 9
"""The decile of the score that holds 90 and more."""


def deciles_in_history(
    scorer: Scorer, learned: Learned, table: TrainingTable, open_leads: pd.DataFrame
) -> Mapping[str, Counted]:
    """Return deciles of the score (``tenths``) and ``grades``, with ``leads`` of the newest split and share ``won``.

    Only those come up that had a lead. Each lead has the same weight in all, see `TrainingTable.weights`.
    """
    newest = learned.splits.test
    if not newest.any():
        return {"tenths": [], "grades": []}
    before = scorer_before(scorer, learned, table, open_leads)
    scored = before.score(before.with_rules(learned.features[newest].reset_index(drop=True)))
    leads, weights = table.rows["lead_id"][newest].to_numpy(), table.weights[newest]
    deciles = np.minimum(scored["score"].to_numpy() // 10, HIGHEST)
    return {
        "tenths": counted(deciles, leads, table.won[newest], weights),
        "grades": counted(scored["grade"].to_numpy(), leads, table.won[newest], weights),
    }


def scorer_before(scorer: Scorer, learned: Learned, table: TrainingTable, open_leads: pd.DataFrame) -> Scorer:
    """Return a scorer that knows what had been learned before the newest split.

    Its scale is made of the same population: grades are quarters of it, whatever the model has learned since.
    """
    before = replace(learned, model=learned.before)
    centres, scale = centres_and_scale(before, table, open_leads)
    return replace(scorer, model=learned.before, centres=centres, scale=scale)


def counted(
    places: npt.NDArray, leads: npt.NDArray, won: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]
) -> Counted:
    """Return each place with how many leads were there, and the weighted share of their rows that was won.

    >>> counted(np.array([9, 9, 0]), np.array(["a", "a", "b"]), np.array([1, 0, 0]), np.array([3.0, 1.0, 1.0]))
    [{'place': 0, 'leads': 1, 'won': 0.0}, {'place': 9, 'leads': 1, 'won': 0.75}]
    """
    rows = pd.DataFrame({"place": places, "lead": leads, "weight": weights, "won": won * weights})
    counts = rows.groupby("place").agg(leads=("lead", "nunique"), won=("won", "sum"), weight=("weight", "sum"))
    shares = zip(counts.index, counts["leads"], counts["won"] / counts["weight"], strict=True)
    return [{"place": place, "leads": int(count), "won": float(share)} for place, count, share in shares]

"""What became of leads that stood where open leads stand now: at each tenth of the score, in each cell of the grid.

Scores of leads that closed long ago are of no use for this: they stand as they were just before they closed, when the
visits that come with signing had been counted, and the model has learned from most of them. So the snapshots of the
newest block are scored, at the ages that leads have, by what had been learned before them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.scoring import Scorer, centres_and_scale
from models.training import Learned
from models.training_table import TrainingTable

Found = list[dict[str, Any]]
HIGHEST = 9
"""The tenth of the score that holds 90 and more."""


def standing_in_history(
    scorer: Scorer, learned: Learned, table: TrainingTable, open_leads: pd.DataFrame
) -> Mapping[str, Found]:
    """Return ``tenths`` of the score and ``grades``, each with its ``leads`` of the newest block and the share ``won``.

    Only those come up at which a lead stood. Each lead has the same weight in all, see `TrainingTable.weights`.
    """
    newest = learned.splits.test
    if not newest.any():
        return {"tenths": [], "grades": []}
    was = as_it_was(scorer, learned, table, open_leads)
    told = was.judge_design(was.completed(learned.features[newest].reset_index(drop=True))).frame
    leads, weights = table.rows["lead_id"][newest].to_numpy(), table.weights[newest]
    tenths = np.minimum(told["score"].to_numpy() // 10, HIGHEST)
    return {
        "tenths": counted(tenths, leads, table.won[newest], weights),
        "grades": counted(told["grade"].to_numpy(), leads, table.won[newest], weights),
    }


def as_it_was(scorer: Scorer, learned: Learned, table: TrainingTable, open_leads: pd.DataFrame) -> Scorer:
    """Return a scorer that knows what had been learned before the newest block.

    Its scale is made of the same population: grades are quarters of it, whatever the model has learned since.
    """
    before = replace(learned, model=learned.before)
    centres, scale = centres_and_scale(before, table, open_leads)
    return replace(scorer, model=learned.before, centres=centres, scale=scale)


def counted(
    places: npt.NDArray, leads: npt.NDArray, won: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]
) -> Found:
    """Return each place with how many leads stood there, and the weighted share of their rows that was won.

    >>> counted(np.array([9, 9, 0]), np.array(["a", "a", "b"]), np.array([1, 0, 0]), np.array([3.0, 1.0, 1.0]))
    [{'place': 0, 'leads': 1, 'won': 0.0}, {'place': 9, 'leads': 1, 'won': 0.75}]
    """
    rows = pd.DataFrame({"place": places, "lead": leads, "weight": weights, "won": won * weights})
    found = rows.groupby("place").agg(leads=("lead", "nunique"), won=("won", "sum"), weight=("weight", "sum"))
    shares = zip(found.index, found["leads"], found["won"] / found["weight"], strict=True)
    return [{"place": place, "leads": int(stood), "won": float(share)} for place, stood, share in shares]


def at(found: Sequence[Mapping[str, Any]], place: object) -> Mapping[str, Any]:
    """Return what was counted at a place, which may be nothing.

    >>> at([{"place": "A1", "leads": 3, "won": 0.5}], "B2")
    {'place': 'B2', 'leads': 0, 'won': None}
    """
    return next((each for each in found if each["place"] == place), {"place": place, "leads": 0, "won": None})

"""Snapshots whose window is not over: neither left out, which lets a model lag behind, nor taken for lost.

Where the lead closed meanwhile, what became of it is known. While it is open, the snapshot is won in part: by the
chance that it still is, as leads had it that were still open after as many days. That is one step of expectation
maximisation (Dempster, Laird and Rubin, 1977). How it does beside weights by the inverse of the chance to be watched so
long, and beside leaving such snapshots out, is measured in `benchmarks.censoring`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special
from sklearn.linear_model import LogisticRegression

from models.reference import in_days
from models.training_table import TrainingTable

FEWEST = 30
"""Wins, and losses, of leads that were still open, from which the chance of such leads is learned."""
LEAST = 1e-6
"""No chance is taken for smaller, nor for nearer to 1."""

Floats = npt.NDArray[np.float64]


def completed(censored: TrainingTable, told: Floats, known: TrainingTable, foretold: Floats) -> TrainingTable | None:
    """Return the snapshots whose window is not over as won, lost, or, while the lead is open, as both in part.

    ``told`` are the probabilities of the censored snapshots, ``foretold`` those of known ones, by a model that has not
    learned from these. None where they are too few to say what becomes of leads that stay open.
    """
    still_open = censored.rows["won"].isna().to_numpy()
    chance = chance_while_open(censored.taken(still_open), told[still_open], known, foretold)
    if chance is None:
        return None
    settled, waiting = censored.taken(~still_open), censored.taken(still_open)
    parts = [(settled, settled.won, 1.0), (waiting, 1, chance), (waiting, 0, 1 - chance)]
    rows = [table.rows.assign(won=won, part=part) for table, won, part in parts]
    design = pd.concat([table.design for table, _, _ in parts], ignore_index=True)
    return replace(censored, design=design, rows=pd.concat(rows, ignore_index=True))


def chance_while_open(waiting: TrainingTable, told: Floats, known: TrainingTable, foretold: Floats) -> Floats | None:
    """Return the chance of each waiting snapshot to be won in its window; None where too little is known.

    It is learned from known snapshots as if they had been watched no longer than the waiting ones, of those that were
    still open then.
    """
    if not len(waiting) or not len(known):
        return None
    watched = np.random.default_rng(0).choice(waiting.rows["watched"], len(known))
    open_then = ~(in_days(known.rows["closed_at"] - known.rows["as_of"]) <= watched)
    if known.scarcer(open_then) < FEWEST:
        return None
    facts = _facts(foretold[open_then], watched[open_then] / known.horizon)
    curve = LogisticRegression(C=10).fit(facts, known.won[open_then])
    return curve.predict_proba(_facts(told, waiting.rows["watched"] / known.horizon))[:, 1]


def _facts(told: Floats, watched: npt.ArrayLike) -> Floats:
    """Return what tells the chance of an open lead: its log-odds at the start, the part of the window that is over."""
    margin, over = special.logit(np.clip(told, LEAST, 1 - LEAST)), np.clip(watched, 0, 1 - LEAST)
    return np.column_stack([margin, over, over**2, np.log1p(-over), margin * over])

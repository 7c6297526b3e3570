"""Learning from few outcomes: a logistic regression that departs from the rules only as far as the outcomes bear.

Its log-odds are ``r + s · (f - r)``: f of a logistic regression that is strongly held back, r of the rules, or of the
base rate where the rules were learned from the same leads, and s between 0 and 1. It comes of cross-fitting: a split
of its own to choose on would leave too little to learn from.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import special
from sklearn.ensemble import StackingClassifier
from sklearn.model_selection import StratifiedGroupKFold

from models.blend import LOGISTIC, RULES, log_odds
from models.members import MEMBERS, Recipe, default_recipe
from models.metrics import log_losses
from models.training.blend import mixture
from models.training_table import TrainingTable

FOLDS = 5
STRENGTH = 0.7
"""Inverse regularisation of the logistic regression: of 0.03 to 1 it did best on 60 to 1,000 leads of two public files
without doing worse than a plain one anywhere by more than a hundredth (less held back, one file gains what one loses);
choosing it by cross-fitting did worse, for few outcomes choose badly."""
DEPARTURES = np.linspace(0, 1, 11)
"""How far the model may go from its start to the logistic regression."""
BELIEF = 10
"""A departure from the base rate is believed in beforehand like its tenth power: no file was found on which a strongly
held back regression does worse than the base rate. Of the rules nothing is believed beforehand."""

Floats = npt.NDArray[np.float64]


def few_outcomes_recipe(*, with_rules: bool) -> Recipe:
    """Return the recipe for few outcomes; ``with_rules`` says that people made the rules, so that they are a start."""
    members = (LOGISTIC, RULES) if with_rules else (LOGISTIC,)
    return replace(default_recipe(), members=members).changed(LOGISTIC, {"C": STRENGTH})


def fit_few_outcomes(recipe: Recipe, table: TrainingTable, *, seed: int) -> StackingClassifier:
    """Return a model learned from all rows of a table, which has at least two wins and two losses."""
    names = (LOGISTIC, RULES) if RULES in recipe.members else (LOGISTIC,)  # trees, which others had, cannot be borne
    members = {name: MEMBERS[name].fit(table, recipe, seed=seed) for name in names}
    start = log_odds(members[RULES].predict_proba(table.features)[:, 1]) if RULES in members else _base(table)
    belief = 0 if RULES in members else BELIEF
    step = departure(start, _crossed(table, recipe, seed), table, belief)
    if RULES in members:
        return mixture(members, 0.0, np.array([step, 1 - step]), table.features)
    return mixture(members, float((1 - step) * start[0]), np.array([step]), table.features)


def _base(table: TrainingTable) -> Floats:
    return np.full(len(table), special.logit((table.won.sum() + 0.5) / (len(table) + 1)))


def _crossed(table: TrainingTable, recipe: Recipe, seed: int) -> Floats:
    """Return the log-odds of each row by a logistic regression that learned from leads (accounts) of other folds."""
    crossed, groups = _base(table), table.rows["group"].nunique()
    if groups < 2:  # nothing is known of others
        return crossed
    count = min(FOLDS, table.minority_count(), groups)
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    for known, asked in folds.split(crossed, table.won, table.rows["group"]):
        others = table.subset(np.isin(np.arange(len(table)), known))
        if others.minority_count():
            member = MEMBERS[LOGISTIC].fit(others, recipe, seed=seed)
            crossed[asked] = log_odds(member.predict_proba(table.features.iloc[asked])[:, 1])
    return crossed


def departure(start: Floats, end: Floats, table: TrainingTable, belief: float) -> float:
    """Return how far to go from the log-odds ``start`` to ``end``: the mean of all steps, weighted by their likelihood.

    Beforehand a step is believed in like its ``belief``-th power. Snapshots of a lead (account) count as one outcome.
    """
    share = table.rows["group"].nunique() / len(table)
    steps = (start + step * (end - start) for step in DEPARTURES)
    losses = np.array([share * log_losses(special.expit(each), table.won).sum() for each in steps])
    likely = np.exp(losses.min() - losses) * DEPARTURES**belief
    return float(DEPARTURES @ likely / likely.sum())

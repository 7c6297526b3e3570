"""The rule curve: a logistic curve on the points of the rules, which says what they are worth as a probability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from features import RULE_POINTS
from models.blend import RULES
from models.members.base import Contributions, Floats, Member
from models.members.encoding import Encoded
from models.members.recipe import Recipe
from models.training_table import TrainingTable

if TYPE_CHECKING:  # loaded where the curve is fitted: what only scores starts without it
    from sklearn.pipeline import Pipeline

LOG_ODDS_OF_A_POINT, BELIEVED_WINS = 0.03, 3.0
"""Log-odds that a point of the rules adds before outcomes are known, and for how many wins that belief counts: 23
points double the odds."""
LEAST_OF_A_POINT = 0.003
"""Log-odds that a point adds at least: rules that are served rank leads as people agreed, whatever outcomes say."""


class RuleCurve(Member):
    """A curve on the points of the rules, explained by what each rule gives about its mean in training."""

    name = RULES
    learns_from = "rule points"

    def fit(self, table: TrainingTable, recipe: Recipe, *, seed: int, threads: int | None = None) -> Pipeline:
        return fit_rule_curve(table.features, table.won, table.sample_weight)

    def centres(self, fitted: Pipeline, features: Encoded, terms: Sequence[str]) -> Mapping[str, float]:
        return {term: float(features.features[term].mean()) for term in terms}

    def contributions(self, fitted: Pipeline, features: Encoded, centres: Mapping[str, float]) -> Contributions:
        curve, centre = fitted.named_steps["curve"], pd.Series(centres)
        slope, start = float(curve.coef_[0, 0]), float(curve.intercept_[0])
        values = slope * (features.features[list(centres)] - centre).to_numpy()
        return Contributions(tuple(centres), values, start + slope * float(centre.sum()))


def fit_rule_curve(features: pd.DataFrame, won: npt.NDArray[np.int64], sample_weight: Floats | None = None) -> Pipeline:
    """Fit a logistic curve on the rule points, which are a column of the features.

    Beside the outcomes stand a few made-up ones by which a point adds `LOG_ODDS_OF_A_POINT`: so few outcomes do not
    turn the points around, and there may be none. The curve is held back just so far that points which separate won
    from lost leads without a fault give no certainty; and more points never mean less: see `LEAST_OF_A_POINT`.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    encoder = ColumnTransformer([("points", "passthrough", [RULE_POINTS.name])]).fit(features)
    points = features[RULE_POINTS.name].to_numpy(float)
    observed = np.ones(len(won)) if sample_weight is None else sample_weight
    rate = (won @ observed + 0.5) / (observed.sum() + 1)
    believed = special.expit(special.logit(rate) + LOG_ODDS_OF_A_POINT * (points - points.mean()))
    each = BELIEVED_WINS / min(believed.sum(), (1 - believed).sum())
    weights = np.concatenate([observed, each * believed, each * (1 - believed)])
    outcomes = np.concatenate([won, np.ones_like(won), np.zeros_like(won)])
    curve = LogisticRegression(C=0.01).fit(np.tile(points[:, None], (3, 1)), outcomes, sample_weight=weights)
    if curve.coef_[0, 0] < LEAST_OF_A_POINT:
        curve.coef_[0, 0] = LEAST_OF_A_POINT
        curve.intercept_[0] = _level(LEAST_OF_A_POINT * np.tile(points, 3), outcomes, weights)
    return Pipeline([("points", encoder), ("curve", curve)])


def _level(log_odds: Floats, outcomes: npt.NDArray[np.int64], weights: Floats) -> float:
    """Return what has to be added to log-odds so that as many wins are expected as there are."""
    from scipy import optimize

    rate = np.average(outcomes, weights=weights)

    def excess(level: float) -> float:
        return float(np.average(special.expit(level + log_odds), weights=weights) - rate)

    return optimize.brentq(excess, -50, 50)  # pyright: ignore[reportReturnType]

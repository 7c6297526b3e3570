"""Exact contributions of every feature to a lead's raw log-odds, and what they are worth in points.

Base + Σ contributions = raw log-odds, to 1e-6. Trees are explained by path-dependent SHAP values (Lundberg et al. 2020,
"From local explanations to global understanding with explainable AI for trees"), the rule curve by its mean-centred
linear term; weights of the calibration carry over because it is affine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import StackingClassifier
from sklearn.pipeline import Pipeline

from features.catalogue import RULE_POINTS
from models.learned import Inputs, affine

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """What each column adds to each row's log-odds: ``values`` of shape (rows, columns), and the base of all rows."""

    columns: tuple[str, ...]
    values: Floats
    base: float

    @property
    def raw_log_odds(self) -> Floats:
        return self.base + self.values.sum(axis=1)


def contributions(model: StackingClassifier, inputs: Inputs, design: pd.DataFrame, mean_points: float) -> Contributions:
    """Explain each row of a design; the rule curve is centred on ``mean_points``, the points' mean in training."""
    intercept, weights = affine(model)
    (name, member), weight = model.estimators[0], float(weights[0])
    if name == "rules":
        columns, (base, values) = (RULE_POINTS.name,), _of_curve(member, design, mean_points)
    else:
        columns, (base, values) = inputs.order, _of_trees(member, design)
    return Contributions(columns, weight * values, intercept + weight * base)


def _of_trees(member: Pipeline, design: pd.DataFrame) -> tuple[float, Floats]:
    encoder, trees = member.named_steps["encode"], member.named_steps["trees"]
    values = np.asarray(trees.booster_.predict(encoder.transform(design), pred_contrib=True))
    return float(values[0, -1]), values[:, :-1]


def _of_curve(member: Pipeline, design: pd.DataFrame, mean_points: float) -> tuple[float, Floats]:
    curve = member.named_steps["curve"]
    slope, start = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    values = slope * (design[[RULE_POINTS.name]].to_numpy() - mean_points)
    return start + slope * mean_points, values

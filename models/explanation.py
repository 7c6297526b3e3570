"""Exact contributions of every feature to a lead's raw log-odds, and what they are worth in points.

Base + Σ contributions = raw log-odds, to 1e-6. Trees are explained by path-dependent SHAP values (Lundberg et al. 2020,
"From local explanations to global understanding with explainable AI for trees"), the rule curve by its mean-centred
linear term; weights of the calibration carry over because it is affine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import StackingClassifier
from sklearn.pipeline import Pipeline

from models.learned import RULES, Inputs, affine

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


def contributions(
    model: StackingClassifier, inputs: Inputs, design: pd.DataFrame, term_means: Mapping[str, float]
) -> Contributions:
    """Explain each row of a design; terms of the rule points are centred on their means in training."""
    intercept, weights = affine(model)
    (name, member), weight = model.estimators[0], float(weights[0])
    if name == RULES:
        columns, (base, values) = tuple(term_means), _of_curve(member, design, term_means)
    else:
        columns, (base, values) = inputs.order, _of_trees(member, design)
    return Contributions(columns, weight * values, intercept + weight * base)


def _of_trees(member: Pipeline, design: pd.DataFrame) -> tuple[float, Floats]:
    encoder, trees = member.named_steps["encode"], member.named_steps["trees"]
    values = np.asarray(trees.booster_.predict(encoder.transform(design), pred_contrib=True))
    return float(values[0, -1]), values[:, :-1]


def _of_curve(member: Pipeline, design: pd.DataFrame, term_means: Mapping[str, float]) -> tuple[float, Floats]:
    curve = member.named_steps["curve"]
    slope, start, means = float(curve.coef_[0, 0]), float(curve.intercept_[0]), pd.Series(term_means)
    return start + slope * float(means.sum()), slope * (design[list(term_means)] - means).to_numpy()

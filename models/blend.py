"""What a trained model says: its members, their weights, and the log-odds of its probabilities.

Scoring and explaining need no more of a model than this. How one is trained stands in `models.training`, which what
scores never loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import StackingClassifier

LOGISTIC, BOOSTING, RULES = "logistic", "boosting", "rules"
"""The names of the members of a model."""

Floats = npt.NDArray[np.float64]


def member_names(model: StackingClassifier) -> tuple[str, ...]:
    """Return the names of the members of a model."""
    return tuple(name for name, _ in model.estimators)


def affine(model: StackingClassifier) -> tuple[float, Floats]:
    """Return the intercept and the weight of each member, on the log-odds scale."""
    final: Any = model.final_estimator_[-1]  # type: ignore[index]
    return float(final.intercept_[0]), final.coef_[0]


def spline_encoder(model: StackingClassifier) -> ColumnTransformer | None:
    """Return the encoder of a model's logistic regression; None where it has none."""
    members: Mapping[str, Any] = dict(zip(member_names(model), model.estimators_, strict=True))
    return members[LOGISTIC].named_steps["encode"] if LOGISTIC in members else None


def probabilities(model: StackingClassifier, features: pd.DataFrame) -> Floats:
    """Return the chance of winning of each row; there may be none."""
    return model.predict_proba(features)[:, 1] if len(features) else np.empty(0)


def log_odds(probability: Floats) -> Floats:
    """Return the log-odds of probabilities; those that were rounded to 0 or 1 count as 1e-15 off it."""
    return special.logit(np.clip(probability, 1e-15, 1 - 1e-15))

"""How a model is made: everything that is decided on older leads, and frozen before the newest are looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from models.blend import BOOSTING, LOGISTIC

BENT_LINES: Mapping[str, Any] = {"C": 0.1, "n_knots": 6}
"""Logistic regression in which the effect of a number bends at six quantiles: as additive as a straight line. Where
straight lines lost 0.012 AUC to boosting (X Education, forward in time), bent ones lost 0.005."""

SHALLOW_TREES: Mapping[str, Any] = {
    "max_depth": 4,
    "num_leaves": 15,
    "learning_rate": 0.05,
    "n_estimators": 300,
    "min_child_samples": 40,
    "reg_lambda": 5.0,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.5,
    "max_cat_to_onehot": 64,
    "cat_smooth": 20.0,
    "min_data_per_group": 50,
}
"""Shallow trees rank as well as deep ones on leads, and their explanations cost a third; categories are split one
level against the rest, which holds better on later leads than groups of levels."""


@dataclass(frozen=True)
class Recipe:
    """What a model is made of and how.

    members    the parts that are blended
    logistic, boosting  settings of those members
    without    features that are left out
    half_life  share of the rows, newest first, after which a row counts half; None: all count alike
    trust      how much the members' own probabilities weigh in the calibration, beside the outcomes of the tune block

    >>> Recipe.from_json(Recipe(without=("year",)).to_json()) == Recipe(without=("year",))
    True
    """

    members: tuple[str, ...] = (LOGISTIC, BOOSTING)
    logistic: Mapping[str, Any] = field(default_factory=lambda: dict(BENT_LINES))
    boosting: Mapping[str, Any] = field(default_factory=lambda: dict(SHALLOW_TREES))
    without: tuple[str, ...] = ()
    half_life: float | None = None
    trust: float = 3.0

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        content = json.loads(text)
        return cls(**content | {name: tuple(content[name]) for name in ("members", "without")})

"""The learned models, made of third-party parts only, so that a stored one loads without this code.

A model is a `StackingClassifier` over fitted members. Its final step is a logistic regression on the members' raw
log-odds: weights and affine (Platt) calibration in one, so the log-odds of its probability are exactly
``intercept + Σ weight × raw margin of a member``. Members are LightGBM on the features, or, where the rules are
served, a logistic curve on the column of rule points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMClassifier, early_stopping
from scipy import special  # not its functions: skops would store `logit` as one of this module's
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from features.catalogue import RULE_POINTS, Feature

SHALLOW_TREES = {
    "max_depth": 4,
    "num_leaves": 15,
    "learning_rate": 0.05,
    "n_estimators": 600,
    "min_child_samples": 40,
    "reg_lambda": 5.0,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.6,
    "cat_smooth": 20.0,
    "min_data_per_group": 50,
}
"""Shallow trees rank as well as deep ones on leads, and their explanations cost a third."""
PATIENCE = 40
RULES = "rules"
"""The name of the member that is a curve on the rule points."""
RARE_LEVEL = 20
"""A level seen in fewer rows than this is read as missing: it teaches little, and it may name a person."""

NO_LEVEL = ""
"""Stands where a category has no frequent level; no cell is empty text."""

Outcomes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Inputs:
    """The columns of a design: which are numbers, and which are categories."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]

    @classmethod
    def of(cls, features: tuple[Feature, ...]) -> Inputs:
        return cls(
            tuple(feature.name for feature in features if not feature.categorical),
            tuple(feature.name for feature in features if feature.categorical),
        )

    @property
    def order(self) -> tuple[str, ...]:
        """Return the columns as the trees see them: categories first."""
        return (*self.categories, *self.numbers)


def fit_boosting(
    inputs: Inputs,
    design: pd.DataFrame,
    won: Outcomes,
    *,
    seed: int,
    stop_on: tuple[pd.DataFrame, Outcomes] | None = None,
    trees: int | None = None,
) -> Pipeline:
    """Fit shallow trees; their number is found on the rows of ``stop_on``, or given."""
    encoder = _encoder(inputs, design)
    encoded = np.asarray(encoder.fit_transform(design))
    model = _trees(seed, trees)
    options: dict[str, Any] = {"categorical_feature": list(range(len(inputs.categories)))}
    if stop_on:
        options["eval_X"], options["eval_y"] = encoder.transform(stop_on[0]), stop_on[1]
        options["callbacks"] = [early_stopping(PATIENCE, verbose=False)]
    model.fit(encoded, won, **options)
    return Pipeline([("encode", encoder), ("trees", model)])


def tree_count(boosting: Pipeline) -> int:
    """Return the number of trees that early stopping settled on."""
    trees: LGBMClassifier = boosting.named_steps["trees"]
    return max(1, trees.best_iteration_ or trees.n_estimators)


def fit_rule_curve(design: pd.DataFrame, won: Outcomes) -> Pipeline:
    """Fit a logistic curve on the rule points: what the points are worth as a probability."""
    points = ColumnTransformer([("points", "passthrough", [RULE_POINTS.name])])
    return Pipeline([("points", points), ("curve", LogisticRegression(C=1e6))]).fit(design, won)


def calibrate(member: Pipeline, name: str, design: pd.DataFrame, won: Outcomes) -> StackingClassifier:
    """Put an affine calibration on a member's raw log-odds, fitted on a later block than the member was."""
    final = make_pipeline(FunctionTransformer(special.logit), LogisticRegression(C=1e6))
    return StackingClassifier([(name, member)], cv="prefit", final_estimator=final).fit(design, won)


def with_member(model: StackingClassifier, member: Pipeline) -> StackingClassifier:
    """Exchange the member for one refitted on more data; the calibration stays frozen."""
    name = model.estimators[0][0]
    model.estimators = [(name, member)]
    model.estimators_ = [member]
    model.named_estimators_[name] = member
    return model


def affine(model: StackingClassifier) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the intercept and the weight of each member, on the log-odds scale."""
    final: Any = model.final_estimator_[-1]  # type: ignore[index]
    return float(final.intercept_[0]), final.coef_[0]


def probabilities(model: StackingClassifier, design: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return the chance of winning of each row."""
    return model.predict_proba(design)[:, 1]


def _encoder(inputs: Inputs, design: pd.DataFrame) -> ColumnTransformer:
    """Number the frequent levels of categories; rare, unseen and missing ones are missing to the trees.

    Only frequent levels are stored, so that no name or address that slipped through ends up in a model.
    """
    frequent: Any = [_frequent_levels(design[name]) for name in inputs.categories]
    levels = OrdinalEncoder(
        categories=frequent,
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
    )
    return ColumnTransformer(
        [("categories", levels, list(inputs.categories)), ("numbers", "passthrough", list(inputs.numbers))]
    )


def _frequent_levels(cells: pd.Series) -> list[str]:
    counts = cells.value_counts()
    return sorted(counts.index[counts >= RARE_LEVEL]) or [NO_LEVEL]


def _trees(seed: int, trees: int | None) -> LGBMClassifier:
    settings: dict[str, Any] = SHALLOW_TREES | ({"n_estimators": trees} if trees else {})
    return LGBMClassifier(**settings, random_state=seed, deterministic=True, force_row_wise=True, verbose=-1)

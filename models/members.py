"""The members of a model: logistic regression, boosted trees, and a curve on the points of the rules.

Each is a scikit-learn pipeline of third-party parts from a design to a probability, whose log-odds add up over the
columns: see `models.explanation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer

from features.catalogue import RULE_POINTS, Feature, catalogue
from models.recipe import BOOSTING, LOGISTIC, Recipe
from models.training_table import TrainingTable, drawn

RARE_LEVEL = 10
"""Levels seen in fewer rows than this are not told apart: one teaches little, and it may name a person."""
MOST_ROWS = 100_000
"""Logistic regression is fitted on no more: its few weights do not change with more."""

Floats = npt.NDArray[np.float64]


def fit_member(name: str, recipe: Recipe, table: TrainingTable, *, seed: int, threads: int | None = None) -> Pipeline:
    """Fit one member on all rows of a table; ``threads`` never change the result."""
    if name not in (LOGISTIC, BOOSTING):
        return fit_rule_curve(table.design, table.won)
    features = [feature for feature in catalogue(table.schema) if feature.name not in recipe.without]
    if name == LOGISTIC:
        return fit_logistic(features, drawn(table, MOST_ROWS, seed), recipe.logistic, half_life=recipe.half_life)
    return fit_boosting(features, table, recipe.boosting, half_life=recipe.half_life, seed=seed, threads=threads)


def fit_logistic(
    features: list[Feature], table: TrainingTable, settings: Mapping[str, Any], *, half_life: float | None = None
) -> Pipeline:
    """Fit a regularised logistic regression: levels as columns, numbers as bent lines, and whether a cell is missing.

    Beyond the extremes that were seen a line goes on level: a number that only grows cannot carry a lead away.
    """
    encoder = _columns_for_lines(features, table.design, settings["n_knots"])
    regression = LogisticRegression(C=settings["C"], max_iter=1000)
    return _fitted(encoder, "regression", regression, table, half_life)


def fit_boosting(
    features: list[Feature],
    table: TrainingTable,
    settings: Mapping[str, Any],
    *,
    seed: int,
    half_life: float | None = None,
    threads: int | None = None,
) -> Pipeline:
    """Fit shallow trees; where a feature declares a direction, the trees keep to it."""
    encoder = _columns_for_trees(features, table.design)
    ordered = _categories(features) + _numbers(features)
    trees = LGBMClassifier(
        **settings,
        monotone_constraints=[feature.direction for feature in ordered],
        random_state=seed,
        n_jobs=threads,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    as_levels = {"categorical_feature": list(range(len(_categories(features))))}
    return _fitted(encoder, "trees", trees, table, half_life, **as_levels)


def fit_rule_curve(design: pd.DataFrame, won: npt.NDArray[np.int64]) -> Pipeline:
    """Fit a logistic curve on the rule points: what the points are worth as a probability."""
    points = ColumnTransformer([("points", "passthrough", [RULE_POINTS.name])])
    return Pipeline([("points", points), ("curve", LogisticRegression(C=1e6))]).fit(design, won)


def recency_weights(table: TrainingTable, half_life: float | None) -> Floats | None:
    """Return a weight per row, 1 on average, that halves with each share ``half_life`` of the rows into the past.

    A row without a moment counts as the oldest. None where all rows count alike.
    """
    if half_life is None or table.moments is None:
        return None
    age = 1 - table.moments.rank(pct=True, na_option="top").to_numpy(float)
    weights = 0.5 ** (age / half_life)
    return weights / weights.mean()


def _fitted(
    encoder: ColumnTransformer,
    name: str,
    learner: Any,
    table: TrainingTable,
    half_life: float | None,
    **options: Any,
) -> Pipeline:
    encoded = encoder.fit_transform(table.design)
    learner.fit(encoded, table.won, sample_weight=recency_weights(table, half_life), **options)
    return Pipeline([("encode", encoder), (name, learner)])


def _categories(features: list[Feature]) -> list[Feature]:
    return [feature for feature in features if feature.categorical]


def _numbers(features: list[Feature]) -> list[Feature]:
    return [feature for feature in features if not feature.categorical]


def _columns_for_trees(features: list[Feature], design: pd.DataFrame) -> ColumnTransformer:
    """Number the levels of categories; what is missing is a level of its own, and so are the rare ones together."""
    categories, numbers = ([feature.name for feature in kind] for kind in (_categories(features), _numbers(features)))
    levels: Any = [_frequent_levels(design[name]) for name in categories]
    widest = max(map(len, levels), default=0)
    encoder = OrdinalEncoder(
        categories=levels,
        encoded_missing_value=widest,
        handle_unknown="use_encoded_value",
        unknown_value=widest + 1,
    )
    return ColumnTransformer([("categories", encoder, categories), ("numbers", "passthrough", numbers)])


def _columns_for_lines(features: list[Feature], design: pd.DataFrame, knots: int) -> ColumnTransformer:
    """Make columns whose weighted sum is a line per number and a step per level.

    A number with two values needs no bends, and one that is always the same no column. Rare levels are the level
    against which the others are weighed.
    """
    categories = [feature.name for feature in _categories(features)]
    numbers = [feature.name for feature in _numbers(features)]
    values = {name: int(design[name].nunique()) for name in numbers}
    bends = SplineTransformer(knots, degree=1, knots="quantile", extrapolation="constant", sparse_output=True)
    levels: Any = [_frequent_levels(design[name]) for name in categories]
    return ColumnTransformer(
        [
            ("categories", OneHotEncoder(categories=levels, handle_unknown="ignore"), categories),
            ("flags", SimpleImputer(strategy="median"), [name for name in numbers if values[name] == 2]),
            ("lines", make_pipeline(SimpleImputer(strategy="median"), bends),
             [name for name in numbers if values[name] > 2]),
            ("missing", MissingIndicator(features="all", error_on_new=False),
             [name for name in numbers if design[name].isna().any() and values[name]]),
        ],
        sparse_threshold=1.0,
    )  # fmt: skip


def _frequent_levels(cells: pd.Series) -> list[Any]:
    """Return the levels that are stored: the frequent ones, and the missing one."""
    counts = cells.value_counts()
    return [*sorted(counts.index[counts >= RARE_LEVEL]), np.nan]

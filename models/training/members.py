"""The members of a model: logistic regression, boosted trees, and a curve on the points of the rules.

Each is a scikit-learn pipeline of third-party parts from a design to a probability, whose log-odds add up over the
columns: see `models.explanation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMClassifier
from scipy import special
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer

from features import RULE_POINTS, Feature, catalogue
from models.blend import BOOSTING, LOGISTIC
from models.training.recipe import Recipe
from models.training_table import RARE_LEVEL, TrainingTable, common_levels, drawn

WORTH_OF_A_POINT, BELIEVED_WINS = 0.03, 3.0
"""Log-odds that a point of the rules is worth before outcomes are known, and for how many wins that belief counts: 23
points double the odds."""
MOST_ROWS_FOR_LINES = 50_000
"""Logistic regression is fitted on no more: its few weights do not change with more."""

Floats = npt.NDArray[np.float64]


def fit_member(name: str, recipe: Recipe, table: TrainingTable, *, seed: int, threads: int | None = None) -> Pipeline:
    """Fit one member on a table, logistic regression on 50,000 rows at most; ``threads`` never change the result."""
    if name not in (LOGISTIC, BOOSTING):
        return fit_rule_curve(table.design, table.won, table.parts)
    features = [feature for feature in catalogue(table.schema) if feature.name not in recipe.without]
    if name == LOGISTIC:
        return fit_logistic(
            features, drawn(table, MOST_ROWS_FOR_LINES, seed), recipe.logistic, half_life=recipe.half_life
        )
    return fit_boosting(features, table, recipe.boosting, half_life=recipe.half_life, seed=seed, threads=threads)


def fit_logistic(
    features: list[Feature], table: TrainingTable, settings: Mapping[str, Any], *, half_life: float | None = None
) -> Pipeline:
    """Fit a regularised logistic regression: levels as columns, numbers as bent lines, and whether a cell is missing.

    Beyond its last knots a line goes on level: neither an outlier nor a number that only grows carries a lead away.
    """
    encoder = columns_for_lines(features, table, settings["n_knots"])
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
    encoder = _columns_for_trees(features, table)
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


def fit_rule_curve(design: pd.DataFrame, won: npt.NDArray[np.int64], parts: Floats | None = None) -> Pipeline:
    """Fit a logistic curve on the rule points: what the points are worth as a probability; ``parts`` weigh the rows.

    Beside the outcomes stand a few made-up ones by which points are worth `WORTH_OF_A_POINT`: so few outcomes do not
    turn the points around, and there may be none. The curve is held back just so far that points which tell won from
    lost leads without a fault give no certainty.
    """
    encoder = ColumnTransformer([("points", "passthrough", [RULE_POINTS.name])]).fit(design)
    points = design[RULE_POINTS.name].to_numpy(float)
    parts = np.ones(len(won)) if parts is None else parts
    rate = (won @ parts + 0.5) / (parts.sum() + 1)
    believed = special.expit(special.logit(rate) + WORTH_OF_A_POINT * (points - points.mean()))
    each = BELIEVED_WINS / min(believed.sum(), (1 - believed).sum())
    weights = np.concatenate([parts, each * believed, each * (1 - believed)])
    outcomes = np.concatenate([won, np.ones_like(won), np.zeros_like(won)])
    curve = LogisticRegression(C=0.01).fit(np.tile(points[:, None], (3, 1)), outcomes, sample_weight=weights)
    return Pipeline([("points", encoder), ("curve", curve)])


def row_weights(table: TrainingTable, half_life: float | None) -> Floats | None:
    """Return a weight per row, 1 on average, so that no lead counts more than another.

    Where ``half_life`` is given, weights halve with each such share of the rows into the past; a row without a moment
    counts as the oldest. None where all rows count alike.
    """
    weights = table.weights
    if half_life is not None and table.moments is not None:
        age = 1 - table.moments.rank(pct=True, na_option="top").to_numpy(float)
        weights = weights * 0.5 ** (age / half_life)
    return weights / weights.mean() if np.ptp(weights) else None


def _fitted(
    encoder: ColumnTransformer,
    name: str,
    learner: Any,
    table: TrainingTable,
    half_life: float | None,
    **options: Any,
) -> Pipeline:
    encoded = encoder.fit_transform(table.design)
    learner.fit(encoded, table.won, sample_weight=row_weights(table, half_life), **options)
    return Pipeline([("encode", encoder), (name, learner)])


def _categories(features: list[Feature]) -> list[Feature]:
    return [feature for feature in features if feature.categorical]


def _numbers(features: list[Feature]) -> list[Feature]:
    return [feature for feature in features if not feature.categorical]


def _columns_for_trees(features: list[Feature], table: TrainingTable) -> ColumnTransformer:
    """Number the levels of categories; what is missing is a level of its own, and so are the rare ones together."""
    categories, numbers = ([feature.name for feature in kind] for kind in (_categories(features), _numbers(features)))
    levels: Any = [frequent_levels(table, name) for name in categories]
    widest = max(map(len, levels), default=0)
    encoder = OrdinalEncoder(
        categories=levels,
        encoded_missing_value=widest,
        handle_unknown="use_encoded_value",
        unknown_value=widest + 1,
    )
    return ColumnTransformer([("categories", encoder, categories), ("numbers", "passthrough", numbers)])


def columns_for_lines(features: list[Feature], table: TrainingTable, knots: int) -> ColumnTransformer:
    """Make columns whose weighted sum is a bent line per number and a step per level.

    A number that is always the same needs no line. Rare levels are the level against which the others are weighed.
    """
    categories = [feature.name for feature in _categories(features)]
    numbers = [feature.name for feature in _numbers(features)]
    bends = {name: knots_of(table.design[name].to_numpy(float), knots) for name in numbers}
    missing = [name for name in numbers if table.design[name].isna().any()]
    if not categories and not any(len(knots) > 1 for knots in bends.values()):
        missing = numbers  # there must be a column, even if it says nothing
    levels: Any = [frequent_levels(table, name) for name in categories]
    return ColumnTransformer(
        [
            ("categories", OneHotEncoder(categories=levels, handle_unknown="ignore"), categories),
            *_lines(bends),
            ("missing", MissingIndicator(features="all", error_on_new=False), missing),
        ],
        sparse_threshold=1.0,
    )


def _lines(bends: Mapping[str, Floats]) -> Iterator[tuple[str, Pipeline, list[str]]]:
    """Yield a transformer for all numbers with as many knots: it takes them side by side."""
    for count in sorted({len(knots) for knots in bends.values()} - {0, 1}):
        names = [name for name, knots in bends.items() if len(knots) == count]
        places: Any = np.column_stack([bends[name] for name in names])
        spline = SplineTransformer(knots=places, degree=1, extrapolation="constant")
        yield f"lines with {count} knots", make_pipeline(SimpleImputer(strategy="median"), spline), names


def knots_of(numbers: Floats, count: int) -> Floats:
    """Return where the line of a number bends: at so many quantiles, those farthest out a hundredth from the ends.

    Where the smallest number is common, as with counts of events, it is a knot and the others are quantiles above it.
    A number that hardly ever differs from its smallest is left a single knot, and so gets no line.

    >>> knots_of(np.arange(1001.0), 3), knots_of(np.array([0.0] * 80 + [1, 2, 3, 4, 500] * 4), 4)
    (array([ 10., 500., 990.]), array([  0.,   1.,   3., 500.]))
    >>> knots_of(np.array([0.0] * 999 + [7]), 4), knots_of(np.array([0.0, 0.001] * 50), 4)
    (array([0.]), array([0.   , 0.001]))
    """
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return np.empty(0)
    least = numbers.min()
    above = numbers[numbers > least]
    if len(above) < RARE_LEVEL:
        return np.array([least])
    if len(above) > len(numbers) * (1 - 1 / count):
        return np.unique(np.quantile(numbers, np.linspace(0.01, 0.99, count), method="nearest"))
    return np.unique([least, *np.quantile(above, np.linspace(0.01, 0.99, count - 1), method="nearest")])


def frequent_levels(table: TrainingTable, name: str) -> list[Any]:
    """Return the levels that are stored: those that enough leads have, and the missing one."""
    return [*common_levels(table.design[name], table.rows["lead_id"]), np.nan]

"""Boosted trees: shallow ones of LightGBM, which keep to the direction that a feature declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features import Feature
from models.blend import BOOSTING
from models.members.base import Contributions, Floats, Member, fit_encoded
from models.members.encoding import Encoded, features_for, features_in, frequent_levels, names_by_kind
from models.members.recipe import Recipe, Settings
from models.training_table import TrainingTable

if TYPE_CHECKING:
    import optuna
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline

SHALLOW_TREES: Settings = {
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
TREES = (50, 100, 150, 200, 300, 400, 600, 800)
"""Numbers of trees that are compared; all come from one fit."""
FEW_TREES = 200
"""So many are grown first where they are counted on all rows."""
MOST_TREES_TO_SEARCH = 400
"""So many trees are grown while settings are searched; where the last ones still helped, more are tried at the end."""
PROPOSALS: tuple[Settings, ...] = (
    {"max_depth": 6, "learning_rate": 0.05, "min_child_samples": 20, "reg_lambda": 5.0, "colsample_bytree": 1.0},
    {"max_depth": 4, "learning_rate": 0.05, "min_child_samples": 20, "reg_lambda": 2.0, "colsample_bytree": 1.0},
    {"max_depth": 3, "learning_rate": 0.03, "min_child_samples": 40, "reg_lambda": 10.0, "colsample_bytree": 0.3},
)
"""What is tried first: deeper trees and all columns at each, where effects depend on one another, and stumps of trees
where there is little to learn. Ten trials alone hardly come by such corners."""


class Boosting(Member):
    """Gradient-boosted trees, explained by path-dependent SHAP values; a stage is a number of trees."""

    name = BOOSTING
    defaults = SHALLOW_TREES
    tuned = True
    proposals = PROPOSALS
    lengths = ({"n_estimators": FEW_TREES}, {"n_estimators": TREES[-1]})
    trusted_types = ("collections.OrderedDict", "lightgbm.basic.Booster", "lightgbm.sklearn.LGBMClassifier")

    def fit(self, table: TrainingTable, recipe: Recipe, *, seed: int, threads: int | None = None) -> Pipeline:
        used, settings = features_for(table, recipe), recipe.settings[self.name]
        return fit_boosting(used, table, settings, half_life=recipe.half_life, seed=seed, threads=threads)

    def margins(self, fitted: Pipeline, features: pd.DataFrame) -> Floats:
        encoded, trees = fitted.named_steps["encode"].transform(features), fitted.named_steps["trees"]
        counts = tree_counts(trees.n_estimators)
        return np.column_stack([trees.predict(encoded, raw_score=True, num_iteration=count) for count in counts])

    def stages(self, settings: Settings) -> Sequence[Settings]:
        return [{**settings, "n_estimators": count} for count in tree_counts(settings["n_estimators"])]

    def suggest(self, trial: optuna.Trial) -> Settings:
        depth = trial.suggest_int("max_depth", 3, 7)
        return {
            "max_depth": depth,
            "num_leaves": min(2**depth - 1, 63),
            "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.1, log=True),
            "n_estimators": MOST_TREES_TO_SEARCH,
            "min_child_samples": trial.suggest_int("min_child_samples", 5, 100, log=True),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 30.0, log=True),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
        }

    def may_go_on(self, settings: Settings) -> bool:
        return settings["n_estimators"] == MOST_TREES_TO_SEARCH

    def describe(self, settings: Settings) -> str:
        shape = f"{self.describe_length(settings)} of depth {settings['max_depth']}"
        return f"{shape}, learning rate {settings['learning_rate']:.2g}"

    def describe_length(self, settings: Settings) -> str:
        return f"{settings['n_estimators']} trees"

    def contributions(self, fitted: Pipeline, features: Encoded, centres: Mapping[str, float]) -> Contributions:
        # Loaded where trees are explained: it brings LightGBM and numba, which no other member needs.
        from models.trees import tree_shap

        encoder, trees = fitted.named_steps["encode"], fitted.named_steps["trees"]
        base, values = tree_shap(trees.booster_, features.by(encoder))
        return Contributions(tuple(features_in(encoder)), values, base)


def fit_boosting(
    used: Sequence[Feature],
    table: TrainingTable,
    settings: Settings,
    *,
    seed: int,
    half_life: float | None = None,
    threads: int | None = None,
) -> Pipeline:
    """Fit shallow trees on some features of a table; where a feature declares a direction, the trees keep to it."""
    # Loaded where trees are grown: what scores by another member, or shows no more than scores, starts without it.
    from lightgbm import LGBMClassifier

    categories, numbers = names_by_kind(used)
    direction = {feature.name: feature.direction for feature in used}
    trees = LGBMClassifier(
        **settings,
        monotone_constraints=[direction[name] for name in (*categories, *numbers)],
        random_state=seed,
        n_jobs=threads,
        deterministic=True,
        force_row_wise=True,
        verbose=-1,
    )
    encoder, as_levels = _numbered_levels(categories, numbers, table), list(range(len(categories)))
    return fit_encoded(encoder, "trees", trees, table, half_life, categorical_feature=as_levels)


def tree_counts(most: int) -> list[int]:
    """Return the numbers of trees that are compared within a fit of so many.

    >>> tree_counts(120)
    [50, 100, 120]
    """
    return [count for count in TREES if count < most] + [most]


def _numbered_levels(categories: list[str], numbers: list[str], table: TrainingTable) -> ColumnTransformer:
    """Number the levels of categories; what is missing is a level of its own, and so are the rare ones together."""
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OrdinalEncoder

    levels: Any = [frequent_levels(table, name) for name in categories]
    widest = max(map(len, levels), default=0)
    encoder = OrdinalEncoder(
        categories=levels,
        encoded_missing_value=widest,
        handle_unknown="use_encoded_value",
        unknown_value=widest + 1,
    )
    return ColumnTransformer([("categories", encoder, categories), ("numbers", "passthrough", numbers)])

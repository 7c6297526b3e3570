"""Features as learners read them: each encoder is asked once, and each of its columns knows its feature.

Of one lead, encoding takes longer than all models together, and the models of when and how much stand behind the
encoder of the logistic regression that says whether.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features import Feature, catalogue
from models.members.encoders import encoded
from models.members.recipe import Recipe
from models.training_table import TrainingTable, common_levels

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline


class Encoded:
    """Features, and what encoders made of them so far."""

    def __init__(self, features: pd.DataFrame) -> None:
        self.features = features
        self._made: dict[int, Any] = {}
        self._levels: dict[str, tuple[Any, pd.Index]] = {}

    @classmethod
    def of(cls, features: pd.DataFrame | Encoded) -> Encoded:
        return features if isinstance(features, Encoded) else cls(features)

    def by(self, encoder: ColumnTransformer) -> Any:
        """Return what an encoder makes of the features."""
        if id(encoder) not in self._made:
            self._made[id(encoder)] = encoded(encoder, self.features, self.levels)
        return self._made[id(encoder)]

    def levels(self, name: str) -> tuple[Any, pd.Index]:
        """Return the number of each cell of a category, -1 where it is missing, and the levels behind the numbers."""
        if name not in self._levels:
            codes, levels = pd.factorize(self.features[name])
            self._levels[name] = codes, pd.Index(levels)
        return self._levels[name]

    def behind(self, pipeline: Pipeline) -> tuple[Any, Any]:
        """Return the last step of a pipeline, and what its encoder makes of the features."""
        return pipeline[-1], self.by(pipeline.named_steps["encode"])


def features_for(table: TrainingTable, recipe: Recipe) -> list[Feature]:
    """Return the features of a table that a recipe does not leave out."""
    return [feature for feature in catalogue(table.schema) if feature.name not in recipe.without]


def names_by_kind(used: Sequence[Feature]) -> tuple[list[str], list[str]]:
    """Return the names of the categories among some features, and those of the numbers."""
    categories = [feature.name for feature in used if feature.categorical]
    return categories, [feature.name for feature in used if not feature.categorical]


def frequent_levels(table: TrainingTable, name: str) -> list[Any]:
    """Return the levels that are stored: those that enough leads have, and the missing one."""
    return [*common_levels(table.features[name], table.rows["lead_id"]), np.nan]


def features_in(encoder: ColumnTransformer) -> list[str]:
    """Return the names of the features that a fitted encoder reads, in the order of what it makes of them."""
    return [name for _, names in _transformers(encoder) for name in names]


def source_of_each(encoder: ColumnTransformer) -> list[str]:
    """Return the name of the feature that each encoded column comes from."""
    return [
        name
        for transformer, names in _transformers(encoder)
        for name, width in zip(names, _widths(transformer, len(names)), strict=True)
        for _ in range(width)
    ]


def _transformers(encoder: ColumnTransformer) -> list[tuple[Any, list[str]]]:
    """Return the fitted transformers that have columns, with those columns; what is dropped is none of them."""
    fitted = [(transformer, list(names)) for _, transformer, names in encoder.transformers_]
    return [(transformer, names) for transformer, names in fitted if names and not isinstance(transformer, str)]


def _widths(transformer: Any, features: int) -> list[int]:
    """Return how many columns a fitted transformer makes of each feature."""
    if hasattr(transformer, "categories_"):  # one column for each level
        return [len(levels) for levels in transformer.categories_]
    return [len(transformer.get_feature_names_out()) // features] * features

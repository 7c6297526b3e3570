"""What a member of a model is: the seam behind which logistic regression, boosted trees and the rule curve stand.

A new learner is a file with a `Member`, and a line in the table `models.members.table.MEMBERS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.blend import log_odds
from models.members.encoding import Encoded
from models.members.recipe import Recipe, Settings
from models.training_table import TrainingTable

if TYPE_CHECKING:  # what only scores must not load them
    import optuna
    from sklearn.pipeline import Pipeline

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


class Member(Protocol):
    """A learner whose log-odds a model adds to those of others.

    It is fitted to a scikit-learn pipeline of third-party parts, so that a stored model loads without this code.

    name           what it is called in recipes, in stored models and in `train --json`
    learns_from    the features, or the points that the rules give
    defaults       the settings that hold where the search finds nothing clearly better
    alternatives   changes of those settings that the search compares with the defaults, one at a time
    tuned          whether the search spends its trials on settings that `suggest` proposes
    proposals      what the first trials try, by the names that `suggest` gives its parameters
    lengths        changes of the settings to more and more stages; empty for a learner without stages
    trusted_types  types within its pipeline that skops does not trust by itself
    """

    name: str
    learns_from: Literal["features", "rule points"] = "features"
    defaults: Settings = MappingProxyType({})
    alternatives: Sequence[Settings] = ()
    tuned: bool = False
    proposals: Sequence[Settings] = ()
    lengths: Sequence[Settings] = ()
    trusted_types: Sequence[str] = ()

    def fit(self, table: TrainingTable, recipe: Recipe, *, seed: int, threads: int | None = None) -> Pipeline:
        """Fit by a recipe on all rows of a table; the number of ``threads`` never changes the result."""
        ...

    def contributions(self, fitted: Pipeline, features: Encoded, centres: Mapping[str, float]) -> Contributions:
        """Return what each column adds to the log-odds of each row; base and columns add up to them exactly."""
        ...

    def centres(self, fitted: Pipeline, features: Encoded, terms: Sequence[str]) -> Mapping[str, float]:
        """Return the means over training rows that `contributions` is to explain from; none where it needs none.

        ``terms`` are the columns of the features that hold what each rule gives.
        """
        return {}

    def margins(self, fitted: Pipeline, features: pd.DataFrame) -> Floats:
        """Return the log-odds of each row after each stage: of shape (rows, stages), the last being the whole."""
        return log_odds(fitted.predict_proba(features)[:, [1]])

    def stages(self, settings: Settings) -> Sequence[Settings]:
        """Return the settings that would have ended the fit at each stage, in the order of the `margins`."""
        return [settings]

    def suggest(self, trial: optuna.Trial) -> Settings:
        """Return the changes of the settings that a trial is to try."""
        return {}

    def may_go_on(self, settings: Settings) -> bool:
        """Return whether more stages than the search tried may do better: the most that it tried did best."""
        return False

    def describe(self, settings: Settings) -> str:
        """Return the settings that say most, in words."""
        return ", ".join(f"{name} {value}" for name, value in settings.items())

    def describe_length(self, settings: Settings) -> str:
        """Return how many stages there are, in words."""
        return ""


def row_weights(table: TrainingTable, half_life: float | None) -> Floats | None:
    """Return a weight per row, 1 on average, so that no lead counts more than another.

    Where ``half_life`` is given, weights halve with each such share of the rows into the past; a row without a moment
    counts as the oldest. None where all rows count alike.
    """
    weights = table.weights
    if half_life is not None and table.order_in_time is not None:
        age = 1 - table.order_in_time.rank(pct=True, na_option="top").to_numpy(float)
        weights = weights * 0.5 ** (age / half_life)
    return weights / weights.mean() if np.ptp(weights) else None


def fit_encoded(
    encoder: Any, name: str, learner: Any, table: TrainingTable, half_life: float | None, **options: Any
) -> Pipeline:
    """Fit a learner behind an encoder, every lead weighing alike; ``options`` go to its ``fit``."""
    from sklearn.pipeline import Pipeline

    encoded = encoder.fit_transform(table.features)
    learner.fit(encoded, table.won, sample_weight=row_weights(table, half_life), **options)
    return Pipeline([("encode", encoder), (name, learner)])

"""The baseline that later leads are compared with: features, scores, and how soon leads were won in training.

Everything is counted by the age of leads at their snapshots, so that a later mix of ages is no drift. Counts of bins
only: of categories the levels that the encoders keep, and nothing of a single lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import AliasChoices, Field, TypeAdapter

from features import LEAD_AGE, SNAPSHOT_AGES, Feature, catalogue
from models.members import frequent_levels
from models.training import TYPICAL, calendar_columns, pace, season
from models.training_table import TrainingTable, sample_leads

BINS = 10
SMALLEST_BIN = 0.01
"""A level that fewer rows have shares a bin with the other rare ones."""
MOST_ROWS = 200_000
"""Rows that are counted: shares do not change with more."""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FeatureBins:
    """How the values of one feature are cut into bins, and what was in them at training.

    edges   of numbers: a bin ends with each of them, and one more holds what is above the last
    levels  of a category: those that the encoders keep, the commonest first
    shown   so many of them have bins of their own; then come a bin of the other ones and one of all that is unknown
    rows    rows per age and bin; the last bin is that of missing values
    won     won leads per bin, whatever the age
    calibration  wins over expected wins per bin, of what the model said of such leads at training
    """

    edges: list[float]
    levels: list[str] | None
    shown: int
    rows: list[list[int]]
    won: list[int]
    calibration: Annotated[list[float], Field(validation_alias=AliasChoices("calibration", "worth"))]

    @property
    def bins(self) -> int:
        """Return how many bins there are."""
        return len(self.edges) + 2 if self.levels is None else self.shown + 3

    def codes(self, values: pd.Series) -> Codes:
        """Return the bin of each value.

        >>> FeatureBins([1.0, 2.0], None, 0, [], [], []).codes(pd.Series([0.5, 1.0, 1.5, 9.0, np.nan])).tolist()
        [0, 0, 1, 2, 3]
        >>> FeatureBins([], ["Fair", "Mail"], 1, [], [], []).codes(pd.Series(["Fair", "Mail", "Web", None])).tolist()
        [0, 1, 2, 3]
        """
        if self.levels is None:
            codes = np.searchsorted(self.edges, values.to_numpy(np.float64), side="left")
        else:
            places = pd.Index(self.levels, dtype=object).get_indexer(pd.Index(values, dtype=object))
            codes = np.where(places < 0, self.shown + 1, np.minimum(places, self.shown))
        return np.where(values.isna(), self.bins - 1, codes).astype(np.int64)

    def counted(self, values: pd.Series, age: Codes, ages: int) -> Codes:
        """Return the rows per age and bin."""
        flat = np.bincount(age * self.bins + self.codes(values), minlength=ages * self.bins)
        return flat.reshape(ages, self.bins)


@dataclass(frozen=True)
class Baseline:
    """What later leads are compared with.

    ages      days after creation at which leads have snapshots; 0 alone in flat mode
    leads     leads per age, counted as if accounts were one lead each as far as they have several
    columns   the features
    score     the probabilities of the model
    calendar  features that time alone explains: they are bound to move
    wins      won leads that the model has learned from
    pace      per age, the wins that have come by each whole day of the horizon over those that the model expects within
              it; empty in flat mode
    season    for January to December, the factor on the wins that are expected of the month, and the variance that this
              is unsure by; empty in flat mode
    """

    ages: list[int]
    leads: list[float]
    columns: dict[str, FeatureBins]
    score: FeatureBins
    calendar: list[str]
    wins: int
    pace: list[list[float]]
    season: list[tuple[float, float]] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the baseline as JSON."""
        return STORED.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Baseline:
        """Read what `to_json` wrote."""
        return STORED.validate_json(text)


STORED = TypeAdapter(Baseline)


def make_baseline(table: TrainingTable, probability: Floats) -> Baseline:
    """Count what a training table holds; ``probability`` is what the model says of its rows."""
    numbered = table.rows.assign(number=np.arange(len(table)))
    some = sample_leads(replace(table, rows=numbered), MOST_ROWS, seed=0)
    expected = pd.Series(probability[some.rows["number"].to_numpy()])
    ages: list[int] = [*SNAPSHOT_AGES] if table.timed else [0]
    age, groups = ages_of(some.features), some.rows["group"].to_numpy()
    won = expected if some.imputed else some.won  # imputed outcomes speak neither for nor against the model
    rows = pd.DataFrame({"lead": some.rows["lead_id"], "age": age, "won": won, "expected": expected})
    columns = {feature.name: _column(feature, some) for feature in catalogue(table.schema)}
    of_all = table.rows.assign(age=ages_of(table.features), probability=probability)
    come = pace(of_all, table.horizon) if table.timed else np.empty((0, 0))
    return Baseline(
        ages=ages,
        leads=[independent(groups[age == number]) for number in range(len(ages))],
        columns={name: _filled(column, some.features[name], rows, len(ages)) for name, column in columns.items()},
        score=_filled(_cut(expected), expected, rows, len(ages)),
        calendar=list(calendar_columns(some)),
        wins=int(table.rows["lead_id"][table.won == 1].nunique()),
        pace=come.tolist(),
        season=season(of_all, come, table.horizon) if table.timed else [],
    )


def ages_of(features: pd.DataFrame) -> Codes:
    """Return the place of each row's age among the ages of snapshots; 0 in flat mode."""
    if LEAD_AGE.name not in features:
        return np.zeros(len(features), dtype=np.int64)
    return np.searchsorted(SNAPSHOT_AGES, features[LEAD_AGE.name].to_numpy())


def independent(groups: Iterable[str] | npt.NDArray) -> float:
    """Return how many independent rows hold as much information as rows of these groups.

    It is (Σ n)² / Σ n² over the groups' sizes n, after Kish (1965, "Survey Sampling"), as if the rows of a group were
    alike: an account whose leads have many snapshots holds about as much as one lead.

    >>> independent(["a", "a", "b", "b"]), independent(["a", "b", "c"]), independent([])
    (2.0, 3.0, 0.0)
    """
    sizes = pd.Series(list(groups), dtype=object).value_counts().to_numpy(np.float64)
    return float(sizes.sum() ** 2 / max((sizes**2).sum(), 1.0))


def _column(feature: Feature, table: TrainingTable) -> FeatureBins:
    values = table.features[feature.name]
    if not feature.categorical:
        return _cut(values)
    levels = frequent_levels(table, feature.name)[:-1]  # the last one is the missing level
    shares = values.value_counts(normalize=True).reindex(levels).sort_values(ascending=False, kind="stable")
    return FeatureBins([], [str(level) for level in shares.index], int((shares >= SMALLEST_BIN).sum()), [], [], [])


def _cut(values: pd.Series) -> FeatureBins:
    """Cut numbers at their deciles, each of which is one of them: where most are 0, 0 is a bin of its own."""
    known = values.dropna().to_numpy(np.float64)
    deciles = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(known, deciles, method="lower")) if len(known) else np.empty(0)
    return FeatureBins(edges.tolist(), None, 0, [], [], [])


def _filled(column: FeatureBins, values: pd.Series, rows: pd.DataFrame, ages: int) -> FeatureBins:
    """Count what is in the bins.

    rows: ``lead``, ``age``, ``won`` (0 or 1; as expected, where imputed), ``expected`` (the model's chance).
    """
    codes, bins = column.codes(values), column.bins
    won, expected = (np.bincount(codes, rows[name], bins) for name in ("won", "expected"))
    winners = pd.DataFrame({"bin": codes, "lead": rows["lead"]})[rows["won"] == 1].drop_duplicates()
    return replace(
        column,
        rows=column.counted(values, rows["age"].to_numpy(), ages).tolist(),
        won=np.bincount(winners["bin"], minlength=bins).tolist(),
        calibration=((won + TYPICAL) / (expected + TYPICAL)).tolist(),
    )

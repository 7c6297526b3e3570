"""How much: the amount that a win is expected to bring, and with it what a lead is worth.

The logarithm of the amount is a ridge regression on the features of won leads, so that a deal counts by its size in
kind and not in money. Amounts far out are drawn in before anything is learned: one deal of a hundred times the usual
size, or a slip of the keyboard, moves neither the regression nor the mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from features import catalogue
from models.members import SPLINES, Encoded, spline_columns
from models.training import TimeSplits
from models.training_table import TrainingTable

FEWEST = 30
"""Won leads with an amount from which on more is learned than what is usual."""
FEWEST_AT_ALL = 5
"""With fewer won leads that have an amount, nothing is said of amounts."""
OUTER = 0.02
"""The share of the amounts on each side that are drawn in to the nearest of the others."""
PENALTY = 30.0
"""Ridge penalty: of 3 to 300 it told the amounts of later deals best on simulated funnels."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Amounts:
    """What wins bring: ``model`` tells the logarithm of the amount, None where there are too few to learn more.

    usual   the middle of the logarithms
    spread  the mean of amount / exp(what is told): the mean of a skewed amount lies above its middle. Source: Duan
            (1983), "Smearing estimate: a nonparametric retransformation method"
    lowest, highest  no other amount is ever told
    """

    model: Pipeline | None
    usual: float
    spread: float
    lowest: float
    highest: float

    def expected(self, design: pd.DataFrame | Encoded) -> Floats:
        """Return the amount that a win of each row is expected to bring."""
        design = Encoded.of(design)
        told = _told(self.model, design) if self.model else np.full(len(design.features), self.usual)
        return np.clip(np.exp(told) * self.spread, self.lowest, self.highest)

    def to_json(self) -> str:
        names = ("usual", "spread", "lowest", "highest")
        return json.dumps({name: getattr(self, name) for name in names})

    @classmethod
    def from_json(cls, text: str, model: Pipeline | None) -> Amounts | None:
        """Read what `to_json` wrote; None where that is null."""
        told = json.loads(text)
        return None if told is None else cls(model, **told)


def _told(model: Pipeline, design: Encoded) -> Floats:
    ridge, encoded = design.behind(model)
    return ridge.predict(encoded)


def fit_amounts(table: TrainingTable, encoder: ColumnTransformer | None = None) -> Amounts | None:
    """Learn from the won leads of a table whose ``rows`` have an ``amount``; None where there are too few.

    The ``encoder`` is that of the model, where it has one for lines.
    """
    amount = table.rows["amount"].to_numpy(float)
    known = table.subset(amount > 0)
    if known.rows["lead_id"].nunique() < FEWEST_AT_ALL:
        return None
    told = drawn_in(np.log(amount[amount > 0]))
    usual = float(np.median(told))
    model = _fitted(known, told, encoder) if known.rows["lead_id"].nunique() >= FEWEST else None
    explained = model.predict(known.features) if model else usual
    spread = float(np.average(np.exp(told - explained), weights=known.weights))
    return Amounts(model, usual, spread, *(float(np.exp(end)) for end in (told.min(), told.max())))


def measure_amounts(table: TrainingTable, splits: TimeSplits) -> dict[str, float] | None:
    """Return what the wins of the newest block were expected to bring by the older ones, and what they brought.

    Keys: ``wins`` (how many leads), ``expected`` and ``observed`` (means per lead), ``error`` (the geometric mean of
    the factors between expected and observed amounts) and ``error_of_usual`` (the same where every win is expected to
    bring the usual). None where there are too few on either side.
    """
    older, has_amount = table.subset(splits.fit | splits.tune), (table.rows["amount"] > 0).to_numpy()
    newest, amounts = table.subset(splits.test & has_amount), fit_amounts(older)
    wins = newest.rows["lead_id"].nunique()
    if amounts is None or wins < FEWEST_AT_ALL:
        return None
    expected, observed = amounts.expected(newest.features), newest.rows["amount"].to_numpy(float)
    usual = replace(amounts, model=None).expected(newest.features)
    return {
        "wins": wins,
        "expected": float(np.average(expected, weights=newest.weights)),
        "observed": float(np.average(drawn_in(observed), weights=newest.weights)),
        "error": _factor(expected, observed),
        "error_of_usual": _factor(usual, observed),
    }


def _factor(told: Floats, observed: Floats) -> float:
    return float(np.exp(np.mean(abs(np.log(told / observed)))))


def drawn_in(numbers: Floats) -> Floats:
    """Return numbers, those farthest out as far as the others go.

    >>> drawn_in(np.array([0.0, *range(1, 100), 1e9])).max()
    np.float64(98.0)
    """
    low, high = np.quantile(numbers, [OUTER, 1 - OUTER], method="nearest")
    return np.clip(numbers, low, high)


def _fitted(known: TrainingTable, told: Floats, encoder: ColumnTransformer | None) -> Pipeline:
    if encoder is None:
        encoder = spline_columns(list(catalogue(known.schema)), known, SPLINES["n_knots"]).fit(known.features)
    ridge = Ridge(PENALTY).fit(encoder.transform(known.features), told, sample_weight=known.weights)
    return Pipeline([("encode", encoder), ("ridge", ridge)])

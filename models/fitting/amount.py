"""Fitting how much a win brings.

The logarithm of the amount is a ridge regression on the features of won leads, so that a deal counts by its size in
kind and not in money. Amounts far out are winsorised before anything is learned: one deal of a hundred times the usual
size, or a slip of the keyboard, moves neither the regression nor the mean.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from features import catalogue
from models.members import SPLINES, spline_columns
from models.scoring import FEWEST_AMOUNTS, Amounts
from models.training import TimeSplits
from models.training_table import TrainingTable

FEWEST = 30
"""Won leads with an amount from which on more is learned than what is usual."""
OUTER = 0.02
"""The share of the amounts on each side that are clipped to the nearest of the others."""
PENALTY = 30.0
"""Ridge penalty: of 3 to 300 it predicted the amounts of later deals best on simulated funnels."""

Floats = npt.NDArray[np.float64]


def fit_amounts(table: TrainingTable, encoder: ColumnTransformer | None = None) -> Amounts | None:
    """Learn from the won leads of a table whose ``rows`` have an ``amount``; None where there are too few.

    The ``encoder`` is that of the model, where it has one for splines.
    """
    amount = table.rows["amount"].to_numpy(float)
    known = table.subset(amount > 0)
    if known.rows["lead_id"].nunique() < FEWEST_AMOUNTS:
        return None
    logarithm = winsorised(np.log(amount[amount > 0]))
    usual = float(np.median(logarithm))
    model = _fitted(known, logarithm, encoder) if known.rows["lead_id"].nunique() >= FEWEST else None
    predicted = model.predict(known.features) if model else usual
    spread = float(np.average(np.exp(logarithm - predicted), weights=known.weights))
    lowest, highest = (float(np.exp(end)) for end in (logarithm.min(), logarithm.max()))
    return Amounts(usual, spread, lowest, highest, model)


def measure_amounts(table: TrainingTable, splits: TimeSplits) -> dict[str, float] | None:
    """Compare what the newest block's wins brought with what the older splits predict of them.

    Keys: ``wins`` (how many leads), ``expected`` and ``observed`` (means per lead), ``error`` (the geometric mean of
    the factors between expected and observed amounts) and ``error_of_usual`` (the same where every win is expected to
    bring the usual). None where there are too few on either side.
    """
    older, has_amount = table.subset(splits.fit | splits.tune), (table.rows["amount"] > 0).to_numpy()
    newest, amounts = table.subset(splits.test & has_amount), fit_amounts(older)
    wins = newest.rows["lead_id"].nunique()
    if amounts is None or wins < FEWEST_AMOUNTS:
        return None
    expected, observed = amounts.expected(newest.features), newest.rows["amount"].to_numpy(float)
    usual = replace(amounts, model=None).expected(newest.features)
    return {
        "wins": wins,
        "expected": float(np.average(expected, weights=newest.weights)),
        "observed": float(np.average(winsorised(observed), weights=newest.weights)),
        "error": _factor(expected, observed),
        "error_of_usual": _factor(usual, observed),
    }


def _factor(expected: Floats, observed: Floats) -> float:
    return float(np.exp(np.mean(abs(np.log(expected / observed)))))


def winsorised(numbers: Floats) -> Floats:
    """Return numbers, those farthest out clipped to where the others end.

    >>> winsorised(np.array([0.0, *range(1, 100), 1e9])).max()
    np.float64(98.0)
    """
    low, high = np.quantile(numbers, [OUTER, 1 - OUTER], method="nearest")
    return np.clip(numbers, low, high)


def _fitted(known: TrainingTable, logarithm: Floats, encoder: ColumnTransformer | None) -> Pipeline:
    if encoder is None:
        encoder = spline_columns(list(catalogue(known.schema)), known, SPLINES["n_knots"]).fit(known.features)
    ridge = Ridge(PENALTY).fit(encoder.transform(known.features), logarithm, sample_weight=known.weights)
    return Pipeline([("encode", encoder), ("ridge", ridge)])

"""How good are probabilities: ranking, calibration, lift, and how sure that is.

Every metric is computed from a row's probability, its outcome and a weight; an interval comes from giving whole groups
(leads, or accounts where they are known) random weights, as drawing them with replacement does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

RESAMPLES = 300
TOP = 0.10
"""The share of leads that the lift is of."""
BINS = 10
NAN = float("nan")

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]
Interval = tuple[float, float]
DISTANCES = ("ece", "reliability", "resolution")
"""Metrics that add up how far bins are from something, each without its sign."""
MEASURED = ("auc", "log_loss", "lift_10", "ece", "brier", "reliability", "resolution")


@dataclass(frozen=True)
class Metrics:
    """Metrics of one scorer on one split; intervals are 95 %.

    auc        chance that a won lead ranks above another one (ties count half)
    log_loss   mean negative log-likelihood, in nats
    lift_10    win rate of the top tenth over the base rate
    ece        expected calibration error: mean distance of predicted and observed rate over ten bins of equal size
    brier      mean squared error; about ``reliability - resolution + uncertainty`` (Murphy 1973, "A new vector
               partition of the probability score"), less what probabilities differ within a bin
    reliability, resolution, uncertainty  how far bins are from their rate, how far their rates are from the base rate,
               and the variance of the outcome
    """

    auc: float
    auc_ci: Interval
    log_loss: float
    log_loss_ci: Interval
    lift_10: float
    lift_10_ci: Interval
    ece: float
    ece_ci: Interval
    brier: float
    brier_ci: Interval
    reliability: float
    reliability_ci: Interval
    resolution: float
    resolution_ci: Interval
    uncertainty: float
    base_rate: float
    rows: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def evaluate(probability: Floats, won: Numbers, groups: npt.NDArray, seed: int = 0) -> Metrics:
    """Measure probabilities against outcomes (0 or 1); ``groups`` names the lead or account of each row.

    What cannot be measured is not a number: all of no rows, and the ranking of one outcome.
    """
    if not len(won):
        nothing = {each.name: (NAN, NAN) if each.name.endswith("_ci") else NAN for each in fields(Metrics)}
        return Metrics(**{**nothing, "rows": 0})  # type: ignore[arg-type]
    measures = _Measures(probability, won)
    draws = np.array([measures.of(weights) for weights in resampled_weights(groups, seed)])
    point = measures.of(np.ones(len(won)))
    figures = {
        name: value
        for number, name in enumerate(MEASURED)
        for name, value in ((name, point[number]), (f"{name}_ci", _interval_of(name, point[number], draws[:, number])))
    }
    base_rate = float(won.mean())
    return Metrics(**figures, uncertainty=base_rate * (1 - base_rate), base_rate=base_rate, rows=len(won))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Difference:
    """By how much one scorer differs from another on the same rows; intervals are 95 %, over the same resamples."""

    auc: float
    auc_ci: Interval
    log_loss: float
    log_loss_ci: Interval

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def difference(probability: Floats, baseline: Floats, won: Numbers, groups: npt.NDArray, seed: int = 0) -> Difference:
    """Return the metrics of a scorer less those of a baseline: an AUC above zero and a log-loss below zero are better.

    Of no rows none is a number.
    """
    if not len(won):
        return Difference(NAN, (NAN, NAN), NAN, (NAN, NAN))
    rankings = _Ranking(probability, won), _Ranking(baseline, won)
    losses = log_losses(probability, won) - log_losses(baseline, won)

    def measured(weights: Floats) -> tuple[float, float]:
        return rankings[0].auc(weights) - rankings[1].auc(weights), float(np.average(losses, weights=weights))

    draws = np.array([measured(weights) for weights in resampled_weights(groups, seed)])
    point = measured(np.ones(len(won)))
    return Difference(point[0], _interval(draws[:, 0]), point[1], _interval(draws[:, 1]))


def _interval(draws: Floats) -> Interval:
    """Return the middle 95 % of draws; those with one outcome only have no ranking and do not count."""
    known = draws[~np.isnan(draws)]
    low, high = np.percentile(known, [2.5, 97.5]).tolist() if len(known) else (NAN, NAN)
    return low, high


def _interval_of(name: str, value: float, draws: Floats) -> Interval:
    return _interval_of_distance(value, draws) if name in DISTANCES else _interval(draws)


def _interval_of_distance(value: float, draws: Floats) -> Interval:
    """Return the basic bootstrap interval: the middle 95 % of draws, turned around the value; it holds the value.

    Noise never makes a distance smaller, so that draws lie above the value as it lies above the truth, and their own
    middle would mostly miss both. Source: Davison and Hinkley (1997), "Bootstrap methods and their application", 5.2.1.

    >>> _interval_of_distance(0.25, np.array([0.375, 0.375])), _interval_of_distance(0.25, np.array([0.75, 0.75]))
    ((0.125, 0.25), (0.0, 0.25))
    """
    low, high = _interval(draws)
    return min(value, max(0.0, 2 * value - high)), max(value, 2 * value - low)


def evaluate_all(
    probabilities: Mapping[str, Floats], won: Numbers, groups: npt.NDArray, seed: int = 0
) -> dict[str, Metrics]:
    """Measure several scorers on the same rows, side by side on all processors."""
    measured = Parallel(n_jobs=os.cpu_count(), prefer="threads")(
        delayed(evaluate)(probability, won, groups, seed) for probability in probabilities.values()
    )
    return dict(zip(probabilities, measured, strict=True))  # type: ignore[arg-type]


def auc(probability: Floats, won: Numbers) -> float:
    """Return the chance that a won row ranks above another one; not a number where there is only one outcome."""
    return _Ranking(probability, won).auc(np.ones(len(won)))


def log_losses(probability: Floats, won: Numbers) -> Floats:
    """Return the log-loss of each row, in nats; a probability of 0 or 1 is taken as 1e-15 off it."""
    likely = np.clip(np.where(won > 0, probability, 1 - probability), 1e-15, 1)
    return -np.log(likely)


def resampled_weights(groups: npt.NDArray, seed: int, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """Yield row weights that stand for drawing whole groups with replacement."""
    codes = np.unique(groups, return_inverse=True)[1]
    count = int(codes.max()) + 1
    random = np.random.default_rng(seed)
    drawn = (np.bincount(random.integers(0, count, count), minlength=count) for _ in range(resamples))
    yield from (weights[codes].astype(np.float64) for weights in drawn)


def calibration_bins(probability: Floats, won: Numbers, bins: int = BINS) -> list[tuple[float, float, int]]:
    """Return predicted rate, observed rate and rows of bins of about equal size, from the lowest probability up.

    Equal probabilities are in one bin, so the order of the rows does not matter. Of no rows there are no bins.

    >>> calibration_bins(np.array([0.1, 0.1, 0.9, 0.9]), np.array([0, 0, 1, 0]), bins=2)
    [(0.1, 0.0, 2), (0.9, 0.5, 2)]
    """
    if not len(won):
        return []
    code = _bin_of(probability, bins)
    rows = np.bincount(code)
    held = rows > 0
    predicted, observed = (np.bincount(code, values)[held] / rows[held] for values in (probability, won))
    return [(float(p), float(o), int(n)) for p, o, n in zip(predicted, observed, rows[held], strict=True)]


def _bin_of(probability: Floats, bins: int = BINS) -> npt.NDArray[np.int64]:
    """Return the number of each row's calibration bin."""
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    return np.searchsorted(edges, probability, side="left")


def calibration_error(probability: Floats, won: Numbers) -> float:
    """Return the mean distance of predicted and observed rate over the calibration bins."""
    bins = calibration_bins(probability, won)
    return float(np.average([abs(p - o) for p, o, _ in bins], weights=[n for *_, n in bins]))


def gains(probability: Floats, won: Numbers) -> tuple[Floats, Floats]:
    """Return the shares of rows taken from the top and of wins among them; ties are taken together."""
    leads, wins = _Ranking(probability, won).totals(np.ones(len(won)))
    rows, won_rows = np.cumsum(leads[::-1]), np.cumsum(wins[::-1])
    return np.insert(rows / rows[-1], 0, 0.0), np.insert(won_rows / max(won_rows[-1], 1e-12), 0, 0.0)


class _Ranking:
    """Rows grouped by equal probability, once, so that each resample is only a sum per group."""

    def __init__(self, probability: Floats, won: Numbers) -> None:
        self.levels, self.code = np.unique(probability, return_inverse=True)
        self.won = won

    def totals(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return the weight of all rows and of won rows per level of probability, from the lowest up."""
        count = len(self.levels)
        leads, wins = (np.bincount(self.code, values, count) for values in (weights, weights * self.won))
        return leads.astype(np.float64), wins.astype(np.float64)

    def auc(self, weights: Floats) -> float:
        leads, wins = self.totals(weights)
        others = leads - wins
        below = np.cumsum(others) - others
        pairs = wins.sum() * others.sum()
        return float((wins * (below + others / 2)).sum() / pairs) if pairs else NAN

    def lift(self, weights: Floats, top: float = TOP) -> float:
        leads, wins = self.totals(weights)
        rows, won_rows = np.cumsum(leads[::-1]), np.cumsum(wins[::-1])
        within = np.interp(top * rows[-1], np.insert(rows, 0, 0.0), np.insert(won_rows, 0, 0.0))
        return float(within / (top * won_rows[-1])) if won_rows[-1] else NAN


class _Measures:
    """All metrics of one scorer, for any weights of the rows; the calibration bins are those of equal weights."""

    def __init__(self, probability: Floats, won: Numbers) -> None:
        self.ranking = _Ranking(probability, won)
        self.losses, self.squares = log_losses(probability, won), (probability - won) ** 2
        self.bin, self.probability, self.won = _bin_of(probability), probability, won

    def of(self, weights: Floats) -> tuple[float, ...]:
        """Return the metrics in the order of ``MEASURED``."""
        rows, expected, won = (np.bincount(self.bin, weights * values) for values in (1.0, self.probability, self.won))
        rows, expected, won = rows[rows > 0], expected[rows > 0], won[rows > 0]
        off, share = (expected - won) / rows, rows / rows.sum()
        spread = won / rows - won.sum() / rows.sum()
        return (
            self.ranking.auc(weights),
            float(np.average(self.losses, weights=weights)),
            self.ranking.lift(weights),
            float(share @ abs(off)),
            float(np.average(self.squares, weights=weights)),
            float(share @ off**2),
            float(share @ spread**2),
        )

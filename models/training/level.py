"""The level of the probabilities, where it has moved since they were calibrated.

Weights and calibration come of the tune split. Where more leads, or fewer, are won on the newest split, a model still
ranks well and is wrong about how many. Then its log-odds get the constant that they lack at the end of that split. The
split is cut into stretches of time, and the level of each is what the log-odds lack there. A local level model (Harvey
1989, "Forecasting, structural time series models and the Kalman filter") says where the level stands at the end: a
level that stays, one that is another, and one that wanders are all tried, beside more or less noise, and count by how
likely they make what came. That the level moved must show: a level that stayed at 0 must be surely less likely, however
noisy the stretches are. So chance and one odd month move nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

FEWEST_ROWS = 200
"""Rows from which on stretches say something of how levels differ."""
MOST_STRETCHES, FEWEST_STRETCHES = 20, 6
EXPECTED_IN_A_STRETCH = 8
"""Wins (and losses) that a stretch of time is long enough to expect: with fewer its level is hardly normal."""
STRETCHES_OF_FEW = 12
"""Where fewer are expected, only a constant error of so many stretches is followed (a t-test over them)."""
CHANCE = 0.025
"""Chance of such an error, or a larger one, where the level has not moved."""
STEPS = (0.0, 1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.3)
"""Variances of the steps that a level takes from stretch to stretch."""
STARTS = (0.0, 0.01, 0.04, 0.16, 0.64)
"""Variances of the level about 0 before the first stretch."""
NOISE = (1.0, 1.5, 2.5, 4.0, 8.0, 16.0)
"""How many times as noisy stretches are as independent rows would be."""

Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LevelShift:
    """What the log-odds of a model lack on rows that it has not learned from.

    ``shift`` is 0.0 where nothing says that the level moved. ``expected`` and ``won`` are the win rates of these
    ``rows``: by the model without the shift, and as they came; ``rate`` is what is expected of them at their end.
    """

    shift: float
    expected: float
    won: float
    rows: int
    rate: float = float("nan")

    def __str__(self) -> str:
        came = f"{self.won:.1%} of the newest {self.rows:,} rows were won, where {self.expected:.1%} were expected"
        newest = f"; at the end of them it is {self.rate:.1%}" if abs(self.rate - self.won) >= 0.002 else ""
        return f"the level has moved: {came}{newest}; the log-odds of all leads are shifted by {self.shift:+.2f}"


def level_of(margins: Floats, won: Outcomes, weights: Floats) -> LevelShift:
    """Return the level of log-odds at the end of rows in order of time; rows of one lead share their weight.

    >>> coin, even = np.tile([0, 1], 500), np.ones(1000)
    >>> level_of(np.zeros(1000), coin, even).shift
    0.0
    >>> round(level_of(np.zeros(1000), np.tile([1, 1, 1, 0], 250), even).shift, 1)  # log 3
    1.1
    """
    expected, came = (float(np.average(rate, weights=weights)) for rate in (special.expit(margins), won))
    shift = _shift(margins, won, weights) if len(won) >= FEWEST_ROWS and 0 < came < 1 else 0.0
    rate = float(np.average(special.expit(margins + shift), weights=weights))
    return LevelShift(shift, expected, came, len(won), rate)


def shift_to(wins: float, margins: Floats, weights: Floats) -> float:
    """Return what log-odds lack to expect so many wins in all."""
    return float(optimize.brentq(lambda shift: weights @ special.expit(margins + shift) - wins, -30, 30))  # type: ignore[arg-type]


def _shift(margins: Floats, won: Outcomes, weights: Floats) -> float:
    chance = special.expit(margins)
    rarer = min(weights @ chance, weights @ (1 - chance), weights @ won, weights @ (1 - won))
    count = min(MOST_STRETCHES, int(rarer / EXPECTED_IN_A_STRETCH))
    if count >= FEWEST_STRETCHES:
        return _newest_level(*_levels(margins, won, weights, count))
    return shift_to(float(weights @ won), margins, weights) if _errs((won - chance) * weights) else 0.0


def _levels(margins: Floats, won: Outcomes, weights: Floats, count: int) -> tuple[Floats, Floats]:
    """Return what log-odds lack in each of so many stretches of time, and the variance of each were rows independent.

    Where all leads of a stretch ended alike, half a win or loss counts as missing.
    """
    levels, variances = [], []
    for rows in np.array_split(np.arange(len(won)), count):
        total = weights[rows].sum()
        wins = float(np.clip(weights[rows] @ won[rows], 0.5, total - 0.5))
        levels.append(shift_to(wins, margins[rows], weights[rows]))
        chance = special.expit(margins[rows] + levels[-1])
        variances.append(1 / (weights[rows] @ (chance * (1 - chance))))
    return np.array(levels), np.array(variances)


def _newest_level(levels: Floats, variances: Floats) -> float:
    """Return the level after the last stretch: 0.0 unless one that stayed at 0 is surely less likely."""
    tried = list(product(STEPS, STARTS, NOISE))
    likelihood, newest = np.array([_filtered(levels, noise * variances, step, start) for step, start, noise in tried]).T
    stayed = np.array([step == start == 0 for step, start, _ in tried])
    gain = likelihood.max() - likelihood[stayed].max()
    if 2 * gain < stats.chi2.ppf(1 - CHANCE, 2):
        return 0.0
    return float(np.average(newest, weights=np.exp(likelihood - likelihood.max())))


def _filtered(levels: Floats, variances: Floats, step: float, start: float) -> tuple[float, float]:
    """Return the log-likelihood of the levels and the filtered one at the end, by a Kalman filter that starts at 0.

    ``step`` and ``start`` are the variances of the true level's steps, and of where it begins.

    >>> _filtered(np.array([1.0, 1.0]), np.array([1.0, 1.0]), step=0.0, start=1.0)[1]  # two of three say 1
    0.6666666666666666
    """
    state, variance, likelihood = 0.0, start, 0.0
    for level, noise in zip(levels, variances, strict=True):
        variance += step
        total = variance + noise
        likelihood -= (np.log(total) + (level - state) ** 2 / total) / 2
        state += variance / total * (level - state)
        variance *= noise / total
    return float(likelihood), float(state)


def _errs(errors: Floats) -> bool:
    """Return whether the errors of stretches of time are on one side by more than chance."""
    of_stretches = np.array([stretch.sum() for stretch in np.array_split(errors, STRETCHES_OF_FEW)])
    chance_error = of_stretches.std(ddof=1) / np.sqrt(STRETCHES_OF_FEW)
    limit = stats.t.ppf(1 - CHANCE / 2, STRETCHES_OF_FEW - 1)
    return bool(abs(of_stretches.mean()) > limit * chance_error)

"""The level of the probabilities, where it has moved since they were calibrated.

Weights and calibration come of the tune split. Where more leads, or fewer, are won on the newest split, a model still
ranks well and is wrong about how many. Then its log-odds get the constant that they lack. That the level moved must
show: the newest split is cut into stretches of time, and beside how much they differ among themselves the error of all
must be more than chance (a t-test over stretches). So one odd month moves nothing, however many leads it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

STRETCHES = 12
"""Stretches of time that the newest rows are cut into."""
FEWEST_ROWS = 200
"""Rows from which on the stretches say something of how levels differ."""
CHANCE = 0.025
"""Chance of such an error, or a larger one, where the level has not moved."""

Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LevelShift:
    """What the log-odds of a model lack on rows that it has not learned from.

    ``shift`` is 0.0 where nothing says that the level moved. ``expected`` and ``won`` are the win rates of these
    ``rows``: by the model without the shift, and as they came.
    """

    shift: float
    expected: float
    won: float
    rows: int

    def __str__(self) -> str:
        came = f"{self.won:.1%} of the newest {self.rows:,} rows were won, where {self.expected:.1%} were expected"
        return f"the level has moved: {came}; the log-odds of all leads are shifted by {self.shift:+.2f}"


def level_of(margins: Floats, won: Outcomes, weights: Floats) -> LevelShift:
    """Return the level of log-odds on rows in order of time; rows of one lead share their weight.

    >>> coin, even = np.tile([0, 1], 500), np.ones(1000)
    >>> level_of(np.zeros(1000), coin, even).shift
    0.0
    >>> round(level_of(np.zeros(1000), np.tile([1, 1, 1, 0], 250), even).shift, 3)  # log 3
    1.099
    """
    chance = special.expit(margins)
    expected, came = (float(np.average(rate, weights=weights)) for rate in (chance, won))
    moved = len(won) >= FEWEST_ROWS and 0 < came < 1 and _has_moved((won - chance) * weights)
    shift = shift_to(came * weights.sum(), margins, weights) if moved else 0.0
    return LevelShift(shift, expected, came, len(won))


def shift_to(wins: float, margins: Floats, weights: Floats) -> float:
    """Return what log-odds lack to expect so many wins in all."""
    return float(optimize.brentq(lambda shift: weights @ special.expit(margins + shift) - wins, -30, 30))  # type: ignore[arg-type]


def _has_moved(errors: Floats) -> bool:
    """Return whether the errors of stretches of time are on one side by more than chance."""
    of_stretches = np.array([stretch.sum() for stretch in np.array_split(errors, STRETCHES)])
    chance_error = of_stretches.std(ddof=1) / np.sqrt(STRETCHES)
    return bool(abs(of_stretches.mean()) > stats.t.ppf(1 - CHANCE / 2, STRETCHES - 1) * chance_error)

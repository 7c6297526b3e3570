"""When will they buy: the chance of winning within 30, 60, 90 and 180 days, never decreasing, from the one model.

The model gives the chance of a win within the horizon. Each shorter time has a share of that: a logistic regression on
the features, learned from leads that were won within the horizon, gives how soon. Each longer time adds, for leads that
are not won before, a chance that depends on the model's log-odds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, TypeAdapter
from scipy import special

from models.blend import log_odds
from models.members import Encoded

Floats = npt.NDArray[np.float64]
Line = tuple[float, float]
"""Intercept and slope of a chance's log-odds."""


@dataclass(frozen=True)
class Timing:
    """How the chance of winning is spread over time.

    horizon  days of the model's own probability
    shares   of each shorter time: the line on the log-odds of ``soon`` that gives its share of the horizon's wins
    added    of each longer time: the line on the log-odds of the probability that gives the chance of a win by then,
             for a lead that was not won in the time before
    soon     a pipeline for the chance of a win in the first half of the horizon, given one within it; None where there
             are too few. It is stored beside the numbers
    """

    horizon: int
    shares: Mapping[int, Line]
    added: Mapping[int, Line]
    soon: Annotated[Any, Field(exclude=True)] = None

    def to_json(self) -> str:
        """Return the numbers as JSON; the pipeline is stored beside them."""
        return STORED.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str, soon: Any) -> Timing | None:
        """Read what `to_json` wrote; None where that is null."""
        stored = STORED.validate_json(text)
        return stored and replace(stored, soon=soon)

    def chances(self, features: pd.DataFrame | Encoded, probability: Floats) -> dict[int, Floats]:
        """Return the chance of winning within each time, in days, for each row; never decreasing with the days."""
        nothing = np.zeros(len(probability))
        early = nothing if self.soon is None else log_odds_of_soon(self.soon, Encoded.of(features))
        shares = np.maximum.accumulate([nothing, *(_chance(line, early) for line in self.shares.values())])
        chances = dict(zip(self.shares, probability * shares[1:], strict=True)) | {self.horizon: probability}
        reached = probability
        for days, line in self.added.items():
            reached = chances[days] = reached + (1 - reached) * _chance(line, log_odds(probability))
        return chances


STORED = TypeAdapter(Timing | None)


def log_odds_of_soon(soon: Any, features: Encoded) -> Floats:
    """Return the log-odds, by the pipeline ``soon``, that a win comes in the first half of the horizon."""
    regression, encoded = features.behind(soon)
    return log_odds(regression.predict_proba(encoded)[:, 1])


def _chance(line: Line, margin: Floats) -> Floats:
    return special.expit(line[0] + line[1] * margin)


def days_if_won(chances: Mapping[int, Floats]) -> Floats:
    """Return within how many days half of the wins come that come at all: between two times as if evenly spread.

    >>> chances = {30: np.array([0.1]), 60: np.array([0.3]), 90: np.array([0.35]), 180: np.array([0.4])}
    >>> days_if_won(chances).tolist()
    [45.0]
    """
    days = np.array([0, *chances], dtype=float)
    reached = np.column_stack([np.zeros(len(next(iter(chances.values())))), *chances.values()])
    half = reached[:, -1:] / 2
    after = np.maximum((reached < half).sum(axis=1), 1)
    row = np.arange(len(reached))
    low, high = reached[row, after - 1], reached[row, after]
    within = (half[:, 0] - low) / np.where(high > low, high - low, 1)
    return days[after - 1] + within * (days[after] - days[after - 1])

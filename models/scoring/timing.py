"""When will they buy: the chance of winning within 30, 60, 90 and 180 days, never decreasing, from the one model.

The model says how likely a win within the horizon is. Each shorter time has a share of that: given that a lead is won
within the horizon, how soon is told by a logistic regression on its features, learned from the leads that were. Each
longer time adds, for leads that are not won before, what the model's log-odds are worth then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from features import catalogue
from models.blend import log_odds
from models.members import MOST_ROWS_FOR_SPLINES, SPLINES, Encoded, row_weights, spline_columns
from models.training import TimeSplits, in_days
from models.training_table import TrainingTable, sample_leads

TIMES = (30, 60, 90, 180)
"""Days within which the chance of a win is told."""
STRENGTH = 0.003
"""Inverse regularisation of what tells soon wins from late ones: on a simulated funnel, of 0.001 to 0.1 it did best."""
FEWEST = 30
"""Leads with, and without, a win in time from which on more is learned than how many they are."""
LEAST = 1e-9
"""No chance is nearer to 0 or 1."""

Floats = npt.NDArray[np.float64]
Line = tuple[float, float]
"""Intercept and slope of a chance's log-odds."""


@dataclass(frozen=True)
class Timing:
    """How the chance of winning is spread over time.

    horizon  days of the model's own probability
    soon     the model of a win in the first half of the horizon, given one within it; None where there are too few
    shares   of each shorter time: the line on the log-odds of ``soon`` that gives its share of the horizon's wins
    added    of each longer time: the line on the log-odds of the probability that gives the chance of a win by then,
             for a lead that was not won in the time before
    """

    horizon: int
    soon: Pipeline | None
    shares: Mapping[int, Line]
    added: Mapping[int, Line]

    def to_json(self) -> str:
        return json.dumps({"horizon": self.horizon, "shares": self.shares, "added": self.added})

    @classmethod
    def from_json(cls, text: str, soon: Pipeline | None) -> Timing | None:
        """Read what `to_json` wrote; None where that is null."""
        told = json.loads(text)
        if told is None:
            return None
        lines = ({int(days): (line[0], line[1]) for days, line in told[name].items()} for name in ("shares", "added"))
        return cls(told["horizon"], soon, *lines)

    def chances(self, design: pd.DataFrame | Encoded, probability: Floats) -> dict[int, Floats]:
        """Return the chance of winning within each time, in days, for each row; never decreasing with the days."""
        early = np.zeros(len(probability)) if self.soon is None else _early(self.soon, Encoded.of(design))
        shares = np.maximum.accumulate(
            [np.zeros(len(probability)), *(_chance(line, early) for line in self.shares.values())]
        )
        told = dict(zip(self.shares, probability * shares[1:], strict=True)) | {self.horizon: probability}
        reached = probability
        for days, line in self.added.items():
            reached = told[days] = reached + (1 - reached) * _chance(line, log_odds(probability))
        return told


def _early(soon: Pipeline, design: Encoded) -> Floats:
    regression, encoded = design.behind(soon)
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
    told = np.column_stack([np.zeros(len(next(iter(chances.values())))), *chances.values()])
    half = told[:, -1:] / 2
    after = np.maximum((told < half).sum(axis=1), 1)
    row = np.arange(len(told))
    low, high = told[row, after - 1], told[row, after]
    within = (half[:, 0] - low) / np.where(high > low, high - low, 1)
    return days[after - 1] + within * (days[after] - days[after - 1])


def fit_timing(
    table: TrainingTable,
    probability: Floats,
    data_end: pd.Timestamp,
    *,
    seed: int,
    encoder: ColumnTransformer | None = None,
) -> Timing:
    """Learn how soon wins come from a timed table, whose ``rows`` say ``ever_won_at``; ``probability`` is of its rows.

    A longer time is learned from the rows whose window of that length is over at ``data_end``; where those are few,
    from how often wins came in the days beyond the horizon that were watched. The ``encoder`` is that of the model,
    where it has one for lines.
    """
    days = in_days(table.rows["ever_won_at"] - table.rows["as_of"])
    in_time = days <= table.horizon
    soon = _fit_soon(table, in_time, days, seed, encoder)
    early = _early(soon, Encoded(table.features[in_time])) if soon else np.zeros(int(in_time.sum()))
    shares = {
        time: _line(early, days[in_time] <= time) or _level((days[in_time] <= time).mean())
        for time in TIMES
        if time < table.horizon
    }
    watched, added, before = in_days(data_end - table.rows["as_of"]), {}, float(table.horizon)
    for time in (time for time in TIMES if time > table.horizon):
        waited = ~(days <= before) & (watched > before)
        over = waited & (watched >= time)
        line = _line(log_odds(probability[over]), days[over] <= time)
        added[time] = line or _level(_chance_by_rate(days[waited], watched[waited], before, time))
        before = time
    return Timing(table.horizon, soon, shares, added)


def measure_timing(
    table: TrainingTable, splits: TimeSplits, probability: Floats, tested: Floats, data_end: pd.Timestamp, *, seed: int
) -> dict[int, dict[str, float]]:
    """Return, by time in days, the mean chance that was ``told`` on the newest block and the share that ``happened``.

    Beside them ``snapshots``, those that were watched for that time at ``data_end``. How wins spread is learned from
    the older blocks, as it was known when the newest began; ``probability`` is of all rows, ``tested`` of the newest.
    Nothing where there are no wins to learn that from, or no newer leads.
    """
    older, newest = table.subset(splits.fit | splits.tune), table.subset(splits.test)
    if not older.won.any() or not len(newest):
        return {}
    began, won_at = newest.rows["as_of"].min(), older.rows["ever_won_at"]
    then = replace(older, rows=older.rows.assign(ever_won_at=won_at.where(won_at <= began)))
    told = fit_timing(then, probability[splits.fit | splits.tune], began, seed=seed).chances(newest.features, tested)
    days, watched = (in_days(until - newest.rows["as_of"]) for until in (newest.rows["ever_won_at"], data_end))
    measured = {}
    for time, chances in told.items():
        if (over := watched >= time).any():
            happened = float((days[over] <= time).mean())
            measured[time] = {"told": float(chances[over].mean()), "happened": happened, "snapshots": int(over.sum())}
    return measured


def _fit_soon(
    table: TrainingTable, in_time: npt.NDArray[np.bool_], days: Floats, seed: int, encoder: ColumnTransformer | None
) -> Pipeline | None:
    won = table.subset(in_time)
    won = replace(won, rows=won.rows.assign(won=(days[in_time] <= table.horizon / 2).astype(int)))
    if won.minority_count() < FEWEST:
        return None
    won = sample_leads(won, MOST_ROWS_FOR_SPLINES, seed)
    encoder = encoder or spline_columns(list(catalogue(won.schema)), won, SPLINES["n_knots"]).fit(won.features)
    regression = LogisticRegression(C=STRENGTH, max_iter=1000)
    regression.fit(encoder.transform(won.features), won.won, sample_weight=row_weights(won, None))
    return Pipeline([("encode", encoder), ("regression", regression)])


def _chance_by_rate(days: Floats, watched: Floats, since: float, until: float) -> float:
    """Return the chance of a win between two times, by how many came in the days that were watched; 0 if none were.

    >>> _chance_by_rate(np.array([np.nan, 100.0]), np.array([110.0, 150.0]), 90, 100)  # one win in 10 + 10 days
    0.3934693402873666
    """
    exposed = (np.fmin(np.minimum(watched, until), days) - since).sum()
    return float(-np.expm1(-(days <= until).sum() / exposed * (until - since))) if exposed else 0.0


def _level(chance: float) -> Line:
    """Return the line that tells everyone the same chance."""
    return float(special.logit(np.clip(chance, LEAST, 1 - LEAST))), 0.0


def _line(margin: Floats, happened: npt.NDArray[np.bool_]) -> Line | None:
    """Return the line by which log-odds tell what happened; None where that is too rare to learn it from."""
    rarer = min(happened.sum(), (~happened).sum())
    if rarer < FEWEST or not np.ptp(margin):
        return None
    fitted = LogisticRegression(C=1.0).fit(margin[:, None], happened)
    return float(fitted.intercept_[0]), float(fitted.coef_[0, 0])

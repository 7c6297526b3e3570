"""Fitting when wins come, and measuring that on the newest leads."""

from __future__ import annotations

from dataclasses import replace

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
from models.scoring import Floats, Line, Timing, log_odds_of_soon
from models.training import TimeSplits, in_days
from models.training_table import TrainingTable, sample_leads

TIMES = (30, 60, 90, 180)
"""Days within which the chance of a win is given."""
STRENGTH = 0.003
"""Inverse regularisation of how soon wins come: on a simulated funnel, of 0.001 to 0.1 it did best."""
FEWEST = 30
"""Leads with, and without, a win in time from which on more is learned than how many they are."""
LEAST = 1e-9
"""No chance is nearer to 0 or 1."""


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
    where it has one for splines.
    """
    days = in_days(table.rows["ever_won_at"] - table.rows["as_of"])
    in_time = days <= table.horizon
    soon = _fit_soon(table, in_time, days, seed, encoder)
    early = log_odds_of_soon(soon, Encoded(table.features[in_time])) if soon else np.zeros(int(in_time.sum()))
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
    return Timing(table.horizon, shares, added, soon)


def measure_timing(
    table: TrainingTable, splits: TimeSplits, probability: Floats, tested: Floats, data_end: pd.Timestamp, *, seed: int
) -> dict[int, dict[str, float]]:
    """Return, by time in days, the mean chance on the newest split, and beside it the share that ``happened``.

    Beside them ``snapshots``, those that were watched for that time at ``data_end``. How wins spread is learned from
    the older splits, as it was known when the newest began; ``probability`` is of all rows, ``tested`` of the newest.
    Nothing where there are no wins to learn that from, or no newer leads.
    """
    older, newest = table.subset(splits.fit | splits.tune), table.subset(splits.test)
    if not older.won.any() or not len(newest):
        return {}
    began, won_at = newest.rows["as_of"].min(), older.rows["ever_won_at"]
    then = replace(older, rows=older.rows.assign(ever_won_at=won_at.where(won_at <= began)))
    timing = fit_timing(then, probability[splits.fit | splits.tune], began, seed=seed)
    days, watched = (in_days(until - newest.rows["as_of"]) for until in (newest.rows["ever_won_at"], data_end))
    measured = {}
    for time, chances in timing.chances(newest.features, tested).items():
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
    """Return the line that gives everyone the same chance."""
    return float(special.logit(np.clip(chance, LEAST, 1 - LEAST))), 0.0


def _line(margin: Floats, happened: npt.NDArray[np.bool_]) -> Line | None:
    """Return the line that predicts what happened from log-odds; None where that is too rare to learn it from."""
    rarer = min(happened.sum(), (~happened).sum())
    if rarer < FEWEST or not np.ptp(margin):
        return None
    fitted = LogisticRegression(C=1.0).fit(margin[:, None], happened)
    return float(fitted.intercept_[0]), float(fitted.coef_[0, 0])

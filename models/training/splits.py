"""Time splits: fit | purge | tune | purge | test, old to new.

A snapshot's label is known only a horizon after its moment. So whatever is learned before a moment T may only use
snapshots whose window was over at T: between two splits a purge as long as the horizon is left out. In flat mode,
where outcomes are final, nothing is purged.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.training_table import TrainingTable

TEST_SHARE = 0.20
TUNE_SHARE = 0.15
ORIGINS = 3
FIRST_ORIGIN = 0.5
"""Share of the rows that the first rolling origin learns from."""

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TimeSplits:
    """Which rows belong to which split, as masks, and how they were laid out."""

    fit: Rows
    tune: Rows
    test: Rows
    layout: Literal["by time", "by order", "random", "undivided"]

    @property
    def older(self) -> Rows:
        """Return the rows that may be learned from before the test split is scored."""
        return self.fit | self.tune

    @property
    def purged(self) -> int:
        """Return how many rows are in no split."""
        return int((~(self.fit | self.tune | self.test)).sum())


def split_table(table: TrainingTable, seed: int) -> TimeSplits:
    """Split a table by time where it is known, else by the given order, else at random.

    It is left undivided where a split would stay empty, and where outcomes are imputed.
    """
    splits = undivided(len(table)) if table.imputed else _split(table, seed)
    return splits if splits.older.any() and splits.test.any() else undivided(len(table))


def _split(table: TrainingTable, seed: int) -> TimeSplits:
    if table.timed:
        return split_by_time(table.rows["as_of"], table.horizon)
    if table.rows["order"].notna().any():
        return split_by_order(table.rows["order"])
    return split_at_random(len(table.rows), seed)


def split_by_time(as_of: pd.Series, horizon: int) -> TimeSplits:
    """Split moments (datetime64), purged by the horizon in days: the splits share the rows that the purges leave.

    Where they leave none to fit on before a tune split, all that is older than the test split is to fit on.

    >>> days = pd.Series(pd.date_range("2025-01-01", periods=100))
    >>> splits = split_by_time(days, horizon=10)
    >>> int(splits.fit.sum()), int(splits.tune.sum()), int(splits.test.sum()), splits.purged
    (54, 12, 16, 18)
    """
    times = as_of.to_numpy("datetime64[us]")
    purge = np.timedelta64(horizon, "D")
    test_from = _start_of_newer(times, TEST_SHARE, 2 * purge)
    older = times <= test_from - purge
    tune_from = _start_of_newer(times[older], TUNE_SHARE / (1 - TEST_SHARE), purge)
    before = times <= tune_from - purge
    fit = before if before.any() else older
    return TimeSplits(fit, older & ~fit & (times >= tune_from), times >= test_from, "by time")


def _start_of_newer(times: npt.NDArray, share: float, purge: np.timedelta64) -> np.datetime64:
    """Return the moment from which on there is so large a share of the rows that a purge before it leaves.

    Where it leaves too few, it is the moment after which there is that share of all rows; not a time without rows.
    """
    if not len(times):
        return np.datetime64("NaT", "us")
    ordered = np.sort(times)
    newer, older = len(times) - np.arange(len(times)), np.searchsorted(ordered, ordered - purge, side="right")
    small_enough = newer <= share * (newer + older)
    place = int(small_enough.argmax()) if small_enough.any() else int((1 - share) * len(times))
    return ordered[place]


def split_by_order(keys: pd.Series) -> TimeSplits:
    """Split final outcomes from the oldest to the newest key; rows without one count as the oldest.

    Ties keep the order of the rows.

    >>> split_by_order(pd.Series(range(100))).test.nonzero()[0][0]
    np.int64(80)
    """
    rank = keys.rank(method="first", na_option="top").to_numpy(dtype=np.int64)
    return _by_rank(np.asarray(rank, dtype=np.int64) - 1, "by order")


def undivided(count: int) -> TimeSplits:
    """Leave so many rows in one, where they are too few to look forward in: all are old, and nothing is measured."""
    old = np.ones(count, dtype=bool)
    return TimeSplits(old, ~old, ~old, "undivided")


def split_at_random(count: int, seed: int) -> TimeSplits:
    """Split at random, for data that say nothing of their order."""
    return _by_rank(np.random.default_rng(seed).permutation(count), "random")


@dataclass(frozen=True)
class RollingSplit:
    """A moment to try a recipe at: rows whose outcome was known then, and the rows of the time after it, as masks."""

    known: Rows
    ahead: Rows


def rolling_splits(order: pd.Series | None, count: int, horizon: int, *, timed: bool, seed: int) -> list[RollingSplit]:
    """Return the origins of a backtest over the newer half of the rows: all that is older is known, a sixth lies ahead.

    ``order`` puts the rows in order (datetime64 where ``timed``, then the horizon in days is purged); without any,
    the order is drawn.

    >>> origins = rolling_splits(pd.Series(range(60)), 60, 0, timed=False, seed=0)
    >>> [(int(origin.known.sum()), int(origin.ahead.sum())) for origin in origins]
    [(30, 10), (40, 10), (50, 10)]
    """
    if order is None:
        place = np.random.default_rng(seed).permutation(count)
    else:
        place = order.rank(method="first", na_option="top").to_numpy(float) - 1
    edges = np.round(count * np.linspace(FIRST_ORIGIN, 1, ORIGINS + 1))
    return [
        RollingSplit(_known(order, place, start, horizon) if timed else place < start, (place >= start) & (place < end))
        for start, end in pairwise(edges)
    ]


def _known(order: pd.Series | None, place: npt.NDArray, start: float, horizon: int) -> Rows:
    assert order is not None, "timed rows have moments"
    times = order.to_numpy("datetime64[us]")
    ahead = place >= start
    return times <= (times[ahead].min() if ahead.any() else times.max()) - np.timedelta64(horizon, "D")


def _by_rank(rank: npt.NDArray[np.int64], layout: Literal["by order", "random"]) -> TimeSplits:
    tune_from, test_from = (round(len(rank) * share) for share in (1 - TEST_SHARE - TUNE_SHARE, 1 - TEST_SHARE))
    return TimeSplits(rank < tune_from, (rank >= tune_from) & (rank < test_from), rank >= test_from, layout)

"""Blocks of time: fit | purge | tune | purge | test, old to new.

A snapshot's label is known only a horizon after its moment. So whatever is learned before a moment T may only use
snapshots whose window was over at T: between two blocks a purge as long as the horizon is left out. In flat mode,
where outcomes are final, nothing is purged.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

TEST_SHARE = 0.20
TUNE_SHARE = 0.15
ORIGINS = 3
FIRST_ORIGIN = 0.5
"""Share of the rows that the first rolling origin learns from."""

Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Blocks:
    """Which rows belong to which block, as masks, and how they were laid out."""

    fit: Rows
    tune: Rows
    test: Rows
    layout: Literal["by time", "by order", "random", "undivided"]

    @property
    def purged(self) -> int:
        """Return how many rows are in no block."""
        return int((~(self.fit | self.tune | self.test)).sum())


def blocks_by_time(as_of: pd.Series, horizon: int) -> Blocks:
    """Lay blocks over moments (datetime64), purged by the horizon in days: they share the rows that the purges leave.

    Where they leave none to fit on before a tune block, all that is older than the test block is to fit on.

    >>> days = pd.Series(pd.date_range("2025-01-01", periods=100))
    >>> blocks = blocks_by_time(days, horizon=10)
    >>> int(blocks.fit.sum()), int(blocks.tune.sum()), int(blocks.test.sum()), blocks.purged
    (54, 12, 16, 18)
    """
    times = as_of.to_numpy("datetime64[us]")
    purge = np.timedelta64(horizon, "D")
    test_from = _start_of_newer(times, TEST_SHARE, 2 * purge)
    older = times <= test_from - purge
    tune_from = _start_of_newer(times[older], TUNE_SHARE / (1 - TEST_SHARE), purge)
    before = times <= tune_from - purge
    fit = before if before.any() else older
    return Blocks(fit, older & ~fit & (times >= tune_from), times >= test_from, "by time")


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


def blocks_by_order(keys: pd.Series) -> Blocks:
    """Lay blocks over final outcomes from the oldest to the newest key; rows without one count as the oldest.

    Ties keep the order of the rows.

    >>> blocks_by_order(pd.Series(range(100))).test.nonzero()[0][0]
    np.int64(80)
    """
    rank = keys.rank(method="first", na_option="top").to_numpy(dtype=np.int64)
    return _by_rank(np.asarray(rank, dtype=np.int64) - 1, "by order")


def undivided(count: int) -> Blocks:
    """Lay no blocks over so many rows, for data too small to look forward in: all are old, and nothing is measured."""
    old = np.ones(count, dtype=bool)
    return Blocks(old, ~old, ~old, "undivided")


def random_blocks(count: int, seed: int) -> Blocks:
    """Lay blocks at random, for data that say nothing of their order."""
    return _by_rank(np.random.default_rng(seed).permutation(count), "random")


@dataclass(frozen=True)
class Origin:
    """A moment to try a recipe at: rows whose outcome was known then, and the rows of the time after it, as masks."""

    known: Rows
    ahead: Rows


def rolling_origins(moments: pd.Series | None, count: int, horizon: int, *, timed: bool, seed: int) -> list[Origin]:
    """Lay origins over the newer half of the rows: at each all that is older is known, and a sixth lies ahead.

    ``moments`` puts the rows in order (datetime64 where ``timed``, then the horizon in days is purged); without any,
    the order is drawn.

    >>> origins = rolling_origins(pd.Series(range(60)), 60, 0, timed=False, seed=0)
    >>> [(int(origin.known.sum()), int(origin.ahead.sum())) for origin in origins]
    [(30, 10), (40, 10), (50, 10)]
    """
    if moments is None:
        place = np.random.default_rng(seed).permutation(count)
    else:
        place = moments.rank(method="first", na_option="top").to_numpy(float) - 1
    edges = np.round(count * np.linspace(FIRST_ORIGIN, 1, ORIGINS + 1))
    return [
        Origin(_known(moments, place, start, horizon) if timed else place < start, (place >= start) & (place < end))
        for start, end in pairwise(edges)
    ]


def _known(moments: pd.Series | None, place: npt.NDArray, start: float, horizon: int) -> Rows:
    assert moments is not None, "timed rows have moments"
    times = moments.to_numpy("datetime64[us]")
    ahead = place >= start
    return times <= (times[ahead].min() if ahead.any() else times.max()) - np.timedelta64(horizon, "D")


def _by_rank(rank: npt.NDArray[np.int64], layout: Literal["by order", "random"]) -> Blocks:
    tune_from, test_from = (round(len(rank) * share) for share in (1 - TEST_SHARE - TUNE_SHARE, 1 - TEST_SHARE))
    return Blocks(rank < tune_from, (rank >= tune_from) & (rank < test_from), rank >= test_from, layout)

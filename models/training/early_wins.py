"""Wins that come before outcomes mature: how soon they come, in which months, and how many are expected of some days.

A probability is the chance of a win within the horizon. Of some days it says how many wins to expect once it is
known how soon wins come (the pace) and that some months bring more than others (the season).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import SNAPSHOT_AGES

TYPICAL = 10
"""Wins that what is usual counts for beside the wins of one age, or of one level."""
MONTHS = 12

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


def pace(rows: pd.DataFrame, horizon: int) -> Floats:
    """Return, per age, wins that have come by each day over those that are expected in all: (ages, horizon + 1).

    ``rows`` has ``as_of``, ``won_at``, ``age`` (its place among the ages) and ``probability``.
    So a model that expects too much of young leads and too little of old ones counts for what its figures were
    worth. Ages with few wins lean on all the others.
    """
    age, days = rows["age"].to_numpy(), np.ceil(in_days(rows["won_at"] - rows["as_of"]))
    won = ~np.isnan(days)
    tally = np.zeros((len(SNAPSHOT_AGES), horizon + 1))
    np.add.at(tally, (age[won], days[won].clip(0, horizon).astype(np.int64)), 1)
    come = tally.cumsum(axis=1)
    expected = np.bincount(age, rows["probability"], len(SNAPSHOT_AGES))
    all_ages = come.sum(axis=0) / expected.sum()
    return (come + TYPICAL * all_ages) / (expected[:, None] + TYPICAL)


def wins_between(
    rows: pd.DataFrame, come: Floats, since: pd.Timestamp, until: pd.Timestamp, horizon: int
) -> pd.DataFrame:
    """Return what each snapshot adds to the wins between two moments: ``expected`` by the model, and ``won`` (0 or 1).

    rows: ``as_of``, ``won_at``, ``age`` (its place among the ages) and ``probability``, all snapshots of the leads;
    ``come`` is their `pace`. A snapshot speaks until the next one of its lead, at most for the horizon, so that every
    win is counted once. It expects its probability, times the share of such wins that had come by then.
    """
    speaks = np.append(np.diff(SNAPSHOT_AGES), horizon).clip(max=horizon)[rows["age"]]
    begins, ends = (in_days(moment - rows["as_of"]).clip(0, speaks) for moment in (since, until))
    expected = np.zeros(len(rows))
    for age, curve in enumerate(come):
        here = (rows["age"] == age).to_numpy()
        by_then, by_now = (np.interp(days[here], np.arange(len(curve)), curve) for days in (begins, ends))
        expected[here] = rows["probability"].to_numpy()[here] * (by_now - by_then)
    days_to_win = in_days(rows["won_at"] - rows["as_of"])
    won = (days_to_win > begins) & (days_to_win <= ends)
    return pd.DataFrame({"expected": expected, "won": won.astype(int)}, index=rows.index)


def season(rows: pd.DataFrame, come: Floats, horizon: int) -> list[tuple[float, float]]:
    """Return for January to December the factor on expected wins, and the variance that it is uncertain by.

    ``rows`` are those of `wins_between` with ``group``; whole months are counted, until the newest snapshot.
    """
    won, expected = np.zeros(MONTHS), np.zeros(MONTHS)
    by_group = []
    for since, until in _whole_months(rows["as_of"].min(), rows["as_of"].max()):
        alive = rows[(rows["as_of"] > since - pd.Timedelta(days=horizon)) & (rows["as_of"] < until)]
        counted = wins_between(alive, come, since, until, horizon)
        won[since.month - 1] += counted["won"].sum()
        expected[since.month - 1] += counted["expected"].sum()
        by_group.append(counted.groupby(alive["group"].to_numpy()).sum())
    if not by_group:
        return [(1.0, 0.0)] * MONTHS
    totals = pd.concat(by_group)
    return factors(won, expected, overdispersion(totals, totals.index.to_numpy()))


def factors(won: Floats, expected: Floats, spread: float) -> list[tuple[float, float]]:
    """Draw each month's wins over expected wins to 1 by as much as chance may have moved them; say how unsure that is.

    The months' own factors are taken for draws of a gamma distribution around 1, whose variance is what the wins vary
    by beyond chance (by moments); a month that was not seen has a factor of 1 and all of that variance.

    >>> factors(np.array([100.0, 100.0]), np.array([100.0, 100.0]), 1.0)
    [(1.0, 0.0), (1.0, 0.0)]
    >>> [round(factor, 2) for factor, _ in factors(np.array([150.0, 50.0, 0.0]), np.array([100.0, 100.0, 0.0]), 1.0)]
    [1.48, 0.52, 1.0]
    """
    beyond = ((won - expected) ** 2 - spread * expected).sum() / max((expected**2).sum(), 1e-9)
    if beyond <= 0:
        return [(1.0, 0.0)] * len(won)
    prior = spread / beyond
    factor = (won + prior) / (expected + prior)
    return list(zip(factor.tolist(), (spread * factor / (expected + prior)).tolist(), strict=True))


def by_month(since: pd.Timestamp, until: pd.Timestamp) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """Yield the stretches of time between two moments, cut at the beginnings of months.

    >>> [(a.day, b.day) for a, b in by_month(pd.Timestamp("2026-01-20"), pd.Timestamp("2026-02-10"))]
    [(20, 1), (1, 10)]
    """
    month_starts = pd.date_range(since, until, freq="MS", normalize=True, inclusive="both")
    moments = [since, *(start for start in month_starts if since < start < until), until]
    return pairwise(moments)


def overdispersion(wins: pd.DataFrame, groups: npt.NDArray) -> float:
    """Return how much more than independent leads the wins of groups vary; at least 1."""
    per_group = wins.groupby(groups)[["won", "expected"]].sum()
    won, expected = per_group["won"].sum(), per_group["expected"].sum()
    if not won or not expected:
        return 1.0
    apart = per_group["won"] - per_group["expected"] * won / expected
    return max(1.0, float((apart**2).sum() / won))


def in_days(spans: pd.Series) -> Floats:
    """Return stretches of time in days; a missing one is not a number."""
    return spans.to_numpy("timedelta64[us]") / np.timedelta64(1, "D")


def _whole_months(first: pd.Timestamp, last: pd.Timestamp) -> Sequence[tuple[pd.Timestamp, pd.Timestamp]]:
    months = pd.date_range(first.normalize().replace(day=1), last, freq="MS")
    return list(pairwise(months))

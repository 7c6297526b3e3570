"""Qualified lead volume: how many leads reached the threshold, at today's and at that of the last period.

A lower threshold lets more leads reach it, and that is no growth: so growth is between periods at one threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from funnel.rates import MOMENT, is_end_of_period, kinds_of_period, last_moment


@dataclass(frozen=True)
class Threshold:
    """A probability from which a lead is qualified: today's, and the one in force when the last period ended."""

    name: str
    today: float
    before: float


@dataclass(frozen=True)
class Volume:
    """Leads that reached a threshold for the first time, by calendar period, the newest last; at both thresholds.

    ``bar`` is today's threshold, ``bar_before`` the earlier one. ``at_start`` and ``at_start_before`` are leads that
    were over it when scoring began: nobody knows when they reached it. ``whole`` says which periods are known from
    their first day to their last. None stands for the period in which scoring began where no lead reached the
    threshold in the rest of it: that is not known, rather than 0. ``growth`` and ``growth_before`` compare the newest
    two whole periods, at today's threshold and at the earlier one; None where there are no two. ``by_bar`` is how many
    of the newest whole period's leads only today's threshold lets in, or, below 0, keeps out.
    """

    name: str
    bar: float
    bar_before: float
    periods: tuple[str, ...]
    today: tuple[int | None, ...]
    before: tuple[int | None, ...]
    at_start: int
    at_start_before: int
    whole: tuple[bool, ...]

    @property
    def growth(self) -> float | None:
        return growth(self.today, self.whole)

    @property
    def growth_before(self) -> float | None:
        return growth(self.before, self.whole)

    @property
    def by_bar(self) -> int:
        both = list(zip(_known(self.today, self.whole), _known(self.before, self.whole), strict=True))
        return both[-1][0] - both[-1][1] if both else 0


def growth(counts: Sequence[int | None], whole: Sequence[bool]) -> float | None:
    """Return by which share the newest whole period is above the one before.

    >>> growth([8, 10, 12, 3], [True, True, True, False])
    0.2
    """
    known = _known(counts, whole)
    return round(known[-1] / known[-2] - 1, 6) if len(known) > 1 and known[-2] else None


def _known(counts: Sequence[int | None], whole: Sequence[bool]) -> list[int]:
    """Return the counts of whole periods."""
    return [count for count, is_whole in zip(counts, whole, strict=True) if is_whole and count is not None]


def volumes(
    scores: pd.DataFrame, thresholds: Sequence[Threshold], period: str, *, since: pd.Timestamp, as_of: pd.Timestamp
) -> tuple[Volume, ...]:
    """Count crossings by period, of leads that were first scored over a threshold after the moment ``since``.

    ``scores`` has all that leads ever scored while they could qualify: ``lead_id``, ``as_of`` and ``probability``. A
    lead crosses at its first score that reaches the threshold.
    """
    counted = scores[scores["as_of"] <= as_of].sort_values("as_of", kind="stable")
    return tuple(_volume(counted, threshold, period, since, as_of) for threshold in thresholds)


def _volume(
    scores: pd.DataFrame, threshold: Threshold, period: str, since: pd.Timestamp, as_of: pd.Timestamp
) -> Volume:
    counted = [_by_period(scores, least, period, since, as_of) for least in (threshold.today, threshold.before)]
    (names, today, at_start), (_, before, at_start_before) = counted
    last = len(names) - 1
    seen_whole = is_end_of_period(since, period) and since < as_of
    return Volume(
        name=threshold.name,
        bar=threshold.today,
        bar_before=threshold.before,
        periods=names,
        today=_unless_unseen(today, seen_whole),
        before=_unless_unseen(before, seen_whole),
        at_start=at_start,
        at_start_before=at_start_before,
        whole=tuple(
            (number > 0 or seen_whole) and (number < last or is_end_of_period(as_of, period))
            for number in range(last + 1)
        ),
    )


def _unless_unseen(counts: tuple[int, ...], seen_whole: bool) -> tuple[int | None, ...]:
    """Replace the count of the first period by None where it is 0 and only a part of the period was seen."""
    return counts if seen_whole or counts[0] else (None, *counts[1:])


def _by_period(
    scores: pd.DataFrame, least: float, period: str, since: pd.Timestamp, as_of: pd.Timestamp
) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """Return the periods since the beginning, the leads that crossed in each, and those that had before.

    Who is first seen over the threshold at midnight reached it before, so the first run of a
    month counts for the last one.
    """
    moments = scores.loc[scores["probability"] >= least].drop_duplicates("lead_id")["as_of"]
    new = moments[moments > since].to_numpy("datetime64[us]")
    last = last_moment(as_of)
    kinds = kinds_of_period(np.concatenate([new - MOMENT, [min(np.datetime64(since, "us"), last), last]]), period)
    counts = np.bincount(kinds.codes[:-2], minlength=len(kinds.names))
    return kinds.names, tuple(counts.tolist()), len(moments) - len(new)


def side_by_side(by_stage: pd.Index, by_score: pd.Index) -> Mapping[str, int]:
    """Count the leads that are qualified in the CRM, by score, and by both.

    >>> side_by_side(pd.Index(["a", "b"]), pd.Index(["b", "c", "d"]))
    {'both': 1, 'only_by_stage': 1, 'only_by_score': 2}
    """
    both = len(by_stage.intersection(by_score))
    return {"both": both, "only_by_stage": len(by_stage) - both, "only_by_score": len(by_score) - both}

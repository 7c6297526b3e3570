"""Feeds that have stopped: types of events of which none came for longer than their longest pause before.

That nothing comes any more says that a feed is broken, or that it has ended: neither is a change of the leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

BEFORE = pd.Timedelta(days=180)
"""How long before its last day the pauses of a feed are looked at."""
FEWEST_DAYS = 20
"""Days with events in that time from which on the pauses say anything."""
LONGER, SHORTEST = 2.0, pd.Timedelta(days=7)
"""A pause that is so many times as long as the longest before, and at least so long, is none: weekends and holidays
are shorter."""
ALL_EVENTS = ""
"""The name of the feed of all events together."""


@dataclass(frozen=True)
class StoppedFeed:
    """A type of events (empty: all of them) that has stopped: its last day, and the longest pause before that."""

    type: str
    last: pd.Timestamp
    longest_pause: pd.Timedelta

    def as_json(self) -> dict[str, str]:
        return {"type": self.type, "last": f"{self.last:%Y-%m-%d}", "words": self.words}

    @property
    def words(self) -> str:
        """Say what has stopped, and what would be usual.

        >>> StoppedFeed("", pd.Timestamp("2025-01-01"), pd.Timedelta(days=4)).words
        'no events since 1 January 2025, where the longest pause before was 4 days: is the feed broken?'
        """
        what = f"no events of the type {self.type}" if self.type else "no events"
        days = f"{self.longest_pause.days} day{'s' * (self.longest_pause.days != 1)}"
        since = f"{self.last.day} {self.last:%B %Y}"
        return f"{what} since {since}, where the longest pause before was {days}: is the feed broken?"


def stopped_feeds(
    days: pd.DataFrame, as_of: pd.Timestamp, ended: Mapping[str, pd.Timedelta] | None = None
) -> list[StoppedFeed]:
    """Return the feeds that have stopped by a moment. Where all events have stopped, that is the one feed.

    days: ``type`` and ``day`` (midnight), the days on which there were events of each type. ``ended`` says how long
    before the end of a training the last event of each type was: what had stopped then has not stopped since.

    >>> days = pd.DataFrame({"type": "trial", "day": pd.date_range("2025-01-01", "2025-03-01")})
    >>> [feed.type for feed in stopped_feeds(days, pd.Timestamp("2025-03-31"))]
    ['']
    >>> stopped_feeds(days, pd.Timestamp("2025-03-07"))
    []
    """
    known = days[days["day"] <= as_of]
    everything = known.assign(type=ALL_EVENTS).drop_duplicates()
    then = dict(ended or {})
    if then:
        then[ALL_EVENTS] = min(then.values())
    return [*_stopped(everything, as_of, then)] or [*_stopped(known, as_of, then)]


def _stopped(days: pd.DataFrame, as_of: pd.Timestamp, ended: Mapping[str, pd.Timedelta]) -> Iterator[StoppedFeed]:
    for name, of_type in days.groupby("type", sort=True)["day"]:
        last = of_type.max()
        recent = np.sort(of_type[of_type > last - BEFORE].to_numpy())
        if len(recent) < FEWEST_DAYS:
            continue
        longest = pd.Timedelta(np.diff(recent).max())
        limit = max(LONGER * longest, SHORTEST)
        if as_of - last > limit >= ended.get(str(name), pd.Timedelta(0)):
            yield StoppedFeed(str(name), last, longest)

"""Conditions that exclude each other: about one attribute, or about events within one another's windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from data.parsing import SIZE_BOUNDS
from data.schema import plain
from models.rules.format import ANY_EVENT, Condition

NEVER_NEGATIVE = frozenset(map(plain, SIZE_BOUNDS))
"""Attributes that are missing where they are said to be below 0."""


def clash(when: Sequence[Condition]) -> str:
    """Return which of some conditions exclude each other, or nothing.

    >>> clash([Condition(attribute="employees", at_least=50), Condition(attribute="employees", below=10)])
    'employees is at least 50 and below 10'
    >>> clash([Condition(event="trial", within=7), Condition(event="trial", within=30, at_most=0)])
    'at least 1 × trial in 7 days, and at most 0 × trial in 30 days'
    """
    asked: dict[str, list[Condition]] = defaultdict(list)
    for condition in when:
        if condition.attribute and not condition.has:
            asked[plain(condition.attribute)].append(condition)
    clashes = (_clash_of_attribute(name, conditions) for name, conditions in asked.items())
    return next(filter(None, clashes), "") or _clash_of_events(when)


def _clash_of_attribute(name: str, asked: Sequence[Condition]) -> str:
    subject = asked[0].subject
    lowest = max(one.bounds.get("at_least", -np.inf) for one in asked)
    above = [(one.bounds[kind], kind) for one in asked for kind in ("at_most", "below") if kind in one.bounds]
    highest, bound = min(above, key=lambda each: (each[0], each[1] != "below"), default=(np.inf, ""))
    limit = f"{bound.replace('_', ' ')} {highest:g}"
    if lowest > highest or (lowest == highest and bound == "below"):
        return f"{subject} is at least {lowest:g} and {limit}"
    if name in NEVER_NEGATIVE and (highest < 0 or (highest == 0 and bound == "below")):
        return f"{subject} is {limit}, and never below 0"
    wanted = [{text.strip().casefold() for text in one.is_} for one in asked if one.is_]
    if wanted and not set.intersection(*wanted):
        return f"{subject} is {' and '.join(one.is_[0] for one in asked if one.is_)} at once"
    presence = {one.is_given for one in asked}
    if False in presence and (True in presence or wanted or above or np.isfinite(lowest)):
        return f"{subject} is not given and yet is {'given' if True in presence else 'something'}"
    return ""


@dataclass(frozen=True)
class _Count:
    """How many events of a type (all: empty) and of some assets (all: none) there are within so many days."""

    event: str
    assets: frozenset[str]
    days: float
    least: float = 0
    most: float = np.inf

    def holds_all_of(self, other: _Count) -> bool:
        """Return whether every event that another counts is counted here, too."""
        of_assets = not self.assets or bool(other.assets and other.assets <= self.assets)
        return self.event in ("", other.event) and of_assets and self.days >= other.days

    @property
    def what(self) -> str:
        days = f" in {self.days:g} days" if np.isfinite(self.days) else ""
        return f"{self.event or 'event'}{': ' if self.assets else ''}{' or '.join(sorted(self.assets))}{days}"


def _clash_of_events(when: Sequence[Condition]) -> str:
    """Compare each pair of counts: of what one counts there cannot be more than of what holds all of it."""
    counts = [count for condition in when for count in _counts(condition)]
    for part, whole in product(counts, counts):
        if whole.most < 0:
            return f"{whole.what} fewer than 0 times"
        if part.least > whole.most and whole.holds_all_of(part):
            return f"at least {part.least:g} × {part.what}, and at most {whole.most:g} × {whole.what}"
    return ""


def _counts(condition: Condition) -> Iterator[_Count]:
    """Yield what a condition on events says of their number; days since the newest one are such, too."""
    name, assets = condition.event or condition.last, frozenset(map(plain, condition.asset))
    if name is None:
        return
    event = "" if condition.last == ANY_EVENT else plain(name)
    least, at_most = condition.bounds.get("at_least"), condition.bounds.get("at_most", np.inf)
    below = condition.bounds.get("below", np.inf)
    if condition.event:
        most = min(np.floor(at_most), np.ceil(below) - 1)
        yield _Count(event, assets, condition.within or np.inf, np.ceil(least or 0), most)
        return
    yield _Count(event, assets, below, least=1)
    if least is not None:
        yield _Count(event, assets, least, most=0)

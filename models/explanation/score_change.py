"""Why a score changed: the difference of two explanations of one lead by one model, in points that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.vocabulary import Family
from features import DIRECTIONS, Feature
from models.explanation.contributions import Contributions
from models.explanation.language import ANOTHER_VALUE, BEFORE, BESIDE, STILL, put
from models.explanation.reasons import MOST_REASONS, Narrator, say
from models.scale import points_between

Concepts = npt.NDArray[np.float16]
"""What each concept adds to the log-odds, as finely as the store keeps it: what did not change is then exactly zero."""

NEVER = 1e6
"""Days since something that never happened."""


@dataclass(frozen=True)
class Snapshot:
    """One lead at one moment: its features (one row), its contributions, and its raw log-odds.

    ``stored`` are the contributions of the concepts as the store has them, where it has them.
    """

    features: pd.DataFrame
    contributions: Contributions
    log_odds: float
    stored: Concepts | None = None

    def concepts(self, narrator: Narrator) -> Concepts:
        """Return what each concept adds to the log-odds."""
        rebuilt = narrator.merged(self.contributions)[0].astype(np.float16)
        return rebuilt if self.stored is None else self.stored


@dataclass(frozen=True)
class Change:
    """What one concept moved: its points, and a sentence that says what became of it."""

    concept: str
    family: str
    sentence: str
    points: int


def changes_between(then: Snapshot, now: Snapshot, narrator: Narrator) -> list[Change]:
    """Return what moved a lead's score between two moments, five concepts each way at most, the strongest first.

    All points of all concepts would add up to the difference of the scores that the narrator's scale gives.
    """
    moved = now.concepts(narrator).astype(float) - then.concepts(narrator).astype(float)
    codes = np.flatnonzero(moved)
    if not len(codes):
        return []
    ends = np.array([then.log_odds]), np.array([now.log_odds])
    shares = points_between(narrator.scale, moved[None, codes], *ends)[0]
    strongest_first = np.argsort(-np.abs(shares), kind="stable")
    directions = ([each for each in strongest_first if sign * shares[each] > 0] for sign in (1, -1))
    listed = sorted((each for way in directions for each in way[:MOST_REASONS]), key=lambda each: -abs(shares[each]))
    return [_change(narrator.concepts[codes[each]], int(shares[each]), then, now, narrator) for each in listed]


def _change(concept: str, points: int, then: Snapshot, now: Snapshot, narrator: Narrator) -> Change:
    return Change(concept, str(narrator.families[concept]), _sentence(concept, points, then, now, narrator), points)


def _sentence(concept: str, points: int, then: Snapshot, now: Snapshot, narrator: Narrator) -> str:
    """Say it of the feature of a concept that moved most, of those first whose value changed."""
    known = [name for name in now.contributions.columns if narrator.features[name].concept == concept]
    before, after = ({name: narrator.values_of(name, each.features[name])[0] for name in known} for each in (then, now))
    changed = [name for name in known if before[name] != after[name]]
    added = {name: _added(name, now) - _added(name, then) for name in known}
    name = max(changed or known, key=lambda name: (np.sign(points) * added[name], abs(added[name])))
    feature = narrator.features[name]
    if changed:
        sentence = change_in_words(*_both_in_words(feature, before[name], after[name]))
        return put(BESIDE, change=sentence) if points * _better(feature, before[name], after[name]) < 0 else sentence
    if _is_rebuilt(concept, then, narrator):
        return put(STILL, now=say(feature, after[name]))
    return put(BEFORE, now=say(feature, after[name]), then=put(ANOTHER_VALUE))


def _better(feature: Feature, before: Any, after: Any) -> float:
    """Return above 0 where a lead did more than before, or lately, below 0 where less, 0 where it is no deed."""
    traits = feature.traits
    if feature.family is not Family.BEHAVIOURAL:
        return 0  # how long ago a stage was entered is better neither way
    if traits.days_since:
        then, now = (NEVER if value is None else value for value in (before, after))
        return DIRECTIONS.get(traits.channel, 1) * (then - now)
    if not traits.counts_occasions or None in (before, after):
        return 0
    return DIRECTIONS.get(traits.channel, 1) * (after - before)


def _both_in_words(feature: Feature, before: Any, after: Any) -> tuple[str, str]:
    """Say two values; with their numbers, where the words are the same."""
    words = say(feature, before), say(feature, after)
    if words[0] != words[1]:
        return words
    return f"{words[0]}: {before:+,.0f}", f"{words[1]}: {after:+,.0f}"


def _added(name: str, snapshot: Snapshot) -> float:
    return float(snapshot.contributions.values[0, snapshot.contributions.columns.index(name)])


def _is_rebuilt(concept: str, then: Snapshot, narrator: Narrator) -> bool:
    """Return whether the data of today give the concept what was stored of it then."""
    code = narrator.concepts.index(concept)
    rebuilt = float(narrator.merged(then.contributions)[0, code])
    return bool(np.isclose(rebuilt, float(then.concepts(narrator)[code]), rtol=2e-3, atol=1e-3))


def change_in_words(before: str, after: str) -> str:
    """Say what became of what, without saying twice what it is about.

    >>> change_in_words("Budget not given", "Budget: 20,000")
    'Budget: 20,000 (before: not given)'
    >>> change_in_words("Budget: 9,000", "Budget: 20,000")
    'Budget: 20,000 (before: 9,000)'
    >>> change_in_words("Last webinar attended 1 to 6 days ago", "Last webinar attended 90 to 179 days ago")
    'Last webinar attended 90 to 179 days ago (before: 1 to 6 days ago)'
    >>> change_in_words("2 visits in the last 7 days", "No visit in the last 7 days")
    'No visit in the last 7 days (before: 2 visits in the last 7 days)'
    """
    about, colon, _ = after.partition(": ")
    about = about if colon else after.removesuffix(" not given")
    if before.startswith(about):
        short = before.removeprefix(about).removeprefix(": ").strip()
    else:
        short = before if colon else _without_shared_words(before, after)
    return put(BEFORE, now=after, then=short or before)


def _without_shared_words(text: str, other: str) -> str:
    """Return a text without the words that two texts begin with, where those are several."""
    pairs = zip(text.split(), other.split(), strict=False)
    shared = len([*takewhile(lambda pair: pair[0] == pair[1], pairs)])
    return " ".join(text.split()[shared:]) if shared > 1 else text


def with_values(features: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    """Return features with values that are known better than by the data of today, the same in each row."""
    columns = {
        name: pd.Series([value] * len(features), features.index, features[name].dtype) for name, value in values.items()
    }
    return features.assign(**columns)

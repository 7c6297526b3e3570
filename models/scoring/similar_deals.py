"""Similar won deals: the won leads whose score is made up most like that of a lead.

Leads are near each other where the same concepts raise and lower their log-odds, whatever their values are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from features import Feature
from models.explanation import AGAINST_BOTH, REACHED, SOME, THERE, Narrator, Reasons, put, say
from models.scoring.codec import unpacked

MOST_DEALS = 5
MOST_IN_COMMON = 3
"""What is named of what spoke for both leads, or else against both: the strongest of the lead that was asked for."""


@dataclass(frozen=True)
class WonDeal:
    """A deal that was won: its lead, its moment just before where that is known, and what is kept of its score."""

    lead_id: str
    as_of: datetime | None
    contributions: npt.NDArray[np.float16]
    reasons: str


@dataclass(frozen=True)
class SimilarDeal:
    """A won lead that is like another: its day (or nothing), how far it is in log-odds, and what is in common."""

    lead_id: str
    won_on: str
    distance: float
    in_common: tuple[str, ...]


class WonDeals:
    """All won deals of one model version, ready to be asked for the nearest.

    ``features`` are the names behind the codes in their reasons.
    """

    def __init__(self, deals: Sequence[WonDeal], features: Sequence[str], narrator: Narrator) -> None:
        self.deals = deals
        self.features = features
        self.narrator = narrator
        self.index = NearestNeighbors().fit(np.stack([deal.contributions for deal in deals])) if deals else None

    def like(self, lead_id: str, contributions: npt.NDArray, reasons: tuple[Reasons, Reasons]) -> list[SimilarDeal]:
        """Return the deals nearest to a lead other than itself, the nearest first; ``reasons`` are its own."""
        if self.index is None:
            return []
        count = min(MOST_DEALS + 1, len(self.deals))
        distances, rows = self.index.kneighbors(contributions[None, :], count)
        near = [(self.deals[row], far) for far, row in zip(distances[0], rows[0], strict=True)]
        others = [(deal, far) for deal, far in near if deal.lead_id != lead_id][:MOST_DEALS]
        own = _told(reasons)
        return [self._similar(deal, far, own) for deal, far in others]

    def _similar(self, deal: WonDeal, distance: float, own: Mapping[int, Told]) -> SimilarDeal:
        theirs = _told(unpacked([deal.reasons], self.features, self.narrator))
        against = (put(AGAINST_BOTH, reason=reason) for reason in self._in_common(-1, own, theirs))
        in_common = self._in_common(1, own, theirs) or tuple(against)
        return SimilarDeal(deal.lead_id, f"{deal.as_of:%Y-%m-%d}" if deal.as_of else "", float(distance), in_common)

    def _in_common(self, sign: int, own: Mapping[int, Told], theirs: Mapping[int, Told]) -> tuple[str, ...]:
        both = [each for each in own if each in theirs and own[each].sign == theirs[each].sign == sign]
        said = (self._in_both(own[each], theirs[each]) for each in both)
        return tuple(islice(filter(None, said), MOST_IN_COMMON))

    def _in_both(self, own: Told, theirs: Told) -> str:
        """Say what two reasons of one concept have in common: a value, or that there is some of it; else nothing."""
        feature, other = (self.narrator.features[self.narrator.names[told.feature]] for told in (own, theirs))
        if own == theirs:
            return say(feature, own.value)
        if _has_some(feature, own.value) and _has_some(other, theirs.value):
            return put(REACHED if feature.traits.is_stage else SOME, concept=put(feature.concept))
        if feature == other and _is_amount(feature) and None not in (own.value, theirs.value):
            _, _, there = say(feature, theirs.value).partition(": ")
            return put(THERE, reason=say(feature, own.value), value=there)
        return ""


def _has_some(feature: Feature, value: Any) -> bool:
    """Tell whether a lead has any of the events, or was in the stage, that a feature is of."""
    if feature.traits.days_since:
        return value is not None
    return feature.traits.counts_activity and value is not None and value > 0


def _is_amount(feature: Feature) -> bool:
    """Tell whether a feature is a number that was given, and no yes or no."""
    return bool(feature.traits.attribute) and not (feature.categorical or feature.one)


class Told(NamedTuple):
    """What a reason tells: whether it speaks for or against, of which feature, and its value."""

    sign: int
    feature: int
    value: object


def _told(reasons: tuple[Reasons, Reasons]) -> dict[int, Told]:
    """Return what the reasons of one lead tell, by the number of their concept, those for it first."""
    return {
        int(concept): Told(way.sign, int(feature), value)
        for way in reasons
        for concept, feature, value in zip(way.concept[0], way.feature[0], way.value[0], strict=True)
        if concept >= 0
    }

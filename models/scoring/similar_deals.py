"""Similar won deals: the won leads whose score is made up most like that of a lead.

Leads are near each other where the same concepts raise and lower their log-odds, whatever their values are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features import Feature
from models.explanation import AGAINST_BOTH, REACHED, SOME, THERE, Narrator, Reasons, put, say
from models.scoring.codec import decode_reasons

if TYPE_CHECKING:
    from sklearn.neighbors import NearestNeighbors

MOST_DEALS = 5
MOST_IN_COMMON = 3
"""Reasons that are named of those for both leads, or else against both: the strongest of the lead itself."""


@dataclass(frozen=True)
class WonDeal:
    """A deal that was won: its lead, the moment just before where that is known, and its stored score."""

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
    """All won deals of one model version, in an index of the nearest.

    ``features`` are the names behind the codes in their reasons.
    """

    def __init__(self, deals: Sequence[WonDeal], features: Sequence[str], narrator: Narrator) -> None:
        self.deals = deals
        self.features = features
        self.narrator = narrator

    @cached_property
    def index(self) -> NearestNeighbors | None:
        """The index of the nearest; None without any deal."""
        return _index([deal.contributions for deal in self.deals]) if self.deals else None

    def nearest(self, contributions: npt.NDArray, count: int = MOST_DEALS) -> list[list[tuple[str, float]]]:
        """Return the ids of the deals nearest to each row of contributions with their distances, the nearest first."""
        if self.index is None:
            return [[] for _ in contributions]
        distances, rows = self.index.kneighbors(contributions.astype(np.float32), min(count, len(self.deals)))
        ids = [deal.lead_id for deal in self.deals]
        pairs = zip(distances.round(3).tolist(), rows.tolist(), strict=True)
        return [[(ids[row], distance) for distance, row in zip(*lead, strict=True)] for lead in pairs]

    def like(self, lead_id: str, contributions: npt.NDArray, reasons: tuple[Reasons, Reasons]) -> list[SimilarDeal]:
        """Return the deals nearest to a lead other than itself, the nearest first; ``reasons`` are its own."""
        (near,) = self.nearest(contributions[None, :], MOST_DEALS + 1)
        return self.compared([(deal, distance) for deal, distance in near if deal != lead_id][:MOST_DEALS], reasons)

    def compared(self, near: Sequence[tuple[str, float]], reasons: tuple[Reasons, Reasons]) -> list[SimilarDeal]:
        """Return deals with what a lead has in common with each; ``reasons`` are the lead's own.

        Deals that are not known any more are left out.
        """
        own, known = _by_concept(reasons), {deal.lead_id: deal for deal in self.deals}
        return [self._similar(known[deal], distance, own) for deal, distance in near if deal in known]

    def _similar(self, deal: WonDeal, distance: float, own: Mapping[int, LeadReason]) -> SimilarDeal:
        of_deal = _by_concept(decode_reasons([deal.reasons], self.features, self.narrator))
        against = (put(AGAINST_BOTH, reason=reason) for reason in self._in_common(-1, own, of_deal))
        in_common = self._in_common(1, own, of_deal) or tuple(against)
        return SimilarDeal(deal.lead_id, f"{deal.as_of:%Y-%m-%d}" if deal.as_of else "", float(distance), in_common)

    def _in_common(
        self, sign: int, own: Mapping[int, LeadReason], of_deal: Mapping[int, LeadReason]
    ) -> tuple[str, ...]:
        both = [concept for concept in own if concept in of_deal and own[concept].sign == of_deal[concept].sign == sign]
        sentences = (self._in_both(own[concept], of_deal[concept]) for concept in both)
        return tuple(islice(filter(None, sentences), MOST_IN_COMMON))

    def _in_both(self, own: LeadReason, of_deal: LeadReason) -> str:
        """Say what two reasons of one concept have in common: a value, or that there is some of it; else nothing."""
        feature, other = (self.narrator.features[self.narrator.names[reason.feature]] for reason in (own, of_deal))
        if own == of_deal:
            return say(feature, own.value)
        if _has_some(feature, own.value) and _has_some(other, of_deal.value):
            return put(REACHED if feature.traits.is_stage else SOME, concept=put(feature.concept))
        if feature == other and _is_amount(feature) and None not in (own.value, of_deal.value):
            _, _, there = say(feature, of_deal.value).partition(": ")
            return put(THERE, reason=say(feature, own.value), value=there)
        return ""


def _index(contributions: Sequence[npt.NDArray[np.float16]]) -> NearestNeighbors:
    from sklearn.neighbors import NearestNeighbors  # what only scores never needs it

    # Searched in whole blocks: in so many dimensions a tree looks at every deal all the same.
    return NearestNeighbors(algorithm="brute").fit(np.stack(contributions).astype(np.float32))


def _has_some(feature: Feature, value: Any) -> bool:
    """Return whether a lead has any of the events, or was in the stage, that a feature is of."""
    if feature.traits.days_since:
        return value is not None
    return feature.traits.counts_activity and value is not None and value > 0


def _is_amount(feature: Feature) -> bool:
    """Return whether a feature is a number in a column of the source, and no yes or no."""
    return bool(feature.traits.attribute) and not (feature.categorical or feature.one)


class LeadReason(NamedTuple):
    """A reason of one lead: its direction (+1 up, −1 down), the number of its feature, and the value of that."""

    sign: int
    feature: int
    value: object


def _by_concept(reasons: tuple[Reasons, Reasons]) -> dict[int, LeadReason]:
    """Return the reasons of one lead by the number of their concept, those for it first."""
    return {
        int(concept): LeadReason(direction.sign, int(feature), value)
        for direction in reasons
        for concept, feature, value in zip(direction.concept[0], direction.feature[0], direction.value[0], strict=True)
        if concept >= 0
    }

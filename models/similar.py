"""Similar won deals: the won leads whose score is made up most like that of a lead.

Leads are near each other where the same concepts raise and lower their log-odds, whatever their values are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from models.language import put
from models.packing import unpacked
from models.reasons import Narrator, Reasons, say

MOST_DEALS = 5
MOST_IN_COMMON = 3
"""What is named of what spoke for both leads: the strongest of the lead that was asked for."""


@dataclass(frozen=True)
class WonDeal:
    """A deal that was won: its lead, its moment just before where that is known, and what is kept of its score."""

    lead_id: str
    as_of: datetime | None
    contributions: npt.NDArray[np.float16]
    reasons: str


@dataclass(frozen=True)
class SimilarDeal:
    """A won lead that is like another: its day (or nothing), how far it is in log-odds, and what spoke for both."""

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
        both = [concept for concept in own if concept in theirs and own[concept].sign == theirs[concept].sign == 1]
        said = (self._in_words(concept, own[concept], theirs[concept]) for concept in both)
        in_common = tuple(islice(filter(None, said), MOST_IN_COMMON))
        return SimilarDeal(deal.lead_id, f"{deal.as_of:%Y-%m-%d}" if deal.as_of else "", float(distance), in_common)

    def _in_words(self, concept: int, own: Told, theirs: Told) -> str:
        """Say a value that both have; else name what both have some of; nothing where their levels are others."""
        feature = self.narrator.features[self.narrator.names[own.feature]]
        if own == theirs:
            return say(feature, own.value)
        return "" if feature.categorical else put(self.narrator.concepts[concept])


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

"""Words for scores from the store: each in those of the model version that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from data.store import Store
from models.explanation import ScoreLines, Sentence, beside_others
from models.scoring import decode_beginning, decode_reasons
from models.versions import Registry

SENTENCES = 100_000
"""Sentences that are remembered: the values of leads repeat."""
FOREMOST = 10_000
"""Leads whose strongest reason is remembered."""


@dataclass(frozen=True)
class WordedReason:
    """One reason as a page shows it: ``points`` are its share of the score, ``evidence`` what history says, if any."""

    sentence: str
    evidence: str
    concept: str
    family: str
    points: int


class Wording:
    """Puts the reasons of stored scores into words; loads each model version once."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store = store
        self.narrator = lru_cache(lambda version: registry.version(version).scorer.narrator)
        self.horizon = lru_cache(lambda version: registry.version(version).scorer.horizon)
        self.codebook = lru_cache(store.codebook)
        self._sentence = lru_cache(SENTENCES)(self._make_sentence)
        self.foremost = lru_cache(FOREMOST)(self._foremost)

    def reasons(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Return ``reasons_up`` and ``reasons_down`` of each score, lists of texts as they are exported.

        Their points, with the start, add up to the ``score``, which stands there beside its ``stage``.
        """
        worded = pd.DataFrame(index=scores.index, columns=["reasons_up", "reasons_down"], dtype=object)
        for version, of_version in scores.groupby("model_version"):
            narrator, features = self.narrator(version), self.codebook(version).features
            up, down = decode_reasons(of_version["reasons"], features, narrator)
            beginnings = [decode_beginning(text) for text in of_version["reasons"]]
            for name, texts in zip(worded, narrator.summed(up, down, beginnings, of_version), strict=True):
                worded.loc[of_version.index, name] = pd.Series(texts, of_version.index, dtype=object)
        return worded

    def parts(self, score: Mapping[str, Any]) -> tuple[list[WordedReason], list[WordedReason]]:
        """Return the reasons up and down of one stored score, each way the strongest first."""
        ways = zip((1, -1), json.loads(score["reasons"])[:2], strict=True)
        up, down = (self._way(score["model_version"], way, sign) for sign, way in ways)
        return up, down

    def lines(self, score: Mapping[str, Any]) -> ScoreLines | None:
        """Return the lines that make a stored score up with its reasons; None of one that was stored without them."""
        beginning = decode_beginning(score["reasons"])
        if beginning is None:
            return None
        listed = sum(points for way in json.loads(score["reasons"])[:2] for _, _, points in way)
        return self.narrator(score["model_version"]).lines(beginning, score["stage"], score["score"], listed)

    def _way(self, version: str, way: list[list], sign: int) -> list[WordedReason]:
        worded = [self._sentence(version, code, value, sign) for code, value, _ in way]
        sentences = beside_others([sentence for sentence, *_ in worded])
        return [
            WordedReason(*sentence.apart, concept, family, points)
            for sentence, (_, concept, family), (_, _, points) in zip(sentences, worded, way, strict=True)
        ]

    def _foremost(self, version: str, reasons: str) -> str:
        """Return the sentence of the strongest reason up; an empty one where there is none."""
        up = json.loads(reasons)[0]
        return self._sentence(version, *up[0][:2], 1)[0].apart[0] if up else ""

    def _make_sentence(self, version: str, code: int, value: Any, sign: int) -> tuple[Sentence, str, str]:
        narrator, name = self.narrator(version), self.codebook(version).features[code]
        feature = narrator.features[name]
        return narrator.sentence(name, value, sign), feature.concept, str(feature.family)

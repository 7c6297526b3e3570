"""Reasons in words: the concepts that moved a lead's score most, as sentences with points and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import shorten
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.vocabulary import AGE_EDGES
from features import Feature
from models.evidence import FEWEST_LEADS, Evidence
from models.explanation import Contributions
from models.scale import Scale, points

MOST_REASONS = 5
LONGEST_VALUE = 80
"""Characters of a lead's own text that a sentence repeats."""

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Reasons:
    """Up to five reasons per row and direction, the strongest first: arrays of shape (rows, at most 5).

    ``concept`` is a number in ``concepts`` (-1 where there is no further reason), ``points`` what it is worth,
    ``sentence`` what people read.
    """

    concept: npt.NDArray[np.int64]
    points: npt.NDArray[np.int64]
    sentence: Texts


class Narrator:
    """Knows the words of a catalogue, and the evidence and the scale of a model."""

    def __init__(self, features: Sequence[Feature], evidence: Evidence, scale: Scale) -> None:
        self.features = {feature.name: feature for feature in features}
        self.concepts = tuple(dict.fromkeys(feature.concept for feature in features))
        self.families = {feature.concept: feature.family for feature in features}
        self.evidence = evidence
        self.scale = scale

    def reasons(self, told: Contributions, design: pd.DataFrame) -> tuple[Reasons, Reasons]:
        """Return the reasons up and the reasons down of each row of a design."""
        column_concepts = np.array([self.concepts.index(self.features[name].concept) for name in told.columns])
        merged = told.values @ np.eye(len(self.concepts))[column_concepts]
        worth = points(self.scale, merged, told.base)
        up, down = (self._strongest(sign, merged, worth, column_concepts, told, design) for sign in (1, -1))
        return up, down

    def _strongest(
        self,
        sign: int,
        merged: npt.NDArray,
        worth: npt.NDArray,
        column_concepts: npt.NDArray,
        told: Contributions,
        design: pd.DataFrame,
    ) -> Reasons:
        strength = np.where(sign * worth > 0, sign * merged, 0.0)
        top = np.argsort(-strength, axis=1, kind="stable")[:, :MOST_REASONS]
        concept = np.where(np.take_along_axis(strength, top, axis=1) > 0, top, -1)
        sentence = np.full(concept.shape, "", dtype=object)
        for code in np.unique(concept[concept >= 0]):
            rows, slots = np.nonzero(concept == code)
            columns = np.flatnonzero(column_concepts == code)
            strongest = columns[np.argmax(sign * told.values[np.ix_(rows, columns)], axis=1)]
            for column in np.unique(strongest):
                here = strongest == column
                values = design[told.columns[column]].iloc[rows[here]]
                sentence[rows[here], slots[here]] = self._sentences(self.features[told.columns[column]], values, sign)
        return Reasons(concept, np.take_along_axis(worth, top, axis=1), sentence)

    def _sentences(self, feature: Feature, values: pd.Series, sign: int) -> Texts:
        """Values repeat: each distinct one is put into words once."""
        codes, distinct = pd.factorize(values, use_na_sentinel=False)
        distinct = pd.Series(distinct)
        leads, won = self.evidence.like(feature, distinct)
        texts = [
            say(feature, value) + self._told_by_history(count, wins, sign)
            for value, count, wins in zip(distinct, leads, won, strict=True)
        ]
        return np.array(texts, dtype=object)[codes]

    def _told_by_history(self, leads: int, won: int, sign: int) -> str:
        """History that points the other way is left out: the value matters together with others."""
        if leads < FEWEST_LEADS or sign * (won / leads - self.evidence.overall) <= 0:
            return ""
        return f" – {won:,} of {leads:,} such leads were won; overall {self.evidence.overall:.0%}".replace("%", " %")


def say(feature: Feature, value: Any) -> str:
    """Put one value of a feature into words.

    >>> from features.catalogue import LEAD_AGE
    >>> say(LEAD_AGE, 7.0), say(LEAD_AGE, float("nan"))
    ('Became a lead 7 to 13 days ago', 'Date of creation not given')
    """
    if pd.isna(value):
        return feature.absent
    if value == 0 and feature.zero:
        return feature.zero
    if value == 1 and feature.one:
        return feature.one
    return feature.sentence.format(value=_in_words(feature.unit, value))


def _in_words(unit: str, value: Any) -> str:
    if isinstance(value, str):
        return shorten(value.replace("|", "/"), LONGEST_VALUE, placeholder="…")
    if unit == "age":
        return AGES[int(value)]
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
    return f"{value:+,.0f}".replace("-", "−") if unit == "change" else number


def _ages() -> dict[int, str]:
    spans = {start: f"{start} to {end - 1} days" for start, end in pairwise(AGE_EDGES)}
    return {0: "less than a day", **spans, AGE_EDGES[-1]: f"{AGE_EDGES[-1]} days or more"}


AGES = _ages()
"""The ageing edge that was passed last → how people say it."""

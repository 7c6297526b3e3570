"""Reasons in words: the concepts that moved a lead's score most, as sentences with points and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import attrgetter
from textwrap import shorten
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.vocabulary import AGE_EDGES
from features import Feature
from models.explanation.contributions import Contributions
from models.explanation.evidence import Evidence, percent
from models.explanation.language import EVIDENCE, EVIDENCE_WITHIN, RARE, THE_REST, TOGETHER, counted, put
from models.scale import Scale, points

MOST_REASONS = 5
LONGEST_VALUE = 80
"""Characters of a lead's own text that a sentence repeats."""

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Reasons:
    """Up to five reasons per row in one direction, the strongest first: arrays of shape (rows, at most 5).

    ``concept`` is a number in the narrator's ``concepts`` (-1 where there is no further reason), ``feature`` the
    strongest of its features, a number in ``names``; ``value`` what that is for the lead, ``points`` its share of the
    score.
    ``sign`` is +1 for reasons up and -1 for reasons down.
    """

    concept: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int64]
    value: Objects
    points: npt.NDArray[np.int64]
    sign: int

    def where(self, rows: npt.NDArray[np.bool_]) -> Reasons:
        """Return the rows of a mask."""
        return Reasons(self.concept[rows], self.feature[rows], self.value[rows], self.points[rows], self.sign)


@dataclass(frozen=True)
class Sentence:
    """A reason in words; ``text`` is with what history says of such leads, where it says anything.

    ``is_contradicted`` where history alone speaks the other way.
    """

    reason: str
    text: str
    is_contradicted: bool = False

    @property
    def apart(self) -> tuple[str, str]:
        """Return the reason, and what is said beside it; that is empty where a language does not put it last."""
        if self.text.startswith(self.reason):
            return self.reason, self.text.removeprefix(self.reason).lstrip(" –,")
        return self.text, ""

    def beside(self, other: str) -> Sentence:
        """Return the sentence with another reason that it matters together with."""
        return replace(self, text=put(TOGETHER, reason=self.reason, other=other))


NOTHING = Sentence("", "")
_texts, _contradicted = (np.frompyfunc(attrgetter(name), 1, 1) for name in ("text", "is_contradicted"))


class Narrator:
    """Knows the words of a catalogue, and the evidence, the scale and the horizon (days, if it has one) of a model.

    ``unsaid`` are concepts that are no reason, whatever they add.
    """

    def __init__(
        self,
        features: Sequence[Feature],
        evidence: Evidence,
        scale: Scale,
        horizon: int | None = None,
        unsaid: Sequence[str] = (),
    ) -> None:
        self.features = {feature.name: feature for feature in features}
        self.names = tuple(self.features)
        self.concepts = tuple(dict.fromkeys(feature.concept for feature in features))
        self.families = {feature.concept: feature.family for feature in features}
        self.evidence = evidence
        self.scale = scale
        self.horizon = horizon
        self.unsaid = [number for number, concept in enumerate(self.concepts) if concept in unsaid]
        self.levels = {name: {*evidence.bins[name]} for name in self.names if self._may_name_a_person(name)}

    def _may_name_a_person(self, name: str) -> bool:
        feature = self.features[name]
        return feature.categorical and bool(feature.traits.attribute) and name in self.evidence.bins

    def merged(self, contributions: Contributions) -> npt.NDArray[np.float64]:
        """Return what each concept adds to each row's log-odds: of shape (rows, concepts)."""
        return contributions.values @ np.eye(len(self.concepts))[self._concept_of_each(contributions)]

    def reasons(self, contributions: Contributions, features: pd.DataFrame) -> tuple[Reasons, Reasons]:
        """Return the reasons up and the reasons down of each row of features."""
        merged = self.merged_by_words(contributions, features)
        shares = points(self.scale, merged, contributions.base)
        up, down = (self._strongest(sign, merged, shares, contributions, features) for sign in (1, -1))
        return up, down

    def merged_by_words(self, contributions: Contributions, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return what each concept adds, of shape (rows, concepts), with nothing said twice.

        The concepts of a row whose absence is named in the same words are added to the first of them.
        """
        merged, concept_of_each = self.merged(contributions), self._concept_of_each(contributions)
        for alike in self._absent_alike(contributions):
            columns = np.array(contributions.columns)[np.isin(concept_of_each, alike)]
            absent = np.flatnonzero(features[columns].isna().all(axis="columns"))
            merged[absent, alike[0]] = merged[np.ix_(absent, alike)].sum(axis=1)
            merged[np.ix_(absent, alike[1:])] = 0.0
        return merged

    def _absent_alike(self, contributions: Contributions) -> list[npt.NDArray[np.int64]]:
        """Return the concepts, by number, that have one text for their absence, where several have the same."""
        absent = [self.features[name].absent for name in contributions.columns]
        texts = pd.DataFrame({"concept": self._concept_of_each(contributions), "text": absent}).drop_duplicates()
        texts = texts.drop_duplicates("concept", keep=False)
        return [alike.to_numpy() for _, alike in texts.groupby("text")["concept"] if len(alike) > 1]

    def _concept_of_each(self, contributions: Contributions) -> npt.NDArray[np.int64]:
        return np.array([self.concepts.index(self.features[name].concept) for name in contributions.columns])

    def _strongest(
        self,
        sign: int,
        merged: npt.NDArray,
        shares: npt.NDArray,
        contributions: Contributions,
        features: pd.DataFrame,
    ) -> Reasons:
        """Return the strongest concepts of one direction, each by the feature that adds most to it."""
        # Points are rounded to whole ones, so the order among those alike is that of the log-odds.
        strength = np.where(sign * shares > 0, sign * merged, 0.0)
        strength[:, self.unsaid] = 0.0
        top = np.argsort(-strength, axis=1, kind="stable")[:, :MOST_REASONS]
        concept = np.where(np.take_along_axis(strength, top, axis=1) > 0, top, -1)
        feature, value = np.full(concept.shape, -1), np.full(concept.shape, None, dtype=object)
        concept_of_each = self._concept_of_each(contributions)
        # Concept by concept and feature by feature, since each feature has a type of its own.
        for code in np.unique(concept[concept >= 0]):
            rows, slots = np.nonzero(concept == code)
            columns = np.flatnonzero(concept_of_each == code)
            strongest = columns[np.argmax(sign * contributions.values[np.ix_(rows, columns)], axis=1)]
            for column in np.unique(strongest):
                here, name = strongest == column, contributions.columns[column]
                feature[rows[here], slots[here]] = self.names.index(name)
                value[rows[here], slots[here]] = self.values_of(name, features[name].iloc[rows[here]])
        return Reasons(concept, feature, value, np.take_along_axis(shares, top, axis=1), sign)

    def values_of(self, name: str, cells: Any) -> Objects:
        """Return the values of a feature (a series) as they may be stored: missing is None, a rare level is `RARE`."""
        if name in self.levels:
            cells = cells.where(cells.isna() | cells.isin(self.levels[name]), RARE)
        return cells.to_numpy(object, na_value=None)

    def shown(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return features as they may be shown: levels that few leads had are one, for they may name a person."""
        values = {name: self.values_of(name, features[name]) for name in self.levels}
        return features.assign(**{name: pd.Series(cells, features.index, "str") for name, cells in values.items()})

    def sentences(self, reasons: Reasons) -> Objects:
        """Put reasons into words: an array of texts, empty where there is no further reason."""
        sentences = np.full(reasons.feature.shape, NOTHING, dtype=object)
        for code in np.unique(reasons.feature[reasons.feature >= 0]):
            here = np.nonzero(reasons.feature == code)
            feature = self.features[self.names[code]]
            sentences[here] = self._sentences(feature, _cells(feature, reasons.value[here].tolist()), reasons.sign)
        for row in np.flatnonzero(_contradicted(sentences).astype(bool).any(axis=1)):
            sentences[row] = beside_others(sentences[row])
        return _texts(sentences)

    def sentence(self, name: str, value: Any, sign: int) -> Sentence:
        """Put one value of a feature into words."""
        feature = self.features[name]
        return self._sentences(feature, _cells(feature, [value]), sign)[0]

    def texts(self, reasons: Reasons) -> list[list[str]]:
        """Return the reasons of each row as they are exported: sentence, family and points."""
        rows = zip(reasons.concept, reasons.points, self.sentences(reasons), strict=True)
        return [[self._text(*reason) for reason in zip(*row, strict=True) if reason[0] >= 0] for row in rows]

    def _text(self, concept: int, points: int, sentence: str) -> str:
        signed = f"{points:+d}".replace("-", "−")
        return f"{sentence} ({put(self.families[self.concepts[concept]])}, {signed})"

    def _sentences(self, feature: Feature, values: pd.Series, sign: int) -> Objects:
        """Values repeat: each distinct one is put into words once."""
        codes, distinct = pd.factorize(values, use_na_sentinel=False)
        distinct = pd.Series(distinct)
        leads, won = self.evidence.like(feature, distinct)
        sentences = np.empty(len(distinct), dtype=object)
        sentences[:] = [
            self._with_evidence(say(feature, value), count, wins, sign)
            for value, count, wins in zip(distinct, leads, won, strict=True)
        ]
        return sentences[codes]

    def _with_evidence(self, reason: str, leads: int, won: int, sign: int) -> Sentence:
        """Add how many such leads were won, where that differs from all leads in the direction of the reason."""
        speaks = sign * self.evidence.speaks(leads, won)
        if speaks <= 0:
            return Sentence(reason, reason, is_contradicted=speaks < 0)
        counts = {"won": f"{won:,}", "leads": f"{leads:,}", "overall": percent(self.evidence.overall)}
        if self.horizon is None:
            return Sentence(reason, counted(*EVIDENCE, won, reason=reason, **counts))
        return Sentence(reason, counted(*EVIDENCE_WITHIN, won, reason=reason, days=str(self.horizon), **counts))


def beside_others(way: Sequence[Sentence]) -> Sequence[Sentence]:
    """Name, for each reason that history contradicts, the strongest other one of its way: its value matters beside it.

    ``way`` are the reasons of one lead in one direction, the strongest first.
    """
    if not any(each.is_contradicted for each in way):
        return way
    other = next((each.reason for each in way if each.reason and not each.is_contradicted), put(THE_REST))
    return [each.beside(other) if each.is_contradicted else each for each in way]


def _cells(feature: Feature, values: list) -> pd.Series:
    return pd.Series(values, dtype="str" if feature.categorical else "float64")


def say(feature: Feature, value: Any) -> str:
    """Put one value of a feature into words.

    >>> from features.catalogue import LEAD_AGE
    >>> say(LEAD_AGE, 7.0), say(LEAD_AGE, float("nan"))
    ('Became a lead 7 to 13 days ago', 'Date of creation not given')
    """
    if pd.isna(value):
        return put(feature.absent)
    if value == 0 and feature.zero:
        return put(feature.zero)
    words = dict(feature.labels).get(value) or _in_words(feature.unit, value)
    if feature.one and not isinstance(value, str):
        return counted(feature.one, feature.sentence, value, value=words)
    return put(feature.sentence, value=words)


def _in_words(unit: str, value: Any) -> str:
    if isinstance(value, str):
        return put(RARE) if value == RARE else shorten(value.replace("|", "/"), LONGEST_VALUE, placeholder="…")
    if unit == "age":
        return put(AGES[int(value)])
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
    return f"{value:+,.0f}".replace("-", "−") if unit == "change" else number


def _ages() -> dict[int, str]:
    spans = {start: f"{start} to {end - 1} days" for start, end in pairwise(AGE_EDGES)}
    return {0: "less than a day", **spans, AGE_EDGES[-1]: f"{AGE_EDGES[-1]} days or more"}


AGES = _ages()
"""The ageing edge that was passed last → how people say it."""

"""Reasons in words: the concepts that moved a lead's score most, as sentences with points and evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from operator import attrgetter
from textwrap import shorten
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import Feature
from models.explanation.concepts import Concepts
from models.explanation.evidence import Evidence, percent
from models.explanation.language import EVIDENCE, RARE, TOGETHER, counted, put
from models.explanation.lines import AGES, Beginning, ScoreLines, age_edge, lines_of, signed
from models.explanation.typical import TypicalLeads
from models.members import Contributions
from models.scale import Scale, points_between, position

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

    @property
    def total(self) -> npt.NDArray[np.int64]:
        """Return the points of all reasons of each row."""
        return np.where(self.concept >= 0, self.points, 0).sum(axis=1)

    def where(self, rows: npt.NDArray[np.bool_]) -> Reasons:
        """Return the rows of a mask."""
        return Reasons(self.concept[rows], self.feature[rows], self.value[rows], self.points[rows], self.sign)


@dataclass(frozen=True)
class Context:
    """What the reasons of each row begin from: ``start`` is the score of all leads, ``stage`` the points from there to
    what is typical at the stage, and ``time`` those of how long it has been there, and of how it came there.

    ``age`` is the ageing edge that the days in the stage passed last, NaN where nobody knows them.
    ``is_compared`` where a row is compared with others at its stage; the points are 0 where it is with all leads.
    """

    start: npt.NDArray[np.int64]
    stage: npt.NDArray[np.int64]
    time: npt.NDArray[np.int64]
    age: npt.NDArray[np.float64]
    is_compared: npt.NDArray[np.bool_]

    def where(self, rows: npt.NDArray[np.bool_]) -> Context:
        """Return the rows of a mask."""
        return Context(self.start[rows], self.stage[rows], self.time[rows], self.age[rows], self.is_compared[rows])

    def rows(self) -> list[Beginning]:
        """Return the beginning of each row."""
        columns = (self.start, self.stage, self.time, self.age, self.is_compared)
        return [
            Beginning(start, stage, time, None if np.isnan(age) else int(age)) if is_compared else Beginning(start)
            for start, stage, time, age, is_compared in zip(*(column.tolist() for column in columns), strict=True)
        ]


@dataclass(frozen=True)
class Breakdown:
    """What scores are made of: where they begin, and the reasons each way.

    Start, stage, time, the points of all reasons, and the rest, which is not listed, add up to the score of a row.
    ``concepts`` counts those that add anything to it.
    """

    up: Reasons
    down: Reasons
    context: Context
    concepts: npt.NDArray[np.int64]

    def where(self, rows: npt.NDArray[np.bool_]) -> Breakdown:
        """Return the rows of a mask."""
        return Breakdown(self.up.where(rows), self.down.where(rows), self.context.where(rows), self.concepts[rows])


@dataclass(frozen=True)
class Sentence:
    """A reason in words; ``text`` is with what history says of such leads, where it says anything.

    ``is_contradicted`` where history alone speaks the other way, ``is_absent`` where it says what a lead lacks.
    """

    reason: str
    text: str
    is_contradicted: bool = False
    is_absent: bool = False

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
    """Knows the words of a catalogue, and the evidence and the scale of a model.

    ``unsaid`` are concepts that are no reason, whatever they add. ``typical`` is what reasons are relative to: without
    it, all leads.
    """

    def __init__(
        self,
        features: Sequence[Feature],
        evidence: Evidence,
        scale: Scale,
        unsaid: Sequence[str] = (),
        typical: TypicalLeads | None = None,
    ) -> None:
        self.by_concept = Concepts(features)
        self.features = self.by_concept.features
        self.names = tuple(self.features)
        self.concepts = self.by_concept.names
        self.families = self.by_concept.families
        self.typical = typical
        self.evidence = evidence
        self.scale = scale
        self.unsaid = [number for number, concept in enumerate(self.concepts) if concept in unsaid]
        self.levels = {name: {*evidence.bins[name]} for name in self.names if self._may_name_a_person(name)}

    def _may_name_a_person(self, name: str) -> bool:
        feature = self.features[name]
        return feature.categorical and bool(feature.traits.attribute) and name in self.evidence.bins

    def merged(self, contributions: Contributions) -> npt.NDArray[np.float64]:
        """Return what each concept adds to each row's log-odds: of shape (rows, concepts)."""
        return self.by_concept.merged(contributions)

    def reasons(self, contributions: Contributions, features: pd.DataFrame) -> tuple[Reasons, Reasons]:
        """Return the reasons up and the reasons down of each row of features, relative to all leads."""
        breakdown = self.breakdown(contributions, features)
        return breakdown.up, breakdown.down

    def breakdown(
        self,
        contributions: Contributions,
        features: pd.DataFrame,
        stages: pd.Series | None = None,
        days: pd.Series | None = None,
    ) -> Breakdown:
        """Return what the score of each row is made of.

        Reasons are relative to the stage of each, where stages are given; ``days`` are those that it has been there.
        """
        codes = self._groups(stages, len(features))
        relative = self._relative(contributions, codes)
        absent = self.by_concept.absent(contributions.columns, features)
        merged = self.by_concept.merged_once(relative, features, absent)
        in_stage = merged[:, self.by_concept.of_stages]
        is_compared = codes >= 0
        merged[np.ix_(is_compared, self.by_concept.of_stages)] = 0.0
        start = np.full(len(merged), contributions.base)
        typical = start + self._typical(contributions.columns)[codes]
        parts = np.column_stack([merged, np.where(is_compared, in_stage.sum(axis=1), 0.0)])
        shares = points_between(self.scale, parts, typical, contributions.raw_log_odds)
        at_start, at_typical = (np.rint(position(self.scale, each)).astype(np.int64) for each in (start, typical))
        concepts = np.count_nonzero(merged, axis=1)
        merged[self._is_shared()[codes] & absent] = 0.0
        merged[:, self.unsaid] = 0.0
        up, down = (self._strongest(sign, merged, shares[:, :-1], relative, features) for sign in (1, -1))
        ages = np.full(len(merged), np.nan) if days is None else _ages_of(days)
        return Breakdown(up, down, Context(at_start, at_typical - at_start, shares[:, -1], ages, is_compared), concepts)

    def _groups(self, stages: pd.Series | None, count: int) -> npt.NDArray[np.int64]:
        """Return the code of the group that each row is compared with; -1 is all leads."""
        if self.typical is None or stages is None:
            return np.full(count, -1)
        return self.typical.codes(stages)

    def _means(self, columns: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return what each column adds on average, a row for each group; 0 of all leads, which all start from."""
        return self.typical.means(columns) if self.typical else np.zeros((1, len(columns)))

    def _typical(self, columns: Sequence[str]) -> npt.NDArray[np.float64]:
        return self._means(columns).sum(axis=1)

    def _is_shared(self) -> npt.NDArray[np.bool_]:
        """Return of which concepts most leads have nothing, a row for each group."""
        return self.typical.is_shared(self.concepts) if self.typical else np.zeros((1, len(self.concepts)), dtype=bool)

    def _relative(self, contributions: Contributions, codes: npt.NDArray[np.int64]) -> Contributions:
        """Return what each column adds beside what it does on average in the group of each row."""
        return replace(contributions, values=contributions.values - self._means(contributions.columns)[codes])

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
        top = np.argsort(-strength, axis=1, kind="stable")[:, :MOST_REASONS]
        concept = np.where(np.take_along_axis(strength, top, axis=1) > 0, top, -1)
        feature, value = np.full(concept.shape, -1), np.full(concept.shape, None, dtype=object)
        concept_of_each = self.by_concept.of_each(contributions.columns)
        # Concept by concept and feature by feature, since each feature has a type of its own.
        for code in np.unique(concept[concept >= 0]):
            rows, slots = np.nonzero(concept == code)
            columns = np.flatnonzero(concept_of_each == code)
            adds = sign * contributions.values[np.ix_(rows, columns)]
            strongest = columns[self._speaker([contributions.columns[column] for column in columns], adds)]
            for column in np.unique(strongest):
                here, name = strongest == column, contributions.columns[column]
                feature[rows[here], slots[here]] = self.names.index(name)
                value[rows[here], slots[here]] = self.values_of(name, features[name].iloc[rows[here]])
        return Reasons(concept, feature, value, np.take_along_axis(shares, top, axis=1), sign)

    def _speaker(self, names: Sequence[str], adds: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Return which of some features says it best for each row: the one that adds most.

        A rule has the last word only: what a lead did or is says more than that a rule fired.
        """
        by_rules = np.array([self.features[name].traits.from_rules for name in names])
        others: npt.NDArray[np.float64] = np.where(by_rules, -np.inf, adds)
        return np.argmax(np.where((others > 0).any(axis=1, keepdims=True), others, adds), axis=1)

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
        listed, ending = reasons.concept >= 0, cache(self._ending)
        columns = (self.sentences(reasons), reasons.concept, reasons.points)
        rows = zip(*(column[listed].tolist() for column in columns), strict=True)
        texts = [sentence + ending(concept, points) for sentence, concept, points in rows]
        ends = np.cumsum(np.append(0, listed.sum(axis=1))).tolist()
        return [texts[start:end] for start, end in pairwise(ends)]

    def _ending(self, concept: int, points: int) -> str:
        return f" ({put(self.families[self.concepts[concept]])}, {signed(points)})"

    def lines(self, beginning: Beginning, stage: str | None, score: int, listed: int) -> ScoreLines:
        """Return the lines that make a score up with its reasons, whose points are ``listed`` in all."""
        group = self.typical.stages.get(stage or "") if self.typical else None
        return lines_of(beginning, stage or "", score, listed, group and group.days)

    def summed(
        self, up: Reasons, down: Reasons, beginnings: Sequence[Beginning | None], scores: pd.DataFrame
    ) -> tuple[list[list[str]], list[list[str]]]:
        """Return the reasons each way as they are exported, with the lines with which they add up to the score.

        ``scores`` has the ``stage`` and the ``score`` of each row.
        """
        ways = self.texts(up), self.texts(down)
        listed = up.total + down.total
        rows = zip(beginnings, scores["stage"], scores["score"], listed, *ways, strict=True)
        for beginning, stage, score, points, texts_up, texts_down in rows:
            if beginning:
                lines = self.lines(beginning, None if pd.isna(stage) else stage, int(score), int(points))
                texts_up += lines.texts(1)
                texts_down += lines.texts(-1)
        return ways

    def _sentences(self, feature: Feature, values: pd.Series, sign: int) -> Objects:
        """Values repeat: each distinct one is put into words once."""
        codes, distinct = pd.factorize(values, use_na_sentinel=False)
        distinct = pd.Series(distinct)
        leads, won = self.evidence.like(feature, distinct)
        sentences = np.empty(len(distinct), dtype=object)
        sentences[:] = [
            self._with_evidence(feature, value, count, wins, sign)
            for value, count, wins in zip(distinct, leads, won, strict=True)
        ]
        return sentences[codes]

    def _with_evidence(self, feature: Feature, value: Any, leads: int, won: int, sign: int) -> Sentence:
        """Say a value with how many such leads were won, where that differs from all leads as the reason does."""
        reason, absent = say(feature, value), is_absence(feature, value)
        speaks = sign * self.evidence.speaks(leads, won)
        if speaks <= 0:
            return Sentence(reason, reason, is_contradicted=speaks < 0, is_absent=absent)
        counts = {"won": f"{won:,}", "leads": f"{leads:,}", "overall": percent(self.evidence.overall)}
        who = name_of_leads(feature, value)
        return Sentence(reason, put(EVIDENCE[sign, bool(who)], reason=reason, who=who, **counts), is_absent=absent)


def beside_others(way: Sequence[Sentence]) -> Sequence[Sentence]:
    """Name, for each reason that history contradicts, the strongest other one of its way: its value matters beside it.

    ``way`` are the reasons of one lead in one direction, the strongest first. What is absent is named beside nothing,
    and nothing beside it: together they would say nothing.
    """
    other = next((each.reason for each in way if each.reason and not (each.is_contradicted or each.is_absent)), "")
    alone = [not other or each.is_absent or not each.is_contradicted for each in way]
    return [each if is_alone else each.beside(other) for each, is_alone in zip(way, alone, strict=True)]


def _ages_of(days: pd.Series) -> npt.NDArray[np.float64]:
    """Return the ageing edge that each number of days passed last.

    >>> _ages_of(pd.Series([0, 8, None], dtype="Int64")).tolist()
    [0.0, 7.0, nan]
    """
    numbers = days.to_numpy(float, na_value=np.nan)
    return np.where(np.isnan(numbers), np.nan, np.array([age_edge(number) for number in np.nan_to_num(numbers)]))


def _cells(feature: Feature, values: list) -> pd.Series:
    return pd.Series(values, dtype="str" if feature.categorical else "float64")


def say(feature: Feature, value: Any) -> str:
    """Put one value of a feature into words.

    >>> from features.catalogue import LEAD_AGE
    >>> say(LEAD_AGE, 7.0), say(LEAD_AGE, float("nan"))
    ('Became a lead 7 to 13 days ago', 'Date of creation not given')
    """
    if pd.isna(value):
        return spelled(put(feature.absent))
    if value == 0 and feature.zero:
        return spelled(put(feature.zero))
    words = dict(feature.labels).get(value) or _in_words(feature, value)
    if feature.one and not isinstance(value, str):
        return spelled(counted(feature.one, feature.sentence, value, value=words))
    return spelled(put(feature.sentence, value=words))


def spelled(text: str) -> str:
    """Return a text with the names that data have in it as people write them.

    >>> spelled("One download “case_study” in the last 7 days")
    'One download “case study” in the last 7 days'
    """
    return re.sub(r"(?<=\w)_(?=\w)", " ", text)


def name_of_leads(feature: Feature, value: Any) -> str:
    """Return how sales speaks of the leads that have a value; nothing where there is no name for them."""
    known = feature.who and isinstance(value, str) and value != RARE
    return spelled(put(feature.who, value=_in_words(feature, value))) if known else ""


def is_absence(feature: Feature, value: Any) -> bool:
    """Return whether a value says that there is nothing: it is missing, or a zero that has words of its own."""
    return bool(pd.isna(value) or (value == 0 and feature.zero))


def _in_words(feature: Feature, value: Any) -> str:
    unit = feature.unit
    if isinstance(value, str):
        return put(RARE) if value == RARE else shorten(value.replace("|", "/"), LONGEST_VALUE, placeholder="…")
    if unit == "age":
        return put(AGES[int(value)])
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
    if unit == "change":
        return f"{value:+,.0f}".replace("-", "−")
    return f"{feature.currency} {number}" if feature.currency else number

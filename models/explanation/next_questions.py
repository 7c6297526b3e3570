"""What to ask next: of the fields that a lead left empty, those whose answer would move its score most.

The answers that leads gave in history are stored with the model, each with its share; a lead is scored with each of
them in turn. That shows what is still unknown, and nothing about causes: an answer adds to what is known of a lead and
does not make it another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from data.schema import Schema
from data.vocabulary import FIT_FAMILIES
from features import FIELDS_GIVEN, Feature
from models.explanation.reasons import say
from models.training_table import RARE_LEVEL

MOST_ANSWERS = 8
"""Numbers are cut into so many answers of equal share, where there are more of them."""
PERSONAL_FIELDS = {"job_title": "Job title", "email": "E-mail address", "company": "Company name"}
"""Personal columns that are asked for, and how people call them; an answer is only what is derived from them."""
LEAST_POINTS = 1.0
"""A question whose answer moves the score by less on average is not worth asking."""

Answer = tuple[float | str | None, ...]
Score = Callable[[pd.DataFrame], npt.NDArray[np.float64]]
"""From features to unrounded scores, 0 to 100."""


@dataclass(frozen=True)
class Question:
    """A field, the features that its answer fills, and the answers seen in history with their shares, which sum to 1.

    ``counts`` says whether an answer is one more field that is filled in.
    """

    field: str
    features: tuple[str, ...]
    answers: tuple[Answer, ...]
    shares: tuple[float, ...]
    counts: bool

    def is_open(self, row: Mapping[Any, Any]) -> bool:
        """Return whether a lead has not answered, by the first of the features."""
        return not _is_known(self.features[0], row[self.features[0]])


@dataclass(frozen=True)
class NextQuestion:
    """A field to ask for: by how many points its answer moves the score on average, and between which scores.

    ``lowest`` and ``highest`` are the answers of these scores, in words; ``lowest_points`` and ``highest_points`` are
    what these scores differ by from the present one: both may lie above it, or below.
    """

    field: str
    points: float
    lowest_score: int
    lowest_points: int
    lowest: str
    highest_score: int
    highest_points: int
    highest: str

    @property
    def is_worth_asking(self) -> bool:
        """Return whether the answer moves the score, and whether it matters which answer that is."""
        return self.points >= LEAST_POINTS and self.lowest_score < self.highest_score


def gather_questions(
    features: Sequence[Feature], schema: Schema, rows: pd.DataFrame, leads: npt.NDArray
) -> tuple[Question, ...]:
    """Return what can be asked for and what leads answered; ``rows`` are training features, ``leads`` the lead of each.

    Answers that fewer than five leads gave are left out: they may name a person.
    """
    asked = {attribute.name: attribute.label for attribute in schema.attributes if attribute.family in FIT_FAMILIES}
    labels = asked | {name: PERSONAL_FIELDS[name] for name in schema.personal if name in PERSONAL_FIELDS}
    questions = (_question(name, label, features, rows, leads) for name, label in labels.items())
    return tuple(question for question in questions if question)


def _question(
    field: str, label: str, features: Sequence[Feature], rows: pd.DataFrame, leads: npt.NDArray
) -> Question | None:
    filled = [feature for feature in features if feature.traits.column == field]
    if not filled:
        return None
    names = [feature.name for feature in filled]
    first = rows[names[0]]
    known = (first.replace(0, np.nan) if _only_presence(names[0]) else first).notna().to_numpy()
    answered = rows.loc[known, names].assign(lead=leads[known]).drop_duplicates()
    answers, shares = _in_bins(answered, names) if _is_fine(filled, answered) else _by_count(answered, names)
    return Question(label, tuple(names), answers, shares, field not in PERSONAL_FIELDS) if answers else None


def _only_presence(name: str) -> bool:
    """Return whether a feature is always there and says 0 where the field is empty."""
    return name == "company_given"


def _is_known(name: str, value: Any) -> bool:
    return not pd.isna(value) and not (_only_presence(name) and value == 0)


def _is_fine(filled: Sequence[Feature], answered: pd.DataFrame) -> bool:
    """Return whether a field is a number with many values."""
    name = filled[0].name
    return len(filled) == 1 and not filled[0].categorical and answered[name].nunique() > MOST_ANSWERS


def _in_bins(answered: pd.DataFrame, names: list[str]) -> tuple[tuple[Answer, ...], tuple[float, ...]]:
    """Take the middle of each of eight equal parts, in two digits: it shall be nobody's own number."""
    middles = np.quantile(answered[names[0]], (np.arange(MOST_ANSWERS) + 0.5) / MOST_ANSWERS, method="nearest")
    return tuple((float(f"{value:.2g}"),) for value in middles), (1 / MOST_ANSWERS,) * MOST_ANSWERS


def _by_count(answered: pd.DataFrame, names: list[str]) -> tuple[tuple[Answer, ...], tuple[float, ...]]:
    counts = answered.groupby(names, dropna=False, sort=True).size()
    counts = counts[counts >= RARE_LEVEL]
    rows = counts.index.to_frame(index=False).astype(object)
    answers = tuple(tuple(None if pd.isna(cell) else cell for cell in row) for row in rows.to_numpy())
    return answers, tuple((counts / max(counts.sum(), 1)).tolist())


def what_next(
    questions: Iterable[Question], row: pd.DataFrame, features: Mapping[str, Feature], score: Score, most: int = 2
) -> list[NextQuestion]:
    """Return the open questions of a lead whose answer would move its score most, those first.

    Questions of which every answer lowers the score come last. ``row`` holds the lead's features: one row.
    """
    cells = row.iloc[0].to_dict()
    still_open = [question for question in questions if question.is_open(cells)]
    if not still_open:
        return []
    scores = score(pd.concat([row, *(_answered(row, question) for question in still_open)], ignore_index=True))
    ends = np.cumsum([1, *(len(question.answers) for question in still_open)])
    # The first score is the present one; those of each question's answers follow in turn.
    answered = zip(still_open, np.split(scores, ends)[1:-1], strict=True)
    asked = [_next_question(question, with_answers, scores[0], features) for question, with_answers in answered]
    worth_asking = [each for each in asked if each.is_worth_asking]
    return sorted(worth_asking, key=lambda each: (each.highest_points <= 0, -each.points))[:most]


def _answered(row: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return the row of a lead with each answer in turn."""
    rows = pd.concat([row] * len(question.answers), ignore_index=True)
    columns = zip(question.features, zip(*question.answers, strict=True), strict=True)
    filled = {name: pd.Series(list(values), dtype=row[name].dtype) for name, values in columns}
    if question.counts and FIELDS_GIVEN.name in row:
        filled[FIELDS_GIVEN.name] = rows[FIELDS_GIVEN.name] + 1
    return rows.assign(**filled)


def _next_question(
    question: Question, scores: npt.NDArray, now: float, features: Mapping[str, Feature]
) -> NextQuestion:
    """Return what the answers of a question do to a score; ``scores`` has one for each answer."""
    low, high = int(scores.argmin()), int(scores.argmax())
    lowest, highest, present = round(scores[low]), round(scores[high]), round(now)
    return NextQuestion(
        field=question.field,
        points=float(np.dot(question.shares, np.abs(scores - now))),
        lowest_score=lowest,
        lowest_points=lowest - present,
        lowest=_in_words(question, question.answers[low], features),
        highest_score=highest,
        highest_points=highest - present,
        highest=_in_words(question, question.answers[high], features),
    )


def _in_words(question: Question, answer: Answer, features: Mapping[str, Feature]) -> str:
    values = zip(question.features, answer, strict=True)
    sentences = [say(features[name], value) for name, value in values if value is not None and value != 0]
    words = sentences or [say(features[question.features[0]], answer[0])]
    return ", ".join(text.removeprefix(f"{question.field}: ") for text in words)


STORED = TypeAdapter(tuple[Question, ...] | None)


def questions_to_json(questions: Sequence[Question] | None) -> str:
    """Return questions as JSON."""
    return STORED.dump_json(questions if questions is None else tuple(questions)).decode()


def questions_from_json(text: str) -> tuple[Question, ...] | None:
    """Read what `questions_to_json` wrote; None where that is null.

    >>> asked = (Question("Budget", ("budget",), ((500.0,), (9000.0,)), (0.5, 0.5), True),)
    >>> questions_from_json(questions_to_json(asked)) == asked
    True
    """
    return STORED.validate_json(text)

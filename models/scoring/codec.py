"""Scores as the store keeps them: contributions as float16, reasons as codes, and a digest that shows changes.

Words are made when a reason is shown: codes and values are small, and the words of a model version stay with it.
"""

# pyright: reportAttributeAccessIssue=false
# (pyarrow.compute makes its functions when it is imported)
from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.json_arrays import json_lists, json_rows, json_texts
from data.vocabulary import WITHIN
from models.explanation import MOST_REASONS, RARE, Beginning, Context, Narrator, Reasons
from models.scoring.chunk import ScoredChunk

DIGESTED = (
    *("probability", "score", "band", "disposition", "fit", "engagement", "grade", "stage", "outcome"),
    *("model_version", "reasons", "company", "owner", "source", "triggered_by", "disqualified_by"),
    *("recommendation", "decided_by", "expected_value", "last_activity", "last_touch"),
)
"""Two scores that differ in one of these are two scores; the moment alone makes no difference."""
MARKS = ("persona", "triggered_by", "disqualified_by")
"""What the rules say of a lead beside its points, as far as they have such."""
AMOUNTS = ("expected_amount", "expected_value")
"""What a lead is worth, where the amounts of won leads are known."""
TIMES = {f"probability_{days}d": name for days, name in WITHIN.items()}
"""The chance of a win within some days, where the model is timed, and as the store calls it."""


def encode(scored: ScoredChunk, narrator: Narrator) -> pd.DataFrame:
    """Return the scores of a chunk as the store keeps them, a row for each lead.

    Beside what leads and scores say, that is ``contributions`` (of each concept, float16, little-endian), ``reasons``
    and fired ``rules`` (JSON), and the ``digest``.
    """
    contributions = narrator.merged(scored.contributions).astype("<f2")
    reasons = reasons_as_json(scored).to_pylist()
    explained = {"contributions": [row.tobytes() for row in contributions], "reasons": reasons, "rules": scored.fired}
    scores = pd.concat([scored.leads, scored.numbers, pd.DataFrame(explained)], axis="columns")
    scores = scores.assign(**{name: scores.get(name) for name in MARKS})
    scores = scores.rename(columns=TIMES)
    scores = scores.assign(**{name: scores.get(name, np.nan) for name in (*AMOUNTS, *TIMES.values())})
    return scores.assign(digest=digests(scores))


def reasons_as_json(scored: ScoredChunk) -> pa.Array:
    """Return the reasons of each row each way, and what they begin from, as JSON."""
    directions = (_as_json(way) for way in (scored.up, scored.down))
    return json_rows(*directions, _beginnings(scored.breakdown.context))


def _as_json(reasons: Reasons) -> pa.Array:
    """Return per row a list of [feature code, value, points]."""
    listed = reasons.feature >= 0
    cells = (reasons.feature[listed], json_texts(reasons.value[listed]), reasons.points[listed])
    return json_lists(json_rows(*cells), listed.sum(axis=1))


def _beginnings(context: Context) -> pa.Array:
    """Return what each row begins from: a `Beginning` as a list."""
    no_age = np.isnan(context.age)
    stage = _or_null(context.stage, ~context.is_compared)
    age = _or_null(np.where(no_age, 0, context.age).astype(np.int64), ~context.is_compared | no_age)
    return json_rows(context.start, stage, np.where(context.is_compared, context.time, 0), age)


def _or_null(numbers: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.fill_null(pa.array(numbers, pa.int64(), mask=missing).cast(pa.string()), "null")


def digests(scores: pd.DataFrame) -> pd.Series:
    """Return a whole number per row that is another where anything that matters is another."""
    texts = dict.fromkeys(("stage", "company", "owner", "source", "triggered_by", "disqualified_by"), "str")
    hashed = pd.util.hash_pandas_object(scores[list(DIGESTED)].astype(texts), index=False)
    return pd.Series(hashed.to_numpy().view("int64"), index=scores.index)


def decode_contributions(stored: bytes) -> npt.NDArray[np.float16]:
    """Return what each concept adds to the log-odds, as `encode` rounded it."""
    return np.frombuffer(stored, dtype="<f2")


def decode_values(stored: str, features: Sequence[str]) -> dict[str, Any]:
    """Return the values in stored reasons, by feature; ``features`` are the names behind their codes."""
    values = {features[int(code)]: value for direction in json.loads(stored)[:2] for code, value, _ in direction}
    return {name: value for name, value in values.items() if value != RARE}


def decode_beginning(stored: str) -> Beginning | None:
    """Return what the reasons of a stored row begin from; None of a row that was stored before that was.

    >>> decode_beginning("[[],[],[44,30,-2,7]]")
    Beginning(start=44, stage=30, time=-2, age=7)
    """
    beginnings = json.loads(stored)[2:]
    return Beginning(*beginnings[0]) if beginnings else None


def decode_reasons(stored: Iterable[str], features: Sequence[str], narrator: Narrator) -> tuple[Reasons, Reasons]:
    """Return the reasons up and down of stored rows; ``features`` are the names behind their codes."""
    codes = [narrator.names.index(name) for name in features]
    rows = [json.loads(text) for text in stored]
    up = _from_lists([row[0] for row in rows], codes, narrator, 1)
    return up, _from_lists([row[1] for row in rows], codes, narrator, -1)


def _from_lists(rows: list[list[list]], codes: list[int], narrator: Narrator, sign: int) -> Reasons:
    shape = (len(rows), MOST_REASONS)
    feature, points = np.full(shape, -1), np.zeros(shape, dtype=np.int64)
    value = np.full(shape, None, dtype=object)
    for number, row in enumerate(rows):
        for slot, (code, cell, its_points) in enumerate(row):
            feature[number, slot], value[number, slot], points[number, slot] = codes[code], cell, its_points
    concepts = [narrator.concepts.index(narrator.features[name].concept) for name in narrator.names]
    return Reasons(np.where(feature >= 0, np.array(concepts)[feature], -1), feature, value, points, sign)

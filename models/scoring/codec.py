"""Scores as the store keeps them: contributions packed as float16, reasons as codes, and a digest that tells changes.

Words are made when a reason is shown: codes and values are small, and the words of a model version stay with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.explanation import MOST_REASONS, RARE, Narrator, Reasons
from models.scoring.scorer import Judged

TELLING = (
    *("probability", "score", "band", "disposition", "fit", "engagement", "grade", "stage", "outcome"),
    *("model_version", "reasons", "company", "owner", "source", "triggered_by", "disqualified_by"),
)
"""Two scores that differ in one of these are two scores; the moment alone makes no difference."""


def packed(judged: Judged, narrator: Narrator) -> pd.DataFrame:
    """Return ``contributions`` (of each concept, float16, little-endian), ``reasons`` and fired ``rules`` (JSON)."""
    merged = narrator.merged(judged.told).astype("<f2")
    ways = zip(_as_lists(judged.up), _as_lists(judged.down), strict=True)
    reasons = [json.dumps(way, ensure_ascii=False, separators=(",", ":")) for way in ways]
    kept = {"contributions": [row.tobytes() for row in merged], "reasons": reasons, "rules": judged.fired}
    return pd.DataFrame(kept)


def _as_lists(reasons: Reasons) -> list[list[list]]:
    """Return per row a list of [feature code, value, points]."""
    rows = zip(reasons.feature.tolist(), reasons.value.tolist(), reasons.points.tolist(), strict=True)
    return [[[*reason] for reason in zip(*row, strict=True) if reason[0] >= 0] for row in rows]


def digests(scores: pd.DataFrame) -> pd.Series:
    """Return a whole number per row that is another where anything that tells is another."""
    texts = dict.fromkeys(("stage", "company", "owner", "source", "triggered_by", "disqualified_by"), "str")
    hashed = pd.util.hash_pandas_object(scores[list(TELLING)].astype(texts), index=False)
    return pd.Series(hashed.to_numpy().view("int64"), index=scores.index)


def unpacked_contributions(kept: bytes) -> npt.NDArray[np.float16]:
    """Return what each concept adds to the log-odds, as `packed` rounded it."""
    return np.frombuffer(kept, dtype="<f2")


def values_in(kept: str, features: Sequence[str]) -> dict[str, Any]:
    """Return the values that kept reasons tell of, by feature; ``features`` are the names behind their codes."""
    told = {features[int(code)]: value for way in json.loads(kept) for code, value, _ in way}
    return {name: value for name, value in told.items() if value != RARE}


def unpacked(kept: Iterable[str], features: Sequence[str], narrator: Narrator) -> tuple[Reasons, Reasons]:
    """Return the reasons up and down of rows as they were kept; ``features`` are the names behind their codes."""
    codes = [narrator.names.index(name) for name in features]
    rows = [json.loads(text) for text in kept]
    up = _from_lists([row[0] for row in rows], codes, narrator, 1)
    return up, _from_lists([row[1] for row in rows], codes, narrator, -1)


def _from_lists(rows: list[list[list]], codes: list[int], narrator: Narrator, sign: int) -> Reasons:
    shape = (len(rows), MOST_REASONS)
    feature, points = np.full(shape, -1), np.zeros(shape, dtype=np.int64)
    value = np.full(shape, None, dtype=object)
    for number, row in enumerate(rows):
        for slot, (code, of_lead, worth) in enumerate(row):
            feature[number, slot], value[number, slot], points[number, slot] = codes[code], of_lead, worth
    concepts = [narrator.concepts.index(narrator.features[name].concept) for name in narrator.names]
    return Reasons(np.where(feature >= 0, np.array(concepts)[feature], -1), feature, value, points, sign)

"""What is learned, scored and counted from one small funnel is what it was: structure may change, numbers may not.

``LEADSCORE_RECORD=1 pytest tests/pipelines/test_unchanged.py`` records anew, where numbers change on purpose: the
difference of ``unchanged.json`` then shows what the change did, and belongs into the same commit.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.json import strict_json

RECORD = Path(__file__).with_name("unchanged.json")
LEADS, FIGURES = 30, 200
"""So many leads and figures of each result are recorded, evenly spread."""
DIFFERENT_EACH_TIME = {"run_id", "out", "seconds", "model_version"}
CLOSE = 5e-5
"""Processors add up in different orders: an expected amount differed by 1e-5 of itself between two."""


@pytest.fixture(scope="module")
def now(trained, scored, leadscore) -> dict[str, Any]:
    """The training, the scores of some leads, and the figures of the report, as plain JSON."""
    report = leadscore("report", "--workspace", trained.workspace.root, "--json").json
    parts = {
        "train": some_of(trained.ran.json),
        "scores": json.loads(strict_json(rows_of(scored.frame[:: len(scored.frame) // LEADS]))),
        "report": some_of(report),
    }
    if os.environ.get("LEADSCORE_RECORD"):
        RECORD.write_text(json.dumps(parts, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    return parts


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.assign(**{name: frame[name].astype(str) for name in frame.select_dtypes("datetime")})
    plain = plain.map(lambda cell: cell.tolist() if isinstance(cell, np.ndarray) else cell)
    return plain.astype(object).where(plain.notna(), None).to_dict("records")


def some_of(result: dict[str, Any]) -> dict[str, Any]:
    """Return leaves of a JSON object by their paths, evenly spread, and how many there are."""
    leaves = dict(leaves_of({name: part for name, part in result.items() if name not in DIFFERENT_EACH_TIME}))
    return {"leaves": len(leaves), **dict(list(leaves.items())[:: max(1, len(leaves) // FIGURES)])}


def leaves_of(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else None
    if inner is None:
        yield path, part
    else:
        for name, each in inner:
            yield from leaves_of(each, f"{path}/{name}")


def differences(before: Any, after: Any) -> list[str]:
    was, is_now = dict(leaves_of(before)), dict(leaves_of(after))
    names = [name for name in {**was, **is_now} if not same(was.get(name), is_now.get(name))]
    return [f"{name}: {was.get(name)!r} → {is_now.get(name)!r}" for name in names]


def same(before: Any, after: Any) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return bool(np.isclose(before, after, rtol=CLOSE, atol=CLOSE))
    return before == after


@pytest.mark.parametrize("part", ["train", "scores", "report"])
def test_numbers_and_sentences_are_what_they_were(now, part):
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    assert differences(recorded[part], now[part])[:20] == []


def test_a_difference_is_found():
    assert differences({"a": [0.1, "x"]}, {"a": [0.1 + 1e-9, "x"]}) == []
    assert differences({"a": [0.1, "x"]}, {"a": [0.2, "y"]}) == ["/a/0: 0.1 → 0.2", "/a/1: 'x' → 'y'"]

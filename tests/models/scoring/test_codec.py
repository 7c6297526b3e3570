"""Reasons survive being stored as codes, and digests show changes."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.explanation import Context, Evidence, Narrator, Reasons
from models.members import Contributions
from models.scale import Scale
from models.scoring.chunk import ScoredChunk
from models.scoring.codec import DIGESTED, decode_contributions, decode_reasons, digests, encode, reasons_as_json

COLUMNS = ("industry", "budget", "visits_7d", "visits_30d")


@pytest.fixture
def narrator(features) -> Narrator:
    evidence = Evidence(bins={}, leads={}, won={}, all_leads=100, all_won=6)
    return Narrator(features, evidence, Scale(tuple(np.linspace(-5, 5, 101)), hot=0.3, warm=0.1))


@pytest.fixture
def scored(narrator) -> ScoredChunk:
    """Two leads: one of an industry with visits, one without anything."""
    features = pd.DataFrame({"industry": ["Söhne | Co", None], "budget": [np.nan, 5.0], "visits_7d": [2.0, 0.0],
                             "visits_30d": [3.0, 0.0]}).astype({"industry": "str"})  # fmt: skip
    contributions = Contributions(COLUMNS, np.array([[1.0, -0.5, 0.4, 0.6], [0.0, 0.2, -1.0, -0.1]]), base=0.0)
    breakdown = narrator.breakdown(contributions, features)
    known = dict.fromkeys(("stage", "outcome", "company", "owner", "source", "last_activity", "last_touch"), "")
    decided = dict.fromkeys(("recommendation", "decided_by"), "")
    numbers = pd.DataFrame([dict.fromkeys(DIGESTED[:7], "") | decided | {"model_version": "1"}] * 2)
    return ScoredChunk(pd.DataFrame([known] * 2), features, numbers, contributions, breakdown, ["[[0,12]]", "[]"])


def test_reasons_read_the_same_after_they_were_stored(scored, narrator):
    up, down = decode_reasons(encode(scored, narrator)["reasons"], narrator.names, narrator)
    assert narrator.texts(up) == narrator.texts(scored.up)
    assert narrator.texts(down) == narrator.texts(scored.down)


def test_codes_mean_features_by_name_and_not_by_place(scored, narrator):
    """A later catalogue may have its features in another order."""
    stored = encode(scored, narrator)
    reversed_names = tuple(reversed(narrator.names))
    moved = [json.loads(text) for text in stored["reasons"]]
    last = len(narrator.names) - 1
    texts = [json.dumps([[[last - code, *rest] for code, *rest in way] for way in row[:2]]) for row in moved]
    up, _ = decode_reasons(texts, reversed_names, narrator)
    assert narrator.texts(up) == narrator.texts(scored.up)


def test_contributions_are_those_of_the_concepts(scored, narrator):
    stored = decode_contributions(encode(scored, narrator)["contributions"][0])
    np.testing.assert_allclose(stored, narrator.merged(scored.contributions)[0], atol=1e-3)


def scores(**changed) -> pd.DataFrame:
    return pd.DataFrame([dict.fromkeys(DIGESTED, "x") | {"probability": 0.5, "score": 50} | changed])


def test_the_same_score_has_the_same_digest():
    assert digests(scores()).equals(digests(scores()))


@pytest.mark.parametrize("name", DIGESTED)
def test_whatever_matters_changes_the_digest(name):
    changed = {"probability": 0.5 + 1e-12, "score": 51}.get(name, "y")
    assert not digests(scores(**{name: changed})).equals(digests(scores()))


def plain_reasons(scored: ScoredChunk) -> list[str]:
    """The slow way to write reasons: row by row, by `json.dumps` alone."""
    ways = []
    for way in (scored.up, scored.down):
        rows = zip(way.feature.tolist(), way.value.tolist(), way.points.tolist(), strict=True)
        ways.append([[list(reason) for reason in zip(*row, strict=True) if reason[0] >= 0] for row in rows])
    rows = zip(*ways, map(list, scored.breakdown.context.rows()), strict=True)
    return [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]


values = st.sampled_from([None, 'Söhne | "Co"\n', "", "null", 0.0, 1.0, 1e-5, 1e16, 123456.789]) | st.floats(
    allow_nan=False, allow_infinity=False
).filter(lambda value: value != 0)


@given(st.lists(st.tuples(st.lists(values, min_size=5, max_size=5), st.integers(0, 5), st.booleans()), min_size=1))
@settings(deadline=None)
def test_reasons_are_written_as_row_by_row(rows):
    listed = np.arange(5) < np.array([count for _, count, _ in rows])[:, None]
    value = np.empty(listed.shape, dtype=object)
    value[:] = [row for row, *_ in rows]
    points = np.arange(listed.size).reshape(listed.shape) - 3
    up = Reasons(listed - 1, np.where(listed, points + 3, -1), value, points, 1)
    is_compared = np.array([each for *_, each in rows])
    numbers = np.arange(len(rows))
    context = Context(numbers + 40, numbers - 2, numbers - 1, np.where(numbers % 2, 7.0, np.nan), is_compared)
    scored = SimpleNamespace(up=up, down=up.where(numbers >= 0), breakdown=SimpleNamespace(context=context))
    assert reasons_as_json(scored).to_pylist() == plain_reasons(scored)

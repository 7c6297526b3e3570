"""Reasons survive being stored as codes, and digests show changes."""

import json

import numpy as np
import pandas as pd
import pytest

from models.explanation import Evidence, Narrator
from models.members import Contributions
from models.scale import Scale
from models.scoring.chunk import ScoredChunk
from models.scoring.codec import DIGESTED, decode_contributions, decode_reasons, digests, encode

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

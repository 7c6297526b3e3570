"""Reasons survive being kept as codes, and digests tell changes from repetitions."""

import json

import numpy as np
import pandas as pd
import pytest

from models.explanation import Contributions, Evidence, Narrator
from models.scale import Scale
from models.scoring.codec import TELLING, digests, packed, unpacked
from models.scoring.scorer import Judged

COLUMNS = ("industry", "budget", "visits_7d", "visits_30d")


@pytest.fixture
def narrator(features) -> Narrator:
    evidence = Evidence(bins={}, leads={}, won={}, all_leads=100, all_won=6)
    return Narrator(features, evidence, Scale(tuple(np.linspace(-5, 5, 101)), hot=0.3, warm=0.1))


@pytest.fixture
def judged(narrator) -> Judged:
    """Two leads: one of an industry with visits, one without anything."""
    design = pd.DataFrame({"industry": ["Söhne | Co", None], "budget": [np.nan, 5.0], "visits_7d": [2.0, 0.0],
                           "visits_30d": [3.0, 0.0]}).astype({"industry": "str"})  # fmt: skip
    told = Contributions(COLUMNS, np.array([[1.0, -0.5, 0.4, 0.6], [0.0, 0.2, -1.0, -0.1]]), base=0.0)
    up, down = narrator.reasons(told, design)
    return Judged(pd.DataFrame(index=range(2)), told, up, down, ["[[0,12]]", "[]"])


def test_reasons_read_the_same_after_they_were_kept(judged, narrator):
    up, down = unpacked(packed(judged, narrator)["reasons"], narrator.names, narrator)
    assert narrator.texts(up) == narrator.texts(judged.up)
    assert narrator.texts(down) == narrator.texts(judged.down)


def test_codes_mean_features_by_name_and_not_by_place(judged, narrator):
    """A later catalogue may have its features in another order."""
    kept = packed(judged, narrator)
    reversed_names = tuple(reversed(narrator.names))
    moved = [json.loads(text) for text in kept["reasons"]]
    last = len(narrator.names) - 1
    texts = [json.dumps([[[last - code, *rest] for code, *rest in way] for way in row]) for row in moved]
    up, _ = unpacked(texts, reversed_names, narrator)
    assert narrator.texts(up) == narrator.texts(judged.up)


def test_contributions_are_those_of_the_concepts(judged, narrator):
    kept = np.frombuffer(packed(judged, narrator)["contributions"][0], dtype="<f2")
    np.testing.assert_allclose(kept, narrator.merged(judged.told)[0], atol=1e-3)


def scores(**changed) -> pd.DataFrame:
    return pd.DataFrame([dict.fromkeys(TELLING, "x") | {"probability": 0.5, "score": 50} | changed])


def test_the_same_score_has_the_same_digest():
    assert digests(scores()).equals(digests(scores()))


@pytest.mark.parametrize("name", TELLING)
def test_whatever_tells_changes_the_digest(name):
    changed = {"probability": 0.5 + 1e-12, "score": 51}.get(name, "y")
    assert not digests(scores(**{name: changed})).equals(digests(scores()))

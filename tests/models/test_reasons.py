"""Reasons as people read them."""

import numpy as np
import pandas as pd
import pytest

from models.evidence import Evidence
from models.explanation import Contributions
from models.reasons import Narrator, say
from models.scale import Scale

COLUMNS = ("industry", "budget", "visits_7d", "visits_30d")
RULER = Scale(tuple(np.linspace(-5, 5, 101)), hot=0.3, warm=0.1)


@pytest.fixture
def narrator(features) -> Narrator:
    evidence = Evidence(
        bins={"industry": ["Software", "Retail"]},
        leads={"industry": [40, 30, 5]},
        won={"industry": [12, 0, 5]},
        all_leads=100,
        all_won=6,
    )
    return Narrator(features, evidence, RULER)


def lead(**values) -> pd.DataFrame:
    row = {"industry": "Software", "budget": np.nan, "visits_7d": 2.0, "visits_30d": 3.0} | values
    return pd.DataFrame([row]).astype({"industry": "str"})


def told(*values: float) -> Contributions:
    return Contributions(COLUMNS, np.array([values]), base=0.0)


def test_windows_of_one_concept_are_one_reason_in_the_words_of_the_strongest(narrator):
    up, _ = narrator.reasons(told(0, 0, 0.4, 0.6), lead())
    assert [text for text in narrator.sentences(up)[0] if text] == ["3 visits in 30 days"]
    assert up.points[0, 0] == 10


def test_a_reason_carries_the_leads_value_and_evidence_from_history(narrator):
    up, _ = narrator.reasons(told(1, 0, 0, 0), lead())
    assert narrator.sentences(up)[0, 0] == "Industry: Software – 12 of 40 such leads were won; overall 6 %"


def test_evidence_that_points_the_other_way_is_left_out(narrator):
    _, down = narrator.reasons(told(-1, 0, 0, 0), lead())
    assert narrator.sentences(down)[0, 0] == "Industry: Software"


def test_a_level_that_the_model_does_not_know_is_not_repeated(narrator):
    up, _ = narrator.reasons(told(1, 0, 0, 0), lead(industry="Erika Mustermann"))
    assert narrator.sentences(up)[0, 0] == "Industry: a rare one"
    assert "Erika Mustermann" not in up.value[0]


def test_few_leads_are_no_evidence(narrator):
    up, _ = narrator.reasons(told(1, 0, 0, 0), lead(industry=None))
    assert narrator.sentences(up)[0, 0] == "Industry not given"


def test_an_absent_value_is_named_as_absent(narrator):
    _, down = narrator.reasons(told(0, -1, 0, 0), lead())
    assert narrator.sentences(down)[0, 0] == "Budget not given"


def test_reasons_come_in_order_of_strength(narrator):
    up, _ = narrator.reasons(told(0.3, 1.0, 0, 0), lead(budget=5.0))
    assert [narrator.concepts[code] for code in up.concept[0] if code >= 0] == ["Budget", "Industry"]


@pytest.mark.parametrize(("value", "words"), [(0.0, "No visit in 7 days"), (1.0, "One visit in 7 days"),
                                              (1200.0, "1,200 visits in 7 days")])  # fmt: skip
def test_plurals_are_right(features, value, words):
    assert say(features[2], value) == words


def test_a_text_that_would_break_the_list_is_tamed(features):
    assert say(features[0], "A | B") == "Industry: A / B"
    assert len(say(features[0], "x " * 10_000)) < 100

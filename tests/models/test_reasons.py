"""Reasons as people read them."""

import numpy as np
import pandas as pd
import pytest

from data.vocabulary import Family
from features.catalogue import Feature, Given
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


def test_evidence_that_points_the_other_way_is_worded_together_with_others(narrator):
    _, down = narrator.reasons(told(-1, 0, 0, 0), lead())
    assert narrator.sentences(down)[0, 0] == "Industry: Software, together with what else is known"


def test_one_lead_was_won_and_several_were(features):
    evidence = Evidence({"industry": ["Software"]}, {"industry": [30, 0]}, {"industry": [1, 0]}, 1000, 5)
    up, _ = Narrator(features, evidence, RULER).reasons(told(1, 0, 0, 0), lead())
    sentence = Narrator(features, evidence, RULER).sentences(up)[0, 0]
    assert sentence == "Industry: Software – 1 of 30 such leads was won; overall 0.5 %"


def test_five_reasons_each_way_at_most():
    features = [
        Feature(f"f{n}", f"concept {n}", Family.DECLARED, Given(f"f{n}"), f"Field {n}: {{value}}", "–")
        for n in range(14)
    ]
    values = np.array([[0.1 * n * (1 if n % 2 else -1) for n in range(14)]])
    design = pd.DataFrame(np.ones((1, 14)), columns=[feature.name for feature in features])
    ways = Narrator(features, Evidence({}, {}, {}, 0, 0), RULER).reasons(
        Contributions(tuple(design), values, 0.0), design
    )
    assert [way.concept[0].tolist() for way in ways] == [[13, 11, 9, 7, 5], [12, 10, 8, 6, 4]]


def test_braces_in_the_name_of_a_column_are_no_places():
    feature = Feature("x", "x", Family.DECLARED, Given("x"), "Budget {EUR}: {value}", "Budget {EUR} not given")
    assert (say(feature, 5.0), say(feature, np.nan)) == ("Budget {EUR}: 5", "Budget {EUR} not given")


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

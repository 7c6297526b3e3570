"""Reasons as people read them."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from features import Feature, Given, catalogue, fingerprint
from models.explanation.contributions import Contributions
from models.explanation.evidence import Evidence
from models.explanation.reasons import Narrator, Sentence, beside_others, say
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
    assert narrator.sentences(up)[0, 0] == "Industry: Software – such leads buy more often (12 of 40; all 6 %)"


def test_what_history_says_stands_apart_from_the_reason(narrator):
    assert narrator.sentence("industry", "Retail", -1).apart == (
        "Industry: Retail",
        "such leads buy less often (0 of 30; all 6 %)",
    )


def test_leads_that_have_a_name_are_called_by_it(narrator, features):
    industry = replace(features[0], who="{value} companies")
    named = Narrator([industry, *features[1:]], narrator.evidence, RULER)
    assert named.sentence("industry", "Retail", -1).text == "Retail companies buy less often (0 of 30; all 6 %)"
    assert named.sentence("industry", "Retail", 1).text == "Industry: Retail"


def test_money_has_its_currency_and_values_are_written_as_people_do(features):
    assert say(replace(features[1], currency="EUR"), 20_000.0) == "Budget: EUR 20,000"
    assert say(features[0], "case_study") == "Industry: case study"


def test_evidence_that_points_the_other_way_is_worded_together_with_the_strongest_other_reason(narrator):
    _, down = narrator.reasons(told(-1, -0.5, -0.2, 0), lead())
    assert narrator.sentences(down)[0, 0] == "Industry: Software, together with: 2 visits in 7 days"
    assert narrator.sentence("industry", "Software", -1).beside("2 visits in 7 days").apart == (
        "Industry: Software",
        "together with: 2 visits in 7 days",
    )


def test_evidence_that_points_the_other_way_is_left_out_where_the_other_reason_says_nothing(narrator):
    for contributions in (told(-1, 0, 0, 0), told(-1, -0.5, 0, 0)):
        _, down = narrator.reasons(contributions, lead())
        assert narrator.sentences(down)[0, 0] == "Industry: Software"


def test_reasons_that_history_contradicts_are_beside_the_first_that_it_does_not():
    some = [Sentence("A", "A", True), Sentence("B", "B", True), Sentence("C", "C – 5 of 50"), Sentence("", "")]
    told = [each.text for each in beside_others(some)]
    assert told == ["A, together with: C", "B, together with: C", "C – 5 of 50", ""]


@pytest.mark.parametrize("sign", [1, -1])
def test_evidence_hardly_apart_from_all_is_left_out(features, sign):
    evidence = Evidence({"industry": ["Software"]}, {"industry": [850, 0]}, {"industry": [90, 0]}, 2208, 234)
    weak = Narrator(features, evidence, RULER)
    assert weak.sentence("industry", "Software", sign).text == "Industry: Software"


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


ABSENT_TOGETHER = Schema(
    timed=True,
    attributes=(Attribute("technologies", "Technologies", Kind.SET, Family.FIRMOGRAPHIC, ("aws", "sap", "hubspot")),),
    event_types=(EventType("download", ("price_list", "ebook")),),
    stages=("mql", "sql"),
    personal=("job_title",),
)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_no_lead_is_told_the_same_twice(data):
    features = catalogue(ABSENT_TOGETHER)
    known = {group: data.draw(st.booleans()) for group in ("technologies", "job")}
    numbers = data.draw(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=len(features), max_size=len(features)))
    cells = {feature.name: cell_of(feature, number, known) for feature, number in zip(features, numbers, strict=True)}
    weights = st.floats(-1, 1, allow_subnormal=False)
    added = data.draw(st.lists(weights, min_size=len(features), max_size=len(features)))
    design = pd.DataFrame({name: [cell] for name, cell in cells.items()})
    of_lead = Contributions(tuple(cells), np.array([added]), 0.0)
    narrator = Narrator(features, Evidence({}, {}, {}, 0, 0), RULER)
    ways = narrator.reasons(of_lead, design)
    said = [text for way in ways for text in narrator.sentences(way)[0] if text]
    assert len({*said}) == len(said)
    of_assets = {re.sub(" “.*”", "", text) for text in said if "“" in text and text.startswith("No ")}
    assert not of_assets & {*said}
    concepts = narrator.by_concept
    once = concepts.merged_once(of_lead, design, concepts.absent(of_lead.columns, design))
    assert once.sum() == pytest.approx(sum(added))


def cell_of(feature: Feature, number: float, known: dict[str, bool]) -> float | str | None:
    """A value as features have it: what is read from one cell is missing together."""
    group = feature.name.partition("_")[0]
    if not known.get(group, True):
        return None if feature.categorical else np.nan
    if feature.categorical:
        return "known"
    return float(np.nan_to_num(number)) if group in known else number


def test_absence_that_is_said_in_the_same_words_is_one_reason():
    features = [feature for feature in catalogue(ABSENT_TOGETHER) if feature.name.startswith("technologies")]
    narrator = Narrator(features, Evidence({}, {}, {}, 0, 0), RULER)
    names = tuple(feature.name for feature in features)
    design = pd.DataFrame({name: [np.nan, 1.0] for name in names})
    up, down = narrator.reasons(Contributions(names, np.array([[0.5, -0.2, 0.1]] * 2), 0.0), design)
    assert [[text for text in row if text] for row in narrator.sentences(up)] == [
        ["Technologies not given"],
        ["Technologies: aws", "Technologies: hubspot"],
    ]
    assert [[text for text in row if text] for row in narrator.sentences(down)] == [[], ["Technologies: sap"]]
    assert up.points[0, 0] == 4


BANDS = ("51-200", "1-10", "5,000+", "less than 10", "51 to 200")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(51.0, "Size: 51-200"), (1.0, "Size: 1-10"), (5000.0, "Size: 5,000+"), (0.0, "Size: less than 10")],
)
def test_a_band_is_called_as_it_is_written_not_by_its_lower_bound(value, sentence):
    size = Attribute("size", "Size", Kind.BAND, Family.FIRMOGRAPHIC, BANDS)
    (feature,) = catalogue(Schema(timed=False, attributes=(size,)))
    assert say(feature, value) == sentence
    assert say(feature, 7.0) == "Size: 7"


def test_how_a_band_is_written_is_no_part_of_the_fingerprint():
    size = Attribute("size", "Size", Kind.BAND, Family.FIRMOGRAPHIC)
    schema = Schema(timed=False, attributes=(size,))
    assert fingerprint(schema) == fingerprint(replace(schema, attributes=(replace(size, tokens=BANDS),)))

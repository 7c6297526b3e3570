"""Rule points as terms: they add up where rules have personas, and tell what was served."""

import numpy as np
import pandas as pd
import pytest

from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from features import RULE_POINTS, catalogue
from models.blend import probabilities
from models.fitting import assemble
from models.rules import load_rules, with_points
from models.rules.format import Rules
from models.rules.terms import CAPS, PREFIX, shares_of_rules, term_features, with_terms
from models.scoring import Scorer
from models.training import Effort, learn
from models.training_table import TrainingTable

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
    ),
)
RULES = Rules.from_yaml("""
thresholds: {mql: 40, sql: 60}
fit:
  cap: 20
  rules: [{name: Known industry, when: {attribute: industry, given: yes}, points: 10}]
personas:
  - name: Coder
    fit:
      cap: 45
      rules: [{name: Writes code, when: {attribute: industry, is: Software}, points: 30}]
    engagement: {rules: [{name: Often here, when: {attribute: visits, at_least: 4}, points: 25}]}
  - name: Farmer
    fit: {rules: [{name: Has fields, when: {attribute: industry, is: Farming}, points: 5}]}
    engagement: {rules: [{name: Here at all, when: {attribute: visits, at_least: 1}, points: -5}]}
""")
LEADS = pd.DataFrame(
    {
        "visits": [5.0, 0.0, 5.0, 5.0],
        "industry": pd.Series(["Software", "Software", "Farming", None], dtype="str"),
        "fields_given": [2.0, 2.0, 2.0, 1.0],
    }
)
POINTS = [65, 40, 10, 0]


@pytest.fixture(scope="module")
def served() -> Scorer:
    """Two of forty leads were won: too few to learn from, so that the rules are served."""
    design = pd.concat([LEADS] * 10, ignore_index=True)
    names = pd.Series(range(40)).astype("str")
    won = np.isin(np.arange(40), (4, 25)).astype(int)
    rows = pd.DataFrame({"lead_id": names, "group": names, "as_of": pd.NaT, "won": won, "order": range(40)})
    table = TrainingTable(SCHEMA, design, rows, timed=False, horizon=90)
    return assemble(learn(table, RULES, seed=0, effort=Effort(0)), table, design.head(0), version="1")


def test_the_declared_terms_add_up_to_the_points_of_the_leads_of_a_persona():
    design = with_terms(RULES, with_points(RULES, LEADS))
    terms = [term.name for term in term_features(RULES, SCHEMA)]
    assert design[RULE_POINTS.name].tolist() == POINTS
    assert design[terms].sum(axis=1).tolist() == POINTS
    assert design[CAPS.name].tolist() == [0, 0, 0, 0]


def test_a_rule_of_a_persona_is_a_reason_in_the_family_of_its_dimension():
    terms = {term.concept: (term.family, term.zero) for term in term_features(RULES, SCHEMA)}
    assert terms["Writes code"] == (Family.FIRMOGRAPHIC, "Not so, or like another persona: Writes code")
    assert terms["Often here"][0] == Family.BEHAVIOURAL
    assert terms["Known industry"][1] == "Not so: Known industry"


def test_the_contributions_of_the_leads_of_a_persona_add_up_to_what_the_model_says(served):
    features = served.with_rules(LEADS)
    contributions = served.contributions(features)
    assert served.has_points
    assert served.score(features)["probability"].to_numpy() == pytest.approx(
        probabilities(served.model, features), abs=1e-12
    )
    assert {PREFIX + "Writes code", PREFIX + "Often here"} <= {*contributions.columns}


def test_the_reasons_of_a_lead_name_the_rules_of_its_persona(served):
    features = served.with_rules(LEADS)
    up, _ = served.explain(features, served.contributions(features))
    reasons = served.narrator.texts(up)[0]
    assert any(reason.startswith("Writes code") for reason in reasons)
    assert any(reason.startswith("Often here") for reason in reasons)


def test_where_rules_are_served_their_shares_of_the_explanations_are_all_of_them(served):
    contributions = served.contributions(served.with_rules(LEADS))
    speaks = np.abs(served.narrator.merged(contributions)).mean(axis=0)
    parts = dict(zip(served.narrator.concepts, speaks / speaks.sum(), strict=True))
    shares = shares_of_rules(RULES, served.narrator.features, parts)
    assert sum(shares.values()) + parts[CAPS.concept] == pytest.approx(1)
    assert shares["Writes code"] > shares["Has fields"] > 0


def test_a_rule_that_is_called_like_a_concept_does_not_take_its_share():
    rules = Rules.from_yaml("""
thresholds: {mql: 40, sql: 60}
fit: {rules: [{name: Visits, when: {attribute: industry, is: Software}, points: 10}]}
""")
    features = {feature.name: feature for feature in catalogue(SCHEMA)}
    assert shares_of_rules(rules, features, {"Visits": 1.0}) == {"Visits": 0.0}


def test_rules_are_of_the_family_of_what_they_ask_about():
    families = {
        feature.name.removeprefix(PREFIX): feature.family for feature in term_features(load_rules(), Schema(True))
    }
    assert families["Decision maker"] is Family.DEMOGRAPHIC
    assert families["Free-mail address"] is Family.QUALITY
    assert families["Company of 10 to 49"] is Family.FIRMOGRAPHIC
    assert families["May decide"] is Family.DECLARED
    assert families["Asked for a demo"] is Family.BEHAVIOURAL


CAPPED = Rules.from_yaml("""
thresholds: {mql: 40, sql: 60}
start: 10
fit:
  cap: 20
  rules:
    - {name: Known industry, when: {attribute: industry, given: yes}, points: 10}
    - {name: Writes code, when: {attribute: industry, is: Software}, points: 30}
    - {name: Farms, when: {attribute: industry, is: Farming}, points: -80}
engagement:
  groups: {visits: 12}
  rules:
    - {name: Here at all, when: {attribute: visits, at_least: 1}, points: 8, group: visits}
    - {name: Often here, when: {attribute: visits, at_least: 4}, points: 16, group: visits}
    - {name: All fields, when: {attribute: fields_given, at_least: 2}, points: 5}
""")


@pytest.mark.parametrize(
    ("visits", "industry", "points", "gives"),
    [
        (5.0, "Software", 47, [5, 15, 0, 4, 8, 5]),  # 40 of fit are held back to 20, 24 of visits to 12
        (0.0, "Farming", 0, [10, 0, -25, 0, 0, 5]),  # no lead has less than nothing
        (0.0, "Mining", 25, [10, 0, 0, 0, 0, 5]),
    ],
)
def test_what_caps_hold_back_is_shared_out_to_the_rules_that_fired(visits, industry, points, gives):
    lead = pd.DataFrame({"visits": [visits], "industry": [industry], "fields_given": [2.0]})
    terms = with_terms(CAPPED, with_points(CAPPED, lead), within_caps=True)
    assert terms[RULE_POINTS.name].tolist() == [points]
    assert [terms[PREFIX + rule.name].iloc[0] for _, rule in CAPPED.with_places()] == pytest.approx(gives)
    assert CAPS.name not in terms


def test_rules_of_personas_within_caps_add_up_to_the_points_too():
    terms = with_terms(RULES, with_points(RULES, LEADS), within_caps=True)
    names = [term.name for term in term_features(RULES, SCHEMA, within_caps=True)]
    assert terms[names].sum(axis=1).tolist() == POINTS

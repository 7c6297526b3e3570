"""A trained model with its scale and evidence, on batches."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.chunk import Chunk
from data.errors import ModelError
from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from features import Batch, build
from models.rules import Rules
from models.scoring.scorer import Scorer, assemble, bars_of_rules
from models.training import learn
from models.training_table import TrainingTable

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
    ),
)
NOW = pd.Timestamp("2025-01-01")


def batch_of(visits, industry) -> Batch:
    leads = pd.DataFrame({"position": range(len(visits)), "visits": visits, "industry": industry, "created_at": pd.NaT})
    leads = leads.astype({"visits": float, "industry": "str"})
    events = pd.DataFrame({"position": [], "occurred_at": [], "type": [], "asset": [], "value": []})
    stages = pd.DataFrame({"position": [], "stage": [], "entered_at": []})
    return Batch.at(Chunk(leads, events, stages), SCHEMA, NOW)


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    random = np.random.default_rng(0)
    visits, industry = random.poisson(3, 4000), random.choice(["Software", "Farming"], 4000)
    design = build(batch_of(visits, industry))
    log_odds = -3 + 0.4 * visits + 1.5 * (industry == "Software")
    won = (random.uniform(size=4000) < 1 / (1 + np.exp(-log_odds))).astype(int)
    names = pd.Series(range(4000)).astype("str")
    rows = pd.DataFrame({"lead_id": names, "group": names, "as_of": NOW, "won": won, "order": range(4000)})
    table = TrainingTable(SCHEMA, design, rows, timed=False, horizon=90)
    return assemble(learn(table, None, seed=0, trials=0), table, design.head(0), version="7")


def test_what_matters_more_scores_higher(scorer):
    scored = scorer.score(batch_of([9, 0], ["Software", "Farming"]))
    assert scored["probability"].is_monotonic_decreasing
    assert scored["score"].tolist()[0] > 90 > 10 > scored["score"].tolist()[1]


def test_fit_and_engagement_are_told_apart(scorer):
    """Z3: one fits and does nothing, the other does a lot and never fits."""
    scored = scorer.score(batch_of([0, 9], ["Software", "Farming"]))
    assert scored["fit"].tolist()[0] < scored["fit"].tolist()[1]
    assert scored["engagement"].tolist()[0] > scored["engagement"].tolist()[1]
    assert scored["grade"].nunique() == 2


def test_the_grade_is_fit_and_engagement(scorer):
    scored = scorer.score(batch_of([0, 3, 9], ["Software", "Farming", "Software"]))
    assert (scored["grade"] == scored["fit"] + scored["engagement"]).all()


def test_a_lead_alone_scores_as_among_others(scorer):
    together = scorer.score(batch_of([1, 5, 2], ["Software", "Farming", None]))
    alone = scorer.score(batch_of([5], ["Farming"]))
    pd.testing.assert_frame_equal(alone, together.iloc[[1]].reset_index(drop=True))


def test_reasons_name_the_family_and_the_points(scorer):
    up = scorer.score(batch_of([9], ["Software"]))["reasons_up"][0]
    assert any(reason.startswith("Visits: 9") and "(behavioural, +" in reason for reason in up)


def test_every_score_carries_the_version(scorer):
    assert scorer.score(batch_of([1], ["Farming"]))["model_version"].tolist() == ["7"]


# Rules beside the model, and alone

RULES = """
thresholds: {mql: 40, sql: 60}
fit: {rules: [{name: Software, when: {attribute: industry, is: Software}, points: 30}]}
engagement: {rules: [{name: Visits, when: {attribute: visits, at_least: 1}, points: 10},
                     {name: Many visits, when: {attribute: visits, at_least: 5}, points: 20}]}
grades: {fit: {A: 30, B: 20, C: 10}, engagement: {1: 30, 2: 20, 3: 10}}
"""


def test_triggers_and_disqualifiers_hold_where_a_model_is_served(scorer):
    marks = """triggers: [{name: Often here, when: {attribute: visits, at_least: 4}}]
disqualifiers: [{name: Farmer, when: {attribute: industry, is: Farming}}]"""
    scored = replace(scorer, rules=Rules.from_yaml(RULES + marks)).score(
        batch_of([4, 9, 3], [*["Software", "Farming"], None])
    )
    assert scored["disposition"].tolist()[:2] == ["ready", "discard"]
    assert scorer.score(batch_of([9], ["Farming"]))["disposition"].tolist() != ["discard"]


def test_the_grid_holds_where_a_model_is_served(scorer):
    grid = "dispositions: {" + ", ".join(f"{fit}: [discard, discard, discard, discard]" for fit in "ABCD") + "}"
    scored = replace(scorer, rules=Rules.from_yaml(RULES + grid)).score(batch_of([9, 0], ["Software", "Farming"]))
    assert scored["disposition"].tolist() == ["discard", "discard"]


@pytest.fixture(scope="module")
def of_rules() -> Scorer:
    """Two of forty leads were won: too few to learn from, so that the rules decide."""
    visits, industry = np.arange(40) % 7, np.where(np.arange(40) < 20, "Software", "Farming")
    names = pd.Series(range(40)).astype("str")
    won = (np.arange(40) % 20 == 5).astype(int)
    rows = pd.DataFrame({"lead_id": names, "group": names, "as_of": NOW, "won": won, "order": range(40)})
    table = TrainingTable(SCHEMA, build(batch_of(visits, industry)), rows, timed=False, horizon=90)
    learned = learn(table, Rules.from_yaml(RULES), seed=0, trials=0)
    return assemble(learned, table, table.features.head(0), "1", bars_of_rules(learned))


def test_the_thresholds_of_the_rules_set_the_bands_where_they_are_served(of_rules):
    scored = of_rules.score(batch_of([5, 1, 0], ["Software"] * 3))
    assert scored["band"].tolist() == ["hot", "warm", "cold"]  # 60, 40 and 30 points


def test_the_grades_of_the_rules_are_cut_at_their_points(of_rules):
    scored = of_rules.score(batch_of([5, 1, 0], ["Software", "Software", "Farming"]))
    assert scored["grade"].tolist() == ["A1", "A3", "D4"]


def test_each_lead_of_rules_with_personas_says_which_it_is(of_rules):
    personas = """personas: [{name: Coder, fit: {rules: [{name: Code, when: {attribute: industry, is: Software},
                           points: 5}]}}]"""
    scored = replace(of_rules, rules=Rules.from_yaml(RULES + personas)).judge(batch_of([1, 1], ["Software", "Farming"]))
    assert scored.frame["persona"].tolist() == ["Coder", ""]


def test_what_to_ask_next_is_what_the_lead_left_empty(scorer):
    features = build(batch_of([4], [None]))
    assert [question.field for question in scorer.what_next(features)] == ["Industry"]


def test_a_version_without_answers_says_so(scorer):
    with pytest.raises(ModelError, match="does not know what leads answer"):
        replace(scorer, questions=None).what_next(build(batch_of([4], [None])))


def test_values_tell_little_where_those_that_were_told_apart_have_become_rare(scorer):
    now = pd.Series({"Alchemy": 60, "Software": 40})
    assert scorer.tells_little("industry", now).to_dict() == {"Alchemy": 60}
    assert scorer.tells_little("industry", pd.Series({"Software": 60, "Alchemy": 40})).empty
    rare_then = replace(scorer.evidence, leads={**scorer.evidence.leads, "industry": [10, 10, 0, 30]})
    assert replace(scorer, evidence=rare_then).tells_little("industry", now).empty

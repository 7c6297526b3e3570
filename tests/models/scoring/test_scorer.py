"""A trained model with its scale and evidence, on features."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.errors import ModelError
from models.fitting import assemble, thresholds_of_rules
from models.rules import Rules
from models.scoring import Scorer
from models.training import Effort, learn


@pytest.fixture(scope="module")
def score(features_of):
    """Score leads with those visits and industries."""
    return lambda scorer, *leads: scorer.score(scorer.with_rules(features_of(*leads)))


def test_what_matters_more_scores_higher(scorer, score):
    scored = score(scorer, [9, 0], ["Software", "Farming"])
    assert scored["probability"].is_monotonic_decreasing
    assert scored["score"].tolist()[0] > 90 > 10 > scored["score"].tolist()[1]


def test_fit_and_engagement_differ(scorer, score):
    """Z3: one fits and does nothing, the other does a lot and never fits."""
    scored = score(scorer, [0, 9], ["Software", "Farming"])
    assert scored["fit"].tolist()[0] < scored["fit"].tolist()[1]
    assert scored["engagement"].tolist()[0] > scored["engagement"].tolist()[1]
    assert scored["grade"].nunique() == 2


def test_the_grade_is_fit_and_engagement(scorer, score):
    scored = score(scorer, [0, 3, 9], ["Software", "Farming", "Software"])
    assert (scored["grade"] == scored["fit"] + scored["engagement"]).all()


def test_every_score_carries_the_version(scorer, score):
    assert score(scorer, [1], ["Farming"])["model_version"].tolist() == ["7"]


# Rules beside the model, and alone

RULES = """
thresholds: {mql: 40, sql: 60}
fit: {rules: [{name: Software, when: {attribute: industry, is: Software}, points: 30}]}
engagement: {rules: [{name: Visits, when: {attribute: visits, at_least: 1}, points: 10},
                     {name: Many visits, when: {attribute: visits, at_least: 5}, points: 20}]}
grades: {fit: {A: 30, B: 20, C: 10}, engagement: {1: 30, 2: 20, 3: 10}}
"""


def test_triggers_and_disqualifiers_hold_where_a_model_is_served(scorer, score):
    marks = """triggers: [{name: Often here, when: {attribute: visits, at_least: 4}}]
disqualifiers: [{name: Farmer, when: {attribute: industry, is: Farming}}]"""
    scored = score(replace(scorer, rules=Rules.from_yaml(RULES + marks)), [4, 9, 3], ["Software", "Farming", None])
    assert scored["disposition"].tolist()[:2] == ["ready", "discard"]
    assert score(scorer, [9], ["Farming"])["disposition"].tolist() != ["discard"]


def test_the_grid_holds_where_a_model_is_served(scorer, score):
    grid = "dispositions: {" + ", ".join(f"{fit}: [discard, discard, discard, discard]" for fit in "ABCD") + "}"
    scored = score(replace(scorer, rules=Rules.from_yaml(RULES + grid)), [9, 0], ["Software", "Farming"])
    assert scored["disposition"].tolist() == ["discard", "discard"]


@pytest.fixture(scope="module")
def of_rules(flat_table) -> Scorer:
    """Two of forty leads were won: too few to learn from, so that the rules decide."""
    number = np.arange(40)
    table = flat_table(number % 7, np.where(number < 20, "Software", "Farming"), (number % 20 == 5).astype(int))
    learned = learn(table, Rules.from_yaml(RULES), seed=0, effort=Effort(0))
    return assemble(learned, table, table.features.head(0), "1", thresholds_of_rules(learned))


def test_the_thresholds_of_the_rules_set_the_bands_where_they_are_served(of_rules, score):
    scored = score(of_rules, [5, 1, 0], ["Software"] * 3)
    assert scored["band"].tolist() == ["hot", "warm", "cold"]  # 60, 40 and 30 points


def test_the_grades_of_the_rules_are_cut_at_their_points(of_rules, score):
    scored = score(of_rules, [5, 1, 0], ["Software", "Software", "Farming"])
    assert scored["grade"].tolist() == ["A1", "A3", "D4"]


def test_each_lead_of_rules_with_personas_says_which_it_is(of_rules, score):
    personas = """personas: [{name: Coder, fit: {rules: [{name: Code, when: {attribute: industry, is: Software},
                           points: 5}]}}]"""
    scored = score(replace(of_rules, rules=Rules.from_yaml(RULES + personas)), [1, 1], ["Software", "Farming"])
    assert scored["persona"].tolist() == ["Coder", ""]


def test_what_to_ask_next_is_what_the_lead_left_empty(scorer, features_of):
    features = features_of([4], [None])
    assert [question.field for question in scorer.what_next(features)] == ["Industry"]


def test_a_version_without_answers_says_so(scorer, features_of):
    with pytest.raises(ModelError, match="does not know what leads answer"):
        replace(scorer, questions=None).what_next(features_of([4], [None]))


def test_new_levels_are_named_where_those_of_training_have_become_rare(scorer):
    now = pd.Series({"Alchemy": 60, "Software": 40})
    assert scorer.new_levels("industry", now).to_dict() == {"Alchemy": 60}
    assert scorer.new_levels("industry", pd.Series({"Software": 60, "Alchemy": 40})).empty
    rare_then = replace(scorer.evidence, leads={**scorer.evidence.leads, "industry": [10, 10, 0, 30]})
    assert replace(scorer, evidence=rare_then).new_levels("industry", now).empty

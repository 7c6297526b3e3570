"""Which model is served, and why."""

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from models.learning import TrainingTable, learn
from models.rules import Rules

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("region", "Region", Kind.CATEGORY, Family.DEMOGRAPHIC),
    ),
)
VISITS_COUNT = """
thresholds: {mql: 40, sql: 60}
fit: {cap: 50, rules: []}
engagement:
  cap: 100
  rules:
    - {name: Visits a lot, when: {attribute: visits, at_least: 5}, points: 60}
    - {name: Visits, when: {attribute: visits, at_least: 2}, points: 20}
"""


def table_of(log_odds, count: int = 4000) -> TrainingTable:
    """Leads in order of time whose log-odds are a function of their visits and region."""
    random = np.random.default_rng(0)
    design = pd.DataFrame(
        {
            "visits": random.poisson(3, count).astype(float),
            "region": pd.Series(random.choice(["North", "South"], count), dtype="str"),
            "fields_given": 2.0,
        }
    )
    won = random.uniform(size=count) < 1 / (1 + np.exp(-log_odds(design)))
    names = pd.Series([f"lead {number}" for number in range(count)])
    rows = pd.DataFrame(
        {"lead_id": names, "group": names, "as_of": pd.NaT, "won": won.astype(int), "order": range(count)}
    )
    return TrainingTable(SCHEMA, design, rows, timed=False, horizon=90)


def known_to_the_rules(design: pd.DataFrame) -> pd.Series:
    return -2.0 + 1.5 * (design["visits"] >= 5) + 0.5 * (design["visits"] >= 2)


def unknown_to_the_rules(design: pd.DataFrame) -> pd.Series:
    return known_to_the_rules(design) + 2.0 * (design["region"] == "South")


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules.from_yaml(VISITS_COUNT)


def test_trees_that_know_more_than_the_rules_are_served(rules):
    learned = learn(table_of(unknown_to_the_rules), rules, seed=0)
    assert (learned.chosen, learned.rung, learned.rules_kind) == ("boosting", "full", "rules")
    assert learned.why.startswith("the model beats the rules")


def test_rules_that_say_all_there_is_to_know_are_served(rules):
    learned = learn(table_of(known_to_the_rules), rules, seed=0)
    assert (learned.chosen, learned.rung) == ("rules", "rules")


def test_few_outcomes_are_left_to_the_rules_and_it_is_said(rules):
    learned = learn(table_of(unknown_to_the_rules, count=60), rules, seed=0)
    assert learned.chosen == "rules"
    assert "30 won and as many lost are needed" in learned.why


def test_without_rules_a_scorecard_is_the_baseline():
    assert learn(table_of(unknown_to_the_rules), None, seed=0).rules_kind == "scorecard"


def test_the_scorecard_never_sees_the_newest_block():
    table = table_of(unknown_to_the_rules)
    flipped = table.rows.assign(won=np.where(table.rows["order"] >= 3200, 1 - table.rows["won"], table.rows["won"]))
    after = learn(TrainingTable(SCHEMA, table.design, flipped, timed=False, horizon=90), None, seed=0)
    assert after.rules == learn(table, None, seed=0).rules


def test_the_tested_probabilities_never_see_the_newest_block(rules):
    table = table_of(unknown_to_the_rules)
    flipped = table.rows.assign(won=np.where(table.rows["order"] >= 3200, 1 - table.rows["won"], table.rows["won"]))
    after = learn(TrainingTable(SCHEMA, table.design, flipped, timed=False, horizon=90), rules, seed=0)
    assert (after.tested["rules"] == learn(table, rules, seed=0).tested["rules"]).all()


def test_the_shipped_model_is_refitted_on_all_rows(rules):
    learned = learn(table_of(unknown_to_the_rules), rules, seed=0)
    trees = learned.model.estimators[0][1].named_steps["trees"]
    rows_of_a_tree = trees.booster_.trees_to_dataframe().query("node_depth == 1")["count"]
    assert rows_of_a_tree.max() > 2600, "no more than the fit block has"


def test_the_base_rate_of_the_older_leads_stands_beside_the_model(rules):
    table = table_of(unknown_to_the_rules)
    learned = learn(table, rules, seed=0)
    assert set(learned.tested["base rate"]) == {table.won[:3200].mean()}


def test_one_outcome_is_nothing_to_learn_from(rules):
    table = table_of(lambda design: design["visits"] * 0 - 50)
    with pytest.raises(InputError, match="nothing to tell won from lost"):
        learn(table, rules, seed=0)

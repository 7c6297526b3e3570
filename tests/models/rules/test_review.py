"""What history says of each rule, on a table of sixty leads."""

import pandas as pd
import pytest

from data.schema import Schema
from models.rules.format import Rules
from models.rules.review import review_rules
from models.training_table import TrainingTable

RULES = Rules.from_yaml("""
thresholds: {mql: 5, sql: 10}
fit:
  rules:
    - {name: Software, when: {attribute: industry, is: Software}, points: 5}
    - {name: Wrongly bad, when: {attribute: industry, is: software}, points: -5}
    - {name: Small, when: {attribute: employees, below: 10}, points: 5}
    - {name: Nobody, when: {attribute: employees, at_least: 100}, points: 5}
""")


@pytest.fixture(scope="module")
def table() -> TrainingTable:
    """30 leads from software firms, all won at their second moment, and 30 others, none of them won; one is small."""
    leads = [f"lead {number:02d}" for number in range(60) for _ in range(2)]
    won = [int(number < 30 and moment) for number in range(60) for moment in range(2)]
    rows = pd.DataFrame({"lead_id": leads, "won": won, "as_of": pd.NaT, "order": None})
    software = ["Software" if number < 30 else "Retail" for number in range(60) for _ in range(2)]
    design = pd.DataFrame({"industry": software, "employees": [5.0, 5.0, *[50.0] * 118]})
    return TrainingTable(Schema(timed=True), design, rows, timed=True, horizon=90)


def reviewed(table: TrainingTable) -> dict:
    return {rule.rule: rule for rule in review_rules(RULES, table, {"Software": 0.25})}


def test_lift_is_the_win_rate_of_the_leads_over_that_of_all_and_counts_each_once(table):
    software = reviewed(table)["Software"]
    assert (software.leads, software.won, software.lift) == (30, 30, 2.0)
    assert software.lift_ci[0] == pytest.approx(2 * 30 / (30 + 1.96**2), rel=1e-3)


def test_history_agrees_with_points_that_pull_its_way_and_contradicts_others(table):
    assert (reviewed(table)["Software"].history, reviewed(table)["Wrongly bad"].history) == ("agrees", "contradicts")


def test_a_handful_of_leads_leaves_it_open(table):
    assert (reviewed(table)["Small"].leads, reviewed(table)["Small"].history) == (1, "open")
    assert (reviewed(table)["Nobody"].lift, reviewed(table)["Nobody"].history) == (None, "open")


def test_a_rule_has_its_share_of_the_explanations(table):
    assert (reviewed(table)["Software"].share, reviewed(table)["Small"].share) == (0.25, 0.0)


def test_of_a_rule_of_a_persona_the_leads_count_that_are_scored_by_it(table):
    personas = Rules.from_yaml("""
thresholds: {mql: 5, sql: 10}
personas:
  - name: Software
    fit: {rules: [{name: Code, when: {attribute: industry, is: Software}, points: 30}]}
  - name: Any firm
    fit: {rules: [{name: A firm, when: {attribute: employees, at_least: 1}, points: 5}]}
""")
    history = {rule.rule: (rule.leads, rule.won, rule.history) for rule in review_rules(personas, table, {})}
    assert history == {"Code": (30, 30, "agrees"), "A firm": (30, 0, "contradicts")}

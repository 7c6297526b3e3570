"""What is wrong with a file of rules: by itself, and on history."""

import pandas as pd
import pytest

from models.rules import Rules, load_rules
from models.rules.findings import findings

HISTORY = pd.DataFrame(
    {
        "industry": ["Software", "Retail"],
        "employees": [10.0, 500.0],
        "webinar_ever": [1.0, 0.0],
        "trial_ever": [0.0, 1.0],
    }
)


def rules(*fit: str, more: str = "", caps: str = "") -> Rules:
    listed = "".join(f"\n    - {{name: rule {number}, {rule}}}" for number, rule in enumerate(fit))
    return Rules.from_yaml(f"thresholds: {{mql: 0, sql: 0}}\n{more}\nfit:\n{caps}  rules:{listed or ' []'}")


def found(rules: Rules, history: pd.DataFrame | None = None) -> list[tuple]:
    return [(one.kind, one.place[-1]) for one in findings(rules, history)]


def test_nothing_is_wrong_with_the_shipped_rules():
    assert findings(load_rules()) == []


@pytest.mark.parametrize(
    "when",
    [
        "[{attribute: employees, at_least: 50}, {attribute: Employees, below: 50}]",
        "{event: trial, at_least: 3, at_most: 2}",
        "[{attribute: country, is: [Norway, Chad]}, {attribute: country, is: Spain}]",
        "[{attribute: budget, given: no}, {attribute: budget, at_least: 1}]",
    ],
)
def test_conditions_that_exclude_each_other_are_a_contradiction(when):
    assert found(rules(f"when: {when}, points: 5")) == [("contradiction", 0)]


@pytest.mark.parametrize(
    "when",
    [
        "[{attribute: employees, at_least: 50}, {attribute: budget, below: 50}]",
        "{attribute: employees, at_least: 50, at_most: 50}",
        "[{attribute: country, is: [Norway, Chad]}, {attribute: country, is: chad}]",
    ],
)
def test_conditions_that_can_hold_together_are_none(when):
    assert found(rules(f"when: {when}, points: 5")) == []


def test_two_rules_that_ask_the_same_and_pull_apart_are_a_contradiction():
    same = (
        "when: {attribute: industry, is: Software}, points: 5",
        "when: {attribute: Industry, is: software}, points: -5",
    )
    assert found(rules(*same)) == [("contradiction", 1)]


def test_a_disqualifier_that_asks_what_a_trigger_asks_is_a_contradiction():
    marks = "triggers: [{name: a, when: {event: trial}}]\ndisqualifiers: [{name: b, when: {event: trial}}]"
    assert found(rules(more=marks)) == [("contradiction", 0)]


def test_a_threshold_above_all_points_together_is_out_of_reach():
    text = "thresholds: {mql: 30, sql: 41}\nfit: {rules: [{name: a, when: {event: trial}, points: 40}]}"
    assert [(one.kind, one.place) for one in findings(Rules.from_yaml(text))] == [
        ("unreachable", ("thresholds", "sql"))
    ]


def test_a_grade_above_the_cap_is_out_of_reach():
    grades = "grades: {fit: {A: 21, B: 10, C: 5}}"
    reached = rules("when: {event: trial}, points: 20", more=grades, caps="  cap: 20\n")
    assert found(reached) == [("unreachable", "A")]


def test_a_rule_that_gives_more_than_its_cap_is_cut_short():
    assert found(rules("when: {event: trial}, points: 20", caps="  cap: 15\n")) == [("idle cap", 0)]


def test_a_rule_that_never_held_in_history_is_dead():
    dead = rules("when: {attribute: industry, is: Farming}, points: 5", "when: {event: webinar}, points: 5")
    assert found(dead, HISTORY) == [("dead", 0)]


def test_a_rule_about_what_the_data_do_not_have_is_told():
    assert found(rules("when: {attribute: budget, at_least: 5}, points: 5"), HISTORY) == [("no data", 0)]


def test_a_rule_whose_points_the_cap_always_takes_is_idle():
    capped = rules(
        "when: {attribute: employees, at_least: 100}, points: 10",
        "when: {event: trial}, points: 10",
        "when: {event: webinar}, points: 4",
        caps="  cap: 10\n",
    )
    assert found(capped, HISTORY) == [("idle cap", 0), ("idle cap", 1)]

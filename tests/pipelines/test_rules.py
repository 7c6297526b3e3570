"""leadscore rules: what it finds, what it would change, and what it proposes, on a small export."""

import re
from pathlib import Path

import pandas as pd
import pytest

from models.rules import Rules

RULES = """thresholds: {mql: 20, sql: 40}
grades: {fit: {A: 10, B: 5, C: 1}}
fit:
  rules:
    - name: From a fair
      when: {attribute: Channel, is: Fair}
      points: 10
    - name: From nowhere
      when: {attribute: Channel, is: Nowhere}
      points: 5
engagement:
  rules:
    - name: Visits
      when: {attribute: Visits, at_least: 4}
      points: 30
"""


@pytest.fixture
def project(export, tmp_path) -> Path:
    """A leadscore.yaml of the export, with rules beside it that nobody has trained with."""
    (tmp_path / "rules.yaml").write_text(RULES)
    config = tmp_path / "leadscore.yaml"
    config.write_text(f"""tables: {{leads: {export}}}
columns: {{leads: {{lead_id: Id, created_at: Created, closed_at: Closed}}}}
outcome: {{column: Status, won: [won], lost: [lost]}}
horizon: 30
rules: rules.yaml
""")
    return config


@pytest.fixture
def rules(leadscore, project, tmp_path):
    """Run a verb of ``leadscore rules`` on the project."""
    return lambda *given: leadscore("rules", *given, "--config", project, "--workspace", tmp_path / "workspace")


def test_check_names_the_line_of_a_rule_that_never_held(rules):
    ran = rules("check")
    assert ran.code == 3
    assert re.search(r"rules\.yaml, line 8: dead: 'From nowhere' was never so in history", ran.out)


def test_the_json_of_a_check_keeps_its_contract(rules, project):
    place = project.with_name("rules.yaml")
    place.write_text(RULES.replace("Nowhere", "Mail"))
    told = rules("check", "--json").json
    assert told == {"rules": str(place), "count": 3, "leads": 600, "findings": [], "not_checked": []}


def test_check_looks_at_the_file_alone_where_nothing_says_where_the_leads_are(leadscore, project, tmp_path):
    ran = leadscore("rules", "check", "--rules", project.with_name("rules.yaml"), "--workspace", tmp_path / "empty")
    assert ran.code == 0 and "checked by the file alone: no findings" in ran.out
    assert "Not checked" in ran.out and "whether the data have the attributes" in ran.out


def test_a_rule_about_an_unknown_column_is_refused_with_its_line_and_the_nearest(rules, project):
    project.with_name("rules.yaml").write_text(RULES.replace("attribute: Visits", "attribute: Vists"))
    ran = rules("check")
    assert ran.code == 2
    assert all(
        told in ran.err for told in ("unknown attribute 'Vists'", "rules.yaml, line 14", "did you mean 'Visits'?")
    )


def test_preview_needs_to_know_the_leads(leadscore, project, tmp_path):
    old = project.with_name("rules.yaml")
    ran = leadscore("rules", "preview", "--against", old, "--workspace", tmp_path / "empty")
    assert ran.code == 1 and "no model yet that knows the leads" in ran.err


def test_preview_shows_the_volume_and_the_precision_of_both_files(rules, project):
    old = project.with_name("old.yaml")
    old.write_text(RULES.replace("sql: 40", "sql: 30"))
    told = rules("preview", "--against", old, "--json").json
    assert told["old"]["mql"] == told["new"]["mql"]
    before, after = told["old"]["sql"], told["new"]["sql"]
    assert before["leads"] == after["leads"] > 0
    assert 0 < after["precision"] == after["won"] / after["leads"]
    assert told["new"]["qso"]["leads"] == 0


def test_preview_counts_the_open_leads_that_change_by_what_they_were(rules, project):
    old = project.with_name("old.yaml")
    old.write_text(RULES + "disqualifiers: [{name: Fair, when: {attribute: Channel, is: Fair}}]")
    project.write_text(project.read_text() + "as_of: 2025-10-01\n")  # the leads of that week are open
    told = rules("preview", "--against", old, "--json").json
    assert 0 < told["changed"] == sum(change["leads"] for change in told["changes"]) < told["open"]
    assert {change["from"] for change in told["changes"]} == {"discard"}


@pytest.fixture
def with_rivals(project, export, tmp_path) -> Path:
    """The project with the firms of its leads, every fifth of them a rival, and rules that let rivals go."""
    leads = pd.read_csv(export, dtype={"Id": str})
    leads["Company"] = [f"Rival Firm {n % 3} Inc" if n % 5 == 0 else f"Firm {n}" for n in range(len(leads))]
    leads.to_csv(tmp_path / "leads.csv", index=False)
    project.write_text(project.read_text().replace(str(export), "leads.csv") + "as_of: 2025-10-01\n")
    marks = "disqualifiers: [{name: Competitor, when: {attribute: competitor, is: yes}}]\n"
    project.with_name("rules.yaml").write_text(RULES + marks + "competitors: [Rival Firm 0, Rival Firm 1]\n")
    return project


def test_preview_shows_how_many_leads_a_named_competitor_costs(with_rivals, rules):
    old = with_rivals.with_name("old.yaml")
    old.write_text(
        with_rivals.with_name("rules.yaml").read_text().replace("competitors: [Rival Firm 0, ", "competitors: [")
    )
    told = rules("preview", "--against", old, "--json").json
    assert 0 < told["changed"] < told["open"] / 5
    assert {change["to"] for change in told["changes"]} == {"discard"}


def test_preview_of_the_same_file_changes_nothing(rules, project):
    ran = rules("preview", "--against", project.with_name("rules.yaml"))
    assert re.search("^0 of [0-9]+ open leads change their disposition by the rules$", ran.out, re.MULTILINE)


def test_suggested_rules_are_ready_to_paste(rules):
    ran = rules("suggest")
    assert len(list(Rules.from_yaml(ran.out).with_places())) > 0
    assert "Visits" in ran.out


AGREED = """
personas: [{name: Fan, fit: {rules: [{name: 'Channel: Fair', when: {attribute: Channel, is: Fair}, points: 5}]}}]
triggers: [{name: Here all day, when: {attribute: Visits, at_least: 6}}]
disqualifiers: [{name: Never here, when: {attribute: Visits, at_most: 0}}]
competitors: [Rival Inc]
qso: {attribute: Visits, at_least: 9}
dispositions:
  A: [ready, ready, nurture, nurture]
  B: [ready, nurture, nurture, nurture]
  C: [ready, nurture, nurture, nurture]
  D: [nurture, nurture, discard, discard]
"""


def test_a_suggestion_has_grades_and_keeps_what_else_was_agreed(rules, project):
    project.with_name("rules.yaml").write_text(RULES + AGREED)
    agreed, proposed = Rules.from_yaml(RULES + AGREED), Rules.from_yaml(rules("suggest").out)
    for name in ("personas", "triggers", "disqualifiers", "competitors", "qso", "dispositions"):
        assert getattr(proposed, name) == getattr(agreed, name)
    assert proposed.grades.fit and proposed.grades.engagement


def test_each_suggested_rule_says_how_many_leads_it_had_and_how_many_were_won(rules):
    told = rules("suggest", "--json").json["rules"]
    assert all(rule["leads"] >= 20 and (rule["woe"] > 0) == (rule["points"] > 0) for rule in told)
    assert re.search(
        r"^#   .*: \+[0-9]+ points; [0-9]+ leads, [0-9]+ won, weight of evidence \+", rules("suggest").out, re.M
    )


def test_thresholds_are_chosen_on_the_older_leads_and_told_on_the_newest(rules):
    sql = rules("suggest", "--precision", 0.5, "--json").json["thresholds"]["sql"]
    assert sql["older"]["precision"] >= 0.5
    assert sql["leads"] < sql["older"]["leads"]


def test_a_suggestion_keeps_to_the_capacity_of_sales(rules):
    told = rules("suggest", "--capacity", 2, "--most", 4, "--json").json
    assert len(told["rules"]) <= 4
    assert told["thresholds"]["sql"]["older"]["per_week"] <= 2
    assert Rules.from_yaml(told["yaml"]).thresholds.sql == told["thresholds"]["sql"]["points"]
    assert 0.5 < told["auc"] <= 1


def test_a_precision_that_no_threshold_reaches_is_refused(rules):
    ran = rules("suggest", "--precision", 1)
    assert ran.code == 2 and "no threshold gives at least 100 % of the SQLs won" in ran.err

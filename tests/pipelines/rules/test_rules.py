"""leadscore rules: what it finds, what it would change, and what it proposes, on a small export."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.schema import Schema
from models.rules import Rules, volumes_by_points
from models.training_table import TrainingTable
from pipelines.rules.suggest import evidence_of, suggested_thresholds

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
    return lambda *options: leadscore("rules", *options, "--config", project, "--workspace", tmp_path / "workspace")


def test_check_names_the_line_of_a_rule_that_never_held(rules):
    ran = rules("check")
    assert ran.code == 3 and "checked on 600 leads: 1 finding\n" in ran.out
    assert re.search(r"rules\.yaml, line 8: dead: 'From nowhere' was never so in history", ran.out)


def test_the_json_of_a_check_keeps_its_contract(rules, project):
    place = project.with_name("rules.yaml")
    place.write_text(RULES.replace("Nowhere", "Mail"))
    checked = rules("check", "--json").json
    assert checked == {"rules": str(place), "count": 3, "leads": 600, "findings": [], "not_checked": []}


def test_check_reads_the_file_alone_where_nothing_says_where_the_leads_are(leadscore, project, tmp_path):
    ran = leadscore("rules", "check", "--rules", project.with_name("rules.yaml"), "--workspace", tmp_path / "empty")
    assert ran.code == 0 and "checked by the file alone: no findings" in ran.out
    assert "Not checked" in ran.out and "whether the data have the attributes" in ran.out


def test_a_rule_about_an_unknown_column_is_refused_with_its_line_and_the_nearest(rules, project):
    project.with_name("rules.yaml").write_text(RULES.replace("attribute: Visits", "attribute: Vists"))
    ran = rules("check")
    assert ran.code == 2
    assert all(
        part in ran.err for part in ("unknown attribute 'Vists'", "rules.yaml, line 14", "did you mean 'Visits'?")
    )


def test_preview_needs_to_know_the_leads(leadscore, project, tmp_path):
    old = project.with_name("rules.yaml")
    ran = leadscore("rules", "preview", "--against", old, "--workspace", tmp_path / "empty")
    assert ran.code == 1 and "no model yet that knows the leads" in ran.err


@pytest.mark.parametrize("verb", [["check"], ["preview", "--against", "rules.yaml"], ["suggest"]])
@pytest.mark.parametrize("knows", [True, False])
def test_no_workspace_is_made_by_reading(leadscore, project, tmp_path, monkeypatch, verb, knows):
    monkeypatch.chdir(tmp_path)
    nowhere, before = tmp_path / "mistyped", sorted(tmp_path.iterdir())
    ran = leadscore("rules", *verb, "--workspace", nowhere, *(("--config", project) if knows else ()))
    assert ran.code in ((0, 3) if knows or verb == ["check"] else (1,))
    assert ran.code != 1 or ("no model yet" in ran.err and "mistyped" in ran.err and "give --config" in ran.err)
    assert sorted(tmp_path.iterdir()) == before


def test_preview_shows_the_volume_and_the_precision_of_both_files(rules, project):
    old = project.with_name("old.yaml")
    old.write_text(RULES.replace("sql: 40", "sql: 30"))
    previewed = rules("preview", "--against", old, "--json").json
    assert previewed["old"]["mql"] == previewed["new"]["mql"]
    before, after = previewed["old"]["sql"], previewed["new"]["sql"]
    assert before["leads"] == after["leads"] > 0
    assert 0 < after["precision"] == after["won"] / after["leads"]
    assert previewed["new"]["qso"]["leads"] == 0


def test_preview_counts_the_open_leads_that_change_by_what_they_were(rules, project):
    old = project.with_name("old.yaml")
    old.write_text(RULES + "disqualifiers: [{name: Fair, when: {attribute: Channel, is: Fair}}]")
    project.write_text(project.read_text() + "as_of: 2025-10-01\n")  # the leads of that week are open
    previewed = rules("preview", "--against", old, "--json").json
    assert 0 < previewed["changed"] == sum(change["leads"] for change in previewed["changes"]) < previewed["open"]
    assert {change["from"] for change in previewed["changes"]} == {"discard"}


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
    previewed = rules("preview", "--against", old, "--json").json
    assert 0 < previewed["changed"] < previewed["open"] / 5
    assert {change["to"] for change in previewed["changes"]} == {"discard"}


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


def test_each_suggested_rule_says_what_it_was_learned_from(rules):
    suggested = rules("suggest", "--json").json["rules"]
    assert all(rule["leads"] >= 20 and (rule["woe"] > 0) == (rule["points"] > 0) for rule in suggested)
    assert re.search(
        r"^#   .*: \+[0-9]+ points; [0-9,]+ snapshots of [0-9]+ leads, [0-9.]+% won \(others [0-9.]+%\), "
        r"weight of evidence \+[0-9.]+$",
        rules("suggest").out,
        re.M,
    )


def test_evidence_is_counted_on_the_snapshots_that_points_were_learned_from_and_not_per_lead():
    """All leads are here today once, the won ones at once: who is here today is won in every second case."""
    lost = [{"lead_id": f"lost {n}", "here": day == 0, "won": 0} for n in range(10) for day in range(5)]
    rows = pd.DataFrame([*lost, *({"lead_id": f"won {n}", "here": True, "won": 1} for n in range(10))])
    table = TrainingTable(Schema(timed=True), rows[["here"]].astype(float), rows, timed=True, horizon=90)
    here = "{name: Here today, when: {attribute: here, is: yes}, points: 5}"
    (rule,) = evidence_of(Rules.from_yaml(f"thresholds: {{mql: 1, sql: 1}}\nfit: {{rules: [{here}]}}"), table)
    assert (rule.snapshots, rule.leads, rule.won, rule.win_rate, rule.others_win_rate) == (20, 20, 10, 0.5, 0)
    assert rule.woe == pytest.approx(math.log(10.5 / 10.5) - math.log(10.5 / 50.5))


def test_on_a_timed_funnel_points_and_evidence_agree_and_where_they_do_not_it_is_said_to_be_of_the_rule_alone(
    leadscore, config, tmp_path
):
    asked = ("rules", "suggest", "--config", config, "--workspace", tmp_path)
    suggested, out = leadscore(*asked, "--json").json["rules"], leadscore(*asked).out
    assert all((rule["woe"] > 0) == (rule["win_rate"] > rule["others_win_rate"]) for rule in suggested)
    alone = [rule["name"] for rule in suggested if (rule["woe"] > 0) != (rule["points"] > 0)]
    assert len(suggested) > 5 and len(alone) <= 1
    assert re.findall("^#   (.*): .* weight of evidence alone", out, re.M) == alone


def test_thresholds_are_chosen_on_the_older_leads_and_measured_on_the_newest(rules):
    sql = rules("suggest", "--precision", 0.5, "--json").json["thresholds"]["sql"]
    assert sql["older"]["precision"] >= 0.5
    assert sql["leads"] < sql["older"]["leads"]


def test_a_suggestion_keeps_to_the_capacity_of_sales(rules):
    suggested = rules("suggest", "--capacity", 2, "--most", 4, "--json").json
    assert len(suggested["rules"]) <= 4
    assert suggested["thresholds"]["sql"]["older"]["per_week"] <= 2
    assert Rules.from_yaml(suggested["yaml"]).thresholds.sql == suggested["thresholds"]["sql"]["points"]
    assert 0.5 < suggested["auc"] <= 1


def test_a_precision_that_no_threshold_reaches_is_refused(rules):
    ran = rules("suggest", "--precision", 1)
    assert ran.code == 2 and "no threshold gives at least 100 % of the SQLs won" in ran.err


def test_a_capacity_that_no_threshold_keeps_is_refused_with_the_fewest_that_come():
    rows = pd.DataFrame({"lead_id": list("abcd"), "won": [0, 1, 0, 1]})
    rows["as_of"] = pd.date_range("2025-01-01", periods=4, freq="7D")
    table = TrainingTable(Schema(timed=True), pd.DataFrame(index=rows.index), rows, timed=True, horizon=90)
    by_points = volumes_by_points(np.array([100.0, 90, 90, 90]), table)
    with pytest.raises(InputError, match=r"(?s)at most 0 SQLs a week.*0\.33 a week from 100 points on.*wish for more"):
        suggested_thresholds(Rules.from_yaml("thresholds: {mql: 1, sql: 1}"), by_points, 0, None)
    assert suggested_thresholds(Rules.from_yaml("thresholds: {mql: 1, sql: 1}"), by_points, 0.4, None)[0].sql == 91


def test_a_long_list_of_what_is_expected_hides_neither_the_place_nor_the_remedy():
    message = str(
        InputError("unknown attribute 'Vists'", expected="Visits, " * 50, where="line 14", remedy="write Visits")
    )
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:]] == ["where", "remedy", "expected"]

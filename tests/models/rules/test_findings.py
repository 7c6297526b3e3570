"""What is wrong with a file of rules: by itself, and on history."""

import pandas as pd
import pytest

from models.rules.findings import RuleFinding, findings_of
from models.rules.format import Rules
from models.rules.reading import load_rules, read_rules

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


def of_rules(rules: Rules, history: pd.DataFrame | None = None) -> list[RuleFinding]:
    """Return what is wrong with anything but the thresholds, which stand out of the way at 0."""
    return [one for one in findings_of(rules, history) if one.place[0] != "thresholds"]


def kinds_found(rules: Rules, history: pd.DataFrame | None = None) -> list[tuple]:
    return [(one.kind, one.place[-1]) for one in of_rules(rules, history)]


def test_nothing_is_wrong_with_the_shipped_rules():
    assert findings_of(load_rules()) == []


@pytest.mark.parametrize(
    "when",
    [
        "[{attribute: employees, at_least: 50}, {attribute: Employees, below: 50}]",
        "{event: trial, at_least: 3, at_most: 2}",
        "[{attribute: country, is: [Norway, Chad]}, {attribute: country, is: Spain}]",
        "[{attribute: budget, given: no}, {attribute: budget, at_least: 1}]",
        "[{attribute: budget, given: no}, {attribute: Budget, given: yes}]",
        "{attribute: budget, at_most: -1}",
        "{attribute: budget, below: 0}",
        "{event: trial, below: 0}",
        "{event: trial, at_most: -1}",
        "[{event: trial, within: 7, at_least: 3}, {event: trial, within: 30, at_most: 2}]",
        "[{event: trial, within: 7}, {event: trial, below: 1}]",
        "[{event: download, asset: ebook, at_least: 2}, {event: download, below: 2}]",
        "[{last: trial, at_least: 30}, {event: trial, within: 30}]",
        "[{last: trial, at_least: 30}, {last: trial, below: 30}]",
        "[{last: activity, at_least: 60}, {last: webinar, below: 60}]",
        "[{last: trial, below: 90}, {event: trial, at_most: 0}]",
    ],
)
def test_conditions_that_exclude_each_other_are_a_contradiction(when):
    assert kinds_found(rules(f"when: {when}, points: 5")) == [("contradiction", 0)]


@pytest.mark.parametrize(
    "when",
    [
        "[{attribute: employees, at_least: 50}, {attribute: budget, below: 50}]",
        "{attribute: employees, at_least: 50, at_most: 50}",
        "[{attribute: country, is: [Norway, Chad]}, {attribute: country, is: chad}]",
        "[{attribute: technologies, has: SAP}, {attribute: technologies, has: Oracle}]",
        "[{event: trial, within: 7, at_most: 0}, {event: trial, within: 30}]",
        "[{event: trial, at_most: 0}, {event: webinar}]",
        "[{event: download, asset: ebook}, {event: download, asset: study, at_most: 0}]",
        "[{last: trial, at_least: 30}, {last: trial, below: 60}]",
        "[{last: trial, at_least: 30}, {last: activity, below: 7}]",
        "{attribute: budget, at_most: 0}",
    ],
)
def test_conditions_that_can_hold_together_are_none(when):
    assert kinds_found(rules(f"when: {when}, points: 5")) == []


def test_two_rules_that_ask_the_same_and_pull_apart_are_a_contradiction():
    same = (
        "when: {attribute: industry, is: Software}, points: 5",
        "when: {attribute: Industry, is: software}, points: -5",
    )
    assert kinds_found(rules(*same)) == [("contradiction", 1)]


def test_a_disqualifier_that_asks_what_a_trigger_asks_is_a_contradiction():
    marks = "triggers: [{name: a, when: {event: trial}}]\ndisqualifiers: [{name: b, when: {event: trial}}]"
    assert kinds_found(rules(more=marks)) == [("contradiction", 0)]


def test_rules_of_one_persona_that_pull_apart_are_a_contradiction_and_beside_those_for_all_they_are_none():
    both = """
thresholds: {mql: 0, sql: 0}
engagement: {rules: [{name: all, when: {event: trial}, points: -5}]}
personas:
  - name: one
    fit: {rules: [{name: profile, when: {attribute: industry, is: x}, points: 5}]}
    engagement: {rules: [{name: good, when: {event: trial}, points: 5}, {name: bad, when: {event: trial}, points: -9}]}
"""
    assert [(one.kind, one.place) for one in of_rules(Rules.from_yaml(both))] == [
        ("contradiction", ("personas", 0, "engagement", "rules", 1))
    ]


def test_a_rule_that_excludes_the_profile_of_its_persona_can_never_count():
    text = """
thresholds: {mql: 0, sql: 0}
personas:
  - name: Large firm
    fit:
      rules:
        - {name: Large, when: {attribute: employees, at_least: 1000}, points: 20}
        - {name: Small, when: {attribute: employees, below: 50}, points: -5}
"""
    (only,) = of_rules(Rules.from_yaml(text))
    assert (only.kind, only.place[-1]) == ("contradiction", 1)
    assert "excludes the profile of its persona" in only.what


BUDGET = "{attribute: budget, at_least: 9}"


@pytest.mark.parametrize(
    ("qso", "disqualifiers", "place"),
    [
        (f"[{BUDGET}, {{attribute: budget, below: 5}}]", "[]", ("qso", 1)),
        (BUDGET, f"[{{name: a, when: {BUDGET}}}]", ("disqualifiers", 0)),
    ],
)
def test_what_no_lead_can_be_a_qualified_opportunity_by_is_a_contradiction(qso, disqualifiers, place):
    text = f"thresholds: {{mql: 0, sql: 0}}\nqso: {qso}\ndisqualifiers: {disqualifiers}"
    assert [(one.kind, one.place) for one in of_rules(Rules.from_yaml(text))] == [("contradiction", place)]


def test_a_threshold_that_needs_rules_which_exclude_each_other_is_out_of_reach():
    text = """
thresholds: {mql: 40, sql: 45}
fit:
  rules:
    - {name: Software, when: {attribute: industry, is: Software}, points: 20}
    - {name: Banking, when: {attribute: industry, is: Banking}, points: 30}
    - {name: Large, when: {attribute: employees, at_least: 1000}, points: 10}
    - {name: Small, when: {attribute: employees, below: 50}, points: 5}
"""
    (only,) = findings_of(Rules.from_yaml(text))
    assert (only.kind, only.place) == ("unreachable", ("thresholds", "sql"))
    assert only.what.endswith("give 40")


def test_a_threshold_above_all_points_together_is_out_of_reach():
    text = "thresholds: {mql: 30, sql: 41}\nfit: {rules: [{name: a, when: {event: trial}, points: 40}]}"
    assert [(one.kind, one.place) for one in findings_of(Rules.from_yaml(text))] == [
        ("unreachable", ("thresholds", "sql"))
    ]


def test_a_grade_above_the_cap_is_out_of_reach():
    grades = "grades: {fit: {A: 21, B: 10, C: 5}}"
    reached = rules("when: {event: trial}, points: 20", more=grades, caps="  cap: 20\n")
    assert kinds_found(reached) == [("unreachable", "A")]


def test_a_rule_that_gives_more_than_its_cap_is_cut_short():
    assert kinds_found(rules("when: {event: trial}, points: 20", caps="  cap: 15\n")) == [("idle cap", 0)]


def test_a_rule_that_never_held_in_history_is_dead():
    dead = rules("when: {attribute: industry, is: Farming}, points: 5", "when: {event: webinar}, points: 5")
    assert kinds_found(dead, HISTORY) == [("dead", 0)]


def test_a_rule_about_what_the_data_do_not_have_is_reported():
    assert kinds_found(rules("when: {attribute: budget, at_least: 5}, points: 5"), HISTORY) == [("no data", 0)]


def test_what_the_data_do_not_have_is_reported_in_the_words_of_the_file():
    asked = "[{event: demo_request}, {event: download, asset: [ebook, study]}, {last: trial, below: 7}]"
    (only,) = of_rules(rules(f"when: {asked}, points: 5"), HISTORY)
    assert only.what.endswith(": event: demo_request; event: download, asset: [ebook, study]; last: trial")


@pytest.mark.parametrize("history", [None, HISTORY])
@pytest.mark.parametrize("gives", ["points: 0", "each: 0, max: 5", "each: 5, max: 0"])
def test_a_rule_that_gives_nothing_is_reported(gives, history):
    (only,) = of_rules(rules(f"when: {{event: trial}}, {gives}"), history)
    assert (only.kind, only.what, only.place[-1]) == ("no points", "'rule 0' gives no points", 0)


@pytest.mark.parametrize(
    ("bars", "start", "over"),
    [
        ("{mql: 0, sql: 0}", 0, ["mql", "sql"]),
        ("{mql: 30, sql: 60}", 50, ["mql"]),
        ("{mql: 41, sql: 60}", 50, []),
    ],
)
def test_a_bar_that_every_lead_is_over_is_reported(bars, start, over):
    gives = "fit: {rules: [{name: a, when: {event: x}, points: -10}, {name: b, when: {event: y}, points: 30}]}"
    listed = findings_of(Rules.from_yaml(f"thresholds: {bars}\nstart: {start}\n{gives}"))
    assert [(one.kind, one.place) for one in listed] == [("idle bar", ("thresholds", name)) for name in over]


def test_a_rule_that_only_takes_from_leads_far_below_0_is_not_idle():
    bad = rules(
        "when: {attribute: industry, given: yes}, points: -50",
        "when: {attribute: employees, at_least: 100}, points: -10",
    )
    assert kinds_found(bad, HISTORY) == []


def test_a_rule_that_the_caps_take_from_all_but_a_late_lead_is_not_idle(monkeypatch):
    monkeypatch.setattr("models.rules.findings.ROWS", 5)
    history = pd.DataFrame({"trial_ever": [1.0] * 12, "webinar_ever": [1.0] * 11 + [0.0]})
    capped = rules("when: {event: trial}, points: 10", "when: {event: webinar}, points: 10", caps="  cap: 10\n")
    assert kinds_found(capped, history) == [("idle cap", 1)]


def test_a_rule_of_a_persona_that_no_lead_is_scored_by_is_dead():
    text = """
thresholds: {mql: 0, sql: 0}
personas:
  - {name: one, fit: {rules: [{name: less, when: {attribute: industry, given: yes}, points: 5}]}}
  - {name: two, fit: {rules: [{name: more, when: {attribute: industry, given: yes}, points: 9}]}}
"""
    (only,) = of_rules(Rules.from_yaml(text), HISTORY)
    assert (only.kind, only.place[1]) == ("dead", 0) and "its persona" in only.what


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{event: download, asset: e-bok}", "do not have 'e-bok' among ebook, case_study; did you mean 'ebook'?"),
        ("{event: download, asset: [ebook, guide]}", "do not have 'guide'"),
        (
            "{event: download, asset: [guide, e-bok, case-study, studi]}",
            "'guide', 'e-bok', 'studi' among ebook, case_study; did you mean 'ebook'?",
        ),
        ("{last: download, asset: guide, below: 7}", "do not have 'guide'"),
        ("{attribute: technologies, has: [SAP, Orcale]}", "have 'Orcale' among SAP, Oracle; did you mean 'Oracle'?"),
    ],
)
def test_an_asset_or_a_word_that_the_data_do_not_have_is_reported_with_the_nearest(when, said):
    ones = [1.0, 0.0]
    columns = ("download: ebook_ever", "download: case_study_ever", "download: ebook_last", "download_ever")
    history = pd.DataFrame(dict.fromkeys((*columns, "technologies_SAP", "technologies_Oracle"), ones))
    (only,) = of_rules(rules(f"when: {when}, points: 5"), history)
    assert (only.kind, only.place[-1]) == ("unknown name", 0) and said in only.what


def industries(*words: str) -> pd.DataFrame:
    return pd.DataFrame({"industry": words, "opted_out": [1.0] * len(words)})


@pytest.mark.parametrize("known", ["Software", "software "])
@pytest.mark.parametrize("words", ["Softwre", "[Retail, Softwre]"])
def test_a_word_that_no_lead_has_is_reported_with_the_nearest_that_one_has(known, words):
    asked = rules(f"when: {{attribute: Industry, is: {words}}}, points: 5")
    (only,) = of_rules(asked, industries(known, "Retail", "Banking"))
    assert (only.kind, only.place[-2:]) == ("unknown name", ("when", 0))
    assert only.what == f"no lead has 'Softwre' as its Industry; did you mean '{known.strip()}'?"


@pytest.mark.parametrize(
    "when",
    [
        "{attribute: industry, is: [retail, Farming]}",  # nothing like it is there
        "{attribute: industry, is: [Softwre, Software]}",  # the nearest is asked for, too
        "{attribute: industry, is: [Hardsoftware, Retail]}",  # made of it, and another word
        "{attribute: opted_out, is: yes}",
    ],
)
def test_a_word_without_a_nearer_one_is_no_finding(when):
    assert kinds_found(rules(f"when: {when}, points: 5"), industries("Software", "Retail")) == []


def test_a_word_that_few_leads_have_is_not_named():
    history = industries(*["Retail"] * 999, "Erika Mustermann")
    asked = rules("when: {attribute: industry, is: [Erika Musterman, Retail]}, points: 5")
    assert kinds_found(asked, history) == []


def test_a_rule_whose_points_the_cap_always_takes_is_idle():
    capped = rules(
        "when: {attribute: employees, at_least: 100}, points: 10",
        "when: {event: trial}, points: 10",
        "when: {event: webinar}, points: 4",
        caps="  cap: 10\n",
    )
    assert kinds_found(capped, HISTORY) == [("idle cap", 0), ("idle cap", 1)]


def test_each_finding_has_its_line(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("""thresholds: {mql: 1, sql: 50}
qso:
  - {attribute: budget, given: yes}
  - {attribute: budget, given: no}
personas:
  - name: a
    fit:
      rules:
        - {name: p, when: {attribute: industry, is: x}, points: 20}
        - name: q
          when: {attribute: industry, is: X}
          points: -5
""")
    read = read_rules(file)
    listed = {(one.kind, read.where(one.place).rpartition(" ")[2]) for one in findings_of(read.rules)}
    assert listed == {("unreachable", "1"), ("contradiction", "4"), ("contradiction", "10")}

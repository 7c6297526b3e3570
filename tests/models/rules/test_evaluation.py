"""How points add up, on leads of literal cells."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.evaluation import evaluate, fired
from models.rules.format import Rules
from models.rules.reading import load_rules

SHIPPED = load_rules()


def points(rules: Rules, **cells) -> float:
    """Return the points of one lead."""
    return evaluate(rules, pd.DataFrame([cells]))["points"].item()


def engagement(*rules: str, **dimension) -> Rules:
    """Write rules of engagement in the file's own words."""
    more = "".join(f"  {key}: {value}\n" for key, value in dimension.items())
    listed = "".join(f"    - {{name: rule {number}, {rule}}}\n" for number, rule in enumerate(rules))
    return Rules.from_yaml(f"thresholds: {{mql: 40, sql: 60}}\nengagement:\n{more}  rules:\n{listed}")


def fit(rule: str) -> Rules:
    return Rules.from_yaml(f"thresholds: {{mql: 40, sql: 60}}\nfit: {{rules: [{{name: rule, {rule}}}]}}")


@pytest.mark.parametrize(("days", "left"), [(0, 10), (30, 5), (60, 2.5), (np.nan, 10)])
def test_ten_points_at_a_half_life_of_30_days_are_five_after_30(days, left):
    rules = engagement("when: {event: webinar}, points: 10, half_life: 30")
    assert points(rules, webinar_ever=1.0, webinar_last=days) == left


def test_silence_halves_the_good_points_and_forgives_no_bad_one():
    rules = engagement(
        "when: {event: trial}, points: 40", "when: {event: careers_visit}, points: -10", silence_half_life=30
    )
    assert points(rules, trial_ever=1.0, careers_visit_ever=1.0, last_activity=30.0) == 40 / 2 - 10


def test_each_event_counts_up_to_the_maximum():
    rules = engagement("when: {event: webinar}, each: 4, max: 10")
    assert [points(rules, webinar_ever=count) for count in (0.0, 1.0, 2.0, 3.0)] == [0, 4, 8, 10]


def test_a_window_and_an_asset_name_the_column_that_is_counted():
    rules = engagement("when: {event: download, asset: price list, within: 30, at_least: 2}, points: 10")
    counted = "download: Price_List_30d"
    assert [points(rules, **{counted: count}) for count in (1.0, 2.0)] == [0, 10]


def test_all_conditions_must_hold():
    rules = fit(
        "when: [{attribute: country, is: [Norway]}, {attribute: employees, at_least: 50, below: 250}], points: 9"
    )
    frame = pd.DataFrame({"country": ["norway", "Norway", "Chad"], "employees": [50.0, 250.0, 99.0]})
    assert evaluate(rules, frame)["points"].tolist() == [9, 0, 0]


@pytest.mark.parametrize(("answer", "expected"), [("yes", [7, 0]), ("no", [0, 7])])
def test_a_condition_may_ask_whether_an_answer_was_given(answer, expected):
    frame = pd.DataFrame({"budget": [0.0, np.nan]})
    assert evaluate(fit(f"when: {{attribute: budget, given: {answer}}}, points: 7"), frame)["fit"].tolist() == expected


def test_yes_and_no_are_one_and_zero_where_a_column_holds_numbers():
    frame = pd.DataFrame({"technologies_SAP": [1.0, 0.0, np.nan]})
    rules = fit("when: {attribute: technologies_sap, is: no}, points: 3")
    assert evaluate(rules, frame)["fit"].tolist() == [0, 3, 0]


def test_a_column_of_several_words_is_asked_what_it_has():
    frame = pd.DataFrame({"technologies_SAP": [1.0, 0.0, np.nan], "technologies_Oracle": [0.0, 1.0, np.nan]})
    assert evaluate(fit("when: {attribute: technologies, has: sap}, points: 3"), frame)["fit"].tolist() == [3, 0, 0]
    either = evaluate(fit("when: {attribute: Technologies, has: [SAP, Oracle]}, points: 3"), frame)
    assert either["fit"].tolist() == [3, 3, 0]


def test_the_cap_holds_back_good_points_and_no_bad_ones():
    rules = engagement(
        "when: {event: trial}, points: 40",
        "when: {event: webinar}, points: 40",
        "when: {event: careers_visit}, points: -20",
        cap=50,
    )
    assert points(rules, trial_ever=1.0, webinar_ever=1.0, careers_visit_ever=1.0) == 30


def test_the_total_is_clipped_and_the_dimensions_are_not():
    evaluated = evaluate(
        engagement("when: {event: careers_visit}, points: -20"), pd.DataFrame({"careers_visit_ever": [1.0]})
    )
    assert evaluated.iloc[0].to_dict() == {"points": 0, "fit": 0, "engagement": -20, "persona": ""}


def test_rules_about_what_the_data_does_not_have_are_idle():
    evaluated = evaluate(SHIPPED, pd.DataFrame({"x": [1.0, 2.0]}, index=[7, 8]))
    assert (evaluated[["points", "fit", "engagement"]].to_numpy() == 0).all() and list(evaluated.index) == [7, 8]
    assert (fired(SHIPPED, pd.DataFrame(index=range(2))).to_numpy() == 0).all()


def test_what_each_rule_gives_adds_up_to_the_total():
    frame = pd.DataFrame([{"job_rank": "VP", "employees": 300.0, "webinar_ever": 1.0, "webinar_last": 60.0}])
    gives = fired(SHIPPED, frame).loc[0]
    assert gives["Attended a webinar"] == 2
    assert gives.sum() == pytest.approx(points(SHIPPED, **frame.loc[0]))


COLUMNS = sorted({column for _, one in SHIPPED.conditions() for column in one.columns} | {"last_activity"})
CELLS = st.one_of(st.none(), st.floats(), st.sampled_from(["Student", "none", "yes", "12", ""]), st.text(max_size=3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), CELLS), min_size=1, max_size=4))
def test_points_lie_between_0_and_100_whatever_the_cells_are(rows):
    evaluated = evaluate(SHIPPED, pd.DataFrame(rows)).drop(columns="persona")
    assert np.isfinite(evaluated.to_numpy()).all()
    assert evaluated["points"].between(0, 100).all()


@pytest.mark.parametrize(("ebooks", "case_studies", "expected"), [(2.0, 0.0, 10), (1.0, 1.0, 10), (1.0, 0.0, 0)])
def test_several_assets_are_counted_together(ebooks, case_studies, expected):
    rules = engagement("when: {event: download, asset: [ebook, case study], at_least: 2}, points: 10")
    cells = {"download: ebook_ever": ebooks, "download: case_study_ever": case_studies}
    assert points(rules, **cells) == expected


@pytest.mark.parametrize(("days", "expected"), [(7.0, 10), (14.0, 0), (np.nan, 0)])
def test_recency_is_the_days_since_the_newest_event(days, expected):
    assert points(engagement("when: {last: webinar, below: 14}, points: 10"), webinar_last=days) == expected


@pytest.mark.parametrize(("case_study", "expected"), [(90.0, 10), (np.nan, 10)])
def test_of_several_assets_the_newest_event_counts(case_study, expected):
    rules = engagement("when: {last: download, asset: [ebook, case study], below: 14}, points: 10")
    assert points(rules, **{"download: ebook_last": 7.0, "download: case_study_last": case_study}) == expected


def test_silence_may_cost_points():
    assert points(fit("when: {last: activity, at_least: 60}, points: 10"), last_activity=90.0) == 10


def test_the_good_points_of_a_group_are_capped_together_below_the_cap_of_all():
    rules = engagement(
        "when: {event: webinar}, points: 20, group: content",
        "when: {event: download}, points: 20, group: content",
        "when: {event: trial}, points: 20",
        groups="{content: 25}",
        cap=40,
    )
    assert points(rules, webinar_ever=1.0, download_ever=1.0) == 25
    assert points(rules, webinar_ever=1.0, download_ever=1.0, trial_ever=1.0) == 40


# Personas

PERSONAS = Rules.from_yaml("""
thresholds: {mql: 60, sql: 75}
fit:
  cap: 20
  rules:
    - {name: Business address, when: {attribute: mail_kind, is: business}, points: 10}
personas:
  - name: Stakeholder at a large company
    fit:
      cap: 45
      rules:
        - name: Decides at a large company
          when: [{attribute: job_rank, is: [C-level, VP, Director]}, {attribute: employees, at_least: 1000}]
          points: 40
    engagement:
      rules:
        - name: Two downloads from the top of the funnel
          when: {event: download, asset: [ebook, case study], at_least: 2}
          points: 20
  - name: Founder
    fit:
      rules:
        - {name: Small firm, when: {attribute: employees, below: 50}, points: 15}
        - {name: Any leader, when: {attribute: job_rank, is: [C-level]}, points: 15}
""")
TWO = {"download: ebook_ever": 1.0, "download: case_study_ever": 1.0}


@pytest.mark.parametrize(
    ("lead", "expected", "persona"),
    [
        ({"job_rank": "VP", "employees": 5000.0, **TWO}, 60, "Stakeholder at a large company"),
        ({"job_rank": "VP", "employees": 5000.0}, 40, "Stakeholder at a large company"),
        ({"job_rank": "VP", "employees": 500.0, **TWO}, 0, ""),
        ({"job_rank": "Manager", "employees": 5000.0, **TWO}, 0, ""),
    ],
)
def test_a_stakeholder_at_a_large_company_with_two_downloads_from_the_top_of_the_funnel(lead, expected, persona):
    evaluated = evaluate(PERSONAS, pd.DataFrame([lead])).iloc[0]
    assert (evaluated["points"], evaluated["persona"]) == (expected, persona)


def test_a_lead_is_scored_by_its_best_persona_under_the_caps_of_that():
    both = {"job_rank": "C-level", "employees": 5000.0, "mail_kind": "business"}
    frame = pd.DataFrame([both, both | {"employees": 20.0}])
    evaluated = evaluate(PERSONAS, frame)
    assert evaluated["persona"].tolist() == ["Stakeholder at a large company", "Founder"]
    assert evaluated["fit"].tolist() == [45, 20]


def test_the_rules_of_a_persona_count_for_its_leads_only():
    frame = pd.DataFrame([{"job_rank": "C-level", "employees": 5000.0}, {"job_rank": "C-level", "employees": 20.0}])
    assert fired(PERSONAS, frame)[["Decides at a large company", "Any leader"]].to_numpy().tolist() == [
        [40, 0],
        [0, 15],
    ]

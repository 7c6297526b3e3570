"""What follows from points: grades, dispositions, and what counts as MQL, SQL and QSO."""

import numpy as np
import pandas as pd
import pytest

from models.rules.format import Rules
from models.rules.qualification import bands, is_qso, missing_for_qso, qualify
from models.rules.reading import load_rules

SHIPPED = load_rules()
FITS = {"job_rank": "VP", "employees": 300.0, "mail_kind": "business", "need": "clear"}
ASKED_FOR_A_DEMO = {"demo_request_ever": 1.0, "demo_request_7d": 1.0}


def qualified(rules: Rules = SHIPPED, **cells) -> pd.Series:
    """Return what rules say of one lead."""
    return qualify(rules, pd.DataFrame([cells])).iloc[0]


def rules(more: str, grades: str = "{fit: {A: 30, B: 20, C: 10}, engagement: {1: 30, 2: 20, 3: 10}}") -> Rules:
    return Rules.from_yaml(f"""
thresholds: {{mql: 40, sql: 60}}
fit:
  rules:
    - {{name: Our industry, when: {{attribute: industry, is: Software}}, points: 30}}
    - {{name: Wrong industry, when: {{attribute: industry, is: Farming}}, points: -30}}
engagement:
  rules:
    - {{name: Content, when: {{event: download}}, each: 10, max: 100}}
grades: {grades}
{more}""")


def test_bands_start_at_the_thresholds():
    mql, sql = SHIPPED.thresholds.mql, SHIPPED.thresholds.sql
    assert bands(SHIPPED, pd.Series([sql, sql - 1, mql, mql - 1])).tolist() == ["hot", "warm", "warm", "cold"]


def test_a_demo_request_gives_the_highest_engagement_at_once_and_a_visit_a_weak_one():
    assert qualified(**ASKED_FOR_A_DEMO)["engagement_grade"] == "1"
    assert qualified(site_visit_ever=1.0)["engagement_grade"] == "4"


def test_a_demo_request_without_fit_is_no_mql_and_does_not_call_sales():
    lead = qualified(**ASKED_FOR_A_DEMO)
    assert (lead["fit_grade"], lead["mql"], lead["disposition"] == "ready") == ("D", False, False)


def test_a_demo_request_of_a_lead_that_fits_is_an_mql_and_calls_sales():
    lead = qualified(**FITS, **ASKED_FOR_A_DEMO)
    assert (lead["fit_grade"], lead["mql"], lead["trigger"], lead["disposition"]) == (
        "A",
        True,
        "Asked for a demo this week",
        "ready",
    )


def test_points_from_content_alone_make_no_mql_of_a_lead_in_the_wrong_industry():
    lead = qualified(rules(""), industry="Farming", download_ever=10.0)
    assert (lead["points"], lead["fit_grade"], lead["engagement_grade"]) == (70, "D", "1")
    assert (lead["band"], lead["mql"], lead["sql"], lead["disposition"]) == ("hot", False, False, "nurture")


@pytest.mark.parametrize(
    ("budget", "days", "is_qso"),
    [(5000.0, 92.0, True), (4999.0, 92.0, False), (5000.0, 93.0, False), (5000.0, None, False)],
)
def test_5000_within_three_months_is_a_qualified_opportunity(budget, days, is_qso):
    assert qualified(budget=budget, timeline_days=days)["qso"] == is_qso


@pytest.mark.parametrize(
    ("lead", "why"),
    [({"job_rank": "Student"}, "Student"), ({"careers_visit_90d": 3.0}, "Often looks for a job with us")],
)
def test_the_disqualified_are_let_go_whatever_their_points(lead, why):
    lead_now = qualified(**FITS | {"budget": 9000.0, "timeline_days": 30.0} | lead, **ASKED_FOR_A_DEMO)
    assert (lead_now["disqualifier"], lead_now["disposition"]) == (why, "discard")
    assert not lead_now[["mql", "sql", "qso"]].any()


GRID = "dispositions: {A: [ready, nurture, nurture, discard], B: [nurture, nurture, nurture, nurture], " + (
    "C: [nurture, nurture, nurture, nurture], D: [discard, ready, nurture, nurture]}"
)


@pytest.mark.parametrize(
    ("industry", "downloads", "disposition"),
    [("Software", 3.0, "ready"), ("Software", 0.0, "discard"), ("Farming", 3.0, "discard"), ("Farming", 2.0, "ready")],
)
def test_the_grid_says_what_becomes_of_each_grade(industry, downloads, disposition):
    assert qualified(rules(GRID), industry=industry, download_ever=downloads)["disposition"] == disposition


@pytest.mark.parametrize(
    ("industry", "downloads", "grade", "is_mql"),
    [(None, 6.0, "D2", False), ("Farming", 10.0, "D1", False), ("Software", 3.0, "A3", True)],
)
def test_without_grades_in_the_file_a_lead_that_does_not_fit_is_no_mql_either(industry, downloads, grade, is_mql):
    lead = qualified(rules("", grades="{}"), industry=industry, download_ever=downloads)
    assert (lead["fit_grade"] + lead["engagement_grade"], lead["mql"]) == (grade, is_mql)


def test_where_grades_begin_without_saying_rules_that_exclude_each_other_do_not_add_up():
    industries = "".join(f"{{name: i{n}, when: {{attribute: industry, is: i{n}}}, points: 10}}," for n in range(9))
    many = Rules.from_yaml(f"thresholds: {{mql: 5, sql: 9}}\nfit: {{rules: [{industries}]}}")
    assert qualified(many, industry="i3")["fit_grade"] == "A"
    assert qualified(many, industry="else")["fit_grade"] == "D"


def test_where_fit_has_bad_points_alone_those_that_get_them_do_not_fit():
    bad = Rules.from_yaml(
        "thresholds: {mql: 0, sql: 9}\nfit: {rules: [{name: a, when: {attribute: industry, is: x}, points: -5}]}"
    )
    assert [qualified(bad, industry=name)["fit_grade"] for name in "xy"] == ["D", "A"]


def test_rules_that_say_nothing_of_fit_hold_nobody_back():
    only = Rules.from_yaml(
        "thresholds: {mql: 5, sql: 9}\nengagement: {rules: [{name: a, when: {event: trial}, points: 9}]}"
    )
    assert qualified(only, trial_ever=1.0)[["fit_grade", "mql", "sql"]].tolist() == ["", True, True]


def test_what_a_lead_lacks_to_be_an_opportunity_is_said():
    """A budget of 5,000 and a timing of three months make a QSO."""
    leads = pd.DataFrame({"budget": [5000.0, 4999.0, np.nan], "timeline_days": [90.0, 90.0, 400.0]})
    leads["job_rank"] = ["VP", "VP", "Student"]
    assert is_qso(SHIPPED, leads).tolist() == [True, False, False]
    assert [missing_for_qso(SHIPPED, leads.iloc[[row]]) for row in range(3)] == [
        [],
        ["budget at least 5000, and it is 4999"],
        [
            "budget at least 5000, and it is not given",
            "timeline_days at most 92, and it is 400",
            "not to be let go: Student",
        ],
    ]


@pytest.mark.parametrize(("days", "grade"), [(0, "1"), (1, "1"), (7, "1"), (14, "2")])
def test_a_demo_request_alone_is_the_highest_engagement_for_two_weeks(days, grade):
    lead = pd.DataFrame(
        {"demo_request_ever": [1.0], "demo_request_last": [float(days)], "last_activity": [float(days)]}
    )
    assert qualify(SHIPPED, lead)["engagement_grade"].tolist() == [grade]

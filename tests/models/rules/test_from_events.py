"""From titles, addresses and events through the features to what rules say."""

from dataclasses import replace

import pandas as pd
import pytest

from data.chunk import Chunk
from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from features import Batch, build
from models.rules.evaluation import fired
from models.rules.format import Rules
from models.rules.qualification import qualify
from models.rules.reading import load_rules
from models.rules.terms import fired_by_name, fired_codes

SHIPPED = load_rules()
SCHEMA = Schema(
    timed=True,
    attributes=(Attribute("employees", "Employees", Kind.NUMBER, Family.FIRMOGRAPHIC),),
    event_types=(
        EventType("download", ("ebook", "case_study")),
        *(EventType(name) for name in ("careers_visit", "demo_request", "webinar")),
    ),
    personal=("job_title", "email", "company"),
    competitors=("rival.com", "Rival"),
)
NOW = pd.Timestamp("2026-01-01")
FITS = {"job_title": "VP Sales", "employees": 300.0, "email": "ann@acme.com"}


def frame(lead: dict, events: dict[str, list[int]], schema: Schema = SCHEMA) -> pd.DataFrame:
    """Build the features of one lead that did things (a type, or a type and an asset) so many days ago."""
    empty = {"position": 0, "created_at": pd.NaT, "email": None, "company": None, "job_title": None, "employees": None}
    attributes = {attribute.name: None for attribute in schema.attributes}
    leads = pd.DataFrame([empty | attributes | {"impossible_size": 0.0} | lead])
    leads = leads.astype({"email": "str", "company": "str", "job_title": "str", "employees": float})
    rows = [
        {"position": 0, "occurred_at": NOW - pd.Timedelta(days=ago), "type": kind, "asset": asset or None, "value": 0.0}
        for what, days in events.items()
        for kind, _, asset in [what.partition(": ")]
        for ago in days
    ]
    done = pd.DataFrame(rows, columns=["position", "occurred_at", "type", "asset", "value"]).sort_values("occurred_at")
    stages = pd.DataFrame({"position": [], "stage": [], "entered_at": []})
    return build(Batch.at(Chunk(leads, done.astype({"occurred_at": "datetime64[us]"}), stages), schema, NOW))


def qualified(lead: dict, events: dict[str, list[int]], rules: Rules = SHIPPED) -> pd.Series:
    return qualify(rules, frame(lead, events)).iloc[0]


@pytest.mark.parametrize(
    ("lead", "events", "why"),
    [
        ({"job_title": "Working student"}, {}, "Student"),
        ({"job_title": "Open to work"}, {}, "Job seeker"),
        ({"job_title": "Sales manager, seeking new opportunities"}, {}, "Job seeker"),
        ({}, {"careers_visit": [3, 20, 80]}, "Often looks for a job with us"),
        ({}, {"careers_visit": [3, 20, 95]}, ""),
        ({"email": "bo@rival.com"}, {}, "Competitor"),
        ({"email": "bo@eu.RIVAL.com"}, {}, "Competitor"),
        ({"email": "bo@arrival.com"}, {}, ""),
        ({"company": "Rival GmbH"}, {}, "Competitor"),
        ({"company": "Rival Hotels"}, {}, ""),
    ],
)
def test_competitors_students_and_job_seekers_are_let_go_by_title_firm_and_events(lead, events, why):
    lead = qualified(FITS | lead, {"demo_request": [1]} | events)
    assert lead["disqualifier"] == why
    assert (lead["disposition"] == "discard") == (why != "")


def test_the_rules_that_fire_for_a_lead_and_are_kept_with_it_are_these():
    features = frame(FITS, {"demo_request": [0], "webinar": [40]})
    expected = {
        "Decision maker": 12,
        "Company of 250 or more": 12,
        "Business e-mail address": 3,
        "Asked for a demo": 40,
        "Attended a webinar": 2.83,  # 4, cooled at the edge of 30 days with a half-life of 60
    }
    gives = fired(SHIPPED, features).loc[0]
    assert gives[gives != 0].round(2).to_dict() == expected
    assert fired_by_name(SHIPPED, fired_codes(SHIPPED, features)[0]) == expected


def test_the_name_of_a_firm_becomes_no_feature():
    features = frame({"email": "bo@rival.com", "company": "Rival GmbH"}, {})
    assert features["competitor"].tolist() == [1.0]
    assert not features.astype("str").apply(lambda cells: cells.str.lower().str.contains("rival")).any(axis=None)


def test_a_visit_to_the_careers_page_lowers_the_score():
    before, after = (qualified(FITS, {"demo_request": [1]} | more) for more in ({}, {"careers_visit": [1]}))
    assert after["points"] == before["points"] - 20 > 0


COOLING = Rules.from_yaml("""
thresholds: {mql: 10, sql: 20}
engagement: {rules: [{name: Webinar, when: {event: webinar}, points: 10, half_life: 30}]}
""")


@pytest.mark.parametrize(("ago", "points", "band"), [(0, 10, "warm"), (29, 7.2, "cold"), (30, 5, "cold")])
def test_ten_points_at_a_half_life_of_30_days_are_five_after_30_and_the_lead_falls_below_mql(ago, points, band):
    lead = qualified({}, {"webinar": [ago]}, COOLING)
    assert (round(lead["points"], 1), lead["band"]) == (points, band)


def test_a_hot_lead_that_goes_quiet_falls_below_mql():
    lead = FITS | {"employees": 5000.0}
    rules = SHIPPED.model_copy(update={"thresholds": SHIPPED.thresholds.model_copy(update={"mql": 50})})
    assert [qualified(lead, {"demo_request": [days]}, rules)["mql"] for days in (1, 90)] == [True, False]


STAKEHOLDER = Rules.from_yaml("""
thresholds: {mql: 60, sql: 75}
personas:
  - name: Stakeholder at a large company
    fit:
      rules:
        - name: Decides at a large company
          when: [{attribute: job_rank, is: [C-level, VP, Director]}, {attribute: employees, at_least: 1000}]
          points: 40
    engagement:
      rules:
        - name: Two downloads from the top of the funnel
          when: {event: download, asset: [ebook, case study], at_least: 2}
          points: 20
""")
DOWNLOADS = {"download: ebook": [9], "download: case_study": [40]}


@pytest.mark.parametrize(
    ("title", "employees", "events", "expected"),
    [
        ("Vice President Sales", 5000.0, DOWNLOADS, [40, 20]),
        ("Vice President Sales", 5000.0, {"download: ebook": [9]}, [40, 0]),
        ("Vice President Sales", 50.0, DOWNLOADS, [0, 0]),
        ("Clerk", 5000.0, DOWNLOADS, [0, 0]),
    ],
)
def test_a_stakeholder_at_a_large_company_with_two_downloads_from_the_top_of_the_funnel(
    title, employees, events, expected
):
    lead = {"job_title": title, "employees": employees}
    assert fired(STAKEHOLDER, frame(lead, events)).to_numpy().tolist() == [expected]
    assert qualified(lead, events, STAKEHOLDER)["persona"] == ("Stakeholder at a large company" if expected[0] else "")


def test_intent_industry_revenue_and_technologies_are_features_and_rules():
    """What leads are qualified by: intent, industry, annual revenue and technographics, each worth its points."""
    attributes = (
        Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),
        Attribute("annual_revenue", "Annual revenue", Kind.NUMBER, Family.FIRMOGRAPHIC),
        Attribute("technologies", "Technologies", Kind.SET, Family.FIRMOGRAPHIC, tokens=("SAP", "AWS")),
    )
    known = {"industry": "Software", "annual_revenue": 2e6, "technologies": "SAP; Azure"}
    rules = Rules.from_yaml(
        """
thresholds: {mql: 40, sql: 60}
fit:
  cap: 50
  rules:
    - {name: Industry, when: {attribute: industry, is: Software}, points: 10}
    - {name: Revenue, when: {attribute: annual_revenue, at_least: 1000000}, points: 7}
    - {name: Technologies, when: {attribute: technologies, has: SAP}, points: 5}
engagement:
  cap: 50
  rules:
    - {name: Intent, when: {event: demo_request, within: 30}, points: 20}
"""
    )
    schema = replace(SCHEMA, attributes=attributes)
    points = fired(rules, frame(known, {"demo_request": [2]}, schema)).loc[0]
    assert points.to_dict() == {"Industry": 10, "Revenue": 7, "Technologies": 5, "Intent": 20}
    assert fired(rules, frame({}, {"demo_request": [40]}, schema)).loc[0].sum() == 0

"""What the shipped rules embody."""

import pandas as pd
import pytest

from data.schema import Attribute, EventType, Schema
from data.vocabulary import EVENT_TYPES, LEADS
from models.rules.evaluation import evaluate
from models.rules.reading import known_to, load_rules

SHIPPED = load_rules()
MQL, SQL = SHIPPED.thresholds.mql, SHIPPED.thresholds.sql
IDEAL = {"job_rank": "VP", "employees": 300.0, "mail_kind": "business", "budget": 20_000.0, "timeline_days": 60.0}
BUSY = {f"{event}_ever": 9.0 for event in EVENT_TYPES if event != "careers_visit"}


def points(**cells) -> float:
    """Return the points of one lead."""
    return evaluate(SHIPPED, pd.DataFrame([cells]))["points"].item()


def test_a_visit_to_the_careers_page_lowers_the_score():
    assert points(**IDEAL, **BUSY, careers_visit_ever=1.0) == points(**IDEAL, **BUSY) - 20


def test_students_score_lower_than_those_of_unknown_rank():
    assert points(**IDEAL | {"job_rank": "Student"}) < points(**IDEAL | {"job_rank": None})


@pytest.mark.parametrize("intent", ["quote_request_ever", "demo_request_ever", "download: price_list_ever"])
def test_intent_outranks_research(intent):
    research = {"webinar_ever": 1.0, "blog_visit_ever": 1.0}
    assert points(**{intent: 1.0}) >= 4 * points(**research) > 0


def test_price_list_and_quote_request_outrank_webinar_and_blog_ten_times():
    asks = points(**{"download: price list_ever": 1.0, "quote_request_ever": 1.0})
    assert (asks, points(webinar_ever=1.0, blog_visit_ever=1.0)) == (50, 5)


def test_one_visit_to_the_prices_outranks_a_webinar_and_a_webinar_the_blog():
    assert points(pricing_visit_ever=1.0) >= 2 * points(webinar_ever=1.0) > 2 * points(blog_visit_ever=1.0)


def test_a_demo_request_alone_is_no_mql():
    assert points(demo_request_ever=1.0) < MQL <= points(demo_request_ever=1.0, **IDEAL)


def test_no_activity_makes_up_for_a_lead_that_does_not_fit():
    assert points(**BUSY) < MQL
    assert points(**BUSY, job_rank="Student", need="none") < points(**BUSY)


def test_fit_alone_is_no_mql():
    assert points(**IDEAL, need="clear", authority="decides") < MQL


def test_a_hot_lead_that_goes_quiet_falls_below_mql():
    hot = IDEAL | {"demo_request_ever": 1.0, "pricing_visit_ever": 2.0}
    quiet = dict.fromkeys(["last_activity", "demo_request_last", "pricing_visit_last"], 90.0)
    assert points(**hot) >= SQL
    assert points(**hot, **quiet) < MQL


@pytest.mark.parametrize(
    "mark", [{"need": "none"}, {"need": "vague"}, {"budget": 50.0}, {"timeline_days": 500.0}, {"mail_kind": "free"}]
)
def test_marks_of_a_bad_lead_lower_the_score(mark):
    lead = {"job_rank": "C-level", "employees": 300.0}
    assert points(**lead, **mark) < points(**lead)


def test_the_shipped_rules_find_what_the_catalogue_calls_its_columns():
    attributes = tuple(
        Attribute(name, name, column.kind, column.family) for name, column in LEADS.items() if column.family
    )
    events = (*(EventType(event) for event in EVENT_TYPES), EventType("download", ("price_list",)))
    schema = Schema(True, attributes, events, personal=("job_title", "email", "company"))
    assert [rule.name for rule in known_to(SHIPPED, schema)] == [rule.name for _, rule in SHIPPED.with_places()]

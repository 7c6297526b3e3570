"""The words of the product: tables, columns, event types, stages, families and ageing edges.

Example rows:

    leads     lead_id=007  created_at=2025-03-01T09:00Z  account_id=a12  job_title=Head of IT
              industry=Software  employees=250  source=webinar  budget=20000
    events    lead_id=007  account_id=a12  occurred_at=2025-03-02T10:15Z  type=pricing_visit  event_id=e1
    stages    lead_id=007  stage=mql  entered_at=2025-03-03T00:00Z
    outcomes  lead_id=007  closed_at=2025-05-20T00:00Z  won=true  amount=18000
    attribute_history  lead_id=007  field=budget  value=20000  changed_at=2025-03-04T08:00Z
    costs     source=ppc  campaign=ppc-brand  month=2025-03  spend=4200
    asset_stats  asset=price_list  month=2025-03  views=1800
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the cells of a column are; a band is a range of numbers, read as the number from which on it holds."""

    ID = "id"
    TIME = "time"
    NUMBER = "number"
    BAND = "band"
    CATEGORY = "category"
    FLAG = "flag"
    SET = "set"
    PERSONAL = "personal"


class Family(StrEnum):
    """What a feature speaks of. Fit is the first three, engagement is behavioural and timing."""

    FIRMOGRAPHIC = "firmographic"
    DEMOGRAPHIC = "demographic"
    DECLARED = "declared"
    BEHAVIOURAL = "behavioural"
    SOURCE = "source"
    TIMING = "timing"
    QUALITY = "quality"


NUMERIC = (Kind.NUMBER, Kind.BAND)
"""The kinds that are read as numbers of any size."""
FIT_FAMILIES = (Family.FIRMOGRAPHIC, Family.DEMOGRAPHIC, Family.DECLARED)
ENGAGEMENT_FAMILIES = (Family.BEHAVIOURAL, Family.TIMING)


@dataclass(frozen=True)
class Column:
    """A column of a table: what its cells are, its family if it is a feature, and whether it must be there."""

    kind: Kind
    family: Family | None = None
    required: bool = False


LEADS = {
    "lead_id": Column(Kind.ID, required=True),
    "created_at": Column(Kind.TIME),
    "account_id": Column(Kind.ID),
    "email": Column(Kind.PERSONAL),
    "job_title": Column(Kind.PERSONAL),
    "company": Column(Kind.PERSONAL),
    "industry": Column(Kind.CATEGORY, Family.FIRMOGRAPHIC),
    "employees": Column(Kind.NUMBER, Family.FIRMOGRAPHIC),
    "annual_revenue": Column(Kind.NUMBER, Family.FIRMOGRAPHIC),
    "country": Column(Kind.CATEGORY, Family.DEMOGRAPHIC),
    "region": Column(Kind.CATEGORY, Family.DEMOGRAPHIC),
    "city": Column(Kind.CATEGORY, Family.DEMOGRAPHIC),
    "technologies": Column(Kind.SET, Family.FIRMOGRAPHIC),
    "source": Column(Kind.CATEGORY, Family.SOURCE),
    "campaign": Column(Kind.CATEGORY, Family.SOURCE),
    "asset": Column(Kind.CATEGORY, Family.SOURCE),
    "budget": Column(Kind.NUMBER, Family.DECLARED),
    "authority": Column(Kind.CATEGORY, Family.DECLARED),
    "need": Column(Kind.CATEGORY, Family.DECLARED),
    "timeline_days": Column(Kind.NUMBER, Family.DECLARED),
    "owner": Column(Kind.PERSONAL),
    "stage": Column(Kind.CATEGORY),
}
PERSONAL = tuple(name for name, column in LEADS.items() if column.kind is Kind.PERSONAL)
"""The columns of leads that speak of a person: read, so that features may be derived from them."""
AMOUNTS = ("annual_revenue", "budget")
"""The columns of leads that are amounts of money."""
EVENTS = {
    "lead_id": Column(Kind.ID),
    "account_id": Column(Kind.ID),
    "occurred_at": Column(Kind.TIME, required=True),
    "type": Column(Kind.CATEGORY, required=True),
    "asset": Column(Kind.CATEGORY),
    "campaign": Column(Kind.CATEGORY),
    "value": Column(Kind.NUMBER),
    "event_id": Column(Kind.ID),
}
STAGES = {
    "lead_id": Column(Kind.ID, required=True),
    "stage": Column(Kind.CATEGORY, required=True),
    "entered_at": Column(Kind.TIME, required=True),
}
OUTCOMES = {
    "lead_id": Column(Kind.ID, required=True),
    "closed_at": Column(Kind.TIME, required=True),
    "won": Column(Kind.FLAG),
    "amount": Column(Kind.NUMBER),
    "currency": Column(Kind.CATEGORY),
}
ATTRIBUTE_HISTORY = {
    "lead_id": Column(Kind.ID, required=True),
    "field": Column(Kind.CATEGORY, required=True),
    "value": Column(Kind.CATEGORY, required=True),
    "changed_at": Column(Kind.TIME, required=True),
}
TABLES: dict[str, dict[str, Column]] = {
    "leads": LEADS,
    "events": EVENTS,
    "stages": STAGES,
    "outcomes": OUTCOMES,
    "attribute_history": ATTRIBUTE_HISTORY,
}
COSTS = {
    "source": Column(Kind.CATEGORY),
    "campaign": Column(Kind.CATEGORY),
    "month": Column(Kind.CATEGORY, required=True),
    "spend": Column(Kind.NUMBER, required=True),
    "currency": Column(Kind.CATEGORY),
}
ASSET_STATS = {
    "asset": Column(Kind.CATEGORY, required=True),
    "month": Column(Kind.CATEGORY, required=True),
    "views": Column(Kind.NUMBER, required=True),
}
REPORT_TABLES = {"costs": COSTS, "asset_stats": ASSET_STATS}
"""Tables without leads: the funnel's figures need them, and nothing that is learned."""
READ_TABLES = TABLES | REPORT_TABLES
LATER_TABLES = ("feedback",)
"""Tables that settings may name already although nothing reads them yet; a note says so."""

EVENT_TYPES = (
    "email_open",
    "email_click",
    "subscription",
    "site_visit",
    "blog_visit",
    "pricing_visit",
    "careers_visit",
    "download",
    "webinar",
    "trial",
    "demo_request",
    "quote_request",
)
SALES_ACTIVITIES = ("sales_call", "sales_email", "sales_meeting", "call", "meeting")
"""Types of events that sales did, unless the settings of the funnel say otherwise."""
FUNNEL = ("contact", "lead", "mql", "sql", "qso", "customer")
WON_STAGES = ("customer", "won", "closed won")
LOST_STAGES = ("lost", "closed lost", "disqualified")

END_OF_DAY = "23:59:59"
"""A day without a time of day is known by then: what happened on it is later than anything known in the morning."""
AGE_EDGES = (1, 7, 14, 30, 60, 90, 180)
"""Days at which time alone may change a feature; between two edges a score stands still."""
HORIZON = 90
"""Days after ``as_of`` in which a win counts, unless the settings say otherwise."""

CALL_NOW, CALL_THIS_WEEK, NURTURE, LEAVE = "call now", "call this week", "nurture", "leave"
RECOMMENDATIONS = (CALL_NOW, CALL_THIS_WEEK, NURTURE, LEAVE)
"""What to do with an open lead, the most urgent first; settings can give them other names."""

SCORE_FIELDS = (
    "probability",
    "score",
    "band",
    "disposition",
    "fit",
    "engagement",
    "grade",
    "reasons_up",
    "reasons_down",
    "as_of",
    "model_version",
)
"""What is known of a scored lead beside its id: the columns that are written back by default."""
ASKED_NUMBERS = ("score", "probability", "expected_amount", "expected_value", "days_in_stage", "age_days")
ASKED_TEXTS = ("band", "disposition", "fit", "engagement", "stage", "owner", "source", "persona")
"""Fields of a score that a filter of what is written back may ask for."""
WITHIN = {days: f"within_{days}" for days in (30, 60, 90, 180)}
"""The fields with the chance of a win within so many days."""
ACCOUNT_SCORE = "account_score"
MORE_FIELDS = ("outcome", "stage", "days_in_stage", "age_days", "run_id", "scored_at", "horizon", "top_reason")
OF_VALUE = ("recommendation", "expected_amount", "expected_value", *WITHIN.values(), ACCOUNT_SCORE)
WRITABLE_FIELDS = (*SCORE_FIELDS, *MORE_FIELDS, *OF_VALUE)
"""What can be written back where the settings ask for it."""

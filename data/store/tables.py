"""The tables of the score store, as SQLAlchemy sees them; migrations make them (`data.store.migrations`)."""

from __future__ import annotations

import sqlalchemy as sa

from data.vocabulary import WITHIN

METADATA = sa.MetaData()


def at_most_one(name: str, column: str, where: str) -> sa.Index:
    """Return the rule that of the rows for which something holds no two have the same value."""
    return sa.Index(name, column, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


RUNS = sa.Table(
    "leadscore_runs",
    METADATA,
    sa.Column("run_id", sa.Integer, primary_key=True),  # runs follow each other by number: clocks may step back
    sa.Column("status", sa.Text, nullable=False),  # running, done, failed or interrupted
    sa.Column("started_at", sa.DateTime, nullable=False),
    sa.Column("finished_at", sa.DateTime),
    sa.Column("as_of", sa.DateTime, nullable=False),
    sa.Column("model_version", sa.Text, nullable=False),
    sa.Column("scored", sa.Integer, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),
    sa.Column("message", sa.Text),
    sa.Column(
        "configured", sa.Boolean
    ),  # whether leads came from configured tables; empty where an old run did not say
    sa.Column("settings", sa.Text),  # JSON, of the newest run that is done alone: a run each minute would add up
    at_most_one("leadscore_run_under_way", "status", "status = 'running'"),
)

MODEL_VERSIONS = sa.Table(
    "leadscore_model_versions",
    METADATA,
    sa.Column("model_version", sa.Text, primary_key=True),
    sa.Column("concepts", sa.Text, nullable=False),  # JSON: the names behind the contributions, in their order
    sa.Column("features", sa.Text, nullable=False),  # JSON: the names behind the codes in reasons
)

SCORES = sa.Table(
    "leadscore_scores",
    METADATA,
    sa.Column("lead_id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Integer, primary_key=True),
    sa.Column("as_of", sa.DateTime, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("score", sa.SmallInteger, nullable=False),
    sa.Column("band", sa.Text, nullable=False),
    sa.Column("disposition", sa.Text, nullable=False),
    sa.Column("fit", sa.Text, nullable=False),
    sa.Column("engagement", sa.Text, nullable=False),
    sa.Column("stage", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("contributions", sa.LargeBinary, nullable=False),  # float16, little-endian, one per concept
    sa.Column("reasons", sa.Text, nullable=False),  # JSON: [reasons up, reasons down, what they begin from]
    sa.Column("digest", sa.BigInteger, nullable=False),  # of what makes two scores different
    sa.Column("company", sa.Text),  # by which sales knows the lead
    sa.Column("owner", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("persona", sa.Text),  # empty where a lead is like none
    sa.Column("rules", sa.Text),  # JSON: every rule that fired, as [its place among the version's rules, points]
    sa.Column("triggered_by", sa.Text),  # the name of the trigger that made it ready, or empty
    sa.Column("disqualified_by", sa.Text),  # the name of the disqualifier that let it go, or empty
    sa.Column("recommendation", sa.Text),  # by the lead alone; empty once it has closed
    sa.Column("decided_by", sa.Text),  # the code of the rule that did
    sa.Column("expected_amount", sa.Double),
    sa.Column("expected_value", sa.Double),
    sa.Column("last_activity", sa.DateTime),  # of the lead itself
    sa.Column("last_touch", sa.DateTime),  # of sales
    sa.Column("days_in_stage", sa.Integer),  # as of the moment of the score, as all else
    sa.Column("age_days", sa.Integer),
    *(sa.Column(name, sa.Double) for name in WITHIN.values()),  # the chance of a win; empty where nothing is timed
)

RECOMMENDED = sa.Table(
    "leadscore_recommendations",
    METADATA,
    sa.Column("lead_id", sa.Text, primary_key=True),  # of leads on which more decides than the lead alone
    sa.Column("recommendation", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("place", sa.Integer),  # among the leads of its owner that are worth a call; empty where people decided
    sa.Column("by", sa.Text),  # who decided
    sa.Column("until", sa.Date),  # the day from which on the lead counts again
)

ACCOUNT_SCORES = sa.Table(
    "leadscore_account_scores",
    METADATA,
    sa.Column("lead_id", sa.Text, primary_key=True),  # of open leads with an account, where that is written back
    sa.Column("account_score", sa.SmallInteger, nullable=False),
)

SIMILAR = sa.Table(
    "leadscore_similar_deals",
    METADATA,
    sa.Column("lead_id", sa.Text, primary_key=True),  # of open leads
    sa.Column("run_id", sa.Integer, nullable=False),  # the run that made the score that these deals are like
    sa.Column("deals", sa.Text, nullable=False),  # JSON: [id of the won lead, distance], the nearest first
)

GONE = sa.Table(
    "leadscore_gone",
    METADATA,
    sa.Column("lead_id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Integer, nullable=False),  # the run that no longer met it in the configured tables
)

DELIVERIES = sa.Table(
    "leadscore_deliveries",
    METADATA,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("lead_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.BigInteger, nullable=False),  # of the score that was sent, or refused
    sa.Column("run_id", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  # delivered, ended (no longer open), gone there, or dead: refused
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("recommendation", sa.Text),  # that was sent
    sa.Column("account_score", sa.SmallInteger),  # that was sent
)

ALERTS = sa.Table(
    "leadscore_alerts",
    METADATA,
    sa.Column("alert_id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("lead_id", sa.Text, nullable=False),  # of an account without a lead: its account_id
    sa.Column("crossing", sa.Text, nullable=False),  # the run that made it, or of an account the trigger
    sa.Column("owner", sa.Text),
    sa.Column("made_at", sa.DateTime, nullable=False),
    sa.Column("status", sa.Text, nullable=False),  # waiting, sent, or dead: the channel refused it for good
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.DateTime, nullable=False),  # not to be sent before
    sa.Column("sent_at", sa.DateTime),
    sa.Column("reason", sa.Text),
    sa.Index("leadscore_alert_once", "kind", "lead_id", "crossing", unique=True),
)

ALERTED = sa.Table(
    "leadscore_alerted",
    METADATA,
    sa.Column("one", sa.Integer, primary_key=True),  # always 1
    sa.Column("run_id", sa.Integer, nullable=False),  # the newest run whose crossings are among the alerts
)

FEEDBACK = sa.Table(
    "leadscore_feedback",
    METADATA,
    sa.Column("feedback_id", sa.Integer, primary_key=True),
    sa.Column("lead_id", sa.Text, nullable=False, index=True),
    sa.Column("given_at", sa.DateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("note", sa.Text),
    sa.Column("until", sa.Date),  # of "too early": the day from which on the lead counts again
    sa.Column("undone_at", sa.DateTime),
    sa.Column("undone_by", sa.Text),
)

OVERRIDES = sa.Table(
    "leadscore_overrides",
    METADATA,
    sa.Column("override_id", sa.Integer, primary_key=True),
    sa.Column("lead_id", sa.Text, nullable=False, index=True),
    sa.Column("disposition", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("set_at", sa.DateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("undone_at", sa.DateTime),
    sa.Column("undone_by", sa.Text),
    at_most_one("leadscore_override_in_force", "lead_id", "undone_at IS NULL"),
)

OPENED = sa.Table(
    "leadscore_opened",
    METADATA,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("lead_id", sa.Text, primary_key=True),
    sa.Column("by", sa.Text, primary_key=True),
)

POSTED_EVENTS = sa.Table(
    "leadscore_events",
    METADATA,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("lead_id", sa.Text, index=True),  # empty where an event is of all leads of its account
    sa.Column("account_id", sa.Text),
    sa.Column("occurred_at", sa.DateTime, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("asset", sa.Text),
    sa.Column("campaign", sa.Text),
    sa.Column("value", sa.Double),
    sa.Column("by", sa.Text, nullable=False),  # the client that posted it
    sa.Column("posted_at", sa.DateTime, nullable=False),
)

REQUESTS = sa.Table(
    "leadscore_requests",
    METADATA,
    sa.Column("client", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),  # by which the client knows its request again
    sa.Column("digest", sa.Text, nullable=False),  # of the body
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("status", sa.Integer),  # of the answer; empty while there is none
    sa.Column("answer", sa.Text),
)

AUDIT = sa.Table(
    "leadscore_audit",
    METADATA,
    sa.Column("audit_id", sa.Integer, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("lead_id", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),  # JSON
)

OF_ONE_LEAD = (
    *(SCORES, RECOMMENDED, ACCOUNT_SCORES, SIMILAR, DELIVERIES, ALERTS),
    *(FEEDBACK, OVERRIDES, OPENED, POSTED_EVENTS, AUDIT),
)
"""All tables whose rows are about one lead each, by its id."""

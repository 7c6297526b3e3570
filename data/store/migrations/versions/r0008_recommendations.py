"""What to do with each lead, by which rule, and what it is worth; verdicts that hold until a day and can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
IS_OPEN = sa.text("outcome = 'open'")
WORTH_A_CALL = sa.text("outcome = 'open' AND recommendation IN ('call now', 'call this week')")


def upgrade() -> None:
    for name, kind in (("recommendation", sa.Text), ("decided_by", sa.Text)):
        op.add_column("leadscore_scores", sa.Column(name, kind))
    for name in ("expected_amount", "expected_value"):
        op.add_column("leadscore_scores", sa.Column(name, sa.Double))
    for name in ("last_activity", "last_touch"):
        op.add_column("leadscore_scores", sa.Column(name, sa.DateTime))
    by_value = [sa.text("expected_value DESC"), sa.text("lead_id DESC")]
    op.create_index(
        "leadscore_valued_leads", "leadscore_scores", by_value, postgresql_where=IS_OPEN, sqlite_where=IS_OPEN
    )
    op.create_index(
        "leadscore_worth_a_call",
        "leadscore_scores",
        ["lead_id"],
        postgresql_where=WORTH_A_CALL,
        sqlite_where=WORTH_A_CALL,
    )
    op.add_column("leadscore_deliveries", sa.Column("recommendation", sa.Text))
    for name, kind in (("until", sa.Date), ("undone_at", sa.DateTime), ("undone_by", sa.Text)):
        op.add_column("leadscore_feedback", sa.Column(name, kind))
    op.create_table(
        "leadscore_recommendations",
        sa.Column("lead_id", sa.Text, primary_key=True),
        sa.Column("recommendation", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("place", sa.Integer),
        sa.Column("by", sa.Text),
        sa.Column("until", sa.Date),
    )

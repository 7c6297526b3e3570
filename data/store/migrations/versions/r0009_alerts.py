"""Alerts of leads: each once per crossing, with its receipt."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "leadscore_alerts",
        sa.Column("alert_id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("lead_id", sa.Text, nullable=False),
        sa.Column("crossing", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("reason", sa.Text),
    )
    op.create_index("leadscore_alert_once", "leadscore_alerts", ["kind", "lead_id", "crossing"], unique=True)
    op.create_table(
        "leadscore_alerted",
        sa.Column("one", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Integer, nullable=False),
    )

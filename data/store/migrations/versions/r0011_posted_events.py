"""Events that come by the API, and requests that may come again: each counts once."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "leadscore_events",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("lead_id", sa.Text, index=True),
        sa.Column("account_id", sa.Text),
        sa.Column("occurred_at", sa.DateTime, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("asset", sa.Text),
        sa.Column("campaign", sa.Text),
        sa.Column("value", sa.Double),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("posted_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "leadscore_requests",
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text),
    )

"""How old a lead is, its chance within several times, the score of its account, and the won deals that are like it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name in ("days_in_stage", "age_days"):
        op.add_column("leadscore_scores", sa.Column(name, sa.Integer))
    for days in (30, 60, 90, 180):
        op.add_column("leadscore_scores", sa.Column(f"within_{days}", sa.Double))
    op.add_column("leadscore_deliveries", sa.Column("account_score", sa.SmallInteger))
    op.create_table(
        "leadscore_account_scores",
        sa.Column("lead_id", sa.Text, primary_key=True),
        sa.Column("account_score", sa.SmallInteger, nullable=False),
    )
    op.create_table(
        "leadscore_similar_deals",
        sa.Column("lead_id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("deals", sa.Text, nullable=False),
    )

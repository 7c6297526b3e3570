"""Leads that the configured tables no longer have, and which runs read those."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("leadscore_runs", sa.Column("configured", sa.Boolean))
    op.create_table(
        "leadscore_gone",
        sa.Column("lead_id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Integer, nullable=False),
    )

"""The settings of the last run: where its leads are, and how they were read."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("leadscore_runs", sa.Column("settings", sa.Text))

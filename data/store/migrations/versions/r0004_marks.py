"""The trigger and the disqualifier that decided what becomes of each lead."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for name in ("triggered_by", "disqualified_by"):
        op.add_column("leadscore_scores", sa.Column(name, sa.Text))

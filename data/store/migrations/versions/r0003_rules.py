"""The persona of each lead, and every rule that fired for it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("persona", "rules"):
        op.add_column("leadscore_scores", sa.Column(name, sa.Text))

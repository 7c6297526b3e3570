"""Runs, model versions, the versions of scores, and deliveries to the CRM."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _make_runs()
    _make_scores()
    _make_deliveries()


def _make_runs() -> None:
    op.create_table(
        "leadscore_runs",
        sa.Column("run_id", sa.Integer, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("scored", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("message", sa.Text),
    )
    op.create_table(
        "leadscore_model_versions",
        sa.Column("model_version", sa.Text, primary_key=True),
        sa.Column("concepts", sa.Text, nullable=False),
        sa.Column("features", sa.Text, nullable=False),
    )


def _make_scores() -> None:
    op.create_table(
        "leadscore_scores",
        sa.Column("lead_id", sa.Text, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("score", sa.SmallInteger, nullable=False),
        sa.Column("band", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("fit", sa.Text, nullable=False),
        sa.Column("engagement", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("contributions", sa.LargeBinary, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("lead_id", "run_id"),
    )
    is_open = sa.text("outcome = 'open'")
    op.create_index(
        "leadscore_open_leads", "leadscore_scores", ["score"], postgresql_where=is_open, sqlite_where=is_open
    )


def _make_deliveries() -> None:
    op.create_table(
        "leadscore_deliveries",
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("lead_id", sa.Text, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("target", "lead_id"),
    )

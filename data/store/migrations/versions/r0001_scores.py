"""Runs, model versions, current scores, their history, scores that come in, and deliveries to the CRM."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Integer, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("scored", sa.Integer),
        sa.Column("changed", sa.Integer),
        sa.Column("message", sa.Text),
    )
    op.create_table(
        "model_versions",
        sa.Column("model_version", sa.Text, primary_key=True),
        sa.Column("concepts", sa.Text, nullable=False),
        sa.Column("features", sa.Text, nullable=False),
    )
    op.create_table("scores", _lead(), *_score_columns(), sa.PrimaryKeyConstraint("lead_id"))
    op.create_index("scores_by_probability", "scores", ["outcome", "probability"])
    op.create_table("score_history", _lead(), *_score_columns(), sa.PrimaryKeyConstraint("lead_id", "run_id"))
    # What is on its way needs no crash safety: a run that was cut off begins anew.
    unlogged = ["UNLOGGED"] if op.get_bind().dialect.name == "postgresql" else []
    op.create_table("scores_incoming", _lead(), *_score_columns(), prefixes=unlogged)
    op.create_table(
        "deliveries",
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


def _lead() -> sa.Column:
    return sa.Column("lead_id", sa.Text, nullable=False)


def _score_columns() -> list[sa.Column]:
    return [
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("run_as_of", sa.DateTime, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("as_of", sa.DateTime, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("score", sa.SmallInteger, nullable=False),
        sa.Column("band", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("fit", sa.Text, nullable=False),
        sa.Column("engagement", sa.Text, nullable=False),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("model_version", sa.Text, nullable=False),
        sa.Column("contributions", sa.LargeBinary, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("digest", sa.BigInteger, nullable=False),
    ]

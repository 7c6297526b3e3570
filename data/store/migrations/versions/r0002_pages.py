"""What the pages need: by what sales knows a lead, what people said and did, and indexes in the order of the list."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
OPEN = sa.text("outcome = 'open'")


def upgrade() -> None:
    for name in ("company", "owner", "source"):
        op.add_column("leadscore_scores", sa.Column(name, sa.Text))
    _make_indexes()
    _make_people()
    _make_audit()


def _make_indexes() -> None:
    """The order of the list holds for each owner, too; companies are looked up by how they begin."""
    op.drop_index("leadscore_open_leads", "leadscore_scores")
    hottest = [sa.text(f"{name} DESC") for name in ("score", "probability", "lead_id")]
    _make_index("leadscore_open_leads", hottest)
    _make_index("leadscore_owned_leads", [sa.text("owner"), *hottest])
    letter_by_letter = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    _make_index("leadscore_companies", [sa.text(f"(lower(company){letter_by_letter})")])


def _make_index(name: str, columns: list) -> None:
    op.create_index(name, "leadscore_scores", columns, postgresql_where=OPEN, sqlite_where=OPEN)


def _make_people() -> None:
    op.create_table(
        "leadscore_feedback",
        sa.Column("feedback_id", sa.Integer, primary_key=True),
        sa.Column("lead_id", sa.Text, nullable=False, index=True),
        sa.Column("given_at", sa.DateTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
    )
    op.create_table(
        "leadscore_overrides",
        sa.Column("override_id", sa.Integer, primary_key=True),
        sa.Column("lead_id", sa.Text, nullable=False, index=True),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("set_at", sa.DateTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("undone_at", sa.DateTime),
        sa.Column("undone_by", sa.Text),
    )
    op.create_table(
        "leadscore_opened",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("lead_id", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("day", "lead_id", "by"),
    )


def _make_audit() -> None:
    op.create_table(
        "leadscore_audit",
        sa.Column("audit_id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("lead_id", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )

"""Of each lead at most one override is in force, and at most one run is under way: the database itself refuses more."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
IN_FORCE = sa.text("undone_at IS NULL")
RUNNING = sa.text("status = 'running'")


def upgrade() -> None:
    _undo_earlier_overrides()
    _end_earlier_runs()
    _make_unique("leadscore_override_in_force", "leadscore_overrides", "lead_id", IN_FORCE)
    _make_unique("leadscore_run_under_way", "leadscore_runs", "status", RUNNING)


def _make_unique(name: str, table: str, column: str, where: sa.TextClause) -> None:
    op.create_index(name, table, [column], unique=True, postgresql_where=where, sqlite_where=where)


def _undo_earlier_overrides() -> None:
    """Two people at once could both set one: the later stands, and the earlier is undone by whoever set the later."""
    overrides = sa.table("leadscore_overrides", *map(sa.column, ("override_id", "lead_id", "by", "set_at")))
    overrides.append_column(sa.column("undone_at"))
    overrides.append_column(sa.column("undone_by"))
    later = overrides.alias("later")
    replaced = sa.and_(
        later.c.lead_id == overrides.c.lead_id,
        later.c.undone_at.is_(None),
        later.c.override_id > overrides.c.override_id,
    )
    next_one = sa.select(later.c.by).where(replaced).order_by(later.c.override_id).limit(1).scalar_subquery()
    then = sa.select(later.c.set_at).where(replaced).order_by(later.c.override_id).limit(1).scalar_subquery()
    earlier = sa.and_(overrides.c.undone_at.is_(None), sa.exists().where(replaced))
    op.execute(sa.update(overrides).where(earlier).values(undone_at=then, undone_by=next_one))


def _end_earlier_runs() -> None:
    op.execute(
        "UPDATE leadscore_runs SET status = 'interrupted' WHERE status = 'running' AND run_id < "
        "(SELECT max(run_id) FROM leadscore_runs WHERE status = 'running')"
    )

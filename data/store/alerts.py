"""Alerts of leads: what crossed a bar in the runs since the last look, once each, with a receipt of what was sent.

Which crossings there are follows from the scores of runs that are done, as the outbox does: a watcher that is killed
after a run finds its crossings again, and a rule of the database keeps each of them to one alert.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from data.store.store import DONE, Store, newest_done, rows, take_turn
from data.store.tables import ALERTED, ALERTS, RUNS, SCORES

WAITING, SENT, DEAD = "waiting", "sent", "dead"
SEEN = ("lead_id", "owner", "outcome", "band", "triggered_by")
Row = dict[str, Any]


@dataclass(frozen=True)
class Alert:
    """Something that a person should know: its kind, of which lead (or account), at which crossing, and whose it is."""

    kind: str
    lead_id: str
    crossing: str
    owner: str | None = None


@dataclass(frozen=True)
class AlertBook:
    """The alerts of a store."""

    store: Store

    def begin(self) -> None:
        """Let the alerts begin with the runs that come: what stood before the first watch alerts nobody."""
        with self.store.transaction(writing=True) as connection:
            take_turn(connection, "alerts")
            if connection.execute(sa.select(ALERTED.c.run_id)).first() is None:
                connection.execute(sa.insert(ALERTED).values(one=1, run_id=newest_done(connection)))

    def catch_up(self, crossings: Callable[[pd.DataFrame], Iterable[Alert]]) -> int:
        """Add the alerts of all runs since the last time; return how many there are.

        ``crossings`` is given the versions of scores since then, each beside the one before it: the columns
        ``run_id``, ``model_version`` and `SEEN`, and the same with ``_before`` (missing for a new lead).
        """
        with self.store.transaction(writing=True) as connection:
            take_turn(connection, "alerts")
            newest = newest_done(connection)
            since = connection.execute(sa.select(ALERTED.c.run_id)).scalar_one()
            if newest <= since:
                return 0
            added = _insert(connection, crossings(pd.read_sql(_versions_since(since, newest), connection)))
            connection.execute(sa.update(ALERTED).values(run_id=newest))
            return added

    def add(self, alerts: Iterable[Alert]) -> int:
        """Add alerts that do not come of scores; return how many of them are new."""
        with self.store.transaction(writing=True) as connection:
            return _insert(connection, alerts)

    def waiting(self, now: datetime) -> list[Row]:
        """Return the alerts that are due, the oldest first, each with the score that it is about (None: an account)."""
        about = sa.and_(SCORES.c.lead_id == ALERTS.c.lead_id, sa.cast(SCORES.c.run_id, sa.Text) == ALERTS.c.crossing)
        names = ("company", "probability", "score", "stage", "triggered_by")
        score = [SCORES.c[name] for name in names]
        query = sa.select(ALERTS, *score).select_from(ALERTS.join(SCORES, about, isouter=True))
        due = query.where(ALERTS.c.status == WAITING, ALERTS.c.due_at <= now).order_by(ALERTS.c.alert_id)
        with self.store.transaction() as connection:
            return rows(connection, due)

    def sent_since(self, owner: str | None, since: datetime) -> int:
        """Return how many alerts of an owner were sent since a moment."""
        of_owner = ALERTS.c.owner.is_(None) if owner is None else ALERTS.c.owner == owner
        query = sa.select(sa.func.count()).where(of_owner, ALERTS.c.status == SENT, ALERTS.c.sent_at >= since)
        with self.store.transaction() as connection:
            return connection.execute(query).scalar_one()

    def record_sent(self, alerts: Sequence[int], now: datetime) -> None:
        """Keep a receipt of alerts that were sent."""
        self._update(alerts, status=SENT, sent_at=now, reason=None, attempts=ALERTS.c.attempts + 1)

    def record_failed(self, alerts: Sequence[int], reason: str, due_at: datetime | None) -> None:
        """Keep why alerts could not be sent, and when to try again; None: never."""
        again = {"due_at": due_at} if due_at else {"status": DEAD}
        self._update(alerts, reason=reason, attempts=ALERTS.c.attempts + 1, **again)

    def counts(self) -> dict[str, int]:
        """Return how many alerts wait, are sent and are dead."""
        query = sa.select(ALERTS.c.status, sa.func.count().label("alerts")).group_by(ALERTS.c.status)
        with self.store.transaction() as connection:
            counted = {row["status"]: row["alerts"] for row in rows(connection, query)}
        return {status: counted.get(status, 0) for status in (WAITING, SENT, DEAD)}

    def _update(self, alerts: Sequence[int], **values: Any) -> None:
        with self.store.transaction(writing=True) as connection:
            connection.execute(sa.update(ALERTS).where(ALERTS.c.alert_id.in_(alerts)).values(**values))


def _versions_since(since: int, newest: int) -> sa.Select:
    """Return a query for the versions of scores after a run and up to another, each beside the one before it."""
    run, earlier, earlier_run = RUNS.alias("run"), SCORES.alias("earlier"), RUNS.alias("earlier_run")
    done = sa.select(RUNS.c.run_id).where(RUNS.c.status == DONE)
    number_before = (
        sa.select(sa.func.max(earlier.c.run_id))
        .where(earlier.c.lead_id == SCORES.c.lead_id, earlier.c.run_id < SCORES.c.run_id, earlier.c.run_id.in_(done))
        .where(earlier.c.run_id > 0)
        .scalar_subquery()
    )
    before = SCORES.alias("before")
    names = [SCORES.c.run_id, run.c.model_version, earlier_run.c.model_version.label("model_version_before")]
    seen = [column for name in SEEN for column in (SCORES.c[name], before.c[name].label(f"{name}_before"))]
    joined = (
        SCORES.join(run, run.c.run_id == SCORES.c.run_id)
        .join(before, sa.and_(before.c.lead_id == SCORES.c.lead_id, before.c.run_id == number_before), isouter=True)
        .join(earlier_run, earlier_run.c.run_id == before.c.run_id, isouter=True)
    )
    between = sa.and_(SCORES.c.run_id > since, SCORES.c.run_id <= newest, run.c.status == DONE)
    return sa.select(*names, *seen).select_from(joined).where(between).order_by(SCORES.c.run_id, SCORES.c.lead_id)


def _insert(connection: Connection, alerts: Iterable[Alert]) -> int:
    """Add the alerts that are not there yet."""
    now = datetime.now(UTC).replace(tzinfo=None)
    new = {"made_at": now, "due_at": now, "status": WAITING, "attempts": 0}
    values = [{**vars(alert), **new} for alert in alerts]
    if not values:
        return 0
    insert = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[connection.dialect.name](ALERTS)
    before = connection.execute(sa.select(sa.func.count()).select_from(ALERTS)).scalar_one()
    connection.execute(insert.on_conflict_do_nothing(), values)
    return connection.execute(sa.select(sa.func.count()).select_from(ALERTS)).scalar_one() - before

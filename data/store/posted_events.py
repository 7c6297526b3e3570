"""Events that programs post: each once by its id, and read beside the table of events by every later run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from data.sources import connected, engine_of, is_absent
from data.store.store import Store
from data.store.tables import POSTED_EVENTS

READ = ("event_id", "lead_id", "account_id", "occurred_at", "type", "asset", "campaign", "value")
TYPES = {"occurred_at": "datetime64[us]", "value": "float64"}


def add_events(store: Store, events: Sequence[Mapping[str, Any]], by: str) -> int:
    """Add events, with the fields `READ`; return how many are new: those of an id that is known change nothing."""
    posted = {"by": by, "posted_at": datetime.now(UTC).replace(tzinfo=None)}
    first = {event["event_id"]: {**event, **posted} for event in reversed(events)}
    with store.transaction(writing=True) as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        count = sa.select(sa.func.count()).select_from(POSTED_EVENTS)
        before = connection.execute(count).scalar_one()
        connection.execute(insert(POSTED_EVENTS).on_conflict_do_nothing(), list(first.values()))
        return connection.execute(count).scalar_one() - before


def posted_events(address: str) -> pd.DataFrame:
    """Return all events that were posted to the store at an address, in the order in which they occurred."""
    columns = [POSTED_EVENTS.c[name] for name in READ]
    rows: Sequence[Any] = []
    if not is_absent(address):
        engine = engine_of(address)
        try:
            with connected(engine, address) as connection:
                if sa.inspect(connection).has_table(POSTED_EVENTS.name):
                    query = sa.select(*columns).order_by(POSTED_EVENTS.c.occurred_at, POSTED_EVENTS.c.event_id)
                    rows = connection.execute(query).all()
        finally:
            engine.dispose()
    texts = dict.fromkeys((name for name in READ if name not in TYPES), "str")
    return pd.DataFrame(rows, columns=list(READ)).astype(texts | TYPES)


def newest_posted(store: Store) -> datetime | None:
    """Return when an event was last posted; None before the first."""
    with store.transaction() as connection:
        return connection.execute(sa.select(sa.func.max(POSTED_EVENTS.c.posted_at))).scalar_one()

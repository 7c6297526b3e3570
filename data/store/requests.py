"""Requests that a program may send again, since it does not know whether the first came through: each is done once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from data.store.store import Store, rows, take_turn
from data.store.tables import REQUESTS

KEPT = timedelta(days=1)
"""How long a request is known again."""
LONGEST = timedelta(minutes=1)
"""How long a request is waited for: one that took longer was cut off."""


@dataclass(frozen=True)
class KnownRequest:
    """A request that came before: what its body was, and how it was answered; None while it is not."""

    digest: str
    status: int | None
    answer: str | None


def claim_request(store: Store, client: str, key: str, digest: str) -> KnownRequest | None:
    """Return the request of a client that came before by that key; else remember this one, and return None."""
    now, mine = _now(), _of(client, key)
    with store.transaction(writing=True) as connection:
        take_turn(connection, f"request {client} {key}")
        connection.execute(sa.delete(REQUESTS).where(REQUESTS.c.at < now - KEPT))
        connection.execute(sa.delete(REQUESTS).where(mine, REQUESTS.c.status.is_(None), REQUESTS.c.at < now - LONGEST))
        known = rows(connection, sa.select(REQUESTS.c.digest, REQUESTS.c.status, REQUESTS.c.answer).where(mine))
        if known:
            return KnownRequest(**known[0])
        connection.execute(sa.insert(REQUESTS).values(client=client, key=key, digest=digest, at=now))
    return None


def settle_request(store: Store, client: str, key: str, status: int, answer: str) -> None:
    """Remember how a request was answered."""
    with store.transaction(writing=True) as connection:
        connection.execute(sa.update(REQUESTS).where(_of(client, key)).values(status=status, answer=answer))


def drop_request(store: Store, client: str, key: str) -> None:
    """Forget a request that failed: it may come again."""
    with store.transaction(writing=True) as connection:
        connection.execute(sa.delete(REQUESTS).where(_of(client, key)))


def _of(client: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(REQUESTS.c.client == client, REQUESTS.c.key == key)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

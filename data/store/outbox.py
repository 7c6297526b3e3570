"""What the CRM does not know yet: scores whose digest is not that of the last delivery, and receipts of what was sent.

Nothing is queued, so nothing can be lost: what is pending follows from the scores and the receipts. A run that is
killed between the CRM and the receipt sends these records once more, and the CRM has them once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from data import bulk
from data.store import Store
from data.store.tables import DELIVERIES, SCORES

DELIVERED, DEAD = "delivered", "dead"
Row = dict[str, Any]


@dataclass(frozen=True)
class Outbox:
    """The deliveries of a store to one target."""

    store: Store
    target: str

    def count(self) -> int:
        """Return how many scores are to be sent."""
        return self._number(sa.select(sa.func.count()).select_from(self._scores_and_receipts()).where(self._pending()))

    def pending(self, limit: int, after: str = "") -> list[Row]:
        """Return scores to be sent, by id, those ``after`` one; ``attempts`` counts the earlier ones."""
        attempts = sa.func.coalesce(DELIVERIES.c.attempts, 0).label("attempts")
        query = sa.select(SCORES, attempts).select_from(self._scores_and_receipts())
        query = query.where(self._pending(), SCORES.c.lead_id > after).order_by(SCORES.c.lead_id).limit(limit)
        with self.store.transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def record(self, sent: Sequence[Row], refused: Mapping[str, str]) -> None:
        """Keep a receipt of each score that was sent; ``refused`` maps the ids of those refused to the reason."""
        if not sent:
            return
        now = datetime.now(UTC).replace(tzinfo=None)
        receipts = [
            {
                "target": self.target,
                "lead_id": row["lead_id"],
                "digest": row["digest"],
                "run_id": row["run_id"],
                "status": DEAD if row["lead_id"] in refused else DELIVERED,
                "attempts": row["attempts"] + 1,
                "reason": refused.get(row["lead_id"]),
                "at": now,
            }
            for row in sent
        ]
        with self.store.transaction() as connection:
            rows = pa.Table.from_pylist(receipts, _RECEIPTS)
            bulk.upsert(connection, DELIVERIES, ("target", "lead_id"), rows)

    def dead(self) -> list[Row]:
        """Return the records that the target refused, with the reason."""
        query = sa.select(DELIVERIES).where(self._is_dead()).order_by(DELIVERIES.c.lead_id)
        with self.store.transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def dead_count(self) -> int:
        return self._number(sa.select(sa.func.count()).select_from(DELIVERIES).where(self._is_dead()))

    def retry(self) -> int:
        """Let the refused records be sent again; return how many they are."""
        with self.store.transaction() as connection:
            return connection.execute(sa.delete(DELIVERIES).where(self._is_dead())).rowcount

    def _scores_and_receipts(self) -> sa.FromClause:
        mine = sa.and_(DELIVERIES.c.lead_id == SCORES.c.lead_id, DELIVERIES.c.target == self.target)
        return SCORES.outerjoin(DELIVERIES, mine)

    def _pending(self) -> sa.ColumnElement[bool]:
        return sa.or_(DELIVERIES.c.digest.is_(None), DELIVERIES.c.digest != SCORES.c.digest)

    def _is_dead(self) -> sa.ColumnElement[bool]:
        return sa.and_(DELIVERIES.c.target == self.target, DELIVERIES.c.status == DEAD)

    def _number(self, query: sa.Select) -> int:
        with self.store.transaction() as connection:
            return connection.execute(query).scalar_one()


_RECEIPTS = pa.schema(
    [
        *((name, pa.string()) for name in ("target", "lead_id")),
        *((name, pa.int64()) for name in ("digest", "run_id")),
        ("status", pa.string()),
        ("attempts", pa.int64()),
        ("reason", pa.string()),
        ("at", pa.timestamp("us")),
    ]
)

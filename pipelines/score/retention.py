"""retention: what is older than the settings allow and no longer current is erased after each scoring run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from data.sources import Replica
from data.staging import REPLICA, erase_older
from data.store import Store
from data.workspace import Workspace


def erase_old(store: Store, workspace: Workspace, days: int | None, *, now: datetime | None = None) -> dict[str, int]:
    """Erase history, receipts and quarantined rows older than so many days; return how many of each, by place.

    Nothing is erased where ``days`` is None. ``now`` (naive UTC) is the present by default.
    """
    if days is None:
        return {}
    replica = Replica(workspace.root / REPLICA)
    oldest = (now or datetime.now(UTC).replace(tzinfo=None)) - timedelta(days=days)
    copies = replica.forget() if replica.is_older(oldest) else 0  # a source that is read no more
    return {**store.erase_older(oldest), "quarantine": erase_older(workspace.quarantine, oldest), "copies": copies}

"""Accounts: which companies are active, how they came, what they view, and how far their leads are, if any."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from funnel.rates import NOT_GIVEN, Kinds
from funnel.stages import Journeys

NO_LEAD = "no lead yet"
"""In the place of the stage of an account without a lead."""


@dataclass(frozen=True)
class Account:
    """A company with the activities of all its people in the last days; ``channel`` brought its first lead.

    ``score`` is what its best open lead scores by itself, a disqualified one only where all are; None where none is
    open or scored. One without a lead is there by its activities. `pipelines.score.accounts` scores accounts with the
    activity of all their people.
    """

    account_id: str
    company: str
    channel: str
    leads: int
    open: int
    stage: str
    score: int | None
    activities: int
    last_activity: pd.Timestamp
    viewed: tuple[str, ...]


def accounts(
    journeys: Journeys, active: pd.DataFrame, scores: pd.DataFrame, came_by: Sequence[Kinds]
) -> tuple[Account, ...]:
    """Roll up what is known of accounts, in their order.

    ``scores`` has ``score`` and ``disqualified_by`` of open leads, by ``lead_id``.

    ``active`` has ``account_id``, ``company``, ``activities``, ``last_activity``, ``viewed`` and ``positions`` of the
    leads, as `funnel.tables.FunnelTables.accounts` returns them; ``came_by`` are the kinds of leads that name a
    channel.
    """
    position = journeys.leads["position"].to_numpy()
    return tuple(
        _account(journeys, row, np.searchsorted(position, row["positions"]), scores, came_by)
        for row in active.to_dict("records")
    )


def _account(
    journeys: Journeys, row: Mapping[Hashable, Any], rows: np.ndarray, scores: pd.DataFrame, came_by: Sequence[Kinds]
) -> Account:
    is_open = ~journeys.won[rows] & ~journeys.lost[rows]
    own = scores[scores.index.isin(journeys.leads["lead_id"].iloc[rows[is_open]])]
    # Who is disqualified may score high, and is nobody to call: it counts only where there is nobody else.
    qualifies = own["disqualified_by"].fillna("") == ""
    best = own["score"][qualifies if qualifies.any() else ~qualifies].max()
    channels = (kinds.names[kinds.codes[rows[0]]] for kinds in came_by)
    furthest = int(journeys.reached[rows].sum(axis=1).max()) - 1
    return Account(
        account_id=row["account_id"],
        company=row["company"] if isinstance(row["company"], str) else "",
        channel=", ".join(name for name in channels if name != NOT_GIVEN),
        leads=len(rows),
        open=int(is_open.sum()),
        stage=journeys.stages[furthest].name,
        score=None if pd.isna(best) else int(best),
        activities=int(row["activities"]),
        last_activity=row["last_activity"],
        viewed=tuple(row["viewed"]),
    )


def without_lead(active: pd.DataFrame) -> tuple[Account, ...]:
    """Return accounts that have no lead, as `funnel.tables.FunnelTables.accounts_without_lead` returns them.

    >>> visits = {"account_id": "acme", "activities": 8, "last_activity": pd.Timestamp("2025-03-01")}
    >>> visits["types"] = [("pricing_visit", 2), ("site_visit", 6)]
    >>> account = without_lead(pd.DataFrame([visits]))[0]
    >>> account.viewed, account.stage
    (('6 × site_visit', '2 × pricing_visit'), 'no lead yet')
    """
    return tuple(
        Account(
            account_id=row["account_id"],
            company="",
            channel="",
            leads=0,
            open=0,
            stage=NO_LEAD,
            score=None,
            activities=int(row["activities"]),
            last_activity=row["last_activity"],
            viewed=tuple(f"{times:,} × {name}" for name, times in sorted(row["types"], key=lambda each: -each[1])),
        )
        for row in active.to_dict("records")
    )

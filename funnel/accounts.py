"""Accounts: which companies are active, how they came, what they view, and how far their leads are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from funnel.rates import NOT_GIVEN, Kinds
from funnel.stages import Journeys


@dataclass(frozen=True)
class Account:
    """A company with the activities of all its people in the last days; ``channel`` brought its first lead.

    ``score`` is what its best open lead scores by itself, a disqualified one only where all are; None where none is
    open or scored. `pipelines.score.accounts` scores accounts with the activity of all their people.
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

"""Similar won deals: which they are lives in the score store, whose won leads they are; so `forget` erases it too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection

from data.store import Store, deals_like, newest_scores_of
from models.scoring import Scorer, SimilarDeal, WonDeal, WonDeals, decode_contributions, decode_reasons

Row = Mapping[str, Any]
AT_ONCE = 20_000
"""Leads that are compared with the won deals at once."""


def won_deals(store: Store, scorer: Scorer) -> WonDeals:
    """Return the won deals that were scored by the scorer's version; those of others have other concepts."""
    rows = store.won(scorer.version)
    return _deals(rows, scorer, store.codebook(scorer.version).features if rows else ())


def keep_similar_deals(store: Store, scorer: Scorer) -> int:
    """Keep with each score of an open lead which won deals it is like; return how many scores had none."""
    deals = won_deals(store, scorer)
    if not deals.deals:
        return 0

    def nearest(contributions: list[bytes]) -> list[list[tuple[str, float]]]:
        return deals.nearest(np.stack([decode_contributions(stored) for stored in contributions]))

    return store.keep_similar(nearest, scorer.version, AT_ONCE)


def kept_deals(
    connection: Connection, lead: Row, scorer: Scorer, features: Sequence[str]
) -> list[tuple[SimilarDeal, str | None]]:
    """Return the won deals that were kept with the stored score of a lead, each with its company.

    ``scorer`` is that of the version that made the score, ``features`` the names behind its codes. Deals that were
    forgotten, or scored by another version since, are left out.
    """
    near = deals_like(connection, lead["lead_id"])
    rows = newest_scores_of(connection, [deal for deal, _ in near])
    of_version = [row for row in rows if row["model_version"] == lead["model_version"]]
    if not of_version:
        return []
    deals = _deals(of_version, scorer, features)
    similar = deals.compared(near, decode_reasons([lead["reasons"]], deals.features, scorer.narrator))
    companies = {row["lead_id"]: row["company"] for row in of_version}
    return [(deal, companies[deal.lead_id]) for deal in similar]


def _deals(rows: Iterable[Row], scorer: Scorer, features: Sequence[str]) -> WonDeals:
    is_timed = scorer.horizon is not None
    deals = [
        WonDeal(
            lead_id=row["lead_id"],
            as_of=row["as_of"] if is_timed else None,
            contributions=decode_contributions(row["contributions"]),
            reasons=row["reasons"],
        )
        for row in rows
    ]
    return WonDeals(deals, features, scorer.narrator)

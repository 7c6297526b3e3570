"""Similar won deals: the index lives in the score store, whose won leads it is made of; so `forget` erases it too."""

from __future__ import annotations

from data.store import Store
from models.scoring import Scorer, WonDeal, WonDeals, decode_contributions


def won_deals(store: Store, scorer: Scorer) -> WonDeals:
    """Return the won deals that were scored by the scorer's version; those of others have other concepts."""
    is_timed = scorer.horizon is not None
    deals = [
        WonDeal(
            lead_id=row["lead_id"],
            as_of=row["as_of"] if is_timed else None,
            contributions=decode_contributions(row["contributions"]),
            reasons=row["reasons"],
        )
        for row in store.won(scorer.version)
    ]
    return WonDeals(deals, store.codebook(scorer.version).features if deals else (), scorer.narrator)

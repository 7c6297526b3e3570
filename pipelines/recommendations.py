"""recommendations: what is decided of leads by people and by their owners' weeks, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from data.config import Settings
from data.store import (
    Store,
    keep_account_scores,
    keep_decisions,
    standing_overrides,
    standing_verdicts,
    worth_calling,
)

Row = Mapping[str, Any]
DECISION = ("recommendation", "decided_by")


def plan_of(settings: Settings, account_scores: pd.DataFrame | None = None) -> partial[None]:
    """Return what decides on the leads of today within a transaction, by the capacity of the settings.

    The scores of accounts, where they are written back, are kept in the same moment.
    """
    return partial(_plan, per_owner=settings.capacity.per_owner_per_week, account_scores=account_scores)


def plan(store: Store, settings: Settings) -> None:
    """Decide anew on the leads of today: somebody said something of one, or a day has come."""
    with store.transaction(writing=True) as connection:
        plan_of(settings)(connection)


def _plan(connection: Connection, per_owner: int | None, account_scores: pd.DataFrame | None) -> None:
    from models.scoring import plan_week  # pages that show a list need none of what scores

    today = datetime.now(UTC).date()
    said = standing_verdicts(connection), standing_overrides(connection)
    keep_decisions(connection, plan_week(worth_calling(connection), *said, per_owner, today))
    if account_scores is not None:
        keep_account_scores(connection, account_scores)


def recommendation_of(lead: Row, settings: Settings, decision: Row | None = None) -> dict[str, str]:
    """Return what to do with a lead, by which rule, and why in a sentence; ``decision`` stands before its own."""
    from models.scoring import rule_in_words, sentence_of

    decided = {**lead, **(decision or {})}
    return {
        "recommendation": settings.recommendation_name(decided["recommendation"]),
        "rule": rule_in_words(decided["decided_by"]),
        "sentence": sentence_of(decided),
    }


def with_recommendations(scores: pa.Table, decisions: Mapping[str, Row], settings: Settings) -> pa.Table:
    """Return scores as a file has them, what was decided of open leads in the place of what each alone decides.

    ``recommendation_rule`` is the rule that decided, in words.
    """
    from models.scoring import rule_in_words

    alone = scores.select(["lead_id", *DECISION]).to_pandas()
    is_open = alone["recommendation"] != ""
    is_decided = is_open & alone["lead_id"].isin(decisions)
    by_more = {name: [decisions.get(lead, {}).get(name) for lead in alone["lead_id"]] for name in DECISION}
    final = {name: alone[name].mask(is_decided, pd.Series(values, dtype="str")) for name, values in by_more.items()}
    recommendations = final["recommendation"].map(settings.recommendation_name)
    rules = final["decided_by"].map(rule_in_words)
    texts = [pa.array(column, pa.string()) for column in (recommendations, rules)]
    place = scores.column_names.index("recommendation")
    others = scores.drop_columns([*DECISION])
    return others.add_column(place, "recommendation", texts[0]).add_column(place + 1, "recommendation_rule", texts[1])

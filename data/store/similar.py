"""Which won deals each open lead is like: kept with its score, so that no page has to look for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection

from data.sinks import bulk
from data.store.tables import SCORES, SIMILAR

Deals = Sequence[tuple[str, float]]
"""The ids of won leads, each with its distance: the nearest first."""


def without_deals(connection: Connection, scores: sa.Select, *, after: str, count: int) -> Sequence[sa.Row]:
    """Return the first of the current ``scores`` behind an id that have no similar deals yet: a score has its own.

    Each has ``lead_id``, ``run_id`` and ``contributions``.
    """
    of_score = sa.and_(SIMILAR.c.lead_id == SCORES.c.lead_id, SIMILAR.c.run_id == SCORES.c.run_id)
    columns = (SCORES.c.lead_id, SCORES.c.run_id, SCORES.c.contributions)
    wanted = scores.join(SIMILAR, of_score, isouter=True).where(SIMILAR.c.lead_id.is_(None), SCORES.c.lead_id > after)
    return connection.execute(wanted.with_only_columns(*columns).order_by(SCORES.c.lead_id).limit(count)).all()


def keep_deals(connection: Connection, run_ids: Mapping[str, int], deals: Sequence[Deals]) -> None:
    """Keep the similar deals of leads; ``run_ids`` says, by lead, in which run the score was made."""
    texts = [json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in deals]
    rows = pa.table({"lead_id": [*run_ids], "run_id": pa.array(run_ids.values(), pa.int32()), "deals": texts})
    bulk.upsert(connection, SIMILAR, ("lead_id",), rows)


def deals_like(connection: Connection, lead_id: str) -> Deals:
    """Return the won deals that a lead is like; none where none is known."""
    text = connection.execute(sa.select(SIMILAR.c.deals).where(SIMILAR.c.lead_id == lead_id)).scalar()
    return [(deal, distance) for deal, distance in json.loads(text or "[]")]


def leave_out_deal(connection: Connection, lead_id: str) -> None:
    """Take a lead that is to be forgotten out of the deals that others are like."""
    quoted = json.dumps(lead_id, ensure_ascii=False)
    naming = sa.select(SIMILAR.c.lead_id, SIMILAR.c.deals).where(SIMILAR.c.deals.contains(quoted, autoescape=True))
    for other, text in connection.execute(naming).all():
        left = json.dumps([deal for deal in json.loads(text) if deal[0] != lead_id], ensure_ascii=False)
        connection.execute(sa.update(SIMILAR).where(SIMILAR.c.lead_id == other).values(deals=left))

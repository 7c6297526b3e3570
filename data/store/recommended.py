"""What is recommended for open leads: what the lead alone decides, unless people or its owner's week decided more.

The store keeps what was decided (`leadscore_recommendations`); `models.scoring.plan_week` decides it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection

from data.sinks import bulk
from data.store.store import current, rows
from data.store.tables import ACCOUNT_SCORES, FEEDBACK, OVERRIDES, RECOMMENDED, SCORES
from data.vocabulary import CALL_NOW, CALL_THIS_WEEK

WORTH_A_CALL = sa.text(f"{SCORES.name}.recommendation IN ('{CALL_NOW}', '{CALL_THIS_WEEK}')")
"""Written out, as in the index of such leads: else it is not used."""
_IS_DECIDED = sa.and_(SCORES.c.outcome == "open", RECOMMENDED.c.lead_id.is_not(None))
RECOMMENDATION = sa.case((_IS_DECIDED, RECOMMENDED.c.recommendation), else_=SCORES.c.recommendation).label(
    "recommendation"
)
DECIDED_BY = sa.case((_IS_DECIDED, RECOMMENDED.c.decided_by), else_=SCORES.c.decided_by).label("decided_by")
OF_SENTENCES = tuple(SCORES.c[name] for name in ("triggered_by", "disqualified_by", "fit", "engagement"))
"""What the sentence about a recommendation speaks of, beside chance and value."""
DECIDED = (RECOMMENDATION, DECIDED_BY, RECOMMENDED.c.place, RECOMMENDED.c.by, RECOMMENDED.c.until)
"""What holds for a lead, where `RECOMMENDED` is joined (`with_decisions`)."""
Row = dict[str, Any]


def with_decisions(scores: sa.Select) -> sa.Select:
    """Join what was decided of leads to a query for their scores."""
    return scores.join(RECOMMENDED, RECOMMENDED.c.lead_id == SCORES.c.lead_id, isouter=True)


def worth_calling(connection: Connection) -> pd.DataFrame:
    """Return the open leads that are to be called by themselves."""
    names = ("lead_id", "owner", "recommendation", "decided_by", "expected_value", "probability")
    query = current(connection).with_only_columns(*(SCORES.c[name] for name in names)).where(WORTH_A_CALL)
    return pd.read_sql(query, connection).astype({"expected_value": "float64"})


def standing_verdicts(connection: Connection) -> pd.DataFrame:
    """Return the verdicts that nobody undid, the oldest first."""
    columns = [FEEDBACK.c[name] for name in ("lead_id", "verdict", "given_at", "by", "until")]
    query = (
        sa.select(*columns).where(FEEDBACK.c.undone_at.is_(None)).order_by(FEEDBACK.c.given_at, FEEDBACK.c.feedback_id)
    )
    return pd.DataFrame(rows(connection, query), columns=[column.name for column in columns], dtype=object)


def standing_overrides(connection: Connection) -> pd.DataFrame:
    """Return what people set by hand and nobody undid."""
    columns = [OVERRIDES.c[name] for name in ("lead_id", "disposition", "by")]
    query = sa.select(*columns).where(OVERRIDES.c.undone_at.is_(None))
    return pd.DataFrame(rows(connection, query), columns=[column.name for column in columns], dtype=object)


def keep_decisions(connection: Connection, decisions: pd.DataFrame) -> None:
    """Let these decisions hold in the place of all before."""
    connection.execute(sa.delete(RECOMMENDED))
    stated = decisions.astype(object).where(decisions.notna(), None)
    if len(stated):
        names = tuple(map(str, stated))
        connection.execute(sa.insert(RECOMMENDED), [dict(zip(names, row, strict=True)) for row in stated.to_numpy()])


def keep_account_scores(connection: Connection, scores: pd.DataFrame) -> None:
    """Let these scores of accounts hold in the place of all before: ``lead_id`` of an open lead, ``account_score``."""
    connection.execute(sa.delete(ACCOUNT_SCORES))
    bulk.load(connection, ACCOUNT_SCORES, pa.Table.from_pandas(scores, preserve_index=False))


def decisions_on(connection: Connection, lead_ids: Sequence[str] | None = None) -> dict[str, Row]:
    """Return what was decided of leads, by their ids: of some, or of all."""
    query = sa.select(RECOMMENDED)
    if lead_ids is not None:
        query = query.where(RECOMMENDED.c.lead_id.in_(lead_ids))
    return {row["lead_id"]: row for row in rows(connection, query)}


def count_calls(connection: Connection) -> dict[str, int]:
    """Count the open leads that are to be called, by their source: an empty name where none is given."""
    open_leads = with_decisions(current(connection)).where(RECOMMENDATION.element.in_((CALL_NOW, CALL_THIS_WEEK)))
    source = sa.func.coalesce(SCORES.c.source, "").label("source")
    query = open_leads.with_only_columns(source, sa.func.count().label("leads")).group_by(source)
    return {row.source: row.leads for row in connection.execute(query)}


def this_week(connection: Connection, owner: str = "") -> list[Row]:
    """Return the open leads to be called this week, of all owners or one, the highest expected value of each first."""
    names = (
        "lead_id",
        "company",
        "owner",
        "probability",
        "score",
        "band",
        "stage",
        "expected_value",
        "reasons",
        "as_of",
    )
    of_week = current(connection).join(RECOMMENDED, RECOMMENDED.c.lead_id == SCORES.c.lead_id)
    columns = [SCORES.c[name] for name in names]
    shown = of_week.with_only_columns(*columns, SCORES.c.run_id, *DECIDED, *OF_SENTENCES).where(
        RECOMMENDED.c.recommendation.in_((CALL_NOW, CALL_THIS_WEEK))
    )
    if owner:
        shown = shown.where(SCORES.c.owner == owner)
    by_value = sa.func.coalesce(SCORES.c.expected_value, SCORES.c.probability).desc()
    return rows(connection, shown.order_by(sa.func.coalesce(SCORES.c.owner, ""), by_value, SCORES.c.lead_id))

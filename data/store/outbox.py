"""What the CRM does not know yet: scores whose digest is not that of the last delivery, and receipts of what was sent.

Open leads alone are sent. One that has ended since is sent once more, so that the CRM does not show it as ready for
ever, and is then left alone; what ended before it was ever sent stays unsent.

One that the target no longer has is left alone until its score is another.

Nothing is queued, so nothing can be lost: what is pending follows from the scores and the receipts. A run that is
killed between the CRM and the receipt sends these records once more, and the CRM has them once.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection

from data.config import Alternatives, FieldTest
from data.sinks import GONE, bulk
from data.store.recommended import DECIDED, RECOMMENDATION, with_decisions
from data.store.store import GRADE, Store, newest_of_all, rows
from data.store.tables import ACCOUNT_SCORES, DELIVERIES, RUNS, SCORES
from data.vocabulary import ACCOUNT_SCORE, ASKED_NUMBERS

DELIVERED, ENDED, DEAD, ABSENT = "delivered", "ended", "dead", "gone"
OPEN = "open"
COMPARED = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
WHOLE_NUMBERS = dict.fromkeys(("days_in_stage", "age_days", ACCOUNT_SCORE), "Int64")
"""What may be missing: it stays a whole number all the same."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Outbox:
    """The deliveries of a store to one target.

    ``where`` is what a lead must be to be sent for the first time; what the target has is kept up to date.
    """

    store: Store
    target: str
    where: Alternatives = ()

    def count(self, *, retry: bool = False) -> int:
        """Return how many scores are to be sent; with those that were refused where they are to be tried again."""
        with self.store.transaction() as connection:
            pending = self._pending(connection, SCORES.c.lead_id, retry=retry).subquery()
            return connection.execute(sa.select(sa.func.count()).select_from(pending)).scalar_one()

    def pending(self, size: int, *, retry: bool = False) -> Generator[pd.DataFrame]:
        """Yield what `count` counts, so many scores at a time; ``attempts`` counts earlier ones."""
        with self.store.transaction() as connection:
            left_out = ("contributions", "recommendation", "decided_by")
            columns = [*(column for column in SCORES.columns if column.name not in left_out), *DECIDED]
            columns.append(ACCOUNT_SCORES.c[ACCOUNT_SCORE])
            query = self._pending(connection, *columns, retry=retry)
            options = {"stream_results": True, "yield_per": size}
            with closing(connection.execute(query, execution_options=options)) as result:
                for batch in result.partitions():
                    yield pd.DataFrame(map(tuple, batch), columns=list(result.keys())).astype(WHOLE_NUMBERS)

    def record(self, sent: pd.DataFrame, refused: Mapping[str, str]) -> None:
        """Keep a receipt of each score that was sent; ``refused`` maps the ids of those refused to the reason."""
        reasons = sent["lead_id"].map(refused)
        receipts = sent[["lead_id", "digest", "run_id", "recommendation", ACCOUNT_SCORE]].assign(
            target=self.target,
            status=np.select(
                [reasons == GONE, reasons.notna(), sent["outcome"] == OPEN], [ABSENT, DEAD, DELIVERED], default=ENDED
            ),
            attempts=sent["attempts"] + 1,
            reason=reasons.astype("str"),
            at=datetime.now(UTC).replace(tzinfo=None),
        )
        with self.store.transaction(writing=True) as connection:
            table = pa.Table.from_pandas(receipts, preserve_index=False)
            bulk.upsert(connection, DELIVERIES, ("target", "lead_id"), table)

    def dead(self, count: int) -> list[Row]:
        """Return the first of the records that the target refused, with the reason."""
        query = sa.select(DELIVERIES).where(self._is_dead()).order_by(DELIVERIES.c.lead_id).limit(count)
        with self.store.transaction() as connection:
            return rows(connection, query)

    def dead_count(self) -> int:
        query = sa.select(sa.func.count()).select_from(DELIVERIES).where(self._is_dead())
        with self.store.transaction() as connection:
            return connection.execute(query).scalar_one()

    def begin_anew(self) -> None:
        """Forget all receipts, so that all scores are sent again: the target is new."""
        with self.store.transaction(writing=True) as connection:
            connection.execute(sa.delete(DELIVERIES).where(DELIVERIES.c.target == self.target))

    def _pending(self, connection: Connection, *columns: sa.ColumnElement, retry: bool) -> sa.Select:
        """Return a query for the current scores of open leads without a receipt of the same digest, and what has ended.

        A lead has ended where the CRM still has it as open, also one that is gone from the tables: its outcome is then
        ``gone``. One that ended, and is open again, is sent again.
        """
        receipt = sa.and_(DELIVERIES.c.lead_id == SCORES.c.lead_id, DELIVERIES.c.target == self.target)
        changed = DELIVERIES.c.digest != SCORES.c.digest
        unknown = sa.or_(
            DELIVERIES.c.digest.is_(None),
            changed,
            DELIVERIES.c.recommendation.is_distinct_from(RECOMMENDATION.element),
            DELIVERIES.c[ACCOUNT_SCORE].is_distinct_from(ACCOUNT_SCORES.c[ACCOUNT_SCORE]),
        )
        scores, is_gone = newest_of_all(connection)
        outcome = sa.case((is_gone, ABSENT), else_=SCORES.c.outcome).label("outcome")
        is_open, status = sa.and_(SCORES.c.outcome == OPEN, ~is_gone), DELIVERIES.c.status
        is_wanted = sa.or_(DELIVERIES.c.digest.is_not(None), _holds(self.where))
        to_send = sa.or_(
            sa.and_(is_open, sa.or_(unknown, status == ENDED), is_wanted), sa.and_(~is_open, status == DELIVERED)
        )
        to_send = sa.or_(to_send, self._is_dead()) if retry else to_send
        attempts = sa.func.coalesce(DELIVERIES.c.attempts, 0).label("attempts")
        wanted = (outcome if column is SCORES.c.outcome else column for column in columns)
        scored_at = RUNS.c.finished_at.label("scored_at")
        scores = scores.with_only_columns(*wanted, GRADE, RUNS.c.model_version, scored_at, attempts)
        of_account = ACCOUNT_SCORES.c.lead_id == SCORES.c.lead_id
        scores = with_decisions(scores).join(ACCOUNT_SCORES, of_account, isouter=True)
        return scores.join(DELIVERIES, receipt, isouter=True).where(to_send)

    def _is_dead(self) -> sa.ColumnElement[bool]:
        return sa.and_(DELIVERIES.c.target == self.target, DELIVERIES.c.status == DEAD)


def _holds(alternatives: Alternatives) -> sa.ColumnElement[bool]:
    """Return the condition in SQL; it holds of all scores where nothing is asked for."""
    if not alternatives:
        return sa.true()
    return sa.or_(*(sa.and_(*map(_compared, comparisons)) for comparisons in alternatives))


def _compared(comparison: FieldTest) -> sa.ColumnElement[bool]:
    """Compare a field as what it is, a number or a text; a field without a value is like an empty text."""
    column: sa.ColumnElement = SCORES.c[comparison.field]
    if comparison.field in ASKED_NUMBERS:
        values: list[float] | list[str] = [float(value) for value in comparison.values]
    else:
        column, values = sa.func.coalesce(column, ""), [*comparison.values]
    if comparison.operator in ("in", "not in"):
        return column.in_(values) if comparison.operator == "in" else column.not_in(values)
    return COMPARED[comparison.operator](column, values[0])

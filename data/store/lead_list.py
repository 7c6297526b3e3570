"""Leads as the pages list them: filtered, sorted by score, a page at a time, and counted.

All queries see the scores of one run that is done, and nothing of one that is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from data.store.recommended import DECIDED, RECOMMENDATION, with_decisions
from data.store.store import (
    DONE,
    GRADE,
    HOTTEST_FIRST,
    IS_OPEN,
    USE_DAYS,
    Store,
    as_of_run,
    current,
    rows,
    with_closed,
)
from data.store.tables import OPENED, OVERRIDES, RUNS, SCORES
from data.vocabulary import RECOMMENDATIONS

WEEK = timedelta(days=7)
LAST_CHARACTER = "\U0010ffff"
MOST_MATCHES = 1_000
"""Versions of scores that a search looks up by id, and by company; where more begin so, it walks the list."""
COUNTED = ("band", "disposition", "fit", "engagement", "stage", "source", "persona", "outcome")
SHOWN = [column for column in SCORES.columns if column.name not in ("contributions", "digest")]
LISTED = [
    *(column for column in SHOWN if column.name not in ("outcome", "persona", "rules", "recommendation", "decided_by")),
    *DECIDED,
]
BY_VALUE, BY_RECOMMENDATION = "value", "recommendation"
VALUE_FIRST = (SCORES.c.expected_value, SCORES.c.lead_id)
"""The columns of the index by expected value, all falling."""
URGENCIES = {name: -place for place, name in enumerate(RECOMMENDATIONS)}
URGENCY = sa.case(URGENCIES, value=RECOMMENDATION.element, else_=-len(URGENCIES)).label("urgency")
URGENT_FIRST = (URGENCY.element, SCORES.c.probability, SCORES.c.lead_id)
"""The order by recommendation, all falling: no index has it, for people decide as well."""
ORDERS: dict[str, tuple[sa.ColumnElement, ...]] = {BY_VALUE: VALUE_FIRST, BY_RECOMMENDATION: URGENT_FIRST}
Row = dict[str, Any]


@dataclass(frozen=True)
class Filters:
    """Which open leads are listed; empty texts ask for nothing.

    ``week`` is ``up`` or ``down``: the score has risen, or fallen, within the last seven days before the newest run.
    ``q`` is how a lead's id or company begins. ``order`` is ``value`` where the highest expected value comes
    first, and ``recommendation`` where the most urgent recommendation does.
    """

    band: str = ""
    disposition: str = ""
    fit: str = ""
    engagement: str = ""
    stage: str = ""
    source: str = ""
    persona: str = ""
    owner: str = ""
    recommendation: str = ""
    week: str = ""
    q: str = ""
    order: str = ""

    def active(self) -> dict[str, str]:
        """Return the filters that ask for something."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Cursor:
    """Where a page ends: the key of its last lead."""

    score: int
    probability: float
    lead_id: str

    def __str__(self) -> str:
        """Return it as it stands in an address.

        >>> str(Cursor(90, 0.25, "a:b"))
        '90:0.25:a:b'
        """
        return f"{self.score}:{self.probability!r}:{self.lead_id}"

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """Read what `str` wrote; None for anything else.

        >>> Cursor.parse("90:0.25:a:b"), Cursor.parse("90"), Cursor.parse("101:nan:a")
        (Cursor(score=90, probability=0.25, lead_id='a:b'), None, None)
        """
        score, _, rest = text.partition(":")
        probability, _, lead_id = rest.partition(":")
        try:
            cursor = cls(int(score), float(probability), lead_id)
        except ValueError:
            return None
        return cursor if 0 <= cursor.score <= 100 and 0 <= cursor.probability <= 1 else None


@dataclass(frozen=True)
class ValueCursor:
    """Where a page ends whose leads are in the order of their expected value."""

    expected_value: float
    lead_id: str

    def __str__(self) -> str:
        """Return it as it stands in an address.

        >>> str(ValueCursor(1250.5, "a:b"))
        '1250.5:a:b'
        """
        return f"{self.expected_value!r}:{self.lead_id}"

    @classmethod
    def parse(cls, text: str) -> ValueCursor | None:
        """Read what `str` wrote; None for anything else.

        >>> ValueCursor.parse("1250.5:a:b"), ValueCursor.parse("inf:a"), ValueCursor.parse("")
        (ValueCursor(expected_value=1250.5, lead_id='a:b'), None, None)
        """
        value, _, lead_id = text.partition(":")
        try:
            cursor = cls(float(value), lead_id)
        except ValueError:
            return None
        return cursor if isfinite(cursor.expected_value) else None


@dataclass(frozen=True)
class UrgencyCursor:
    """Where a page ends whose leads are in the order of their recommendations."""

    urgency: int
    probability: float
    lead_id: str

    def __str__(self) -> str:
        """Return it as it stands in an address.

        >>> str(UrgencyCursor(-1, 0.25, "a:b"))
        '-1:0.25:a:b'
        """
        return f"{self.urgency}:{self.probability!r}:{self.lead_id}"

    @classmethod
    def parse(cls, text: str) -> UrgencyCursor | None:
        """Read what `str` wrote; None for anything else.

        >>> UrgencyCursor.parse("-1:0.25:a:b"), UrgencyCursor.parse("7:0.25:a"), UrgencyCursor.parse("")
        (UrgencyCursor(urgency=-1, probability=0.25, lead_id='a:b'), None, None)
        """
        urgency, _, rest = text.partition(":")
        probability, _, lead_id = rest.partition(":")
        try:
            cursor = cls(int(urgency), float(probability), lead_id)
        except ValueError:
            return None
        return cursor if -len(URGENCIES) <= cursor.urgency <= 0 <= cursor.probability <= 1 else None


AnyCursor = Cursor | ValueCursor | UrgencyCursor
CURSORS: dict[str, type[AnyCursor]] = {BY_VALUE: ValueCursor, BY_RECOMMENDATION: UrgencyCursor}


def cursor_of(filters: Filters, lead: Row) -> AnyCursor:
    """Return where a list by these filters goes on behind a lead."""
    if filters.order == BY_RECOMMENDATION:
        urgency = URGENCIES.get(lead["recommendation"], -len(URGENCIES))
        return UrgencyCursor(urgency, lead["probability"], lead["lead_id"])
    if filters.order == BY_VALUE:
        return ValueCursor(lead["expected_value"] or 0.0, lead["lead_id"])
    return Cursor(lead["score"], lead["probability"], lead["lead_id"])


def cursor_in(filters: Filters, text: str) -> AnyCursor | None:
    """Read where a list by these filters goes on; None at its beginning."""
    return CURSORS.get(filters.order, Cursor).parse(text)


@dataclass(frozen=True)
class Newest:
    """The newest run that is done, and that of a week before (0: there is none so old)."""

    run_id: int
    as_of: datetime
    finished_at: datetime
    model_version: str
    week_before: int


def newest(connection: Connection) -> Newest | None:
    """Return the newest run that is done; None before the first."""
    done = sa.select(RUNS).where(RUNS.c.status == DONE).order_by(RUNS.c.run_id.desc()).limit(1)
    runs = rows(connection, done)
    if not runs:
        return None
    (run,) = runs
    old = sa.and_(RUNS.c.status == DONE, RUNS.c.as_of <= run["as_of"] - WEEK, RUNS.c.run_id < run["run_id"])
    before = connection.execute(sa.select(sa.func.max(RUNS.c.run_id)).where(old)).scalar_one() or 0
    return Newest(run["run_id"], run["as_of"], run["finished_at"], run["model_version"], week_before=before)


def lead_page(
    connection: Connection, filters: Filters, run: Newest, *, after: AnyCursor | None, count: int
) -> list[Row]:
    """Return the open leads that pass, in their order, from behind a cursor on."""
    behind = {f"after_{name}": value for name, value in vars(after).items()} if after else {}
    query = _query(connection, filters, is_onward=after is not None)
    return rows(connection, query, **_values(filters, run), **behind, count=count)


def stream_leads(store: Store, filters: Filters, size: int) -> Iterator[list[Row]]:
    """Yield all that `lead_page` would return, so many at a time, as of one run; with the dispositions in force."""
    with store.transaction() as connection:
        run = newest(connection)
        if run is None:
            return
        query = _query(connection, filters, is_onward=False).limit(None)
        options = {"stream_results": True, "yield_per": size}
        result = connection.execute(query, _values(filters, run), execution_options=options)
        for chunk in result.mappings().partitions():
            leads = with_trend(connection, [dict(row) for row in chunk], run)
            overrides = overrides_of(connection, [lead["lead_id"] for lead in leads])
            yield [lead | {"disposition": overrides.get(lead["lead_id"], lead["disposition"])} for lead in leads]


def _query(connection: Connection, filters: Filters, *, is_onward: bool) -> sa.Select:
    is_walked = bool(filters.q) and _is_walked(connection, filters)
    return _passing(tuple(filters.active()), filters.week, filters.order, is_onward, is_walked, connection.dialect.name)


def _is_walked(connection: Connection, filters: Filters) -> bool:
    """Return whether more versions begin so than are searched by index: leads would then be missed."""
    ways = _ways(SCORES, connection.dialect.name)
    too_many = (sa.select(sa.literal(1)).where(way).offset(MOST_MATCHES).limit(1).exists() for way in ways)
    return bool(connection.execute(sa.select(sa.or_(*too_many)), _search(filters)).scalar_one())


def _search(filters: Filters) -> dict[str, object]:
    return {"q": filters.q, "q_end": filters.q + LAST_CHARACTER}


def _values(filters: Filters, run: Newest) -> dict[str, object]:
    """Return the values of a query that `_passing` made, but for those of its page."""
    return {**filters.active(), **_search(filters), "newest": run.run_id, "week_before": run.week_before}


@lru_cache(256)
def _passing(
    names: tuple[str, ...], way: str, order_by: str, is_onward: bool, is_walked: bool, dialect: str
) -> sa.Select:
    """Return the query for leads by filters of these names; made once, for making it takes longer than its answer."""
    query = as_of_run(sa.bindparam("newest", type_=sa.Integer))
    query = with_decisions(query.with_only_columns(*LISTED, GRADE, RUNS.c.model_version)).where(IS_OPEN)
    for name in names:
        if name not in ("week", "q", "order"):
            query = query.where(FILTERED.get(name, SCORES.c.get(name)) == sa.bindparam(name))
    if way:
        query = query.where(*_moved(way))
    if "q" in names:
        query = query.where(_walked(dialect) if is_walked else _by_index(dialect))
    order = ORDERS.get(order_by, HOTTEST_FIRST)
    query = query.where(SCORES.c.expected_value.is_not(None)) if order_by == BY_VALUE else query
    if is_onward:
        names_of = [field.name for field in fields(CURSORS.get(order_by, Cursor))]
        pairs = zip(names_of, order, strict=True)
        after = (sa.bindparam(f"after_{name}", type_=column.type) for name, column in pairs)
        query = query.where(sa.tuple_(*order) < sa.tuple_(*after))
    return query.order_by(*(column.desc() for column in order)).limit(sa.bindparam("count", type_=sa.Integer))


def _disposition() -> sa.ColumnElement[str]:
    """Return a lead's disposition: a person's, where one set it, else the model's."""
    override = sa.select(OVERRIDES.c.disposition).where(
        OVERRIDES.c.lead_id == SCORES.c.lead_id, OVERRIDES.c.undone_at.is_(None)
    )
    return sa.func.coalesce(override.limit(1).scalar_subquery(), SCORES.c.disposition)


FILTERED: dict[str, sa.ColumnElement[str]] = {
    "disposition": _disposition(),
    "recommendation": RECOMMENDATION.element,
}
"""What a filter goes by where that is more than the score's own column."""


def _moved(way: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what holds for leads whose score is another than a week ago: only those have a newer version."""
    old, week_before = SCORES.alias("old"), sa.bindparam("week_before", type_=sa.Integer)
    before = (
        sa.select(old.c.score)
        .where(old.c.lead_id == SCORES.c.lead_id, old.c.run_id <= week_before)
        .order_by(old.c.run_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    moved = {"up": SCORES.c.score > before, "down": SCORES.c.score < before}
    return SCORES.c.run_id > week_before, moved.get(way, sa.false())


def _by_index(dialect: str) -> sa.ColumnElement[bool]:
    """Return what holds for the first leads whose id or company begins so: each is searched in an index of its own."""
    match = SCORES.alias("match")
    matches = (sa.select(match.c.lead_id).where(way).limit(MOST_MATCHES).subquery() for way in _ways(match, dialect))
    return SCORES.c.lead_id.in_(sa.union(*(sa.select(each.c.lead_id) for each in matches)))


def _walked(dialect: str) -> sa.ColumnElement[bool]:
    """Return what holds for every lead whose id or company begins so; the index is that of the list."""
    lead, company = _named(SCORES, dialect)
    return sa.or_(_between(lead + ""), _between(company + "", sa.func.lower))


def _ways(scores: sa.FromClause, dialect: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """Return what holds for versions whose id begins so, and for those of an open lead whose company does."""
    lead, company = _named(scores, dialect)
    # Written out, as in the index on the companies of open leads: else it is not used.
    is_open = sa.text(f"{scores.name}.outcome = 'open'")  # type: ignore[attr-defined]
    return _between(lead), sa.and_(_between(company, sa.func.lower), is_open)


def _named(scores: sa.FromClause, dialect: str) -> tuple[sa.ColumnElement[str], sa.ColumnElement[str]]:
    lead, company = scores.c.lead_id, sa.func.lower(scores.c.company)
    return (lead.collate("C"), company.collate("C")) if dialect == "postgresql" else (lead, company)


def _between(column: sa.ColumnElement[str], fold: Callable[[Any], Any] = lambda text: text) -> sa.ColumnElement[bool]:
    text, end = (sa.bindparam(name, type_=sa.Text) for name in ("q", "q_end"))
    return sa.and_(column >= fold(text), column < fold(end))


def with_trend(connection: Connection, leads: Sequence[Row], run: Newest) -> list[Row]:
    """Add ``change``: by how much each score rose since a week before the newest run; None where it is newer."""
    ids = [lead["lead_id"] for lead in leads if lead["run_id"] > run.week_before]
    query = (
        sa.select(SCORES.c.lead_id, SCORES.c.score)
        .where(SCORES.c.lead_id.in_(ids), SCORES.c.run_id <= run.week_before)
        .order_by(SCORES.c.run_id)
    )
    before = {row.lead_id: row.score for row in connection.execute(query)} if ids and run.week_before else {}
    return [lead | {"change": _change(lead, before, run)} for lead in leads]


def _change(lead: Row, before: dict[str, int], run: Newest) -> int | None:
    if lead["run_id"] <= run.week_before:
        return 0
    return lead["score"] - before[lead["lead_id"]] if lead["lead_id"] in before else None


def count_leads(connection: Connection) -> list[Row]:
    """Count all leads, the closed ones as they stood before: per band, disposition, grade, stage, source, persona and
    outcome.

    Each row has ``leads`` and the sum of their ``probability``.
    """
    by = [SCORES.c[name] for name in COUNTED]
    sums = sa.func.count().label("leads"), sa.func.sum(SCORES.c.probability).label("probability")
    return rows(connection, with_closed(connection).with_only_columns(*by, *sums).group_by(*by))


def override_corrections(connection: Connection) -> list[Row]:
    """Return what `count_leads` has to be moved by for the open leads whose disposition a person set.

    One row takes the lead away where the model has it, and one counts it where the person has it.
    """
    shown = [*(SCORES.c[name] for name in COUNTED), SCORES.c.probability, OVERRIDES.c.disposition.label("override")]
    query = current(connection).join(OVERRIDES, OVERRIDES.c.lead_id == SCORES.c.lead_id).with_only_columns(*shown)
    corrections: list[Row] = []
    for row in rows(connection, query.where(OVERRIDES.c.undone_at.is_(None))):
        disposition = row.pop("override")
        corrections.append(row | {"leads": -1, "probability": -row["probability"]})
        corrections.append(row | {"leads": 1, "disposition": disposition})
    return corrections


def sample_contributions(connection: Connection, model_version: str, count: int) -> list[bytes]:
    """Return what each concept adds to the log-odds of some leads by a model version, packed."""
    of_version = with_closed(connection).with_only_columns(SCORES.c.contributions)
    query = of_version.where(RUNS.c.model_version == model_version).limit(count)
    return list(connection.execute(query).scalars())


def count_above(connection: Connection, thresholds: Sequence[float]) -> list[Row]:
    """Return, for each threshold, how many open leads have that probability or more, and the ``wins`` it promises."""
    is_open = current(connection).with_only_columns(SCORES.c.probability).subquery()
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(is_open.c.probability), 0.0))
    counts = (connection.execute(query.where(is_open.c.probability >= each)).one() for each in thresholds)
    return [{"bar": each, "leads": leads, "wins": wins} for each, (leads, wins) in zip(thresholds, counts, strict=True)]


def history_of(connection: Connection, lead_id: str) -> list[Row]:
    """Return the versions of a lead's score that count, the newest first."""
    made_by = sa.and_(RUNS.c.run_id == SCORES.c.run_id, RUNS.c.status == DONE)
    query = sa.select(*SHOWN, GRADE, RUNS.c.model_version, RUNS.c.as_of.label("run_as_of"))
    of_lead = query.select_from(SCORES.join(RUNS, made_by)).where(SCORES.c.lead_id == lead_id)
    return rows(connection, of_lead.order_by(SCORES.c.run_id.desc()))


def newest_scores_of(connection: Connection, lead_ids: Sequence[str]) -> list[Row]:
    """Return the newest score of each of some leads, closed or not; of leads that have none, nothing."""
    return rows(connection, with_closed(connection).where(SCORES.c.lead_id.in_(lead_ids))) if lead_ids else []


def overrides_of(connection: Connection, lead_ids: Sequence[str]) -> dict[str, str]:
    """Return the disposition that a person gave to each of some leads, where one did."""
    in_force = sa.and_(OVERRIDES.c.lead_id.in_(lead_ids), OVERRIDES.c.undone_at.is_(None))
    query = sa.select(OVERRIDES.c.lead_id, OVERRIDES.c.disposition).where(in_force)
    return {row.lead_id: row.disposition for row in connection.execute(query)}


def owners(connection: Connection) -> dict[str, int]:
    """Count the open leads of each owner, by name; leads that nobody owns are in none."""
    is_owned = current(connection).where(SCORES.c.owner.is_not(None), SCORES.c.owner != "")
    query = is_owned.with_only_columns(SCORES.c.owner, sa.func.count().label("leads")).group_by(SCORES.c.owner)
    return {row.owner: row.leads for row in connection.execute(query.order_by(SCORES.c.owner))}


def opened_lately(connection: Connection) -> int:
    """Return how many leads were opened on the pages within the last `USE_DAYS` days."""
    since = (datetime.now(UTC) - timedelta(days=USE_DAYS)).date()
    query = sa.select(sa.func.count(sa.distinct(OPENED.c.lead_id))).where(OPENED.c.day > since)
    return connection.execute(query).scalar_one()

"""The score store: scores in all their versions, the runs that made them, and what the CRM knows of them.

A run adds a version of each score that changed, chunk by chunk, each in a transaction. They count once the run is done,
which is one change of one row: so readers see all that a run scored or nothing of it, and a run that is killed leaves
what was there before. The current score of an open lead is its newest version of a run that is done; the others are
history. A lead that has closed, or is gone, has no current score: its newest version says how it ended, and how it
stood just before, which is what open leads are compared with.

A run that was asked for of a moment before that of the newest run that is done is of the past: the present stays as it
is. Its scores are all kept, and are what is known of its moment until the next run that is done. Its number is below
zero, so that it is never newer than anything, and no query for the present meets it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from data.config import Settings
from data.errors import LeadscoreError
from data.locks import one_run_at_a_time
from data.sinks import bulk
from data.sources import WRITING, connected, engine_of, require_dialect
from data.store.similar import Deals, keep_deals, leave_out_deal, without_deals
from data.store.tables import DELIVERIES, GONE, MODEL_VERSIONS, OF_ONE_LEAD, OPENED, RUNS, SCORES

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 7_305_814_277
"""The number of the advisory lock on PostgreSQL, by which runs on several machines know of each other."""
TURNS = 730_581_427
"""The first of two numbers of the locks by which changes of one thing follow each other there."""
DONE, OF_THE_PAST = "done", "past"
USE_DAYS = 30
"""Days within which leads that were opened on the pages are counted: scoring runs may be minutes apart."""
MOST_WON = 2_000
"""Won deals that open leads are compared with, the last ones: each lead is compared with each of them."""
IS_OPEN = sa.text(f"{SCORES.name}.outcome = 'open'")
"""Written out, for SQLite takes an index of open leads only where it reads that they are open."""
HOTTEST_FIRST = (SCORES.c.score, SCORES.c.probability, SCORES.c.lead_id)
"""The columns of that index, all falling."""
GRADE = (SCORES.c.fit + SCORES.c.engagement).label("grade")


@dataclass(frozen=True)
class Codebook:
    """What the codes in the scores of a model version mean: its concepts and its features, each in their order."""

    concepts: tuple[str, ...]
    features: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """A run under way: its number, that of the newest that is done (0: none), and whether its tables are configured."""

    run_id: int
    before: int
    configured: bool = True

    @property
    def is_of_the_past(self) -> bool:
        """Return whether the run is of a moment before that of the newest run that is done."""
        return self.run_id < 0


class Store:
    """The scores of one workspace; made by `open_store`."""

    def __init__(self, engine: Engine, address: str) -> None:
        self.engine = engine
        self.address = address

    @contextmanager
    def transaction(self, *, writing: bool = False) -> Iterator[Connection]:
        """Open a connection for one transaction; database errors come in plain words.

        With ``writing`` it waits for others who write before it reads anything.
        """
        with connected(self.engine, self.address) as connection:
            connection.execution_options(**{WRITING: writing})
            with connection.begin():
                yield connection

    def begin(
        self,
        *,
        as_of: datetime,
        model_version: str,
        codebook: Codebook,
        settings: Settings | None = None,
        stated: bool = False,
        configured: bool = True,
    ) -> Run:
        """Start a run with its settings; what runs left that never were done is dropped.

        ``stated`` says that somebody asked for the moment: one before that of the newest run is then of the past. Data
        that end earlier than before are still those of the present. ``configured`` says whether its leads come from
        configured tables, which alone say who is gone.
        """
        with self.transaction(writing=True) as connection:
            take_turn(connection, "begin a run")
            before = newest_done(connection)
            _drop_unfinished(connection, before)
            past = _number_of_the_past(connection, before, as_of) if stated else None
            names = {"concepts": json.dumps(codebook.concepts), "features": json.dumps(codebook.features)}
            connection.execute(sa.delete(MODEL_VERSIONS).where(MODEL_VERSIONS.c.model_version == model_version))
            connection.execute(sa.insert(MODEL_VERSIONS).values(model_version=model_version, **names))
            started = {"status": "running", "started_at": _now(), "as_of": as_of, "scored": 0, "changed": 0}
            started["configured"] = configured
            text = None if past or settings is None else settings.model_dump_json()
            number = {"run_id": past} if past else {}
            row = sa.insert(RUNS).values(model_version=model_version, settings=text, **started, **number)
            run_id = connection.execute(row).inserted_primary_key[0]  # type: ignore[index]
        return Run(run_id, 0 if past else before, configured)

    def add(self, run: Run, scores: pd.DataFrame) -> None:
        """Add those of a chunk of scores that changed; nobody sees them before `publish`.

        ``scores`` has the columns of `data.store.tables.SCORES` but ``run_id``; those that it lacks stay empty.
        """
        with self.transaction(writing=True) as connection:
            if connection.dialect.name == "postgresql":  # `publish` waits for the disk, and so for all before it
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            known = _digests(connection, run, scores["lead_id"]) if run.before else {}
            changed = _with_all_columns(_changed(scores, known).assign(run_id=run.run_id))
            bulk.load(connection, SCORES, pa.Table.from_pandas(changed, preserve_index=False))
            counts = {"scored": RUNS.c.scored + len(scores), "changed": RUNS.c.changed + len(changed)}
            _update_running(connection, run, counts)

    def publish(
        self,
        run: Run,
        *,
        gone: Collection[str] = (),
        back: Collection[str] = (),
        plan: Callable[[Connection], None] | None = None,
    ) -> int:
        """Let all see the scores of a run, and its settings as those of the last; return how many scores changed.

        From then on ``gone`` leads have no current score, and those that are ``back`` have one again; ``plan`` decides
        what follows for the leads of today, before anybody sees the scores. Of a run of the past nothing changes.
        """
        with self.transaction(writing=True) as connection:
            if run.is_of_the_past:
                _update_running(connection, run, {"status": OF_THE_PAST, "finished_at": _now()})
                return 0
            if back:
                connection.execute(
                    sa.delete(GONE).where(GONE.c.lead_id == sa.bindparam("back")), [{"back": lead} for lead in back]
                )
            if gone:
                connection.execute(sa.insert(GONE), [{"lead_id": lead, "run_id": run.run_id} for lead in gone])
            _update_running(connection, run, {"status": DONE, "finished_at": _now()})
            outdated = sa.and_(RUNS.c.run_id < run.run_id, RUNS.c.settings.is_not(None))
            connection.execute(sa.update(RUNS).where(outdated).values(settings=None))
            if plan:
                plan(connection)
            return connection.execute(sa.select(RUNS.c.changed).where(RUNS.c.run_id == run.run_id)).scalar_one()

    def expected_leads(self) -> pd.DataFrame:
        """Return the ``lead_id`` of the leads that configured tables had, and whether each is ``gone`` from there.

        What only files had that were given for one run is not expected anywhere.
        """
        of_tables = sa.and_(RUNS.c.run_id == SCORES.c.run_id, RUNS.c.status == DONE, RUNS.c.configured.is_not(False))
        leads = sa.select(SCORES.c.lead_id).distinct().select_from(SCORES.join(RUNS, of_tables)).subquery()
        query = sa.select(leads.c.lead_id, GONE.c.run_id.is_not(None).label("gone"))
        joined = query.select_from(leads.join(GONE, GONE.c.lead_id == leads.c.lead_id, isouter=True))
        with self.transaction() as connection:
            return pd.read_sql(joined, connection).astype({"lead_id": "str", "gone": bool})

    def fail(self, run: Run, message: str) -> None:
        """Record that a run failed, and why."""
        failed = {"status": "failed", "finished_at": _now(), "message": message}
        with self.transaction(writing=True) as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.run_id == run.run_id).values(failed))
            if run.is_of_the_past:  # the next run drops what has a higher number than the newest that is done
                connection.execute(sa.delete(SCORES).where(SCORES.c.run_id == run.run_id))

    def last_settings(self) -> Settings | None:
        """Return the settings of the newest run that is done, its moment as ``as_of``; None where there are none."""
        with self.transaction() as connection:
            last = sa.select(RUNS.c.settings, RUNS.c.as_of).where(RUNS.c.run_id == newest_done(connection))
            row = connection.execute(last).first()
        if row is None or row.settings is None:
            return None
        return Settings.model_validate_json(row.settings).model_copy(update={"as_of": row.as_of})

    def add_settings(self, settings: Settings) -> None:
        """Add settings to the newest run that is done, where it was made by a version that kept none here."""
        with self.transaction(writing=True) as connection:
            without = sa.and_(RUNS.c.run_id == newest_done(connection), RUNS.c.settings.is_(None))
            connection.execute(sa.update(RUNS).where(without).values(settings=settings.model_dump_json()))

    def runs(self) -> list[dict[str, Any]]:
        """Return all runs, the newest first."""
        with self.transaction() as connection:
            return rows(connection, sa.select(RUNS).order_by(RUNS.c.run_id.desc()))

    def runs_known(self, until: datetime) -> list[dict[str, Any]]:
        """Return the runs that are known of a moment, the newest first: one of the past where it is the last of then.

        Among several of the past the one of the latest moment counts, and of one moment the one that was made last.
        """
        with self.transaction() as connection:
            known = _known(connection, until)
            return rows(connection, sa.select(RUNS).where(known).order_by(RUNS.c.as_of.desc(), RUNS.c.run_id.desc()))

    def scores_of(self, lead_id: str) -> list[dict[str, Any]]:
        """Return the score of a lead and what it was before, the newest first; nothing for an unknown lead."""
        of_lead = versions().where(SCORES.c.lead_id == lead_id).order_by(SCORES.c.run_id.desc())
        with self.transaction() as connection:
            return rows(connection, of_lead)

    def hottest(self, count: int, until: datetime | None = None) -> list[dict[str, Any]]:
        """Return the open leads with the highest probability; the score, which has an index, rises with it.

        Here and below ``until`` (naive UTC) is a moment in the past: what was scored for later ones is left out.
        """
        with self.transaction() as connection:
            hottest_first = (column.desc() for column in HOTTEST_FIRST)
            leads = current(connection, until).order_by(*hottest_first)
            return rows(connection, leads.limit(count))

    def won(self, model_version: str) -> list[dict[str, Any]]:
        """Return the newest scores, by one model version, of the leads that were won: as they stood just before.

        The last `MOST_WON` of them, in the order of their ids.
        """
        with self.transaction() as connection:
            of_version = sa.and_(SCORES.c.outcome == "won", RUNS.c.model_version == model_version)
            last = with_closed(connection).where(of_version).order_by(SCORES.c.as_of.desc(), SCORES.c.lead_id)
            return sorted(rows(connection, last.limit(MOST_WON)), key=lambda row: row["lead_id"])

    def keep_similar(self, nearest: Callable[[list[bytes]], Sequence[Deals]], model_version: str, size: int) -> int:
        """Keep the won deals that open leads are like, of all scores by a model version that have none yet.

        ``nearest`` gives them for contributions as they are stored; it gets so many at a time. Returns how many scores
        had none.
        """
        after, count = "", 0
        while True:
            with self.transaction(writing=True) as connection:
                scores = current(connection).where(RUNS.c.model_version == model_version)
                leads = without_deals(connection, scores, after=after, count=size)
                if not leads:
                    return count
                deals = nearest([lead.contributions for lead in leads])
                keep_deals(connection, {lead.lead_id: lead.run_id for lead in leads}, deals)
            after, count = leads[-1].lead_id, count + len(leads)

    def leads_per_band(self, until: datetime | None = None) -> dict[str, int]:
        """Return how many open leads are hot, warm and cold."""
        with self.transaction() as connection:
            is_open = current(connection, until).subquery()
            counted = sa.select(is_open.c.band, sa.func.count().label("leads")).group_by(is_open.c.band)
            counts = {row["band"]: row["leads"] for row in rows(connection, counted)}
        return {band: counts.get(band, 0) for band in ("hot", "warm", "cold")}

    def open_totals(self, until: datetime | None = None) -> dict[str, dict[str, float | None]]:
        """Return, by band, how many ``leads`` are open, the ``wins`` that they promise, and their expected ``value``.

        The value is None where no amounts are known.
        """
        with self.transaction() as connection:
            is_open = current(connection, until).subquery()
            sums = (sa.func.sum(is_open.c[name]) for name in ("probability", "expected_value"))
            query = sa.select(is_open.c.band, sa.func.count(), *sums).group_by(is_open.c.band)
            totals = connection.execute(query).all()
        return {row[0]: dict(zip(("leads", "wins", "value"), row[1:], strict=True)) for row in totals}

    def crossings(self, bar: float, until: datetime | None = None) -> pd.DataFrame:
        """Return all versions of scores that reach a probability, or were ready: what is known since when of whom."""
        names = ("lead_id", "as_of", "probability", "fit", "disqualified_by", "disposition", "outcome")
        columns = [SCORES.c[name] for name in names]
        reached = sa.or_(SCORES.c.probability >= bar, SCORES.c.disposition == "ready")
        with self.transaction() as connection:
            known = RUNS.c.status == DONE if until is None else _known(connection, until)
            made_then = sa.select(*columns).select_from(SCORES.join(RUNS, RUNS.c.run_id == SCORES.c.run_id))
            return pd.read_sql(made_then.where(reached, known).order_by(RUNS.c.as_of, SCORES.c.run_id), connection)

    def open_scores(self, until: datetime | None = None) -> pd.DataFrame:
        """Return ``probability``, ``score``, ``fit`` and ``disqualified_by`` of the open leads, by ``lead_id``."""
        with self.transaction() as connection:
            names = ("lead_id", "probability", "score", "fit", "disqualified_by")
            query = current(connection, until).with_only_columns(*(SCORES.c[name] for name in names))
            return pd.read_sql(query, connection, index_col="lead_id")

    def opened(self, until: datetime | None = None) -> int:
        """Return how many of the open leads were opened on the pages within `USE_DAYS` days.

        For the present these are the last ones. For a moment in the past they end when the run after its last one was
        done: what was opened then is of later.
        """
        done = [run for run in self.runs() if run["status"] == DONE]
        known = [run for run in done if until is None or run["as_of"] <= until]
        if not known:
            return 0
        later = [run["finished_at"].date() for run in done if run["run_id"] > known[0]["run_id"]]
        end = min(later, default=_now().date() + timedelta(days=1))
        opened = sa.select(OPENED.c.lead_id).where(OPENED.c.day < end, OPENED.c.day >= end - timedelta(days=USE_DAYS))
        with self.transaction() as connection:
            query = current(connection, until).where(SCORES.c.lead_id.in_(opened))
            return connection.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()

    def personas(self, until: datetime | None = None) -> pd.Series:
        """Return the persona of each scored lead by ``lead_id``, empty for one that is like none; none without any."""
        with self.transaction() as connection:
            query = with_closed(connection, until).where(SCORES.c.persona.is_not(None))
            columns = query.with_only_columns(SCORES.c.lead_id, SCORES.c.persona)
            return pd.read_sql(columns, connection, index_col="lead_id")["persona"]

    def codebook(self, model_version: str) -> Codebook:
        """Return what the codes in scores of a model version mean."""
        query = sa.select(MODEL_VERSIONS).where(MODEL_VERSIONS.c.model_version == model_version)
        with self.transaction() as connection:
            (row,) = rows(connection, query)
        return Codebook(tuple(json.loads(row["concepts"])), tuple(json.loads(row["features"])))

    def kept_of(self, lead_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return all rows of a lead, by table; those of scores with the version of the model."""
        scores = sa.select(SCORES, RUNS.c.model_version).join(RUNS, RUNS.c.run_id == SCORES.c.run_id)
        with self.transaction() as connection:
            return {
                table.name.removeprefix("leadscore_"): rows(
                    connection, (scores if table is SCORES else sa.select(table)).where(table.c.lead_id == lead_id)
                )
                for table in OF_ONE_LEAD
            }

    def forget(self, lead_id: str) -> dict[str, int]:
        """Erase a lead from all tables; return how many rows of each it was in."""
        with self.transaction(writing=True) as connection:
            connection.execute(sa.delete(GONE).where(GONE.c.lead_id == lead_id))
            leave_out_deal(connection, lead_id)
            erased = {
                table.name.removeprefix("leadscore_"): connection.execute(
                    sa.delete(table).where(table.c.lead_id == lead_id)
                ).rowcount
                for table in OF_ONE_LEAD
            }
        self._scrub()
        return erased

    def erase_older(self, moment: datetime) -> dict[str, int]:
        """Erase scores of runs begun before a moment (naive UTC) that are no longer current, and receipts of that.

        The current score of each lead stays, however old, and so does the receipt of its delivery. Returns how many
        rows of each table were erased, all in one transaction.
        """
        with self.transaction(writing=True) as connection:
            erased = {
                name: connection.execute(query).rowcount
                for name, query in (("scores", _outdated_scores(moment)), ("deliveries", _outdated_deliveries(moment)))
            }
        if any(erased.values()):
            self._scrub()
        return erased

    def _scrub(self) -> None:
        """Let nothing of deleted rows stay in the files, as far as the database allows."""
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with connected(engine, self.address) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"VACUUM {', '.join(table.name for table in OF_ONE_LEAD)}")
            else:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def versions() -> sa.Select:
    """Return a query for all versions of scores that count, with model version and grade."""
    made_by = sa.and_(RUNS.c.run_id == SCORES.c.run_id, RUNS.c.status == DONE)
    return sa.select(SCORES, GRADE, RUNS.c.model_version).select_from(SCORES.join(RUNS, made_by))


def current(connection: Connection, until: datetime | None = None) -> sa.Select:
    """Return a query for the current scores, which open leads alone have.

    Of a moment in the past (``until``, naive UTC) these are the leads that were open then.
    """
    return with_closed(connection, until).where(IS_OPEN)


def with_closed(connection: Connection, until: datetime | None = None) -> sa.Select:
    """Return a query for the newest score of each lead that is not gone: of closed ones, as they stood just before.

    What counts is fixed here: a run that is done before the query is carried out is not seen in part. Of a moment in
    the past (``until``, naive UTC) only runs count whose ``as_of`` is no later.
    """
    newest = newest_done(connection)
    if until is None:
        return as_of_run(newest)
    past = _last_of_the_past(connection, until)
    return _of_run(past) if past else _as_of_moment(newest, until)


def as_of_run(newest: int | sa.BindParameter[int]) -> sa.Select:
    """Return a query for the scores that were current once a run was done."""
    return _newest_of_each(newest).where(~_is_gone(newest))


def newest_of_all(connection: Connection) -> tuple[sa.Select, sa.ColumnElement[bool]]:
    """Return a query for the newest score of each lead, and the condition for those that are gone from the tables."""
    newest = newest_done(connection)
    return _newest_of_each(newest), _is_gone(newest)


def _newest_of_each(newest: int | sa.BindParameter[int]) -> sa.Select:
    newer = SCORES.alias("newer")
    replaced = sa.exists().where(
        newer.c.lead_id == SCORES.c.lead_id, newer.c.run_id > SCORES.c.run_id, newer.c.run_id <= newest
    )
    return versions().where(SCORES.c.run_id <= newest, ~replaced)


def gone_since(connection: Connection, lead_id: str) -> datetime | None:
    """Return the moment as of which a lead was no longer in the configured tables; None where it is, or never was."""
    run = sa.select(RUNS.c.as_of).join(GONE, GONE.c.run_id == RUNS.c.run_id).where(GONE.c.lead_id == lead_id)
    return connection.execute(run).scalar_one_or_none()


def _is_gone(newest: int | sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Return the condition that a lead was no longer in the configured tables."""
    return sa.exists().where(GONE.c.lead_id == SCORES.c.lead_id, GONE.c.run_id <= newest)


def _of_run(run_id: int) -> sa.Select:
    """Return a query for the scores that a run of the past made: all of them."""
    made_by = sa.and_(RUNS.c.run_id == SCORES.c.run_id, RUNS.c.run_id == run_id)
    return sa.select(SCORES, GRADE, RUNS.c.model_version).select_from(SCORES.join(RUNS, made_by))


def _as_of_moment(newest: int, until: datetime) -> sa.Select:
    newer, is_then = SCORES.alias("newer"), RUNS.c.as_of <= until
    known = sa.select(RUNS.c.run_id).where(RUNS.c.run_id <= newest, RUNS.c.status == DONE, is_then)
    replaced = sa.exists().where(
        newer.c.lead_id == SCORES.c.lead_id, newer.c.run_id > SCORES.c.run_id, newer.c.run_id.in_(known)
    )
    were_gone = sa.exists().where(GONE.c.lead_id == SCORES.c.lead_id, GONE.c.run_id.in_(known))
    return versions().where(SCORES.c.run_id <= newest, is_then, ~replaced, ~were_gone)


def _known(connection: Connection, until: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a run is done and of no later than a moment, or is the one of the past that counts."""
    is_then = sa.and_(RUNS.c.status == DONE, RUNS.c.as_of <= until)
    past = _last_of_the_past(connection, until)
    return sa.or_(is_then, RUNS.c.run_id == past) if past else is_then


def _last_of_the_past(connection: Connection, until: datetime) -> int | None:
    """Return the run of the past that is the last one of a moment; None where that is one that is done."""
    runs = sa.select(RUNS.c.run_id, RUNS.c.as_of).where(RUNS.c.as_of <= until)
    then = runs.order_by(RUNS.c.as_of.desc(), RUNS.c.run_id)
    past, done = (
        connection.execute(then.where(RUNS.c.status == status).limit(1)).first() for status in (OF_THE_PAST, DONE)
    )
    return past.run_id if past and (done is None or past.as_of >= done.as_of) else None


def _number_of_the_past(connection: Connection, newest: int, as_of: datetime) -> int | None:
    """Return the number of a run of the past, lower than all others; None where a moment is not before the newest's."""
    last = connection.execute(sa.select(RUNS.c.as_of).where(RUNS.c.run_id == newest)).scalar()
    if last is None or as_of >= last:
        return None
    return min(connection.execute(sa.select(sa.func.min(RUNS.c.run_id))).scalar_one(), 0) - 1


def _outdated_scores(moment: datetime) -> sa.Delete:
    """Return a statement that deletes scores of runs begun before a moment that a later run has replaced."""
    newer = SCORES.alias("newer")
    done = sa.select(RUNS.c.run_id).where(RUNS.c.status == DONE)
    replaced = sa.exists().where(
        newer.c.lead_id == SCORES.c.lead_id, newer.c.run_id > SCORES.c.run_id, newer.c.run_id.in_(done)
    )
    began_before = RUNS.c.started_at < moment
    of_the_past = sa.select(RUNS.c.run_id).where(RUNS.c.status == OF_THE_PAST, began_before)
    outdated = sa.and_(SCORES.c.run_id.in_(done.where(began_before)), replaced)
    return sa.delete(SCORES).where(sa.or_(outdated, SCORES.c.run_id.in_(of_the_past)))


def _outdated_deliveries(moment: datetime) -> sa.Delete:
    """Return a statement that deletes receipts from before a moment, but for those of scores that stay."""
    stays = sa.exists().where(SCORES.c.lead_id == DELIVERIES.c.lead_id, SCORES.c.digest == DELIVERIES.c.digest)
    return sa.delete(DELIVERIES).where(DELIVERIES.c.at < moment, ~stays)


def rows(connection: Connection, query: sa.Select, **values: object) -> list[dict[str, Any]]:
    """Return the rows of a query by the names of its columns."""
    result = connection.execute(query, values)
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result.all()]


def newest_done(connection: Connection) -> int:
    """Return the number of the newest run that is done; 0 before the first. Unfinished runs have higher ones."""
    return connection.execute(sa.select(sa.func.max(RUNS.c.run_id)).where(RUNS.c.status == DONE)).scalar_one() or 0


def take_turn(connection: Connection, what: str) -> None:
    """Wait until no other transaction does the same thing; the next may as soon as this one ends.

    SQLite lets one transaction write at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURNS, sa.func.hashtext(what))))


def _drop_unfinished(connection: Connection, newest_done: int) -> None:
    """Drop what runs added that came to no end, if there are any: else nothing is read."""
    unfinished = sa.or_(RUNS.c.run_id > newest_done, RUNS.c.status == "running")
    numbers = connection.execute(sa.select(RUNS.c.run_id).where(unfinished)).scalars().all()
    if numbers:
        past = [number for number in numbers if number < 0]
        connection.execute(sa.delete(SCORES).where(sa.or_(SCORES.c.run_id > newest_done, SCORES.c.run_id.in_(past))))
        interrupted = {"status": "interrupted", "finished_at": _now()}
        connection.execute(sa.update(RUNS).where(RUNS.c.status == "running").values(interrupted))


def _update_running(connection: Connection, run: Run, values: Mapping[str, Any]) -> None:
    """Change the record of a run, unless another run has taken it for interrupted meanwhile."""
    running = sa.and_(RUNS.c.run_id == run.run_id, RUNS.c.status == "running")
    if not connection.execute(sa.update(RUNS).where(running).values(values)).rowcount:
        raise LeadscoreError(
            "another run has begun on this score store and dropped what this one found",
            expected="one run at a time",
            remedy="run the same command again when the other is done",
        )


def _with_all_columns(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores with the columns of their table; those that they lack are empty."""
    moments = [column.name for column in SCORES.columns if isinstance(column.type, sa.DateTime)]
    return scores.reindex(columns=SCORES.columns.keys()).astype(dict.fromkeys(moments, "datetime64[us]"))


def _changed(scores: pd.DataFrame, known: Mapping[str, int]) -> pd.DataFrame:
    """Return the scores that are new or differ from the known digests."""
    if not known:
        return scores
    pairs = zip(scores["lead_id"], scores["digest"], strict=True)
    return scores[[known.get(lead) != digest for lead, digest in pairs]]


def _digests(connection: Connection, run: Run, lead_ids: Collection[str]) -> dict[str, int]:
    """Return the digests of the current scores of some leads, which are those of the newest run that is not later.

    A run on configured tables does not know those of files: its scores say that the tables have these leads.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:  # else it reads the whole table, and longer the larger that is
        connection.exec_driver_sql("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    wanted = "unnest(CAST(:wanted AS text[])) AS wanted(value)" if on_postgresql else "json_each(:wanted) AS wanted"
    query = f"""SELECT s.lead_id, s.digest, s.run_id FROM {wanted} JOIN {SCORES.name} s ON s.lead_id = wanted.value
        WHERE s.run_id BETWEEN 1 AND :before ORDER BY s.run_id"""
    ids = list(lead_ids) if on_postgresql else json.dumps(list(lead_ids))
    versions_before = connection.execute(sa.text(query), {"wanted": ids, "before": run.before})
    newest = {row.lead_id: (row.digest, row.run_id) for row in versions_before}  # the newest of a lead comes last
    of_files = set(connection.execute(sa.select(RUNS.c.run_id).where(RUNS.c.configured.is_(False))).scalars())
    unknown = of_files if run.configured else set()
    return {lead: digest for lead, (digest, run_id) in newest.items() if run_id not in unknown}


@contextmanager
def open_store(address: str, *, writing: bool = False, connections: int = 0) -> Iterator[Store]:
    """Open the store, making or migrating its tables where they are not those of this version.

    ``writing`` claims it for one run: on PostgreSQL also against runs on other machines. So many ``connections`` are
    kept open, for one that is asked often.
    Raises InputError for an address that cannot be used, LeadscoreError where the store cannot be reached or another
    run has claimed it.
    """
    engine = engine_of(address, connections=connections)
    require_dialect(engine, address)
    with _claimed(engine, address, writing=writing):
        with connected(engine, address) as connection:
            _let_readers_read(connection)
            _migrate(connection)
        try:
            yield Store(engine, address)
        finally:
            engine.dispose()


@contextmanager
def _claimed(engine: Engine, address: str, *, writing: bool) -> Iterator[None]:
    """Hold a lock that ends with the process: one on a file beside SQLite's, or PostgreSQL's advisory one."""
    if not writing:
        yield
    elif engine.dialect.name == "sqlite":
        with one_run_at_a_time(Path(f"{engine.url.database}.lock"), "on this score store"):
            yield
    else:
        with connected(engine, address) as connection:
            if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})").scalar_one():
                raise LeadscoreError(
                    "another run is writing to this score store",
                    expected="one run at a time",
                    remedy="wait until it is done and run the same command again",
                )
            connection.commit()
            yield


def _let_readers_read(connection: Connection) -> None:
    """Let an SQLite file be read while it is written."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN")


def _migrate(connection: Connection) -> None:
    """Bring the tables to the newest form; nothing happens where they have it already."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    def is_newest() -> bool:
        present = MigrationContext.configure(connection, opts={"version_table": "leadscore_schema"})
        return set(present.get_current_heads()) == newest

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    newest = set(ScriptDirectory.from_config(config).get_heads())
    if is_newest():
        return connection.rollback()
    _begin_alone(connection)
    if is_newest():  # another process did it meanwhile
        return connection.rollback()
    try:
        command.upgrade(config, "head")
    except CommandError as problem:
        raise LeadscoreError(
            "this score store was made by another version of leadscore",
            got=str(problem),
            remedy="use the newer version, or name another store",
        ) from None
    return connection.commit()


def _begin_alone(connection: Connection) -> None:
    """Begin anew, once no other process migrates."""
    connection.rollback()
    connection.execution_options(**{WRITING: True})
    take_turn(connection, "migrate")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

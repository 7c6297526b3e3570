"""A local copy of a CRM's records, so that a run fetches only what changed since the last one.

Each page is kept together with the place that it ended at, in one transaction: a read that was cut off goes on there.
The watermark of a feed is the CRM's own time at which its last read began; the next one asks for what changed from a
little before on. What was deleted leaves no trace in some CRMs: where the number of records differs, and once a day,
all ids are compared.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import tenacity

from data.crm.base import ID, Connector, Dictionary, Feed, Record
from data.errors import LeadscoreError
from data.sources import ARROW

LOG = logging.getLogger(__name__)
OVERLAP = timedelta(minutes=15)
"""How long a transaction in the CRM may take until its records can be seen."""
DAY = timedelta(days=1)
FEWER = 0.9
"""Share of the records of the last run below which it is said that the user sees fewer."""


@dataclass(frozen=True)
class FeedState:
    """How far a feed was copied.

    watermark  the CRM's time up to which all changes are here; None before the first whole read
    until      the watermark once the read that is under way is done; None where none is
    since      from when on that read asks for changes
    after      the last id that it has
    visible    how many records the user saw at the last run
    compared   when all ids, or for a dictionary all entries, were last read (naive UTC)
    """

    watermark: str | None = None
    until: str | None = None
    since: str | None = None
    after: Any = None
    visible: int | None = None
    compared: str | None = None


@dataclass(frozen=True)
class Refreshed:
    """What came of bringing a feed up to date: records that changed, those that are gone, and a note on it."""

    changed: int
    gone: int
    note: str


class Copies:
    """The copies of one CRM in a file of DuckDB; each feed is a view by its own name."""

    def __init__(self, duck: duckdb.DuckDBPyConnection, connector: Connector) -> None:
        self.duck = duck
        self.connector = connector
        duck.execute("CREATE TABLE IF NOT EXISTS copies (name VARCHAR PRIMARY KEY, known VARCHAR)")
        duck.execute("CREATE TABLE IF NOT EXISTS crm_states (name VARCHAR PRIMARY KEY, types VARCHAR, state VARCHAR)")

    def refresh(self) -> list[Refreshed]:
        """Bring all feeds up to date, then what they refer to."""
        feeds = self.connector.feeds()
        refreshed = [self._refresh(feed) for feed in feeds]
        for dictionary in self.connector.dictionaries():
            self._look_up(dictionary)
        return refreshed

    def show(self) -> None:
        """Make the views, of whatever is copied already."""
        for feed in [*self.connector.feeds(), *(each.feed for each in self.connector.dictionaries())]:
            self._open(feed)

    def _refresh(self, feed: Feed) -> Refreshed:
        state = self._open(feed)
        is_first = state.watermark is None
        if state.until is None:
            since = None if is_first else _text(_moment(str(state.watermark)) - OVERLAP)
            state = replace(state, until=_text(self.connector.now()), since=since, after=None)
        changed, more = 0, True
        while more:
            since = _moment(state.since) if state.since else None
            records, more = self.connector.page(feed, since=since, after=state.after)
            after = records[-1][ID] if records else state.after
            state = replace(state, after=after)
            if not more:
                state = replace(state, watermark=state.until, until=None, since=None, after=None)
            changed += self._keep(feed, records, state)
        before, gone = state.visible, 0
        count = self.connector.count(feed)
        if is_first:
            state = replace(state, compared=_text(_now()))
        elif count not in (None, self._count(feed)) or _is_old(state.compared):
            gone, come = self._compare(feed)
            changed += come
            state = replace(state, compared=_text(_now()))
        self._remember(feed, replace(state, visible=count))
        return Refreshed(changed, gone, self._note(feed, changed, gone, before, count))

    def _note(self, feed: Feed, changed: int, gone: int, before: int | None, count: int | None) -> str:
        note = f"{feed.name}: {self._count(feed):,} records, {changed:,} new or changed, {gone:,} gone"
        if before and count is not None and count < FEWER * before:
            fewer = f"the user sees {count:,} of {feed.name}, and saw {before:,} at the last run"
            LOG.warning("%s: see that nobody took rights away", fewer)
            note += f"; {fewer}: see that nobody took rights away"
        return note

    def _compare(self, feed: Feed) -> tuple[int, int]:
        """Drop the records that are gone and fetch those that are missing; return how many of each."""
        there = pa.table({"id": pa.array(self.connector.ids(feed), ARROW[feed.types[ID]])})
        self.duck.register("there", there)
        with self._transaction():
            gone = self.duck.execute(
                f"DELETE FROM {_table(self.connector, feed)} WHERE {_cell(feed, ID)} NOT IN (SELECT id FROM there)"
            ).fetchall()[0][0]
        missing = self.duck.execute(
            f"SELECT id FROM there WHERE id NOT IN (SELECT id FROM {feed.view}) ORDER BY id"
        ).fetchall()
        self.duck.unregister("there")
        ids = [each for (each,) in missing]
        come = self._keep(feed, self.connector.records(feed, ids), None) if ids else 0
        return gone, come

    def _look_up(self, dictionary: Dictionary) -> None:
        """Read the entries that are used and not known, once a day all that are used."""
        feed = dictionary.feed
        state = self._open(feed)
        is_old = _is_old(state.compared)
        unknown = self._used(dictionary, only_unknown=not is_old)
        if not unknown and not (dictionary.whole and is_old):
            return
        records = self.connector.records(feed, None if dictionary.whole else unknown)
        state = replace(state, compared=_text(_now())) if is_old else state
        answered = {record[ID] for record in records}
        nameless = [{ID: each} for each in unknown if each not in answered]
        self._keep(feed, [*records, *nameless], state)

    def _used(self, dictionary: Dictionary, *, only_unknown: bool) -> list[Any]:
        if not dictionary.used_by:
            return []
        used = " UNION ".join(f"SELECT {column} AS id FROM {view}" for view, column in dictionary.used_by)
        known = f" AND id NOT IN (SELECT id FROM {dictionary.feed.view})" if only_unknown else ""
        query = f"SELECT DISTINCT id FROM ({used}) WHERE id IS NOT NULL{known} ORDER BY id"
        return [each for (each,) in self.duck.execute(query).fetchall()]

    def _keep(self, feed: Feed, records: list[Record], state: FeedState | None) -> int:
        """Replace records by their newest state, and remember how far the feed is; return how many changed."""
        into = _table(self.connector, feed)
        columns = [pa.array([record.get(name) for record in records], ARROW[kind]) for name, kind in feed.types.items()]
        self.duck.register("news", pa.table(columns, names=[_cell(feed, name) for name in feed.types]))
        cells = ", ".join(_cell(feed, name) for name in feed.types if name not in feed.passive)
        key = _cell(feed, ID)
        with self._transaction():
            new = f"SELECT count(*) FROM (SELECT {cells} FROM news EXCEPT SELECT {cells} FROM {into})"
            changed = self.duck.execute(new).fetchall()[0][0]
            self.duck.execute(f"DELETE FROM {into} WHERE {key} IN (SELECT {key} FROM news)")
            self.duck.execute(f"INSERT INTO {into} SELECT DISTINCT ON ({key}) * FROM news")
            if state is not None:
                self._remember(feed, state)
        self.duck.unregister("news")
        return changed

    def _open(self, feed: Feed) -> FeedState:
        """Make the view of a feed, and its table where the columns are others than before; return how far it is."""
        name, types = _table(self.connector, feed), json.dumps(dict(feed.types))
        rows = self.duck.execute("SELECT types, state FROM crm_states WHERE name = $1", [name]).fetchall()
        if not rows or rows[0][0] != types:
            cells = ", ".join(f"{_cell(feed, each)} {kind}" for each, kind in feed.types.items())
            with self._transaction():
                self.duck.execute(f"CREATE OR REPLACE TABLE {name} ({cells})")
                visible = json.loads(rows[0][1]).get("visible") if rows else None
                state = json.dumps(asdict(FeedState(visible=visible)))
                self.duck.execute("INSERT OR REPLACE INTO crm_states VALUES ($1, $2, $3)", [name, types, state])
                if feed.lead:  # what is kept of a lead is searched for there
                    known = json.dumps({"types": dict(feed.types), "watermark": None, "lead": feed.lead})
                    self.duck.execute("INSERT OR REPLACE INTO copies VALUES ($1, $2)", [name, known])
        named = ", ".join(f'{_cell(feed, each)} AS "{each}"' for each in feed.types)
        self.duck.execute(f"CREATE OR REPLACE TEMP VIEW {feed.view} AS SELECT {named} FROM {name}")
        states = self.duck.execute("SELECT state FROM crm_states WHERE name = $1", [name]).fetchall()
        return FeedState(**json.loads(states[0][0]))

    def _remember(self, feed: Feed, state: FeedState) -> None:
        values = [json.dumps(asdict(state)), _table(self.connector, feed)]
        self.duck.execute("UPDATE crm_states SET state = $1 WHERE name = $2", values)

    def _count(self, feed: Feed) -> int:
        return self.duck.execute(f"SELECT count(*) FROM {feed.view}").fetchall()[0][0]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.duck.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.duck.execute("ROLLBACK")
            raise
        self.duck.execute("COMMIT")


@contextmanager
def open_copies(path: Path, connector: Connector) -> Iterator[Copies]:
    """Open the file of copies, and wait a little for another run that has it. Raises LeadscoreError."""
    with _connect(path) as duck:
        yield Copies(duck, connector)


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(duckdb.IOException),
        stop=tenacity.stop_after_delay(30),
        wait=tenacity.wait_fixed(0.5),
        reraise=True,
    )
    try:
        return attempts(duckdb.connect, str(path))
    except duckdb.IOException as problem:
        raise LeadscoreError(
            "the copies of the CRM's records are in use, or cannot be read",
            got=str(problem).splitlines()[0][:200],
            where=str(path),
            remedy="wait for the other run; if there is none, remove the file: the next run fetches it again",
        ) from None


def _table(connector: Connector, feed: Feed) -> str:
    return "c" + hashlib.sha256(f"{connector.identity}\n{feed.name}\n{feed.view}".encode()).hexdigest()[:16]


def _cell(feed: Feed, name: str) -> str:
    return f"c{[*feed.types].index(name)}"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _is_old(text: str | None) -> bool:
    return text is None or _now() - _moment(text) > DAY


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(moment: datetime) -> str:
    return moment.isoformat()

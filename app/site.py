"""What the pages share: the score store, the words of model versions, and counts that hold until the next run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import lru_cache
from threading import Lock
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter
from fastapi import Depends, Request
from sqlalchemy import Connection

from data.config import Settings
from data.errors import LeadscoreError
from data.store import Newest, Store, count_leads, newest, newest_done, open_store, override_corrections, record_opened
from data.workspace import Workspace
from models.versions import Registry, Stored
from pipelines.last_run import settings_in, store_address
from pipelines.recommendations import plan
from pipelines.wording import Wording

T = TypeVar("T")
AS_SET = "as set by hand: "
"""How names begin of what holds until the next run or the next override."""
CONNECTIONS = 20
"""Connections to the store that stay open: for so many people at once."""
QUICK_THREADS = 2
"""Threads for `app.threads.quick` pages: with two, 99 % of the lists of 20 clients took 100 ms, with twenty 360 ms."""


class NothingYet(LeadscoreError):
    """There is no model or no score yet: no failure, but a page of its own that says what to do."""


class NoSuchLead(LeadscoreError):
    """The store has no score of a lead of this id."""

    def __init__(self, lead_id: str) -> None:
        remedy = "look for it in the list: it may be new since the last scoring run, or was forgotten"
        super().__init__("There is no score of this lead", got=lead_id[:80], remedy=remedy)


class Versions(Registry):
    """The registry, which keeps the versions that it has loaded."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._lock = Lock()
        self._loaded = lru_cache(8)(super().version)
        self._drawn = lru_cache(8)(super().plots)

    def version(self, number: str) -> Stored:
        with self._lock:
            return self._loaded(number)

    def plots(self, number: str) -> dict[str, str]:
        return self._drawn(number)

    def set_thresholds(self, number: str, hot: float, warm: float, *, by: str, why: str) -> None:
        super().set_thresholds(number, hot, warm, by=by, why=why)
        self._loaded.cache_clear()


class Site:
    """One workspace, as the pages see it; `close` ends it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.quick = CapacityLimiter(QUICK_THREADS)
        self.registry = Versions(workspace)
        self._lock = Lock()
        self._opened: set[tuple[date, str, str]] = set()
        self._seen: set[tuple[date, str, str]] = set()
        self._known: tuple[int, dict[str, Any]] = (0, {})
        self._newest: Newest | None = None
        self._planned = datetime.now(UTC).date()
        self._resources = ExitStack()
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """Return the store of the last run: opened when it is first asked for, and where a run names another."""
        with self._lock:
            address = store_address(self.workspace)
            if self._store is None or self._store.address != address:
                self._resources.close()
                self._store = self._resources.enter_context(open_store(address, connections=CONNECTIONS))
                self.wording = Wording(self._store, self.registry)
                self._known, self._newest = (0, {}), None
            return self._store

    def newest(self, connection: Connection) -> Newest:
        """Return the newest run. Raises NothingYet before the first."""
        run = self._newest
        # The number of the newest run is asked for each page, all else of it once.
        if run is None or run.run_id != newest_done(connection):
            run = self._newest = newest(connection)
        if run is None:
            raise self.nothing_yet()
        return run

    def nothing_yet(self) -> NothingYet:
        """Return what is missing before there is anything to show."""
        if self.champion_version is None:
            return NothingYet(
                "There is no model yet",
                expected="a model that learned from leads whose outcome is known",
                remedy=f"leadscore train --config leadscore.yaml --workspace {self.workspace.root}",
            )
        return NothingYet(
            "There are no scores yet",
            expected="a scoring run of the model that is there",
            remedy=f"leadscore score --workspace {self.workspace.root}",
        )

    @property
    def champion_version(self) -> str | None:
        """Return the version that scores, if there is one; looking for it makes no database."""
        return self.registry.champion_version if self.workspace.has_models else None

    def scores_of(self, lead_id: str) -> list[dict[str, Any]]:
        """Return the stored scores of a lead, the newest first. Raises NoSuchLead."""
        scores = self.store.scores_of(lead_id)
        if not scores:
            raise NoSuchLead(lead_id)
        return scores

    def counted(self, connection: Connection, run: Newest) -> list[dict[str, Any]]:
        """Return the counts of all leads, by the dispositions that stand."""
        by_model = self.once(run, "counted", lambda: count_leads(connection))
        return self.once(run, f"{AS_SET}counted", lambda: [*by_model, *override_corrections(connection)])

    @property
    def settings(self) -> Settings:
        """The settings of the last run."""
        return settings_in(self.store, self.workspace) or self.registry.champion().settings

    def settings_at(self, run: Newest) -> Settings:
        """Return the settings of the last run, read once."""
        return self.once(run, "settings", lambda: self.settings)

    def plan(self) -> None:
        """Decide anew on the leads of today, for somebody said something of one, or a day has come."""
        plan(self.store, self.settings)
        self.set_by_hand()
        self._planned = datetime.now(UTC).date()

    def plan_today(self) -> None:
        """Decide anew on the first look of each day: what was too early yesterday may be due."""
        if self._planned < datetime.now(UTC).date():
            self.plan()

    def without_signal(self, version: str) -> str:
        """Return in figures that a version shows no signal; an empty text where it shows one, or nobody measured."""
        try:
            signal = self.registry.version(version).training.get("signal")
        except LeadscoreError:
            return ""
        return signal["words"] if signal and not signal["shown"] else ""

    def set_by_hand(self) -> None:
        """Forget what goes by dispositions, for a person set one."""
        run_id, known = self._known
        self._known = run_id, {name: value for name, value in known.items() if not name.startswith(AS_SET)}

    def once(self, run: Newest, name: str, make: Callable[[], T]) -> T:
        """Return what holds until the next run, which is made when it is first asked for."""
        run_id, known = self._known
        if run_id != run.run_id:
            known = {}
            self._known = run.run_id, known
        if name not in known:
            known[name] = make()
        return known[name]

    def record_opened(self, lead_id: str, by: str) -> None:
        """Remember that a lead was opened; `write_opened` writes it, so that no page waits for that."""
        self._opened.add((datetime.now(UTC).date(), lead_id, by))

    def write_opened(self) -> None:
        """Write which leads were opened since the last call, if any were for the first time that day."""
        opened, self._opened = self._opened, set()
        today = datetime.now(UTC).date()
        self._seen = {each for each in self._seen if each[0] == today}
        if new := opened - self._seen:
            record_opened(self.store, new)
            self._seen |= new

    def close(self) -> None:
        """Close the store."""
        with self._lock:
            self._resources.close()
            self._store = None


async def site_of(request: Request) -> Site:
    """Return the site of an app; as a plain function, it would be handed over to a thread."""
    return request.app.state.site


CurrentSite = Annotated[Site, Depends(site_of)]

"""One round: look for changes, score, write to the CRM, alert; what it did is one line of JSON."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from data.config import Settings
from data.errors import LeadscoreError
from data.sources import state_of
from data.store import AlertBook, Store, newest_posted, open_store
from data.workspace import Workspace
from models.versions import Registry
from pipelines.console import muted
from pipelines.push import push
from pipelines.score import ScoreResult, score
from pipelines.watch.crossings import crossings, of_accounts
from pipelines.watch.sending import send_due
from pipelines.wording import Wording

LONGEST_REST = 900
"""Seconds after which leads are scored though no table has changed: their features age."""


@dataclass(frozen=True)
class Round:
    """What one round did; `as_json` is a line of ``watch --json``.

    ``changed`` says whether there was anything to score. ``lag_seconds`` is the time from the newest change in the
    tables until its scores were in the CRM; None where nothing changed, or the tables do not say when rows change.
    ``error`` says why the round came to no end; the next one takes up all that it left.
    """

    number: int
    at: str
    changed: bool = False
    scored: int = 0
    changed_scores: int = 0
    written: int = 0
    refused: int = 0
    alerts: Mapping[str, int] = field(default_factory=dict)
    lag_seconds: float | None = None
    seconds: float = 0.0
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Watcher:
    """What a watch remembers from one round to the next: how the tables were, and when leads were scored last."""

    workspace: Workspace
    settings: Settings
    number: int = 0
    tables: Mapping[str, Any] | None = None
    scored_at: float = float("-inf")

    def round(self) -> Round:
        """Do one round. An error that a user is meant to read ends the round, and not the watch."""
        began, self.number = time.perf_counter(), self.number + 1
        done = Round(self.number, _now().isoformat(timespec="milliseconds") + "Z")
        try:
            with muted():
                done = self._work(done)
        except LeadscoreError as problem:
            self.tables = None
            done = replace(done, error=" ".join(str(problem).split()))
        return replace(done, seconds=round(time.perf_counter() - began, 3))

    def _work(self, done: Round) -> Round:
        tables = self._state()
        rested = time.monotonic() - self.scored_at
        if tables is not None and tables == self.tables and rested < LONGEST_REST:
            return replace(done, alerts=self._alert(None))
        scored = score(self.workspace, settings=self.settings)
        if self.settings.write_back:
            pushed = push(self.workspace, self.settings)
            done = replace(done, written=pushed.written, refused=pushed.dead)
        lag = _seconds_since(tables, self.tables)
        self.tables, self.scored_at = tables, time.monotonic()
        done = replace(done, changed=True, scored=scored.scored, changed_scores=scored.changed, lag_seconds=lag)
        return replace(done, alerts=self._alert(scored))

    def _state(self) -> Mapping[str, Any] | None:
        """Return what changes whenever tables do, or an event is posted; None where some table cannot tell."""
        tables = state_of(self.settings)
        if tables is None:
            return None
        with open_store(self.settings.store or self.workspace.store) as store:
            return {**tables, "posted events": newest_posted(store)}

    def _alert(self, scored: ScoreResult | None) -> dict[str, int]:
        """Add the alerts of what was scored since the last time, and send those that are due."""
        alerts = self.settings.alerts
        if alerts is None:
            return {}
        with open_store(self.settings.store or self.workspace.store) as store:
            book = AlertBook(store)
            if scored:
                book.catch_up(lambda versions: crossings(versions, alerts.on))
                book.add(of_accounts(scored.accounts_without_lead, alerts.on))
            send_due(book, alerts, lambda rows: _reasons(rows, store, self.workspace), _now())
            return book.counts()

    def begin(self) -> None:
        """Let alerts begin with what changes from now on."""
        if self.settings.alerts:
            with open_store(self.settings.store or self.workspace.store) as store:
                AlertBook(store).begin()


def _reasons(alerts: Sequence[Mapping[str, Any]], store: Store, workspace: Workspace) -> list[list[str]]:
    """Return the reasons for each score that an alert is about, the strongest first."""
    scores = [_score_of(alert, store) for alert in alerts]
    known = pd.DataFrame([each for each in scores if each is not None])
    if known.empty:
        return [[] for _ in alerts]
    words = iter(Wording(store, Registry(workspace)).reasons(known)["reasons_up"])
    return [[] if each is None else next(words) for each in scores]


def _score_of(alert: Mapping[str, Any], store: Store) -> dict[str, Any] | None:
    versions = {str(version["run_id"]): version for version in store.scores_of(alert["lead_id"])}
    return versions.get(alert["crossing"])


def _seconds_since(tables: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> float | None:
    """Return the seconds since the newest change; None where there was none, or tables do not say when."""
    moments = [
        moment.replace(tzinfo=None)
        for name, moment in (tables or {}).items()
        if isinstance(moment, datetime) and moment != (before or {}).get(name)
    ]
    return round((_now() - max(moments)).total_seconds(), 3) if moments and before is not None else None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)

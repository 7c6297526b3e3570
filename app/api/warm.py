"""The champion, loaded once and kept; whether another scores now is asked every other second."""

from __future__ import annotations

import time
from threading import Lock
from typing import Any

from app.site import Site
from models.versions import Registry, Stored
from pipelines.last_run import settings_in
from pipelines.score import RecordScorer

REST = 2.0
"""Seconds for which nobody asks whether another version scores, or other thresholds and settings hold."""


class Warm:
    """What scores leads on demand: the champion with the thresholds and the settings that hold now."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = Registry(site.workspace)
        self._lock = Lock()
        self._asked_at = float("-inf")
        self._known: Any = None
        self._held: tuple[Stored, RecordScorer] | None = None

    def champion(self) -> tuple[Stored, RecordScorer]:
        """Return the version that scores, and what scores records by it. Raises NothingYet where there is none."""
        with self._lock:
            if self._held is None or time.monotonic() - self._asked_at > REST:
                self._held = self._refreshed()
                self._asked_at = time.monotonic()
            return self._held

    def _refreshed(self) -> tuple[Stored, RecordScorer]:
        number = self._site.champion_version
        if number is None:
            raise self._site.nothing_yet()
        settings = settings_in(self._site.store, self._site.workspace)
        known = (number, self._registry.thresholds_at(number), settings)
        if self._held is not None and known == self._known:
            return self._held
        stored = self._registry.version(number)
        self._known = known
        return stored, RecordScorer.of(stored, settings or stored.settings)

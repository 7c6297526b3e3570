"""What one lead did: its events and stages, read from where the leads are, in the data of the last scoring run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import pandas as pd

from app.site import Site
from data.dataset import open_dataset
from data.errors import InputError, LeadscoreError
from data.schema import Chunk
from pipelines.last_run import settings_of_last_run
from pipelines.moments import end_of_data

MOST = 200
"""Entries that are shown, the newest first."""
READING = Lock()
"""One lead at a time: reading may take all the memory that there is."""
LONGEST_WAIT = 3.0
"""Seconds."""


@dataclass(frozen=True)
class Entry:
    """Something that happened: an event, or a stage that was entered."""

    at: datetime
    what: str
    detail: str
    is_stage: bool


def activity_of(lead_id: str, site: Site) -> list[Entry]:
    """Return what a lead did until the newest run, the newest first.

    Raises InputError for a lead that is not there any more, and where the data cannot be read; LeadscoreError while
    others are waited for.
    """
    stored = site.registry.champion()
    settings = settings_of_last_run(site.workspace) or stored.settings
    schema = stored.scorer.schema
    with (
        _alone(),
        open_dataset(settings, workspace=site.workspace.root, schema=schema, keep_rejected=False) as dataset,
    ):
        until = end_of_data(dataset)
        for chunk in dataset.chunks():
            found = chunk.leads.loc[chunk.leads["lead_id"] == lead_id, "position"]
            if len(found):
                return _entries(chunk, int(found.iloc[0]), until)
    raise InputError("this lead is not where the leads are read from any more", got=lead_id[:80])


@contextmanager
def _alone() -> Iterator[None]:
    """Wait a little for others that read; not for long, for then no thread would be left for other pages."""
    if not READING.acquire(timeout=LONGEST_WAIT):
        raise LeadscoreError("others are reading what their leads did", remedy="try again in a minute")
    try:
        yield
    finally:
        READING.release()


def _entries(chunk: Chunk, position: int, until: pd.Timestamp) -> list[Entry]:
    events = chunk.events[(chunk.events["position"] == position) & (chunk.events["occurred_at"] <= until)]
    stages = chunk.stages[(chunk.stages["position"] == position) & (chunk.stages["entered_at"] <= until)]
    entries = [_event(*row) for row in events[["occurred_at", "type", "asset"]].itertuples(index=False)]
    entries += [_stage(*row) for row in stages[["entered_at", "stage"]].itertuples(index=False)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST]


def _event(at: datetime, kind: str, asset: str | None) -> Entry:
    detail = "" if pd.isna(asset) else str(asset).replace("_", " ")
    return Entry(at, str(kind).replace("_", " "), detail, False)


def _stage(at: datetime, stage: str) -> Entry:
    return Entry(at, stage, "", True)

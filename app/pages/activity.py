"""What one lead did: its events and stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from app.pages.lead_reading import read_lead
from app.site import Site
from features import activity_until
from pipelines.explain import FoundLead

MOST = 200
"""Entries that are shown, the newest first."""


@dataclass(frozen=True)
class Entry:
    """Something that happened: an event, or a stage that was entered."""

    at: datetime
    what: str
    detail: str
    is_stage: bool


def activity_of(lead_id: str, site: Site) -> list[Entry]:
    """Return what a lead did until the newest run, the newest first. Raises what `read_lead` raises."""
    return _entries(read_lead(lead_id, site))


def _entries(lead: FoundLead) -> list[Entry]:
    events, stages = activity_until(lead.chunk, lead.as_of)
    entries = [_event(*row) for row in events[["occurred_at", "type", "asset"]].itertuples(index=False)]
    entries += [_stage(*row) for row in stages[["entered_at", "stage"]].itertuples(index=False)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST]


def _event(at: datetime, kind: str, asset: str | None) -> Entry:
    detail = "" if pd.isna(asset) else str(asset).replace("_", " ")
    return Entry(at, str(kind).replace("_", " "), detail, False)


def _stage(at: datetime, stage: str) -> Entry:
    return Entry(at, stage, "", True)

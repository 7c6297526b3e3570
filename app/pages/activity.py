"""What one lead did: its events and stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.lead_reading import read_lead
from app.security import Viewer
from app.site import CurrentSite
from app.view import page
from features import activity_until
from pipelines.explain import LeadRecord

router = APIRouter()
MOST_ENTRIES = 200
"""Entries that are shown, the newest first."""


@dataclass(frozen=True)
class Entry:
    """Something that happened: an event, or a stage that was entered."""

    at: datetime
    what: str
    detail: str
    is_stage: bool


@router.get("/leads/{lead_id:path}/activity")
def activity(request: Request, site: CurrentSite, _: Viewer, lead_id: str) -> Response:
    """Show what a lead did, read from where the leads are."""
    return page(request, "activity.html", lead_id=lead_id, activity=_entries(read_lead(lead_id, site)))


def _entries(lead: LeadRecord) -> list[Entry]:
    """Return what a lead did until the newest run, the newest first."""
    events, stages = activity_until(lead.chunk, lead.as_of)
    entries = [_event(*row) for row in events[["occurred_at", "type", "asset"]].itertuples(index=False)]
    entries += [_stage(*row) for row in stages[["entered_at", "stage"]].itertuples(index=False)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST_ENTRIES]


def _event(at: datetime, kind: str, asset: str | None) -> Entry:
    detail = "" if pd.isna(asset) else str(asset).replace("_", " ")
    return Entry(at, str(kind).replace("_", " "), detail, False)


def _stage(at: datetime, stage: str) -> Entry:
    return Entry(at, stage, "", True)

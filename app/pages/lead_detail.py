"""One lead in detail, from its own data: why its score changed, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.contact import contact_of
from app.lead_reading import read_lead
from app.security import Viewer, may
from app.site import CurrentSite, Site
from app.view import page
from data.errors import InputError
from data.store import WEEK, Person
from models.rules import missing_for_qso
from models.scoring import ScoredChunk, Scorer, score_chunk
from pipelines.explain import Changes, LeadRecord, what_next, why_changed

router = APIRouter()
Row = dict[str, Any]


@router.get("/leads/{lead_id:path}/closer")
def show_lead_detail(request: Request, site: CurrentSite, person: Viewer, lead_id: str) -> Response:
    """Show what only the lead's own data hold, by the model version that made its score."""
    scores = site.scores_of(lead_id)
    scorer = site.registry.version(scores[0]["model_version"]).scorer
    lead = read_lead(lead_id, site, scorer.schema)
    scored = score_chunk(lead.chunk, scorer, lead.as_of)
    changes = _changes(lead, scored, scores, scorer, site)
    return page(
        request,
        "lead_detail.html",
        lead_id=lead_id,
        contact=_contact(request, site, person, lead_id),
        score=scores[0]["score"],
        changes=changes,
        most=max((abs(points) for points, _ in changes.parts), default=1) if changes else 1,
        asks_for_qso=bool(scorer.rules.qso),
        missing_for_qso=missing_for_qso(scorer.rules, scored.features),
        questions=what_next(scored, scorer),
    )


def _contact(request: Request, site: Site, person: Person, lead_id: str) -> dict[str, str]:
    """Return how to reach a lead, for those who may sell, where the settings allow it."""
    names = request.app.state.access_now().pages.contact
    if not names or not may(person, "sales"):
        return {}
    return contact_of(lead_id, names, site.settings, site.workspace)


def _changes(
    lead: LeadRecord, scored: ScoredChunk, scores: Sequence[Row], scorer: Scorer, site: Site
) -> Changes | None:
    """Say why the score changed; None where nothing is known of the lead before."""
    since = since_when(lead, scores)
    try:
        return why_changed(lead.chunk, scored, since, lead.as_of, scorer, site.store, site.registry)
    except InputError:
        return None


def since_when(lead: LeadRecord, scores: Sequence[Row]) -> pd.Timestamp:
    """Return a week ago where the score was another then, else when it was another last; never before the lead came.

    ``scores`` are those stored of it, the newest first.
    """
    week, score = lead.as_of - WEEK, scores[0]["score"]
    then = next((row["score"] for row in scores if row["as_of"] <= week), None)
    other = next((row["as_of"] for row in scores if row["score"] != score), None)
    since = pd.Timestamp(other) if then == score and other else week
    return max(since, lead.chunk.leads["created_at"].iloc[0])

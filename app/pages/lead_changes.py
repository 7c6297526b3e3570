"""What sales changes at a lead: a verdict, an override with its reason, and its undoing."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.security import CSRF_CHECK, Sales
from app.site import CurrentSite, Site
from app.view import page
from data.store import DISPOSITIONS, VERDICTS, add_verdict, feedback_on, override, undo_override

router = APIRouter(dependencies=CSRF_CHECK)
Text = Annotated[str, Form()]


@router.post("/leads/{lead_id:path}/verdict")
def verdict(
    request: Request, site: CurrentSite, person: Sales, lead_id: str, verdict: Text = "", note: Text = ""
) -> Response:
    """Keep a verdict."""
    add_verdict(site.store, lead_id, verdict, note.strip(), person)
    return _feedback(request, site, lead_id)


@router.post("/leads/{lead_id:path}/override")
def set_override(
    request: Request, site: CurrentSite, person: Sales, lead_id: str, disposition: Text = "", reason: Text = ""
) -> Response:
    """Let a person's disposition stand."""
    override(site.store, lead_id, disposition, reason, person)
    site.set_by_hand()
    return _feedback(request, site, lead_id)


@router.post("/leads/{lead_id:path}/undo")
def undo(request: Request, site: CurrentSite, person: Sales, lead_id: str) -> Response:
    """Let the model's disposition stand again."""
    undo_override(site.store, lead_id, person)
    site.set_by_hand()
    return _feedback(request, site, lead_id)


def _feedback(request: Request, site: Site, lead_id: str) -> Response:
    """Return the part of the page that changed, or lead back to the page where no script runs."""
    address = quote(lead_id, safe="")
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/leads/{address}", 303)
    with site.store.transaction() as connection:
        verdicts, overrides = feedback_on(connection, lead_id)
    return page(
        request,
        "feedback.html",
        address=address,
        verdicts=verdicts,
        override=next((each for each in overrides if each["undone_at"] is None), None),
        overrides=overrides,
        choices=VERDICTS,
        dispositions=DISPOSITIONS,
    )

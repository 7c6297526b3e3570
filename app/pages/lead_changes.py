"""What sales changes at a lead: a verdict, an override with its reason, and its undoing."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.pages.leads import said_of
from app.security import CSRF_CHECK, Sales
from app.site import CurrentSite, Site
from app.view import page
from data.errors import InputError
from data.store import add_verdict, history_of, override, undo_override, undo_verdict

router = APIRouter(dependencies=CSRF_CHECK)
Text = Annotated[str, Form()]


@router.post("/leads/{lead_id:path}/verdict")
def verdict(
    request: Request,
    site: CurrentSite,
    person: Sales,
    lead_id: str,
    verdict: Text = "",
    note: Text = "",
    until: Text = "",
) -> Response:
    """Keep a verdict, and let it take the lead off the week's list, or bring it back."""
    add_verdict(site.store, lead_id, verdict, note.strip(), person, until=_day(until) if verdict == "early" else None)
    site.plan()
    return _feedback(request, site, lead_id)


@router.post("/leads/{lead_id:path}/take-back")
def take_back(request: Request, site: CurrentSite, person: Sales, lead_id: str) -> Response:
    """Let the last verdict count no more."""
    undo_verdict(site.store, lead_id, person)
    site.plan()
    return _feedback(request, site, lead_id)


@router.post("/leads/{lead_id:path}/override")
def set_override(
    request: Request, site: CurrentSite, person: Sales, lead_id: str, disposition: Text = "", reason: Text = ""
) -> Response:
    """Let a person's disposition stand."""
    override(site.store, lead_id, disposition, reason, person)
    site.set_by_hand()
    site.plan()
    return _feedback(request, site, lead_id)


@router.post("/leads/{lead_id:path}/undo")
def undo(request: Request, site: CurrentSite, person: Sales, lead_id: str) -> Response:
    """Let the model's disposition stand again."""
    undo_override(site.store, lead_id, person)
    site.set_by_hand()
    site.plan()
    return _feedback(request, site, lead_id)


def _feedback(request: Request, site: Site, lead_id: str) -> Response:
    """Return the part of the page that changed, or lead back to the page where no script runs."""
    address = quote(lead_id, safe="")
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/leads/{address}", 303)
    with site.store.transaction() as connection:
        run = site.newest(connection)
        history = history_of(connection, lead_id)
        said = said_of(connection, site, run, history[0])
    return page(request, "feedback.html", address=address, lead=history[0], **said)


def _day(text: str) -> date | None:
    """Read a day of a form; None where nobody said one. Raises InputError for what is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("this is no day", expected="a day, such as 2027-01-31", got=text[:80]) from None

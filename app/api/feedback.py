"""What people say of leads, from programs in which they work."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.api.clients import ApiCaller, allowed_to
from app.api.content import FeedbackInput
from app.api.once import Key, answer_once
from app.api.problems import Problem, documented
from app.site import CurrentSite, NoSuchLead, Site
from data.store import Person, add_verdict

router = APIRouter()
ROLE = "api"
"""The role of a program in the audit."""


@router.post("/feedback", status_code=204, responses=documented(400, 401, 403, 404, 408, 409, 413, 422, 429, 503))
async def give_feedback(
    site: CurrentSite,
    caller: Annotated[ApiCaller, Depends(allowed_to("feedback"))],
    body: FeedbackInput,
    key: Key = None,
) -> Response:
    """Keep a verdict on a lead, which decides on what to do with it, as on its page."""
    return await answer_once(site, caller, key, body, 204, partial(_keep, site, caller, body))


def _keep(site: Site, caller: ApiCaller, body: FeedbackInput) -> None:
    if not site.store.scores_of(body.lead_id):
        raise NoSuchLead(body.lead_id)
    if body.until and body.verdict != "early":
        raise Problem(
            422, "only a lead that is too early has a day", errors=[{"pointer": "/until", "detail": "unused"}]
        )
    by = Person(body.by or caller.name, ROLE)
    add_verdict(site.store, body.lead_id, body.verdict, body.note.strip(), by, until=body.until)
    site.plan()

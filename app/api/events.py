"""Events that happen elsewhere, such as on a web site: they count from the next scoring run on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.api.clients import ApiCaller, allowed_to
from app.api.content import EventsInput, TakenOutput
from app.api.once import Key, answer_once
from app.api.problems import Problem, documented
from app.site import CurrentSite
from data.store import add_events

router = APIRouter()


@router.post(
    "/events",
    status_code=202,
    response_model=TakenOutput,
    responses=documented(400, 401, 403, 408, 409, 413, 422, 429, 503),
)
async def post_events(
    site: CurrentSite, caller: Annotated[ApiCaller, Depends(allowed_to("events"))], body: EventsInput, key: Key = None
) -> Response:
    """Keep events, each once by its id: `score`, `watch` and `train` read them beside the table of events."""
    nameless = [place for place, event in enumerate(body.events) if event.lead_id is None and event.account_id is None]
    if nameless:
        errors = [
            {"pointer": f"/events/{place}", "detail": "it has no lead_id and no account_id"} for place in nameless
        ]
        raise Problem(422, "an event names nobody", expected="lead_id, or account_id", errors=errors[:100])
    events = [event.model_dump() for event in body.events]

    def add() -> dict[str, int]:
        return {"received": len(events), "new": add_events(site.store, events, caller.name)}

    return await answer_once(site, caller, key, body, 202, add)

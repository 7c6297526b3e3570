"""The leads as the last scoring run left them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.clients import allowed_to
from app.api.content import LeadDetailOutput, LeadOutput, LeadsOutput, Text
from app.api.problems import Problem, documented
from app.site import CurrentSite, NoSuchLead, Site
from data.errors import LeadscoreError
from data.json import strict_json
from data.store import (
    Filters,
    cursor_in,
    cursor_of,
    decisions_on,
    feedback_on,
    gone_since,
    history_of,
    lead_page,
    overrides_of,
    with_trend,
)
from pipelines.recommendations import recommendation_of
from pipelines.wording import WordedReason

router = APIRouter(dependencies=[Depends(allowed_to("read"))])
MOST_LEADS, MOST_STEPS = 500, 100
Row = dict[str, Any]


class LeadQuery(BaseModel):
    """The filters of the list of leads, and which page of it is asked for."""

    model_config = ConfigDict(extra="forbid")
    band: Literal["", "hot", "warm", "cold"] = ""
    disposition: Literal["", "ready", "nurture", "discard"] = ""
    fit: Literal["", "A", "B", "C", "D"] = ""
    engagement: Literal["", "1", "2", "3", "4"] = ""
    stage: Text = ""
    source: Text = ""
    persona: Text = ""
    owner: Text = ""
    recommendation: Text = Field(default="", description="call now, call this week, nurture or leave.")
    week: Literal["", "up", "down"] = Field(default="", description="Whose score rose, or fell, within a week.")
    q: Text = Field(default="", description="How a lead's id or company begins.")
    order: Literal["", "value"] = Field(default="", description="By score, or by expected value.")
    after: Text = Field(default="", description="The `next` of the page before.")
    limit: Annotated[int, Field(ge=1, le=MOST_LEADS)] = 50

    def filters(self) -> Filters:
        return Filters(**self.model_dump(exclude={"after", "limit"}))


@router.get("/leads", response_model=LeadsOutput, responses=documented(400, 401, 403, 422, 429, 503))
async def list_leads(site: CurrentSite, query: Annotated[LeadQuery, Query()]) -> Response:
    """List the open leads, the hottest or the most valuable first, a page at a time."""
    content = await run_in_threadpool(_page, site, query)
    return Response(strict_json(content), media_type="application/json")


def _page(site: Site, query: LeadQuery) -> Row:
    filters = query.filters()
    behind = cursor_in(filters, query.after)
    if query.after and behind is None:
        raise Problem(422, "this is no place in the list", expected="the `next` of a page with the same order")
    with site.store.transaction() as connection:
        run = site.newest(connection)
        following = lead_page(connection, filters, run, after=behind, count=query.limit + 1)
        leads = with_trend(connection, following[: query.limit], run)
        by_people = overrides_of(connection, [lead["lead_id"] for lead in leads])
    settings = site.settings_at(run)
    shown = [name for name in LeadOutput.model_fields if name not in ("reason", "recommendation", "disposition")]
    return {
        "as_of": run.as_of,
        "leads": [
            {name: lead[name] for name in shown}
            | {
                "disposition": by_people.get(lead["lead_id"], lead["disposition"]),
                "recommendation": settings.recommendation_name(lead["recommendation"]),
                "reason": _foremost(site, lead),
            }
            for lead in leads
        ],
        "next": str(cursor_of(filters, leads[-1])) if len(following) > query.limit else None,
    }


def _foremost(site: Site, lead: Row) -> str:
    try:
        return site.wording.foremost(lead["model_version"], lead["reasons"])
    except LeadscoreError:
        return ""  # a version that this code cannot read has numbers, but no words


@router.get(
    "/leads/{lead_id:path}", response_model=LeadDetailOutput, responses=documented(400, 401, 403, 404, 422, 429, 503)
)
async def show_lead(site: CurrentSite, lead_id: str) -> Response:
    """Show one lead: its score with the reasons, its history, and what people said of it."""
    content = await run_in_threadpool(_detail, site, lead_id)
    return Response(strict_json(content), media_type="application/json")


def _detail(site: Site, lead_id: str) -> Row:
    with site.store.transaction() as connection:
        run = site.newest(connection)
        history = history_of(connection, lead_id)
        if not history:
            raise NoSuchLead(lead_id)
        gone = gone_since(connection, lead_id)
        verdicts, overrides = feedback_on(connection, lead_id)
        decision = decisions_on(connection, [lead_id]).get(lead_id)
    lead = history[0]
    is_open = lead["outcome"] == "open" and gone is None
    advice: Row = dict.fromkeys(("recommendation", "rule", "sentence"), "")
    if is_open:
        advice = recommendation_of(lead, site.settings_at(run), decision)
    standing = next((each["disposition"] for each in overrides if each["undone_at"] is None), None)
    stored = ("lead_id", "company", "owner", "source", "stage", "outcome", "as_of", "score", "probability", "band")
    stored += ("fit", "engagement", "expected_value", "model_version")
    return {
        **{name: lead[name] for name in stored},
        "gone_since": gone,
        "disposition": standing or lead["disposition"],
        **advice,
        **_reasons(site, lead),
        "history": [{name: step[name] for name in HISTORY} for step in history[:MOST_STEPS]],
        "verdicts": [{name: each[name] for name in VERDICT} for each in verdicts],
    }


HISTORY = ("as_of", "score", "probability", "model_version")
VERDICT = ("verdict", "note", "by", "given_at", "undone_at")


def _reasons(site: Site, lead: Row) -> Row:
    try:
        (up, down), lines = site.wording.parts(lead), site.wording.lines(lead)
    except LeadscoreError:
        return {"lines": [], "reasons_up": [], "reasons_down": []}
    beside = (lines.start, *lines.context, lines.rest) if lines else ()
    return {
        "lines": [asdict(line) for line in beside],
        "reasons_up": [_reason(reason) for reason in up],
        "reasons_down": [_reason(reason) for reason in down],
    }


def _reason(reason: WordedReason) -> Row:
    sentence = f"{reason.sentence} – {reason.evidence}" if reason.evidence else reason.sentence
    return {"sentence": sentence, "points": reason.points, "concept": reason.concept, "family": reason.family}

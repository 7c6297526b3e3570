"""The leads: the list, one lead, and its panel for a CRM."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

import pandas as pd
from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection
from starlette.background import BackgroundTask

from app.security import LOCAL, Viewer
from app.site import AS_SET, CurrentSite, NoSuchLead, Site
from app.threads import quick
from app.view import NO_EVIDENCE, TrendLine, page, trend_line
from data.config import Settings
from data.errors import LeadscoreError
from data.sinks import export_to
from data.store import (
    BY_RECOMMENDATION,
    BY_VALUE,
    DISPOSITIONS,
    VERDICTS,
    Filters,
    Newest,
    Person,
    cursor_in,
    cursor_of,
    decisions_on,
    feedback_on,
    gone_since,
    history_of,
    lead_page,
    overrides_of,
    owners,
    stream_leads,
    with_trend,
)
from data.vocabulary import CALL_NOW, CALL_THIS_WEEK
from models.blend import RULES, member_names
from models.rules import fired_by_name
from pipelines.explain import kept_deals
from pipelines.recommendations import recommendation_of

router = APIRouter()
CALLS = (CALL_NOW, CALL_THIS_WEEK)
LONGEST_TEXT = 200
"""Characters of a value that a menu offers."""
PAGE = 50
"""Leads on a page."""
MOST_CHOICES = 30
"""Stages, sources or personas that a menu offers."""
MOST_STEPS = 100
"""Steps of a score that are shown."""
EXPORTED = (
    *("lead_id", "company", "score", "change", "grade", "band", "disposition", "probability", "recommendation"),
    *("expected_value", "stage", "source", "owner", "last_activity", "last_touch", "as_of", "reason", "model_version"),
)
PART = 5_000
"""Leads that an export writes at once."""
FROM_STORE = (
    *("lead_id", "company", "score", "band", "fit", "engagement", "change", "stage", "owner", "probability"),
    *("expected_value", "recommendation"),
)
"""What a row of the list shows as the store has it."""
LEFT_OUT = {
    **{name: (name,) for name in ("stage", "reason", "owner", "unchanged", "last_activity", "last_touch")},
    **{
        "change": ("change",),
        "grade": ("fit", "engagement"),
        "value": ("expected_value",),
        "todo": ("recommendation",),
    },
}
"""Columns that are left out where all rows of a page say the same, by what they show."""
Row = dict[str, Any]
Tally = dict[str, dict[str, int]]


class LeadRow(NamedTuple):
    """A row of the list; equal ones are drawn once."""

    address: str
    reason: str
    unchanged: int
    set_by_person: str | None
    lead_id: str
    company: str | None
    score: int
    band: str
    fit: str
    engagement: str
    change: int | None
    stage: str | None
    owner: str | None
    probability: float
    expected_value: float | None
    recommendation: str | None
    advice: str
    last_activity: int | None
    last_touch: int | None


async def _asked(request: Request) -> Filters:
    """Read the filters of an address."""
    query = request.query_params
    return Filters(**{field.name: query.get(field.name, "") for field in fields(Filters)})


Asked = Annotated[Filters, Depends(_asked)]


@router.get("/")
@router.get("/leads")
@router.get("/leads/")
@quick
def list_leads(request: Request, site: CurrentSite, person: Viewer, filters: Asked, after: str = "") -> Response:
    """Show a page of leads, the hottest or the most valuable first."""
    behind = cursor_in(filters, after)
    site.plan_today()
    with site.store.transaction() as connection:
        run = site.newest(connection)
        following = lead_page(connection, filters, run, after=behind, count=PAGE + 1)
        shown = with_trend(connection, following[:PAGE], run)
        set_by_people = overrides_of(connection, [lead["lead_id"] for lead in shown])
        tally = site.once(run, f"{AS_SET}tally", lambda: _tally(site.counted(connection, run)))
        tally |= {"owner": site.once(run, "owners", lambda: owners(connection))}
    unproven_by = site.without_signal(run.model_version)
    rows = [_row(lead, site, run, set_by_people, urlencode(filters.active())) for lead in shown]
    rows = [_muted(row) for row in rows] if unproven_by else rows
    last = shown[-1] if len(following) > PAGE else None
    here = urlencode(filters.active())
    return page(
        request,
        "leads.html",
        run=run,
        filters=filters,
        unproven_by=unproven_by,
        rows=rows,
        left_out=_said_alike(rows),
        orders=_orders(filters, site, run),
        views=_views(filters, person, tally, site.settings_at(run)),
        menus={name: _choices(name, filters, tally) for name in ("owner", "stage", "source", "persona")},
        others=_others(filters, "" if person == LOCAL else person.name),
        here=here,
        next=last and query_of(filters, after=str(cursor_of(filters, last))),
        is_first=behind is None,
    )


def _row(lead: Row, site: Site, run: Newest, set_by_people: dict[str, str], here: str) -> LeadRow:
    """Return what stands in a lead's row: beside what the store has, its top reason, and for how long it is so."""
    lead_id = lead["lead_id"]
    return LeadRow(
        address=quote(lead_id, safe="") + (f"?{here}" if here else ""),
        reason=_top_reason(lead, site),
        unchanged=(run.as_of - lead["as_of"]).days,
        set_by_person=set_by_people.get(lead_id),
        advice=site.settings_at(run).recommendation_name(lead["recommendation"]),
        last_activity=_days_before(run, lead["last_activity"]),
        last_touch=_days_before(run, lead["last_touch"]),
        **{name: lead[name] for name in FROM_STORE},
    )


def _muted(row: LeadRow) -> LeadRow:
    """Return the row of a lead by a model that shows no signal: without band, reason and advice."""
    return row._replace(band=NO_EVIDENCE, reason="", advice="", recommendation=None)


def _days_before(run: Newest, moment: datetime | None) -> int | None:
    return (run.as_of - moment).days if moment else None


def _said_alike(rows: Sequence[LeadRow]) -> frozenset[str]:
    """Return the columns that say the same in every row; of a single row none."""
    alike = {
        column
        for column, names in LEFT_OUT.items()
        if len({tuple(getattr(row, name) for name in names) for row in rows}) == 1
    }
    return frozenset(alike if len(rows) > 1 else ())


def _orders(filters: Filters, site: Site, run: Newest) -> list[Row]:
    """Return the orders that a list can have; by value only where amounts of won leads are known."""
    orders = [("chance", ""), ("recommendation", BY_RECOMMENDATION)]
    if site.registry.version(run.model_version).scorer.amounts is not None:
        orders.append(("expected value", BY_VALUE))
    return [
        {"label": label, "active": filters.order == order, "query": "/leads" + query_of(replace(filters, order=order))}
        for label, order in orders
    ]


def _top_reason(lead: Row, site: Site) -> str:
    try:
        return site.wording.foremost(lead["model_version"], lead["reasons"])
    except LeadscoreError:
        return ""  # a version that this code cannot read has numbers, but no words


def query_of(filters: Filters, **more: str) -> str:
    """Return filters as the query of an address."""
    return "?" + urlencode(filters.active() | more)


def _views(filters: Filters, person: Person, tally: Tally, settings: Settings) -> list[Row]:
    """Return the views that are one click away; a click on the present one leads back to all leads."""
    offered = [
        *((_capital(settings.recommendation_name(each)), "recommendation", each, None) for each in CALLS),
        ("Hot", "band", "hot", tally["band"].get("hot", 0)),
        ("Went up this week", "week", "up", None),
        ("Cooling", "week", "down", None),
    ]
    offered += [] if person == LOCAL else [("Mine", "owner", person.name, None)]
    count = sum(tally["band"].values())
    is_all = not replace(filters, order="").active()
    query = "/leads" + (query_of(Filters(order=filters.order)) if filters.order else "")
    all_open = {"label": "All open", "active": is_all, "query": query, "count": count}
    return [all_open, *(_view(filters, *view) for view in offered)]


def _view(filters: Filters, label: str, name: str, value: str, count: int | None) -> Row:
    active = getattr(filters, name) == value
    query = "/leads" + query_of(replace(filters, **{name: "" if active else value}))
    return {"label": label, "active": active, "query": query, "count": _count_there(count, filters, name)}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _count_there(count: int | None, filters: Filters, name: str) -> int | None:
    """Return a count of all open leads where the list that is one click away goes by that filter alone."""
    return None if replace(filters, **{name: "", "order": ""}).active() else count


def _choices(name: str, filters: Filters, tally: Tally) -> list[Row]:
    """Return the values that a menu offers, the commonest first."""
    common = [(value, count) for value, count in tally[name].items() if len(value) <= LONGEST_TEXT][:MOST_CHOICES]
    return [
        {
            "value": value,
            "count": _count_there(count, filters, name),
            "query": "/leads" + query_of(replace(filters, **{name: value})),
        }
        for value, count in common
    ]


def _tally(counts: Sequence[Row]) -> Tally:
    """Count the open leads by band, disposition, stage, source and persona, the commonest value first."""
    counters = {name: Counter[str]() for name in ("band", "disposition", "stage", "source", "persona")}
    for row in counts:
        if row["outcome"] == "open":
            for name, counter in counters.items():
                counter.update({row[name]: row["leads"]} if row[name] else {})
    return {name: dict(counter.most_common()) for name, counter in counters.items()}


def _others(filters: Filters, own: str) -> list[Row]:
    """Return the filters that no view stands for, each with the way to be rid of it."""
    week = filters.week if filters.week in ("up", "down") else "up"
    in_views = {"band": "hot", "week": week, "owner": own, "order": filters.order}
    in_views |= {"recommendation": filters.recommendation} if filters.recommendation in CALLS else {}
    return [
        {"name": name, "value": value, "query": "/leads" + query_of(replace(filters, **{name: ""}))}
        for name, value in filters.active().items()
        if in_views.get(name) != value
    ]


@router.get("/leads.csv")
def export(site: CurrentSite, _: Viewer, filters: Asked) -> Response:
    """Give all leads of the list as CSV, in its order."""
    with site.store.transaction() as connection:
        site.newest(connection)
    folder = tempfile.TemporaryDirectory(prefix="leadscore-")
    file = Path(folder.name) / "leads.csv"
    with export_to(file, ids=("lead_id",)) as write:
        write(pd.DataFrame(columns=list(EXPORTED), dtype="str"))
        for part in stream_leads(site.store, filters, PART):
            leads = pd.DataFrame([lead | {"reason": _top_reason(lead, site)} for lead in part])
            texts = dict.fromkeys(("company", "owner", "source", "recommendation"), "str")
            numbers = {"change": "Int64", "expected_value": "float64"}
            times = dict.fromkeys(("last_activity", "last_touch"), "datetime64[us]")
            write(leads[list(EXPORTED)].astype(texts | numbers | times))
    return FileResponse(file, filename="leads.csv", background=BackgroundTask(folder.cleanup))


@router.get("/leads/{lead_id:path}/panel")
@quick
def panel(request: Request, site: CurrentSite, person: Viewer, lead_id: str) -> Response:
    """Show one lead in little room, for a frame in a CRM."""
    return page(request, "panel.html", **_lead(site, person, lead_id))


@router.get("/leads/{lead_id:path}")
@quick
def show_lead(request: Request, site: CurrentSite, person: Viewer, lead_id: str, filters: Asked) -> Response:
    """Show one lead, and the way to the next one of the list that it was opened from."""
    content = _lead(site, person, lead_id)
    lead = content["lead"]
    with site.store.transaction() as connection:
        after = cursor_of(filters, lead | {"recommendation": content["urgency"] or lead["recommendation"]})
        following = lead_page(connection, filters, content["run"], after=after, count=1)
    here = query_of(filters) if filters.active() else ""
    onward = f"/leads/{quote(following[0]['lead_id'], safe='')}{here}" if following else ""
    return page(request, "lead.html", **content, onward=onward, back=f"/leads{here}")


def _lead(site: Site, person: Person, lead_id: str) -> Row:
    """Return all that is known of a lead without reading it again. Raises NoSuchLead."""
    with site.store.transaction() as connection:
        run = site.newest(connection)
        history = history_of(connection, lead_id)
        if not history:
            raise NoSuchLead(lead_id)
        gone = gone_since(connection, lead_id)
        similar = _similar(connection, site, history[0])
        said = said_of(connection, site, run, history[0], is_gone=gone is not None)
    site.record_opened(lead_id, person.name)
    lead, steps = history[0], _by_moment(history)
    if unproven_by := site.without_signal(lead["model_version"]):
        lead = {**lead, "band": NO_EVIDENCE}
        said = said | {"advice": None}
    return {
        "unproven_by": unproven_by,
        "run": run,
        "lead": lead | {"change": _change(history, run)},
        "gone_since": gone,
        "address": quote(lead_id, safe=""),
        "in_crm": site.settings_at(run).address_in_crm(lead_id),
        "unchanged": (run.as_of - lead["as_of"]).days,
        "trend": _trend(steps, run),
        "steps": _steps(steps)[:MOST_STEPS],
        "similar": similar,
        **said,
        **_reasons(lead, site),
    }


def said_of(connection: Connection, site: Site, run: Newest, lead: Row, *, is_gone: bool = False) -> Row:
    """Return what people said of a lead, and what to do with it: each decides on the other."""
    verdicts, overrides = feedback_on(connection, lead["lead_id"])
    decision = decisions_on(connection, [lead["lead_id"]]).get(lead["lead_id"])
    is_open = lead["outcome"] == "open" and not is_gone
    return {
        "verdicts": verdicts,
        "standing": next((each for each in verdicts if each["undone_at"] is None), None),
        "override": next((each for each in overrides if each["undone_at"] is None), None),
        "overrides": overrides,
        "choices": VERDICTS,
        "dispositions": DISPOSITIONS,
        "advice": recommendation_of(lead, site.settings_at(run), decision) if is_open else None,
        "urgency": (decision or lead)["recommendation"] if is_open else None,
        "tomorrow": f"{datetime.now(UTC).date() + timedelta(days=1)}",
        "in_a_month": f"{datetime.now(UTC).date() + timedelta(days=30)}",
    }


def _similar(connection: Connection, site: Site, lead: Row) -> list[Row]:
    """Return the won deals that were kept with a score, by the names that sales knows."""
    try:
        scorer = site.registry.version(lead["model_version"]).scorer
    except LeadscoreError:
        return []
    deals = kept_deals(connection, lead, scorer, site.wording.codebook(lead["model_version"]).features)
    return [{"deal": deal, "company": company, "address": quote(deal.lead_id, safe="")} for deal, company in deals]


def _reasons(lead: Row, site: Site) -> Row:
    """Return the reasons of a score, the rules that fired, and its horizon; none of a version that is not read."""
    try:
        (up, down), lines = site.wording.parts(lead), site.wording.lines(lead)
        scorer = site.registry.version(lead["model_version"]).scorer
    except LeadscoreError as problem:
        return {
            "up": [],
            "down": [],
            "lines": None,
            "most": 1,
            "horizon": None,
            "rules": [],
            "by_rules": False,
            "unreadable": problem,
        }
    most = max((abs(reason.points) for reason in (*up, *down)), default=1)
    rules = sorted(fired_by_name(scorer.rules, lead["rules"] or "[]").items(), key=lambda rule: -abs(rule[1]))
    rest = {
        "horizon": scorer.horizon,
        "rules": rules,
        "by_rules": member_names(scorer.model) == (RULES,),
        "unreadable": None,
    }
    return {"up": up, "down": down, "lines": lines, "most": most or 1, **rest}


def _change(history: Sequence[Row], run: Newest) -> int | None:
    old = next((step for step in history if step["run_id"] <= run.week_before), None)
    return history[0]["score"] - old["score"] if old else None


def _by_moment(history: Sequence[Row]) -> list[Row]:
    """Return the score made last for each moment, the newest moment first: scores of the past may be made later."""
    last = {step["as_of"]: step for step in reversed(history)}
    return [last[moment] for moment in sorted(last, reverse=True)]


def _trend(history: Sequence[Row], run: Newest) -> TrendLine | None:
    """Draw the steps of a score; None where no time has gone by since the first."""
    steps = [(step["as_of"], step["score"]) for step in reversed(history)]
    return trend_line(steps, run.as_of) if steps[0][0] < run.as_of else None


def _steps(history: Sequence[Row]) -> list[Row]:
    """Return the versions in which score, stage or model changed, the newest first, each with what was before it."""
    pairs = zip(history, [*history[1:], None], strict=True)
    return [step | {"before": before} for step, before in pairs if before is None or _differs(step, before)]


def _differs(step: Row, before: Row) -> bool:
    return any(step[name] != before[name] for name in ("score", "stage", "model_version"))

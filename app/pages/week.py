"""This week: for each owner the leads to call, as many as there is time for, the highest expected value first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.security import Viewer
from app.site import CurrentSite, Site
from app.threads import quick
from app.view import NO_EVIDENCE, page
from data.store import Newest, this_week
from data.vocabulary import CALL_NOW
from pipelines.recommendations import recommendation_of

router = APIRouter()
MOST_LEADS = 60
"""Leads of several owners on one page; of more, one owner is chosen."""
Row = dict[str, Any]


@router.get("/week")
@quick
def show_week(request: Request, site: CurrentSite, person: Viewer, owner: str | None = None) -> Response:
    """Show whom each owner calls this week, or one owner's list: by default one's own."""
    site.plan_today()
    with site.store.transaction() as connection:
        run = site.newest(connection)
        leads = this_week(connection)
    by_owner = _by_owner(leads)
    chosen = _chosen(owner, person.name, by_owner, len(leads))
    return page(
        request,
        "week.html",
        run=run,
        unproven_by=site.without_signal(run.model_version),
        chosen=chosen,
        owners=[_summary(name, of_owner) for name, of_owner in by_owner.items()],
        rows=[_row(lead, site, run) for lead in (leads if chosen is None else by_owner.get(chosen, []))],
        total=len(leads),
        capacity=site.settings_at(run).capacity.per_owner_per_week,
    )


def _chosen(asked: str | None, own: str, by_owner: Mapping[str, Sequence[Row]], total: int) -> str | None:
    """Return whose list is shown, an empty name for nobody's; None for that of all, where it is short."""
    if asked is not None:
        return asked
    if own in by_owner:
        return own
    return next(iter(by_owner), None) if total > MOST_LEADS else None


def _by_owner(leads: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the leads of each owner; those of nobody under an empty name, last."""
    by_owner: defaultdict[str, list[Row]] = defaultdict(list)
    for lead in leads:
        by_owner[lead["owner"] or ""].append(lead)
    return dict(sorted(by_owner.items(), key=lambda item: (not item[0], item[0])))


def _summary(owner: str, leads: Sequence[Row]) -> Row:
    """Count the calls of one owner, and sum up what they are worth."""
    values = [lead["expected_value"] for lead in leads if lead["expected_value"] is not None]
    return {
        "owner": owner,
        "query": f"/week?{urlencode({'owner': owner})}",
        "now": sum(lead["recommendation"] == CALL_NOW for lead in leads),
        "leads": len(leads),
        "wins": sum(lead["probability"] for lead in leads),
        "value": sum(values) if values else None,
    }


def _row(lead: Row, site: Site, run: Newest) -> Row:
    advice = recommendation_of(lead, site.settings_at(run))
    lead = lead | {"band": NO_EVIDENCE} if site.without_signal(run.model_version) else lead
    return lead | {"address": quote(lead["lead_id"], safe=""), "advice": advice}

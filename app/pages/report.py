"""The funnel's report, live: two periods or a source beside each other, and all figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.security import Viewer
from app.site import CurrentSite
from app.threads import Busy, alone
from app.view import page, safe
from pipelines.output import filled
from pipelines.report import Reported, gather, page_content

router = APIRouter()
COUNTING = Lock()
"""One report at a time: counting reads all tables."""
Row = dict[str, Any]


@dataclass(frozen=True)
class SideBySide:
    """Two columns of the funnel beside each other: entries into each stage, and shares that went on.

    A row is the stage, or those at the ends of the step, and the two values; a share is plain types of
    `funnel.rates.Share`.
    """

    names: tuple[str, str]
    entries: Sequence[tuple[str, int, int]]
    steps: Sequence[tuple[tuple[str, str], Row, Row]]


@router.get("/funnel/report")
def show_report(
    request: Request, site: CurrentSite, _: Viewer, source: str = "", now: str = "", before: str = ""
) -> Response:
    """Show the report as of the newest run; while another counts it, the part that asks again."""
    with site.store.transaction() as connection:
        run = site.newest(connection)
    try:
        with alone(COUNTING, "the funnel is being counted"):
            content = site.once(run, "report", lambda: without_leads(gather(site.workspace)))
    except Busy:
        return page(request, "counting.html", source=source)
    funnel = content["funnel"]
    return page(
        request,
        "report.html",
        notes=content["notes"],
        source=source,
        periods=[period["name"] for period in reversed(funnel["periods"])] if funnel else [],
        within=funnel and funnel["settings"]["within"],
        by_period=funnel and compare_periods(funnel, now, before),
        by_source=funnel and compare_source(funnel, source),
        figures=funnel and Markup(filled("funnel.html", clean=safe, funnel=funnel, is_folding=True)),
    )


def without_leads(reported: Reported) -> Row:
    """Return what is remembered of a report until the next run: no lead by its id, for it may be forgotten."""
    content = page_content(reported)
    for oddity in content["funnel"]["oddities"] if content["funnel"] else ():
        oddity["first"] = []
    return {name: content[name] for name in ("funnel", "notes")}


def compare_periods(funnel: Mapping[str, Any], now: str, before: str) -> SideBySide | None:
    """Return two periods beside each other: those that are named, else the newest two that are over.

    None where there are not two.
    """
    periods = {period["name"]: period for period in funnel["periods"]}
    over = [name for name, period in periods.items() if period["complete"]] or list(periods)
    if len(periods) < 2 or len(over) < 2:
        return None
    names = (now if now in periods else over[-1]), (before if before in periods else over[-2])
    one, other = (periods[name] for name in names)
    return SideBySide(names, *_rows(funnel, [(each["entries"], each["went_on_soon"]) for each in (one, other)]))


def compare_source(funnel: Mapping[str, Any], source: str) -> SideBySide | None:
    """Return a source beside all leads; None where the report knows no such source."""
    one = next((level for level in funnel["cuts"].get("source", ()) if source and level["name"] == source), None)
    if one is None:
        return None
    columns = [(level["reached"], [step["went_on"] for step in level["steps"]]) for level in (one, funnel["all"])]
    return SideBySide((source, "all leads"), *_rows(funnel, columns))


def _rows(
    funnel: Mapping[str, Any], columns: Sequence[tuple[Mapping[str, int], Sequence[Row]]]
) -> tuple[list[tuple[str, int, int]], list[tuple[tuple[str, str], Row, Row]]]:
    (entries, shares), (others, other_shares) = columns
    labels = [(step["start"], step["to"]) for step in funnel["all"]["steps"]]
    counted = [(stage["name"], entries[stage["name"]], others[stage["name"]]) for stage in funnel["stages"]]
    return counted, list(zip(labels, shares, other_shares, strict=True))

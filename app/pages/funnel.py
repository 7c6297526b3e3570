"""The funnel: where leads are, where they come from, and what became of them; every number opens its list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.security import Viewer
from app.site import AS_SET, CurrentSite
from app.threads import quick
from app.view import page
from data.store import count_calls
from data.vocabulary import FUNNEL

router = APIRouter()
MOST_ROWS = 50
Row = dict[str, Any]


@router.get("/funnel")
@quick
def show_funnel(request: Request, site: CurrentSite, _: Viewer, source: str = "") -> Response:
    """Show the report of the present scores, for one source where one is asked for."""
    with site.store.transaction() as connection:
        run = site.newest(connection)
        counts = site.counted(connection, run)
        calls = site.once(run, f"{AS_SET}calls", lambda: count_calls(connection))
    known = not source or any(row["source"] == source for row in counts)
    asked = source if known else ""
    report = site.once(run, f"{AS_SET}report {asked}", lambda: report_of(counts, calls, asked))
    unproven_by = site.without_signal(run.model_version)
    return page(request, "funnel.html", run=run, unproven_by=unproven_by, source=asked, **report)


def report_of(counts: Sequence[Row], calls: Mapping[str, int], source: str) -> dict[str, Any]:
    """Return what the page shows: totals, open leads by stage, and sources with what became of their leads.

    ``calls`` counts, by source, the open leads that are to be called.
    """
    of_source = [row for row in counts if not source or row["source"] == source]
    stages = [stage | {"query": _to_list(stage=stage["name"], source=source)} for stage in _by(of_source, "stage")]
    order = {name: place for place, name in enumerate(FUNNEL)}
    open_stages = [stage for stage in stages if stage["open"]]
    return {
        "total": _totals(of_source) | {"calls": calls.get(source, 0) if source else sum(calls.values())},
        "stages": sorted(open_stages, key=lambda stage: order.get(stage["name"], len(order))),
        "widest": max((stage["open"] for stage in open_stages), default=1),
        "sources": [
            each | {"query": _to_list(source=each["name"]), "calls": calls.get(each["name"], 0)}
            for each in _by(counts, "source")[:MOST_ROWS]
        ],
    }


def _to_list(**filters: str) -> str:
    return "/leads?" + urlencode({name: value for name, value in filters.items() if value})


def _by(counts: Sequence[Row], name: str) -> list[Row]:
    """Return totals by the values of a column, those with most open leads first."""
    groups: dict[str, list[Row]] = {}
    for row in counts:
        groups.setdefault(row[name] or "", []).append(row)
    totals = [{"name": value, **_totals(rows)} for value, rows in groups.items()]
    return sorted(totals, key=lambda group: -group["open"])


def _totals(counts: Sequence[Row]) -> Row:
    """Count open, hot, closed and won leads; ``conversion`` is won of closed, ``expected`` the wins to come."""
    totals = Counter[str]()
    for row in counts:
        is_open = row["outcome"] == "open"
        belongs = {
            "open": is_open,
            "hot": is_open and row["band"] == "hot",
            "closed": not is_open,
            "won": row["outcome"] == "won",
        }
        totals.update({name: row["leads"] * is_so for name, is_so in belongs.items()})
    shown = {name: totals[name] for name in ("open", "hot", "closed", "won")}
    expected = sum(row["probability"] for row in counts if row["outcome"] == "open")
    return {**shown, "conversion": shown["won"] / shown["closed"] if shown["closed"] else None, "expected": expected}

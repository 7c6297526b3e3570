"""The grid: fit beside engagement, so that "buys but never fits" and "fits but does nothing" are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.guard import OurSite, Viewer
from app.render import page

router = APIRouter()
FITS, ENGAGEMENTS = "ABCD", "1234"
FEWEST_CLOSED = 20
"""Fewer closed leads than this tell no conversion."""
LEVELS = 5
"""Shades of a cell; its numbers say the same."""
Row = dict[str, Any]


@router.get("/grid")
def show_grid(request: Request, site: OurSite, _: Viewer, source: str = "") -> Response:
    """Show how many open leads are in each cell, and how many of the closed ones were won."""
    with site.store.transaction() as connection:
        run = site.newest(connection)
        counts = site.counted(connection, run)
    sources = site.once(run, "sources", lambda: sorted({row["source"] for row in counts if row["source"]}))
    asked = source if source in sources else ""
    cells = site.once(run, f"grid {asked}", lambda: _cells(counts, asked))
    graded = any(cell["open"] or cell["closed"] for cell in cells.values())
    content = {"cells": cells, "fits": FITS, "engagements": ENGAGEMENTS, "sources": sources, "source": asked}
    return page(request, "grid.html", run=run, graded=graded, **content)


def _cells(counts: Sequence[Row], source: str) -> dict[str, Row]:
    of_source = [row for row in counts if not source or row["source"] == source]
    cells = {fit + engagement: _cell(of_source, fit, engagement, source) for fit in FITS for engagement in ENGAGEMENTS}
    highest = max((cell["conversion"] or 0 for cell in cells.values()), default=0) or 1
    for cell in cells.values():
        cell["level"] = round(LEVELS * (cell["conversion"] or 0) / highest)
    return cells


def _cell(counts: Sequence[Row], fit: str, engagement: str, source: str) -> Row:
    """Count a cell: leads that are open, that were closed, and the share of these that was won."""
    here = [row for row in counts if (row["fit"], row["engagement"]) == (fit, engagement)]
    leads = {outcome: sum(row["leads"] for row in here if row["outcome"] == outcome) for outcome in ("open", "won")}
    closed = sum(row["leads"] for row in here if row["outcome"] != "open")
    filters = {"fit": fit, "engagement": engagement, **({"source": source} if source else {})}
    return {
        **leads,
        "closed": closed,
        "conversion": leads["won"] / closed if closed >= FEWEST_CLOSED else None,
        "query": f"/leads?{urlencode(filters)}",
    }

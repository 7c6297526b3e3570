"""The grid: fit beside engagement, so that "buys but never fits" and "fits but does nothing" are two cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.security import Viewer
from app.site import CurrentSite
from app.threads import quick
from app.view import page
from funnel import share

router = APIRouter()
FITS, ENGAGEMENTS = "ABCD", "1234"
FEWEST_KNOWN = 20
"""Of fewer leads whose outcome is known no conversion is shown."""
LEVELS = 5
"""Shades of a cell; its numbers say the same."""
Row = dict[str, Any]


@router.get("/grid")
@quick
def show_grid(request: Request, site: CurrentSite, _: Viewer, source: str = "") -> Response:
    """Show how many open leads are in each cell, and how many of those that stood there before were won."""
    with site.store.transaction() as connection:
        run = site.newest(connection)
        counts = site.counted(connection, run)
    sources = site.once(run, "sources", lambda: sorted({row["source"] for row in counts if row["source"]}))
    asked = source if source in sources else ""
    stored = site.registry.version(run.model_version)
    history = stored.training.get("standing", {}).get("grades", ())
    cells = site.once(run, f"grid {asked}", lambda: _cells(counts, history, asked))
    return page(
        request,
        "grid.html",
        run=run,
        unproven_by=site.without_signal(run.model_version),
        graded=any(row["fit"] and row["engagement"] for row in counts),
        has_history=bool(history),
        horizon=stored.scorer.horizon,
        cells=cells,
        fits=FITS,
        engagements=ENGAGEMENTS,
        sources=sources,
        source=asked,
    )


def _cells(counts: Sequence[Row], history: Sequence[Row], source: str) -> dict[str, Row]:
    still_open = [row for row in counts if row["outcome"] == "open" and (not source or row["source"] == source)]
    of_source = {"source": source} if source else {}
    cells = {
        fit + engagement: _cell(still_open, history, {"fit": fit, "engagement": engagement} | of_source)
        for fit in FITS
        for engagement in ENGAGEMENTS
    }
    highest = max((cell["conversion"] or 0 for cell in cells.values()), default=0) or 1
    for cell in cells.values():
        cell["level"] = round(LEVELS * (cell["conversion"] or 0) / highest)
    return cells


def _cell(still_open: Sequence[Row], history: Sequence[Row], filters: Row) -> Row:
    """Count the open leads of a cell, with the share that was won of those that were in it before."""
    fit, engagement = filters["fit"], filters["engagement"]
    known = next((each for each in history if each["place"] == fit + engagement), {"leads": 0, "won": None})
    return {
        "open": sum(row["leads"] for row in still_open if (row["fit"], row["engagement"]) == (fit, engagement)),
        "known": known["leads"],
        "conversion": known["won"] if known["leads"] >= FEWEST_KNOWN else None,
        "won": share(round(known["leads"] * (known["won"] or 0)), known["leads"], smallest=FEWEST_KNOWN),
        "query": f"/leads?{urlencode(filters)}",
    }

"""What sales said of leads beside what their scores said then: for the next review, and as data."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from fastapi import APIRouter
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from app.security import Viewer
from app.site import CurrentSite
from data.sinks import export_to
from data.store import VERDICTS, scored_verdicts

router = APIRouter()
BANDS = ("hot", "warm", "cold")
EXPORTED = ("lead_id", "given_at", "by", "verdict", "note", "score", "band", "model_version", "outcome")
Row = dict[str, Any]


def by_band(verdicts: Sequence[Row]) -> list[Row]:
    """Count what was said last of each lead, by the band that it had then; bands without a verdict are left out.

    >>> early, good = ({"lead_id": "L1", "band": "hot", "verdict": verdict} for verdict in ("early", "good"))
    >>> by_band([early, good])
    [{'band': 'hot', 'leads': 1, 'said': {'good': 1, 'early': 0, 'no fit': 0, 'unreachable': 0}}]
    """
    last = {each["lead_id"]: each for each in verdicts}.values()
    counts = {band: Counter(each["verdict"] for each in last if each["band"] == band) for band in BANDS}
    return [
        {"band": band, "leads": said.total(), "said": {verdict: said[verdict] for verdict in VERDICTS}}
        for band, said in counts.items()
        if said
    ]


def by_outcome(verdicts: Sequence[Row]) -> list[Row]:
    """Count what became of the leads, by what was said last of each; verdicts that nobody gave are left out.

    >>> said = {"verdict": "good"}
    >>> by_outcome([said | {"lead_id": "L1", "outcome": "won"}, said | {"lead_id": "L2", "outcome": "open"}])
    [{'verdict': 'good', 'leads': 2, 'won': 1, 'lost': 0}]
    """
    last = {each["lead_id"]: each for each in verdicts}.values()
    said = {verdict: Counter(each["outcome"] for each in last if each["verdict"] == verdict) for verdict in VERDICTS}
    return [
        {"verdict": verdict, "leads": outcomes.total(), "won": outcomes["won"], "lost": outcomes["lost"]}
        for verdict, outcomes in said.items()
        if outcomes
    ]


@router.get("/model/verdicts.csv")
def export(site: CurrentSite, _: Viewer) -> Response:
    """Give every verdict with the score of its lead at that time, the oldest first."""
    with site.store.transaction() as connection:
        verdicts = pd.DataFrame(scored_verdicts(connection), columns=list(EXPORTED))
    folder = tempfile.TemporaryDirectory(prefix="leadscore-")
    file = Path(folder.name) / "verdicts.csv"
    with export_to(file, ids=("lead_id",)) as write:
        texts = {name: "str" for name in EXPORTED if name not in ("given_at", "score")}
        write(verdicts.astype(texts | {"given_at": "datetime64[us]", "score": "Int64"}))
    return FileResponse(file, filename="verdicts.csv", background=BackgroundTask(folder.cleanup))

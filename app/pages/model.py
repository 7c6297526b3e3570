"""The model: what it learned from, how good it is beside the rules, what was decided of it, and where bands begin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from app.pages.review import by_band, by_outcome
from app.security import CSRF_CHECK, Admin, Viewer
from app.site import CurrentSite, Site
from app.view import page
from data.errors import InputError
from data.store import (
    LONGEST_TEXT,
    VERDICTS,
    Newest,
    audit,
    count_above,
    has_visible_text,
    newest,
    opened_lately,
    recent_changes,
    sample_contributions,
    scored_verdicts,
)
from funnel import share
from models.versions import Stored, words
from pipelines.report import model_sentences

router = APIRouter()
SAMPLED = 2_000
"""Leads from whose contributions the shares of concepts are measured."""
FEWEST_CLOSED = 20
"""Of fewer closed leads the share that was won is grey."""
MOST_SHARES = 12
MOST_DECISIONS = 20
Row = dict[str, Any]


@router.get("/model")
def show_model(request: Request, site: CurrentSite, _: Viewer) -> Response:
    """Show the champion."""
    version = site.champion_version
    if version is None:
        raise site.nothing_yet()
    stored = site.registry.version(version)
    scale = stored.scorer.scale
    with site.store.transaction() as connection:
        run = newest(connection)
        opened = opened_lately(connection)
        sample = (
            site.once(run, "contributions", lambda: sample_contributions(connection, version, SAMPLED)) if run else []
        )
        changes = recent_changes(connection, MOST_DECISIONS)
        verdicts = scored_verdicts(connection)
    preview = _preview(site, scale.hot, scale.warm, stored)
    hot = preview["thresholds"][0]["now"]
    return page(
        request,
        "model.html",
        version=version,
        unproven_by=site.without_signal(version),
        sentences=model_sentences(stored.training, scale.hot, hot["wins"] / hot["leads"] if hot["leads"] else None),
        training=stored.training,
        plots=list(site.registry.plots(version)),
        decisions=[
            (decision.at.isoformat(), decision.version, words(decision))
            for decision in site.registry.decisions()[:MOST_DECISIONS]
        ],
        findings=_findings(site),
        shares=_shares(sample, stored),
        sampled=len(sample),
        deciles=list(reversed(stored.training.get("standing", {}).get("tenths", ()))),
        opened=opened,
        changes=changes,
        verdicts=VERDICTS,
        reviewed=by_band(verdicts),
        became=[
            each | {"share": share(each["won"], each["won"] + each["lost"], smallest=FEWEST_CLOSED)}
            for each in by_outcome(verdicts)
        ],
        **preview,
    )


@router.get("/model/preview")
def preview(request: Request, site: CurrentSite, _: Viewer, hot: str = "", warm: str = "") -> Response:
    """Show how many leads other thresholds would make hot and warm, and how many wins they promise."""
    stored = site.registry.version(site.registry.require_champion())
    return page(request, "previewed.html", **_preview(site, *_thresholds(hot, warm), stored))


@router.post("/model/thresholds", dependencies=CSRF_CHECK)
def set_thresholds(
    site: CurrentSite,
    person: Admin,
    hot: Annotated[str, Form()] = "",
    warm: Annotated[str, Form()] = "",
    why: Annotated[str, Form()] = "",
) -> Response:
    """Keep other thresholds, from the next scoring run on."""
    thresholds = _thresholds(hot, warm)
    if not has_visible_text(why):
        raise InputError("new thresholds need a reason", expected="why, in a few words")
    if len(why) > LONGEST_TEXT:
        raise InputError("this reason is too long", expected=f"at most {LONGEST_TEXT} signs", got=f"{len(why)}")
    version = site.registry.require_champion()
    before = site.registry.version(version).scorer.scale
    with site.store.transaction(writing=True) as connection:
        change = {
            "version": version,
            "why": why.strip(),
            "before": [before.hot, before.warm],
            "after": list(thresholds),
        }
        audit(connection, person, "thresholds", detail=change)
        # Last, so that thresholds that cannot be stored leave no row in the audit.
        site.registry.set_thresholds(version, *thresholds, by=person.name, why=why.strip())
    return RedirectResponse("/model#thresholds", 303)


@router.get("/model/plots/{name}.svg")
def plot(site: CurrentSite, _: Viewer, name: str) -> Response:
    """Give one of the plots of the champion."""
    plots = site.registry.plots(site.registry.require_champion())
    if name not in plots:
        raise HTTPException(404)
    return Response(plots[name], media_type="image/svg+xml")


def _thresholds(hot: str, warm: str) -> tuple[float, float]:
    """Read thresholds that are written in per cent."""
    try:
        thresholds = float(hot.replace(",", ".")) / 100, float(warm.replace(",", ".")) / 100
    except ValueError:
        thresholds = (0.0, 0.0)
    if not 0 < thresholds[1] < thresholds[0] < 1:
        raise InputError(
            "these are no thresholds",
            expected="two percentages, hot above warm",
            got=f"hot {hot[:20]}, warm {warm[:20]}",
        )
    return thresholds


def _preview(site: Site, hot: float, warm: float, stored: Stored) -> Row:
    scale = stored.scorer.scale
    with site.store.transaction() as connection:
        now = _present(site, connection, [scale.hot, scale.warm])
        then = now if (hot, warm) == (scale.hot, scale.warm) else count_above(connection, [hot, warm])
    history = stored.training.get("bars", ())
    thresholds = [
        {"band": band, "now": _with_history(before, history), "then": _with_history(after, history)}
        for band, before, after in zip(("hot", "warm"), now, then, strict=True)
    ]
    return {"thresholds": thresholds, "horizon": stored.scorer.horizon, "has_history": bool(history)}


def _with_history(threshold: Row, history: Sequence[Mapping[str, Any]]) -> Row:
    """Add what history says of a threshold: of the next one that was measured; None above the highest.

    >>> _with_history({"bar": 0.2}, [{"bar": 0.1, "won": 7}, {"bar": 0.3, "won": 2}])
    {'bar': 0.2, 'history': {'bar': 0.3, 'won': 2}}
    """
    bar = threshold["bar"] * (1 - 1e-9)  # a percentage is rounded on its way from the page
    return threshold | {"history": next((each for each in history if each["bar"] >= bar), None)}


def _present(site: Site, connection: Connection, thresholds: list[float]) -> list[Row]:
    run = newest(connection)
    if run is None:
        return count_above(connection, thresholds)
    return site.once(run, f"above {thresholds}", lambda: count_above(connection, thresholds))


def _sampled(site: Site, run: Newest | None, connection: Connection, version: str) -> list[bytes]:
    """Return the contributions of some leads of the newest run; none before the first."""
    if run is None:
        return []
    return site.once(run, "contributions", lambda: sample_contributions(connection, version, SAMPLED))


def _shares(contributions: list[bytes], stored: Stored) -> list[Row]:
    """Return which concepts move scores most: their mean absolute contributions, as shares of all."""
    if not contributions:
        return []
    moved = np.abs(np.stack([np.frombuffer(row, "<f2") for row in contributions]).astype(np.float64)).mean(axis=0)
    shares = zip(stored.scorer.narrator.concepts, moved / max(moved.sum(), 1e-12), strict=True)
    families = stored.scorer.narrator.families
    by_concept = [{"concept": name, "family": str(families[name]), "share": float(share)} for name, share in shares]
    return sorted(by_concept, key=lambda each: -each["share"])[:MOST_SHARES]


def _findings(site: Site) -> Row | None:
    """Return what `monitor` found last; None before its first run."""
    file = site.workspace.findings
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

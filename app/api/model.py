"""The version that scores, whether the API can answer, and what it counts of itself."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from app.api.clients import ApiCaller, allowed_to
from app.api.content import ChampionOutput, HealthOutput
from app.api.problems import documented
from app.site import CurrentSite, Site
from data.errors import LeadscoreError
from data.json import strict_json
from data.store import newest

router = APIRouter()
about = APIRouter()
"""What stands outside of a version of the API."""


@router.get(
    "/models/champion",
    response_model=ChampionOutput,
    responses=documented(400, 401, 403, 429, 503),
    dependencies=[Depends(allowed_to("read"))],
)
async def show_champion(request: Request) -> Response:
    """Show the version that scores, and how well it did on leads that it had not seen."""
    stored, by = await run_in_threadpool(request.app.state.warm.champion)
    training = stored.training
    content = {
        "version": by.scorer.version,
        "chosen": training.get("chosen"),
        "rung": training.get("rung"),
        "horizon": by.scorer.horizon,
        "hot": by.scorer.scale.hot,
        "warm": by.scorer.scale.warm,
        "features": len(by.scorer.catalogue),
        "metrics": training.get("metrics", {}),
    }
    return Response(strict_json(content), media_type="application/json")


@about.get("/health", response_model=HealthOutput, responses={503: {"model": HealthOutput}})
async def health(site: CurrentSite) -> Response:
    """Say whether the API can answer; no token is needed, and nothing of any lead is said."""
    content = await run_in_threadpool(_health, site)
    status = 200 if content["status"] == "ok" else 503
    return Response(strict_json(content), status, media_type="application/json")


def _health(site: Site) -> dict[str, Any]:
    try:
        with site.store.transaction() as connection:
            run = newest(connection)
        version = site.champion_version
    except LeadscoreError:
        return {"status": "no store", "version": None, "last_run": None}
    return {"status": "ok" if version else "no model", "version": version, "last_run": run and run.finished_at}


@about.get(
    "/metrics",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented(401, 403, 429)},
    response_class=Response,
)
async def metrics(
    request: Request, site: CurrentSite, _: Annotated[ApiCaller, Depends(allowed_to("metrics"))]
) -> Response:
    """Give what is counted, in the text format of Prometheus."""
    known = await run_in_threadpool(_health, site)
    finished = known["last_run"] and known["last_run"].replace(tzinfo=UTC).timestamp()
    return Response(request.app.state.counts.text(finished, known["version"]), media_type=CONTENT_TYPE_LATEST)

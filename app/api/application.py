"""The API as one application, for itself or beside the pages."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from app.api import events, feedback, leads, model, scoring
from app.api.clients import ApiAccess, Pace
from app.api.counts import Counts
from app.api.gate import Gate
from app.api.problems import SCHEMA, add_problems
from app.api.together import Together
from app.api.warm import Warm
from app.security import Access, Guesses
from app.site import Site

ROOT = "/api/v1"
DESCRIPTION = """Scores of leads, on demand and of the last scoring run, and what comes back of them.

Times are ISO 8601, without an offset UTC. Every error is a problem as RFC 9457 has it; `X-Request-ID` is taken, or
made, and stands in the answer and in the log."""


def make_api(site: Site, access_now: Callable[[], Access], api_access_now: Callable[[], ApiAccess]) -> FastAPI:
    """Return the API of a workspace; who may ask, and by which names, is asked for each request."""
    app = FastAPI(
        title="leadscore",
        version=version("leadscore"),
        description=DESCRIPTION,
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    state = app.state
    state.site, state.api_access_now, state.pace, state.guesses = site, api_access_now, Pace(), Guesses()
    state.counts, state.warm, state.together = Counts(), Warm(site), Together(scoring.score_asked)
    app.add_middleware(Gate, access_now=access_now, counts=state.counts)
    for router in (scoring.router, leads.router, events.router, feedback.router, model.router):
        app.include_router(router, prefix=ROOT)
    app.include_router(model.about)
    add_problems(app)
    app.openapi = _described(app, app.openapi)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI, describe: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Let the description have the schema of problems, to which all routes refer."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = describe()
            described["components"]["schemas"]["Problem"] = SCHEMA
        return app.openapi_schema or {}

    return described

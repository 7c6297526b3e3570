"""The pages as one application: routes, and what stands before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.sessions import SessionMiddleware

from app.error_pages import add_error_pages
from app.pages import ROUTERS
from app.security import LONGEST, Access, Guesses, Headers, Limits, Sessions, signing_key
from app.site import Site
from data.errors import LeadscoreError
from data.store import REFUSED_SIGN_IN, Person, audit
from data.workspace import Workspace

STATIC = Path(__file__).with_name("static")
PAUSE = 1.0
"""Seconds between two writings of what was opened."""


def make_app(workspace: Workspace, access: Access | Callable[[], Access]) -> FastAPI:
    """Return the application for a workspace; who may open it stays so, or is asked for at each moment."""
    site, access_now = Site(workspace), access if callable(access) else lambda: access
    app = FastAPI(title="leadscore", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_writing_opened)
    app.state.site, app.state.access_now = site, access_now
    app.state.sessions, app.state.guesses = Sessions(workspace.ended_sessions), Guesses()
    app.state.audit_guess = partial(_audit_guess, site)
    app.add_middleware(
        SessionMiddleware,
        secret_key=signing_key(workspace),
        session_cookie="leadscore",
        max_age=LONGEST,
        same_site="lax",  # a link in a mail or in a CRM leads on, signed in; changes need our own word besides
    )
    app.add_middleware(Limits)
    app.add_middleware(Headers, access_now=access_now)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in ROUTERS:
        app.include_router(router)
    add_error_pages(app)
    return app


@asynccontextmanager
async def _writing_opened(app: FastAPI) -> AsyncIterator[None]:
    """Write now and then which leads were opened, while the pages are served, and once more when they end."""
    site: Site = app.state.site
    writing = asyncio.create_task(_write_opened(site))
    try:
        yield
    finally:
        writing.cancel()
        with suppress(LeadscoreError):
            site.write_opened()
        site.close()


async def _write_opened(site: Site) -> None:
    while True:
        await asyncio.sleep(PAUSE)
        with suppress(LeadscoreError):
            await asyncio.to_thread(site.write_opened)


def _audit_guess(site: Site, address: str, count: int) -> None:
    """Leave a row of a wrong token; where the store cannot be reached, it stands in the log alone."""
    with suppress(LeadscoreError), site.store.transaction(writing=True) as connection:
        audit(connection, Person(address, ""), REFUSED_SIGN_IN, detail={"number": count})

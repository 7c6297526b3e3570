"""The pages as one application: routes, what stands before them, and what is shown where something is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware

from app.pages import ROUTERS
from app.security import (
    LONGEST,
    POLICY,
    Access,
    Forged,
    Guesses,
    Headers,
    Limits,
    NotAllowed,
    NotSignedIn,
    Sessions,
    TooManyGuesses,
    signed_in,
    signing_key,
)
from app.site import NoSuchLead, NothingYet, Site
from app.view import page
from data.errors import InputError, LeadscoreError
from data.store import REFUSED_SIGN_IN, Person, audit
from data.workspace import Workspace

STATIC = Path(__file__).with_name("static")
PAUSE = 1.0
"""Seconds between two writings of what was opened."""
STATUS = {NoSuchLead: 404, InputError: 400}
"""What an answer says of our errors; of all others, that the store or the model cannot be reached."""


def make_app(workspace: Workspace, access: Access) -> FastAPI:
    """Return the application for a workspace."""
    site = Site(workspace)
    app = FastAPI(title="leadscore", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_writing_opened)
    app.state.site, app.state.access = site, access
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
    app.add_middleware(Headers, access=access)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for router in ROUTERS:
        app.include_router(router)
    _add_error_pages(app)
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


def _add_error_pages(app: FastAPI) -> None:
    @app.exception_handler(NothingYet)
    def nothing_yet(request: Request, problem: NothingYet) -> Response:
        return page(request, "nothing_yet.html", problem=problem)

    @app.exception_handler(LeadscoreError)
    def failed(request: Request, problem: LeadscoreError) -> Response:
        status = next((number for kind, number in STATUS.items() if isinstance(problem, kind)), 503)
        return page(request, "error.html", status=status, what=problem.what, parts=problem.parts)

    @app.exception_handler(NotSignedIn)
    def not_signed_in(request: Request, problem: NotSignedIn) -> Response:
        if "hx-request" in request.headers:  # not into a part of the page: the page itself leads to signing in
            return Response(status_code=401, headers={"HX-Refresh": "true"})
        return RedirectResponse(f"/sign-in?back={problem.back}", 303)

    @app.exception_handler(NotAllowed)
    def not_allowed(request: Request, problem: NotAllowed) -> Response:
        needed = {"expected": f"the role {problem}", "remedy": "ask who set up these pages for that role"}
        return page(request, "error.html", status=403, what="You may not do this", parts=needed)

    @app.exception_handler(TooManyGuesses)
    def too_many_guesses(request: Request, problem: TooManyGuesses) -> Response:
        parts = {"remedy": f"try again in {problem.seconds} seconds"}
        answer = page(request, "error.html", status=429, what="Too many wrong tokens came from here", parts=parts)
        answer.headers["Retry-After"] = str(problem.seconds)
        return answer

    @app.exception_handler(Forged)
    def forged(request: Request, _: Forged) -> Response:
        parts = {"remedy": "open the page again and repeat what you did there"}
        return page(request, "error.html", status=403, what="This change did not come from a page of ours", parts=parts)

    @app.exception_handler(RequestValidationError)
    def not_understood(request: Request, _: RequestValidationError) -> Response:
        parts = {"remedy": "go back, and fill in what is missing"}
        return page(request, "error.html", status=400, what="This is not understood", parts=parts)

    @app.exception_handler(HTTPException)
    async def no_page(request: Request, problem: HTTPException) -> Response:
        with suppress(
            NotSignedIn, TooManyGuesses
        ):  # no page asked who it is; who is signed in keeps the way to the other pages
            await signed_in(request)
        parts = {"remedy": "begin at the list of leads"}
        what = "There is no such page" if problem.status_code == 404 else problem.detail
        return page(request, "error.html", status=problem.status_code, what=what, parts=parts)

    @app.exception_handler(Exception)
    def unexpected(request: Request, problem: Exception) -> Response:
        parts = {"got": type(problem).__name__, "remedy": "try again; if it stays so, look at what the server printed"}
        answer = page(request, "error.html", status=500, what="Something went wrong", parts=parts)
        answer.headers["Content-Security-Policy"] = f"{POLICY}'none'"  # this handler stands before `Headers`
        return answer

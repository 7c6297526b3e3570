"""What is shown where a page cannot be: for each kind of problem a status, what happened, and what to do."""

from __future__ import annotations

from contextlib import suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.security import POLICY, Forged, NotAllowed, NotSignedIn, TooManyGuesses, signed_in
from app.site import NoSuchLead, NothingYet
from app.view import page
from data.errors import InputError, LeadscoreError

STATUS = {NoSuchLead: 404, InputError: 400}
"""What an answer says of our errors; of all others, that the store or the model cannot be reached."""


def add_error_pages(app: FastAPI) -> None:
    """Let an application answer each kind of problem with its page."""
    handlers = {
        NothingYet: _nothing_yet,
        LeadscoreError: _failed,
        NotSignedIn: _not_signed_in,
        NotAllowed: _not_allowed,
        TooManyGuesses: _too_many_guesses,
        Forged: _forged,
        RequestValidationError: _not_understood,
        HTTPException: _no_page,
        Exception: _unexpected,
    }
    for problem, handler in handlers.items():
        app.add_exception_handler(problem, handler)  # type: ignore[arg-type]


def _problem_page(request: Request, status: int, what: str, **parts: str) -> Response:
    return page(request, "error.html", status=status, what=what, parts=parts)


def _nothing_yet(request: Request, problem: NothingYet) -> Response:
    return page(request, "nothing_yet.html", problem=problem)


def _failed(request: Request, problem: LeadscoreError) -> Response:
    status = next((number for kind, number in STATUS.items() if isinstance(problem, kind)), 503)
    return _problem_page(request, status, problem.what, **problem.parts)


def _not_signed_in(request: Request, problem: NotSignedIn) -> Response:
    if "hx-request" in request.headers:  # not into a part of the page: the page itself leads to signing in
        return Response(status_code=401, headers={"HX-Refresh": "true"})
    return RedirectResponse(f"/sign-in?back={problem.back}", 303)


def _not_allowed(request: Request, problem: NotAllowed) -> Response:
    remedy = "ask who set up these pages for that role"
    return _problem_page(request, 403, "You may not do this", expected=f"the role {problem}", remedy=remedy)


def _too_many_guesses(request: Request, problem: TooManyGuesses) -> Response:
    remedy = f"try again in {problem.seconds} seconds"
    answer = _problem_page(request, 429, "Too many wrong tokens came from here", remedy=remedy)
    answer.headers["Retry-After"] = str(problem.seconds)
    return answer


def _forged(request: Request, _: Forged) -> Response:
    remedy = "open the page again and repeat what you did there"
    return _problem_page(request, 403, "This change did not come from a page of ours", remedy=remedy)


def _not_understood(request: Request, _: RequestValidationError) -> Response:
    return _problem_page(request, 400, "This is not understood", remedy="go back, and fill in what is missing")


async def _no_page(request: Request, problem: HTTPException) -> Response:
    # No page asked who it is; who is signed in keeps the way to the other pages.
    with suppress(NotSignedIn, TooManyGuesses):
        await signed_in(request)
    what = "There is no such page" if problem.status_code == 404 else problem.detail
    return _problem_page(request, problem.status_code, what, remedy="begin at the list of leads")


def _unexpected(request: Request, problem: Exception) -> Response:
    remedy = "try again; if it stays so, look at what the server printed"
    answer = _problem_page(request, 500, "Something went wrong", got=type(problem).__name__, remedy=remedy)
    answer.headers["Content-Security-Policy"] = f"{POLICY}'none'"  # this handler stands before `Headers`
    return answer

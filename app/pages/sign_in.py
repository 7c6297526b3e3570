"""Signing in with a token, and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.security import CSRF_CHECK, CurrentAccess, csrf_token, user_of_token
from app.view import page

router = APIRouter()


@router.get("/sign-in")
def ask(request: Request, access: CurrentAccess, back: str = "/") -> Response:
    """Ask for the token."""
    request.state.csrf = csrf_token(request)
    return page(request, "sign_in.html", back=back, wrong=False, by_token=bool(access.tokens))


@router.post("/sign-in", dependencies=CSRF_CHECK)
def sign_in(
    request: Request, access: CurrentAccess, token: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/"
) -> Response:
    """Begin a session, and go on to where the person wanted to be."""
    user = user_of_token(request, access, token)
    if user is None:
        request.state.csrf = csrf_token(request)
        return page(request, "sign_in.html", status=403, back=back, wrong=True, by_token=True)
    request.app.state.sessions.begin(request.session, user, access)
    return RedirectResponse(_within_pages(back), 303)


@router.post("/sign-out", dependencies=CSRF_CHECK)
def sign_out(request: Request) -> Response:
    """End the session."""
    request.app.state.sessions.end(request.session)
    return RedirectResponse("/sign-in", 303)


def _within_pages(back: str) -> str:
    r"""Return where to go on; never to another site.

    >>> _within_pages("/leads?band=hot"), _within_pages("//evil.example"), _within_pages("/\\evil.example")
    ('/leads?band=hot', '/', '/')
    """
    return back if back.startswith("/") and back[1:2] not in ("/", "\\") else "/"

"""What stands before every page: who it is, whether a change was asked for by our own page, and strict headers."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security.access import Access, is_local_name, may
from data.store import Person

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors "
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class NotSignedIn(Exception):
    """Nobody is signed in; ``back`` is where they wanted to go."""

    def __init__(self, back: str) -> None:
        self.back = quote(back)


class NotAllowed(Exception):
    """Who is signed in may not do this."""


class Forged(Exception):
    """A change was asked for by something else than a form of these pages."""


class Headers:
    """Adds the headers to every answer, and refuses names that are not this computer's where nobody signs in.

    Starlette's TrustedHostMiddleware would refuse the same names, but without a word of where the pages are.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        host = MutableHeaders(scope=scope).get("host", "")
        if self.access.is_open and not is_local_name(host):
            refused = PlainTextResponse("These pages are open on this computer only: http://127.0.0.1", 421)
            return await refused(scope, receive, send)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # PostgreSQL holds no such text
            return await PlainTextResponse("There is no such address", 400)(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        return await self.app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        framed = self.access.pages.frame_ancestors if path.endswith("/panel") else []
        headers["Content-Security-Policy"] = POLICY + (" ".join(framed) or "'none'")
        # Nothing of a lead stays in a cache; files of our own do.
        headers["Cache-Control"] = "max-age=3600" if path.startswith("/static/") else "no-store"
        for name, value in HEADERS.items():
            headers[name] = value


# What needs no waiting is a coroutine: as a plain function, each would be handed over to a thread.


async def access_of(request: Request) -> Access:
    """Return who may open the pages of an app."""
    return request.app.state.access


async def signed_in(request: Request) -> Person:
    """Return the person who asks for a page. Raises NotSignedIn.

    Starlette's AuthenticationMiddleware would ask for our own files too, and its `requires` knows neither roles that
    include others nor answers to scripts.
    """
    access = await access_of(request)
    client = request.client.host if request.client else ""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    person = (
        access.by_proxy(client, request.headers)
        or access.person(request.session.get("user"))
        or access.person(access.by_token(bearer))
    )
    if person is None:
        raise NotSignedIn(str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""))
    request.state.person = person
    request.state.csrf = csrf_token(request)
    return person


def csrf_token(request: Request) -> str:
    """Return the token by which forms of this session are known."""
    return request.session.setdefault("csrf", secrets.token_urlsafe(16))


async def check_csrf(request: Request) -> None:
    """Let only forms pass that the pages made for this session. Raises Forged."""
    form = await request.form()
    expected = request.session.get("csrf", "")
    sent = str(form.get("csrf") or request.headers.get("x-csrf-token", ""))
    # A session without a token has seen no form: an empty token in both places is no match.
    if not expected or not hmac.compare_digest(expected.encode(), sent.encode()):
        raise Forged


Viewer = Annotated[Person, Depends(signed_in)]


async def _sales(person: Viewer) -> Person:
    return _require(person, "sales")


async def _admin(person: Viewer) -> Person:
    return _require(person, "admin")


def _require(person: Person, role: str) -> Person:
    if not may(person, role):
        raise NotAllowed(role)
    return person


Sales = Annotated[Person, Depends(_sales)]
Admin = Annotated[Person, Depends(_admin)]
CurrentAccess = Annotated[Access, Depends(access_of)]
CSRF_CHECK = [Depends(check_csrf)]

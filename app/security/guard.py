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

from app.security.access import is_local_name, may
from app.site import Site
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
    """A change was asked for that no page of ours asked for."""


class Headers:
    """Adds the headers to every answer, and refuses names that are not this computer's where nobody signs in."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        host = MutableHeaders(scope=scope).get("host", "")
        if self.site.access.is_open and not is_local_name(host):
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
        framed = self.site.access.pages.frame_ancestors if path.endswith("/panel") else []
        headers["Content-Security-Policy"] = POLICY + (" ".join(framed) or "'none'")
        # Nothing of a lead stays in a cache; files of our own do.
        headers["Cache-Control"] = "max-age=3600" if path.startswith("/static/") else "no-store"
        for name, value in HEADERS.items():
            headers[name] = value


# What needs no waiting is a coroutine: as a plain function, each would be handed over to a thread.


async def site_of(request: Request) -> Site:
    """Return the site of an app."""
    return request.app.state.site


async def signed_in(request: Request) -> Person:
    """Return who looks at a page. Raises NotSignedIn."""
    access = request.app.state.site.access
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
    request.state.csrf = csrf_of(request)
    return person


def csrf_of(request: Request) -> str:
    """Return the word by which forms of this session are known."""
    return request.session.setdefault("csrf", secrets.token_urlsafe(16))


async def asked_by_our_page(request: Request) -> None:
    """Let only forms pass that a page of ours made for this session. Raises Forged."""
    form = await request.form()
    known = request.session.get("csrf", "")
    given = str(form.get("csrf") or request.headers.get("x-csrf-token", ""))
    if not known or not hmac.compare_digest(known.encode(), given.encode()):
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
OurSite = Annotated[Site, Depends(site_of)]
OUR_PAGE = [Depends(asked_by_our_page)]

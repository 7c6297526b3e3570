"""What stands before every page: who it is, whether a change was asked for by our own page, and strict headers."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from math import ceil
from typing import Annotated
from urllib.parse import quote

from anyio import to_thread
from fastapi import Depends, Request
from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security.access import Access, may
from app.security.sessions import Sessions
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


class TooManyGuesses(Exception):
    """From this address came so many wrong tokens that none is read for a while; ``seconds`` says how long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = ceil(seconds)


class Forged(Exception):
    """A change was asked for by something else than a form of these pages."""


class Headers:
    """Adds the headers to every answer, and refuses names that are not those of the pages.

    Starlette's TrustedHostMiddleware would refuse the same names, but without a word of where the pages are.
    """

    def __init__(self, app: ASGIApp, access_now: Callable[[], Access]) -> None:
        self.app = app
        self.access_now = access_now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        asked, access = RequestHeaders(scope=scope), self.access_now()
        if not access.knows_host(asked.get("host", "")):
            open_here = "These pages are open on this computer only: http://127.0.0.1"
            unnamed = "These pages do not know this name: it may be added under pages.hosts in leadscore.yaml"
            refused = PlainTextResponse(open_here if access.is_open else unnamed, 421)
            return await refused(scope, receive, send)
        is_https = access.is_https((scope.get("client") or ("",))[0], asked)
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # PostgreSQL holds no such text
            return await PlainTextResponse("There is no such address", 400)(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), scope["path"], is_https=is_https)
            await send(message)

        return await self.app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, path: str, *, is_https: bool) -> None:
        if is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
            if cookie := headers.get("set-cookie"):
                headers["set-cookie"] = f"{cookie}; secure"
        framed = self.access_now().pages.frame_ancestors if path.endswith("/panel") else []
        headers["Content-Security-Policy"] = POLICY + (" ".join(framed) or "'none'")
        # Nothing of a lead stays in a cache; files of our own do.
        headers["Cache-Control"] = "max-age=3600" if path.startswith("/static/") else "no-store"
        for name, value in HEADERS.items():
            headers[name] = value


# What needs no waiting is a coroutine: as a plain function, each would be handed over to a thread.


async def access_of(request: Request) -> Access:
    """Return who may open the pages of an app."""
    return request.app.state.access_now()


async def signed_in(request: Request) -> Person:
    """Return the person who asks for a page. Raises NotSignedIn.

    Starlette's AuthenticationMiddleware would ask for our own files too, and its `requires` knows neither roles that
    include others nor answers to scripts.
    """
    access = await access_of(request)
    sessions: Sessions = request.app.state.sessions
    person = (
        access.by_proxy(client_of(request), request.headers)
        or sessions.person(request.session, access)
        or access.person(await _by_bearer(request, access))
    )
    if person is None:
        raise NotSignedIn(str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""))
    request.state.person = person
    request.state.csrf = csrf_token(request)
    return person


async def _by_bearer(request: Request, access: Access) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    return await to_thread.run_sync(user_of_token, request, access, token)


def user_of_token(request: Request, access: Access, token: str) -> str | None:
    """Return whose token this is; a wrong one is counted, logged and audited. Raises TooManyGuesses."""
    guesses, address = request.app.state.guesses, client_of(request)
    if seconds := guesses.wait(address):
        raise TooManyGuesses(seconds)
    user = access.by_token(token.strip())
    if user is None:
        request.app.state.audit_guess(address, guesses.add(address))
    else:
        guesses.forgive(address)
    return user


def client_of(request: Request) -> str:
    """Return the address that a request comes from."""
    return request.client.host if request.client else ""


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

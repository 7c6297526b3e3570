"""Who asks the API: programs with a token each, what they may do, until when, and how often."""

from __future__ import annotations

import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.problems import Problem
from app.security import SHORTEST_TOKEN, Access, Guesses, is_loopback
from data.config import API_SCOPES, ApiClient, Settings, resolve
from data.errors import InputError

OPEN = ApiClient(token="${NOBODY}", scopes=list(API_SCOPES))
"""Who asks where nobody needs a token: any program of this computer."""
LOCAL_NAME = "local"
MOST_PACES = 10_000
BEARER = HTTPBearer(auto_error=False, description="The token of a client, as api.clients of the settings names it.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]


@dataclass(frozen=True)
class ApiAccess:
    """Who may ask the API; made by `api_access_for`. ``tokens`` maps each to the client whose it is."""

    clients: Mapping[str, ApiClient]
    tokens: Mapping[str, str]
    is_open: bool

    def by_token(self, token: str) -> str | None:
        """Return whose token this is; every one is compared, in the same time."""
        names = [name for known, name in self.tokens.items() if hmac.compare_digest(known.encode(), token.encode())]
        return names[0] if names else None


def api_access_for(host: str, settings: Settings, pages: Access | None = None) -> ApiAccess:
    """Return who may ask an API that is served at a host, beside ``pages`` if such are served, too.

    Without clients it is open on this computer alone, and where the pages are. Raises InputError where two clients have
    one token, one is too short, and where nobody could ask at all.
    """
    clients = settings.api.clients
    named = [(resolve(client.token), name) for name, client in clients.items()]
    tokens = dict(named)
    if len(tokens) < len(named):
        raise InputError("two clients have one token", expected="a token of their own for each", where="api.clients")
    if any(len(token) < SHORTEST_TOKEN for token in tokens):
        raise InputError("a token is too short", expected=f"at least {SHORTEST_TOKEN} signs", where="api.clients")
    is_open = not clients and is_loopback(host) and (pages is None or pages.is_open)
    if pages is None and not clients and not is_open:
        raise InputError(
            "anybody who reaches this computer could ask the API",
            expected="api.clients with tokens in leadscore.yaml",
            got=f"--host {host} and no clients",
            remedy="name clients and give the file with --config, or serve on 127.0.0.1",
        )
    return ApiAccess(clients, tokens, is_open)


@dataclass(frozen=True)
class ApiCaller:
    """A client that asks: its name, and what it may do."""

    name: str
    client: ApiClient


class Pace:
    """How often each client asks: so many requests a minute, of which many may come at once after a rest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str, per_minute: int) -> float:
        """Count a request; return the seconds that it comes too early, 0 where it may go on.

        >>> pace = Pace(clock=lambda: 0.0)
        >>> [pace.wait("crm", 2) for _ in range(3)]
        [0.0, 0.0, 30.0]
        """
        now = self.clock()
        left, last = self._left.pop(name, (float(per_minute), now))
        left = min(per_minute, left + (now - last) * per_minute / 60)
        allowed = left >= 1
        self._left[name] = (left - allowed, now)
        if len(self._left) > MOST_PACES:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) * 60 / per_minute


async def caller_of(request: Request, credentials: Credentials) -> ApiCaller:
    """Return the client that asks. Raises Problem without a token that holds, and where it asks too often."""
    access: ApiAccess = request.app.state.api_access_now()
    caller = _by_token(request, access, credentials.credentials if credentials else None)
    request.state.client = caller.name
    if seconds := request.app.state.pace.wait(caller.name, caller.client.per_minute):
        allowed = f"{caller.client.per_minute} requests a minute"
        raise Problem(429, f"this client asks more often than {allowed}", _retry(seconds))
    return caller


def _by_token(request: Request, access: ApiAccess, token: str | None) -> ApiCaller:
    if access.is_open:
        return ApiCaller(LOCAL_NAME, OPEN)
    if token is None:
        remedy = "send Authorization: Bearer TOKEN" if access.tokens else "name a client under api.clients"
        raise Problem(401, "no token came with this request", {"WWW-Authenticate": "Bearer"}, remedy=remedy)
    guesses: Guesses = request.app.state.guesses
    address = request.client.host if request.client else ""
    if seconds := guesses.wait(address):
        raise Problem(429, "too many wrong tokens came from this address", _retry(seconds))
    name = access.by_token(token)
    if name is None:
        guesses.add(address)
        raise Problem(401, "there is no such token", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    client = access.clients[name]
    if client.expires and client.expires < datetime.now(UTC).date():
        expired = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise Problem(401, f"the token of {name} expired on {client.expires}", expired)
    guesses.forgive(address)
    return ApiCaller(name, client)


def _retry(seconds: float) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(seconds))}


def allowed_to(scope: str) -> Callable[..., object]:
    """Return what lets only clients pass that have a scope."""

    async def require(caller: Annotated[ApiCaller, Depends(caller_of)]) -> ApiCaller:
        if scope not in caller.client.scopes:
            has = ", ".join(caller.client.scopes)
            raise Problem(403, f"{caller.name} may not do this", expected=f"the scope {scope}", got=has)
        return caller

    return require

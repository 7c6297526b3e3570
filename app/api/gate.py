"""What stands before every request of the API: its name, size, id, a line in the log, and what is counted of it."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.counts import Counts
from app.api.problems import Problem, answer_of
from app.security import Access
from pipelines.log import line

LOG = logging.getLogger("leadscore.api")
MOST_BODY = 16 * 2**20
"""Bytes of a request: a thousand leads with a hundred events each."""
MOST_HEADERS = 16_384
BODY_SECONDS = 30.0
ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Gate:
    """Lets requests pass one by one, and answers those itself that are too large or for somebody else."""

    def __init__(self, app: ASGIApp, access_now: Callable[[], Access], counts: Counts) -> None:
        self.app, self.access_now, self.counts = app, access_now, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        sent = asked.get("x-request-id", "")
        request_id = sent if ID.fullmatch(sent) else uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        began, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).update(HEADERS | {"X-Request-ID": request_id})
            await send(message)

        try:
            self._require(scope, asked)
            await self.app(scope, _limited(receive), send_with_headers)
        except Problem as problem:
            await answer_of(problem, request_id)(scope, receive, send_with_headers)
        except Exception:
            LOG.exception("request %s failed", request_id)
            failed = Problem(500, "something went wrong", remedy=f"the server's log has it under {request_id}")
            await answer_of(failed, request_id)(scope, receive, send_with_headers)
        seconds = time.perf_counter() - began
        route = getattr(scope.get("route"), "path_format", "none")
        self.counts.request(scope["method"], route, status, seconds)
        fields = {"method": scope["method"], "path": scope["path"], "status": status, "ms": round(seconds * 1000, 1)}
        LOG.info("%s", line("info", "request", datetime.now(UTC), **fields, id=request_id, client=state.get("client")))

    def _require(self, scope: Scope, asked: Headers) -> None:
        """Raise Problem for a request that no route should see."""
        if not self.access_now().knows_host(asked.get("host", "")):
            remedy = "ask by an address of this computer, or add the name to pages.hosts in leadscore.yaml"
            raise Problem(421, "the API does not know this name", remedy=remedy)
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
            raise Problem(431, "the headers are too long", {"Connection": "close"})
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # PostgreSQL holds no such text
            raise Problem(400, "an address cannot hold the character NUL")
        length = asked.get("content-length", "")
        if length.isdecimal() and int(length[:20]) > MOST_BODY:
            raise _too_large()


def _too_large() -> Problem:
    expected = f"at most {MOST_BODY:,} bytes"
    remedy = "send fewer leads or events at once"
    return Problem(413, "the body is too large", {"Connection": "close"}, expected=expected, remedy=remedy)


def _limited(receive: Receive) -> Receive:
    """Refuse a body that turns out to be too large, or that does not come whole in time."""
    size, end = 0, time.monotonic() + BODY_SECONDS

    async def next_message() -> Message:
        nonlocal size, end
        if end == float("inf"):
            return await receive()
        try:
            async with asyncio.timeout(max(0.0, end - time.monotonic())):
                message = await receive()
        except TimeoutError:
            raise Problem(408, "the body took too long to come", {"Connection": "close"}) from None
        size += len(message.get("body", b""))
        if size > MOST_BODY:
            raise _too_large()
        if not message.get("more_body"):
            end = float("inf")  # whoever asks on waits for the client to go away
        return message

    return next_message

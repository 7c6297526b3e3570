"""What a visitor may cost: bytes of headers and of a form, fields, and seconds to send it or to take the answer."""

# pyright: reportAttributeAccessIssue=false
# (uvicorn chooses the class of its protocol when it is imported)
from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import Headers as RequestHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

MOST_HEADERS, MOST_BODY, MOST_FIELDS = 16_384, 65_536, 50
HEADER_SECONDS, BODY_SECONDS, ANSWER_SECONDS = 10.0, 10.0, 60.0
FORM = "application/x-www-form-urlencoded"


class Limits:
    """Reads the form of a change before anything else sees it, and refuses what no form of the pages is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = b""
        refusal = _refused_headers(scope)
        if refusal is None and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body, refusal = await _body(scope, receive)
            except TimeoutError:
                refusal = 408, "The form took too long to come"
        if refusal:
            status, text = refusal
            return await PlainTextResponse(text, status, headers={"Connection": "close"})(scope, receive, send)
        return await self.app(scope, _replayed(body, receive), _hurried(send))


def _refused_headers(scope: Scope) -> tuple[int, str] | None:
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
        return 431, "The headers are too long"
    return None


async def _body(scope: Scope, receive: Receive) -> tuple[bytes, tuple[int, str] | None]:
    """Return the body, and why it is refused."""
    kind = RequestHeaders(scope=scope).get("content-type", FORM)
    if kind.partition(";")[0].strip().lower() != FORM:
        return b"", (415, f"A form of the pages is {FORM}")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"", (400, "The form ended early")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY:
            return b"", (413, "The form is too long")
        if not message.get("more_body"):
            break
    body = b"".join(parts)
    return body, (413, "The form has too many fields") if body.count(b"&") >= MOST_FIELDS else None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read, then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def _hurried(send: Send) -> Send:
    """Give up an answer of which nothing is taken."""

    async def send_in_time(message: Message) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            await send(message)

    return send_in_time


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """A connection that is closed where a request does not come whole in time: uvicorn waits for it without end."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_waiting():
            self._expect()
        else:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _is_waiting(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        self._timer = self._timer or self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self._is_waiting():
            self.transport.abort()

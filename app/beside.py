"""The API beside the pages: each request goes to the one whose address it has."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

OF_API = ("/api/", "/health/", "/metrics/")


class Beside:
    """Two applications under one address; the pages begin and end."""

    def __init__(self, pages: ASGIApp, api: ASGIApp) -> None:
        self.pages, self.api = pages, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_of_api = scope["type"] == "http" and (scope["path"] + "/").startswith(OF_API)
        await (self.api if is_of_api else self.pages)(scope, receive, send)

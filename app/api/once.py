"""A change that is asked for again by the same Idempotency-Key is done once, and answered alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import Header, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from app.api.clients import ApiCaller
from app.api.problems import Problem
from app.site import Site
from data.json import strict_json
from data.store import claim_request, drop_request, settle_request

Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$",
           description="By this key a request that comes again within a day is done once."),
]  # fmt: skip


async def answer_once(
    site: Site, caller: ApiCaller, key: str | None, body: BaseModel, status: int, work: Callable[[], object]
) -> Response:
    """Do some work in a thread and answer with its result; where the key is known, with that of the first time.

    Raises Problem where the first is under way, or was another request.
    """
    return await run_in_threadpool(_answer_once, site, caller, key, body, status, work)


def _answer_once(
    site: Site, caller: ApiCaller, key: str | None, body: BaseModel, status: int, work: Callable[[], object]
) -> Response:
    if key is None:
        return _response(status, _text(work()))
    digest = hashlib.sha256(f"{type(body).__name__} {body.model_dump_json()}".encode()).hexdigest()
    known = claim_request(site.store, caller.name, key, digest)
    if known is None:
        try:
            answer = _text(work())
        except BaseException:
            drop_request(site.store, caller.name, key)
            raise
        settle_request(site.store, caller.name, key, status, answer)
        return _response(status, answer)
    if known.digest != digest:
        raise Problem(422, "another request came with this Idempotency-Key", expected="a key of its own for each")
    if known.status is None:
        raise Problem(409, "the first request of this key is under way", {"Retry-After": "1"})
    return _response(known.status, known.answer or "")


def _text(result: object) -> str:
    return "" if result is None else strict_json(result)


def _response(status: int, text: str) -> Response:
    return Response(text or None, status, media_type="application/json" if text else None)

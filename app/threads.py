"""Threads for pages that take milliseconds: few, for Python runs one at a time, and more stand in each other's way."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial, wraps
from typing import Any

from anyio import to_thread
from fastapi.responses import Response

from app.site import Site


def quick(page: Callable[..., Response]) -> Callable[..., Coroutine[Any, Any, Response]]:
    """Make a page, which asks nothing but the score store, in one of the site's few threads for such pages.

    All others keep threads of their own: nobody waits for who reads a table, or waits for a lock.
    """

    @wraps(page)
    async def in_its_turn(*, site: Site, **given: Any) -> Response:
        return await to_thread.run_sync(partial(page, site=site, **given), limiter=site.quick)

    return in_its_turn

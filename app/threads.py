"""Threads for pages: few for those that take milliseconds, and none that waits long for another page.

Python runs one thread at a time, and more stand in each other's way.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from threading import Lock
from typing import Any

from anyio import to_thread
from fastapi.responses import Response

from app.site import Site
from data.errors import LeadscoreError

LONGEST_WAIT = 3.0
"""Seconds that a page waits for its turn."""


class Busy(LeadscoreError):
    """Others keep busy what a page asks for."""


def quick(page: Callable[..., Response]) -> Callable[..., Coroutine[Any, Any, Response]]:
    """Make a page, which asks nothing but the score store, in one of the site's few threads for such pages.

    All others keep threads of their own: nobody waits for who reads a table, or waits for a lock.
    """

    @wraps(page)
    async def in_its_turn(*, site: Site, **arguments: Any) -> Response:
        return await to_thread.run_sync(partial(page, site=site, **arguments), limiter=site.quick)

    return in_its_turn


@contextmanager
def alone(lock: Lock, what: str) -> Iterator[None]:
    """Wait a little for others; not for long, for then no thread would be left for other pages. Raises Busy."""
    if not lock.acquire(timeout=LONGEST_WAIT):
        raise Busy(what, remedy="try again in a minute")
    try:
        yield
    finally:
        lock.release()

"""Requests that come at the same time are scored together: of one lead, most of the time is the same for many."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from anyio import CapacityLimiter, to_thread

Item = TypeVar("Item")
Result = TypeVar("Result")
MOST_TOGETHER = 1000
"""Items of one go, unless a single request has more."""


class Together(Generic[Item, Result]):
    """Works on items of several requests in one go, one go after the other; each has the results of its own items.

    ``work`` is called in a thread and returns a result for each item. Where it fails, each request is worked on alone,
    so that it fails for nobody else.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._work = work
        self._waiting: list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]] = []
        self._working: asyncio.Task[None] | None = None
        self._one_thread: CapacityLimiter | None = None

    async def ask(self, items: Sequence[Item]) -> Sequence[Result]:
        """Return the results of some items."""
        answer: asyncio.Future[Sequence[Result]] = asyncio.get_running_loop().create_future()
        self._waiting.append((items, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._go_on())
        return await answer

    async def _go_on(self) -> None:
        self._one_thread = self._one_thread or CapacityLimiter(1)
        while self._waiting:
            asked = self._next()
            try:
                everything = [item for items, _ in asked for item in items]
                results = await to_thread.run_sync(self._work, everything, limiter=self._one_thread)
                start = 0
                for items, answer in asked:
                    _settle(answer, results[start : start + len(items)])
                    start += len(items)
            except Exception:
                await self._one_by_one(asked)

    def _next(self) -> list[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]]:
        """Take those who waited longest, as many as go together."""
        count, size = 0, 0
        for items, _ in self._waiting:
            if count and size + len(items) > MOST_TOGETHER:
                break
            count, size = count + 1, size + len(items)
        asked, self._waiting = self._waiting[:count], self._waiting[count:]
        return asked

    async def _one_by_one(self, asked: Sequence[tuple[Sequence[Item], asyncio.Future[Sequence[Result]]]]) -> None:
        for items, answer in asked:
            try:
                _settle(answer, await to_thread.run_sync(self._work, items, limiter=self._one_thread))
            except Exception as problem:
                if not answer.done():
                    answer.set_exception(problem)


def _settle(answer: asyncio.Future[Sequence[Result]], results: Sequence[Result]) -> None:
    if not answer.done():  # who asked may have gone away
        answer.set_result(results)

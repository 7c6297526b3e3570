"""Requests at the same time are worked on together, and each has its own results."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.api.together import Together


def asked_at_once(work, *requests):
    async def ask():
        together = Together(work)
        return await asyncio.gather(*(together.ask(each) for each in requests), return_exceptions=True)

    with ThreadPoolExecutor(1) as thread:  # that of the tests may run a loop already, for a browser
        return thread.submit(lambda: asyncio.run(ask())).result()


def test_who_waits_is_worked_on_in_one_go():
    goes = []

    def doubled(items):
        goes.append(len(items))
        return [2 * item for item in items]

    assert asked_at_once(doubled, [1], [2, 3], [4]) == [[2], [4, 6], [8]]
    assert sum(goes) == 4
    assert len(goes) < 3


def test_what_fails_fails_for_its_own_request_alone():
    results = asked_at_once(lambda items: [1 / item for item in items], [1], [0], [2])
    assert (results[0], results[2]) == ([1.0], [0.5])
    with pytest.raises(ZeroDivisionError):
        raise results[1]

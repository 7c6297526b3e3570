"""Quick pages share few threads; what a route asks, answers and raises stays as it is."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import SimpleNamespace

import pytest
from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.testclient import TestClient

from app.site import CurrentSite
from app.threads import quick


class Counted:
    """Counts how many are in it at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = Lock(), 0, 0

    def __enter__(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.now -= 1


@pytest.fixture
def counted():
    return Counted()


@pytest.fixture
def client(counted):
    app = FastAPI()
    app.state.site = SimpleNamespace(quick=CapacityLimiter(2))

    @app.get("/divided/{number}")
    @quick
    def page(site: CurrentSite, number: int) -> Response:
        with counted:
            time.sleep(0.01)
            return Response(str(12 // number))

    with TestClient(app) as client:
        yield client


def test_no_more_quick_pages_are_made_at_once_than_there_are_threads_for_them(client, counted):
    with ThreadPoolExecutor(9) as people:
        answers = list(people.map(client.get, [f"/divided/{number}" for number in range(1, 10)]))
    assert [answer.text for answer in answers] == ["12", "6", "4", "3", "2", "2", "1", "1", "1"]
    assert (counted.now, counted.most) == (0, 2)


def test_what_a_quick_page_raises_is_its_own(client):
    with pytest.raises(ZeroDivisionError):
        client.get("/divided/0")

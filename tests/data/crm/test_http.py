"""A call is made again where that helps, as late as the server asks, and no more often than is sensible."""

from __future__ import annotations

import time

import pytest

from data.crm.http import ATTEMPTS, Caller
from data.errors import InputError, LeadscoreError
from tests.data.crm.fake_odoo import FakeOdoo, running


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """The seconds that are waited, which take no time."""
    waited: list[float] = []
    sleep = time.sleep
    brief = 0.1  # the server of the tests waits, too
    monkeypatch.setattr("time.sleep", lambda seconds: sleep(seconds) if seconds < brief else waited.append(seconds))
    return waited


def version(caller: Caller) -> int:
    body = {"jsonrpc": "2.0", "id": 1, "params": {"service": "common", "method": "version", "args": []}}
    return caller.post("/jsonrpc", body).status_code


def test_a_busy_server_is_asked_again_when_it_says(waits):
    with running(FakeOdoo(answers=[(429, {"Retry-After": "7"}), (503, {"Retry-After": "1"}), (502, {})])) as odoo:
        caller = Caller(odoo.url)
        assert version(caller) == 200
    assert waits[:2] == [7, 1]
    assert caller.calls == 4


def test_a_server_that_stays_busy_is_given_up(waits):
    with running(FakeOdoo(answers=[(503, {})] * 20)) as odoo:
        caller = Caller(odoo.url)
        with pytest.raises(LeadscoreError, match="stays busy"):
            version(caller)
    assert caller.calls == ATTEMPTS


def test_no_server_asks_for_more_patience_than_there_is(waits):
    with running(FakeOdoo(answers=[(429, {"Retry-After": "86400"})])) as odoo:
        version(Caller(odoo.url))
    assert waits == [120]


def test_what_may_have_been_done_is_not_done_twice(waits):
    with running(FakeOdoo(answers=[(502, {})])) as odoo:
        caller = Caller(odoo.url)
        assert caller.post("/jsonrpc", {}, repeatable=False).status_code == 502
    assert caller.calls == 1


def test_a_server_that_is_away_is_said_to_be(waits):
    with pytest.raises(LeadscoreError, match="cannot be reached"):
        version(Caller("http://127.0.0.1:9"))


@pytest.mark.parametrize("url", ["http://crm.example.com", "crm.example.com", "ftp://crm.example.com"])
def test_a_key_never_travels_unencrypted(url):
    with pytest.raises(InputError):
        Caller(url)

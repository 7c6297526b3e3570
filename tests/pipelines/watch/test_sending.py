"""When alerts are sent: quiet hours wait, and beyond an owner's limit one message tells of all others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.config import Alerts
from data.errors import LeadscoreError
from data.store import Alert, AlertBook, open_store
from pipelines.watch.sending import MOST_ATTEMPTS, send_due


@pytest.fixture
def now() -> datetime:
    """A minute from now, when what is added is due."""
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=1)


@pytest.fixture
def book(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        book = AlertBook(store)
        book.begin()
        yield book


@pytest.fixture
def sent(monkeypatch):
    """The messages that channels took, by the name of the address; an address that is called BROKEN takes none."""
    taken = []

    def take(address, title, body):
        if address == "${BROKEN}":
            raise LeadscoreError("the channel did not take an alert")
        taken.append((address, title))

    monkeypatch.setattr("pipelines.watch.sending.send", take)
    return taken


def no_reasons(alerts):
    return [[] for _ in alerts]


def accounts(count, owner=None):
    return [Alert("account", f"acme{number}.com", "Price list", owner) for number in range(count)]


def alerts(**changed) -> Alerts:
    return Alerts.model_validate({"to": {"default": "${DEFAULT}", "Ann": "${ANN}"}, **changed})


def test_an_owner_is_alerted_on_their_channel_and_all_others_on_the_default_one(book, sent, now):
    book.add([Alert("account", "a.com", "Price list", "Ann"), Alert("account", "b.com", "Price list", "Bob")])
    send_due(book, alerts(), no_reasons, now)
    assert sent == [
        ("${ANN}", "a.com: Price list, and no lead yet"),
        ("${DEFAULT}", "b.com: Price list, and no lead yet"),
    ]


def test_the_same_crossing_is_one_alert(book):
    assert [book.add(accounts(2)), book.add(accounts(3))] == [2, 1]


def test_beyond_the_limit_one_message_tells_of_all_others(book, sent, now):
    book.add(accounts(5))
    send_due(book, alerts(most_per_hour=2), no_reasons, now)
    assert [title for _, title in sent][2:] == ["3 more leads need attention"]
    assert book.counts() == {"waiting": 0, "sent": 5, "dead": 0}


def test_what_comes_after_the_limit_waits_until_the_hour_has_room_again(book, sent, now):
    book.add(accounts(2))
    send_due(book, alerts(most_per_hour=2), no_reasons, now)
    book.add(accounts(3))
    for minutes, messages in ((5, 2), (70, 3)):
        send_due(book, alerts(most_per_hour=2), no_reasons, now + timedelta(minutes=minutes))
        assert len(sent) == messages


def test_a_channel_that_does_not_answer_is_asked_once_a_round(book, sent, now):
    book.add(accounts(3))
    send_due(book, alerts(to={"default": "${BROKEN}"}), no_reasons, now)
    assert len(book.waiting(now)) == 2, "one was tried and waits for its turn"


def test_within_quiet_hours_alerts_wait(book, sent, now):
    book.add(accounts(1))
    around = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=1):%H:%M}"
    send_due(book, alerts(quiet=around), no_reasons, now)
    assert (sent, book.counts()["waiting"]) == ([], 1)
    send_due(book, alerts(quiet=around), no_reasons, now + timedelta(hours=2))
    assert len(sent) == 1


def test_a_dead_channel_is_tried_later_and_later_and_then_no_more(book, sent, now):
    book.add(accounts(1))
    broken, waits = alerts(to={"default": "${BROKEN}"}), []
    for _ in range(MOST_ATTEMPTS):
        send_due(book, broken, no_reasons, now)
        assert book.waiting(now) == []
        waited = next((minutes for minutes in range(1, 500) if book.waiting(now + timedelta(minutes=minutes))), None)
        waits.append(waited)
        now += timedelta(minutes=waited or 0)
    assert waits == [1, 2, 4, 8, 16, 32, 64, None]
    assert book.counts() == {"waiting": 0, "sent": 0, "dead": 1}

"""When alerts are sent: at once, except within quiet hours and beyond what an owner is sent within an hour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Any

from data.config import Alerts, Settings
from data.errors import InputError, LeadscoreError
from data.store import AlertBook
from pipelines.watch.channel import send
from pipelines.watch.messages import body_of, digest_of, title_of

HOUR = timedelta(hours=1)
MOST_ATTEMPTS = 8
"""Attempts after which an alert is dead; the last waits two hours for its turn."""
FIRST_WAIT = timedelta(minutes=1)

Row = Mapping[str, Any]
Reasons = Callable[[Sequence[Row]], Sequence[Sequence[str]]]
"""Gives the reasons of the scores that alerts are about, the strongest first."""


@dataclass(frozen=True)
class ChannelTest:
    """The owners whose channel took a test alert."""

    sent_to: list[str]

    def as_json(self) -> dict[str, Any]:
        return vars(self)


def send_test_alert(settings: Settings) -> ChannelTest:
    """Send a test alert to each channel. Raises InputError without alerts in the settings, or what a channel raises."""
    alerts = settings.alerts
    if alerts is None:
        raise InputError(
            "the settings do not say whom to alert",
            expected="alerts: {to: {default: '${ALERT_URL}'}}",
            remedy="add it to leadscore.yaml and name that file with --config",
        )
    for address in alerts.to.values():
        send(address, "leadscore: a test alert", "Alerts of leads that need attention will come to this channel.")
    return ChannelTest(list(alerts.to))


def send_due(book: AlertBook, alerts: Alerts, reasons: Reasons, now: datetime) -> None:
    """Send the alerts that are due; ``now`` is naive UTC. What a channel does not take waits and is tried again."""
    if is_quiet(alerts.quiet, now):
        return
    for owner, rows in groupby(sorted(book.waiting(now), key=_owner), key=_owner):
        of_owner = list(rows)
        room = max(0, alerts.most_per_hour - book.sent_since(of_owner[0]["owner"], now - HOUR))
        address = alerts.to.get(owner, alerts.to["default"])
        singly, together = of_owner[:room], of_owner[room:]
        messages = [
            (title_of(alert), body_of(alert, why, alerts.link), [alert])
            for alert, why in zip(singly, reasons(singly), strict=True)
        ]
        # Beyond the limit one message tells of all others; what comes later waits until the hour has room again.
        if together and room:
            messages.append((*digest_of([title_of(alert) for alert in together]), together))
        # A channel that does not answer is not waited for again in this round.
        all(_deliver(book, address, *message, now) for message in messages)


def is_quiet(hours: str | None, now: datetime) -> bool:
    """Return whether a moment is within quiet hours, which may reach over midnight.

    >>> is_quiet("20:00-06:00", datetime(2026, 1, 1, 5, 59)), is_quiet("20:00-06:00", datetime(2026, 1, 1, 6, 0))
    (True, False)
    """
    if hours is None:
        return False
    begin, end = (time.fromisoformat(each) for each in hours.split("-"))
    return begin <= now.time() < end if begin <= end else not end <= now.time() < begin


def _owner(alert: Row) -> str:
    return alert["owner"] or ""


def _deliver(book: AlertBook, address: str, title: str, body: str, alerts: Sequence[Row], now: datetime) -> bool:
    """Send one message, keep the receipt of the alerts in it, and return whether the channel took it."""
    numbers = [alert["alert_id"] for alert in alerts]
    try:
        send(address, title, body)
    except LeadscoreError as problem:
        attempts = max(alert["attempts"] for alert in alerts) + 1
        again = now + FIRST_WAIT * 2 ** (attempts - 1) if attempts < MOST_ATTEMPTS else None
        book.record_failed(numbers, problem.what, again)
        return False
    book.record_sent(numbers, datetime.now(UTC).replace(tzinfo=None))
    return True

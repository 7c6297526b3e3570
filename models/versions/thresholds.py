"""Where bands begin, and since when: records beside a version, which are appended and never changed.

A version's own scale holds the thresholds that it was trained with. They are its first record; what people set later
are records of their own, so that it stays known which thresholds a past run scored by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pydantic import TypeAdapter

from models.scale import Scale
from models.versions.store import Version, stamp

TAG = "thresholds "
"""What the tags begin with that hold a record; the moment follows."""


@dataclass(frozen=True)
class ThresholdRecord:
    """The probabilities at which the bands hot and warm begin, from a moment on (UTC), by whom and why."""

    since: datetime
    hot: float
    warm: float
    by: str = ""
    why: str = ""


RECORD = TypeAdapter(ThresholdRecord)


def records_of(version: Version, scale: Scale) -> list[ThresholdRecord]:
    """Return all thresholds that a version has had, the oldest first; ``scale`` is as it was trained."""
    return [ThresholdRecord(version.created, scale.hot, scale.warm), *set_by_people(version.tags)]


def set_by_people(tags: Mapping[str, str]) -> list[ThresholdRecord]:
    """Return the records among the tags of a version, the oldest first."""
    records = [RECORD.validate_json(value) for name, value in tags.items() if name.startswith(TAG)]
    return sorted(records, key=lambda record: record.since)


def as_tag(record: ThresholdRecord) -> tuple[str, str]:
    """Return the name and the value of the tag that holds a record.

    >>> record = ThresholdRecord(datetime(2026, 1, 1, tzinfo=UTC), hot=0.1, warm=0.05)
    >>> set_by_people(dict([as_tag(record)])) == [record]
    True
    """
    return TAG + stamp(record.since), RECORD.dump_json(record).decode()


def in_force(records: Sequence[ThresholdRecord], at: datetime | None = None) -> ThresholdRecord:
    """Return the thresholds at a moment, by default now; those of before the first record are the first.

    A moment without a time zone is UTC.
    """
    if at is None:
        return records[-1]
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return next((record for record in reversed(records) if record.since <= moment), records[0])


def with_thresholds(scale: Scale, thresholds: ThresholdRecord) -> Scale:
    """Return a scale whose bands begin at other probabilities."""
    return replace(scale, hot=thresholds.hot, warm=thresholds.warm)

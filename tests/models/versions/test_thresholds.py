"""Thresholds are records: which ones were in force then stays known, whatever is set later."""

from datetime import UTC, datetime, timedelta

from models.scale import Scale
from models.versions.store import Version
from models.versions.thresholds import ThresholdRecord, as_tag, in_force, records_of, with_thresholds

TRAINED = datetime(2026, 1, 1, tzinfo=UTC)
SCALE = Scale((0.0,), hot=0.197, warm=0.0657)


def day(number: int) -> datetime:
    return TRAINED + timedelta(days=number)


def version(*records: ThresholdRecord) -> Version:
    return Version("1", "run", TRAINED, dict(map(as_tag, records)))


LOWER = ThresholdRecord(day(30), hot=0.1, warm=0.03, by="Ada", why="more calls")


def test_the_thresholds_of_the_training_are_the_first_record():
    assert records_of(version(), SCALE) == [ThresholdRecord(TRAINED, 0.197, 0.0657)]


def test_later_thresholds_do_not_change_those_of_the_past():
    records = records_of(version(LOWER), SCALE)
    assert (in_force(records, day(29)).hot, in_force(records, day(30)).hot, in_force(records).hot) == (0.197, 0.1, 0.1)


def test_before_the_first_record_the_first_holds():
    assert in_force(records_of(version(LOWER), SCALE), day(-5)).hot == 0.197


def test_a_moment_without_a_time_zone_is_utc():
    assert in_force(records_of(version(LOWER), SCALE), datetime(2026, 1, 31)) == LOWER


def test_a_record_keeps_its_full_precision():
    odd = ThresholdRecord(day(1), hot=0.1 + 0.2, warm=1 / 3)
    assert records_of(version(odd), SCALE)[-1] == odd


def test_bands_begin_where_the_record_says():
    assert with_thresholds(SCALE, LOWER) == Scale((0.0,), hot=0.1, warm=0.03)

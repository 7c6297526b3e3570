"""Decisions are stored as data, and put into words in one place."""

from datetime import UTC, datetime

import pytest

from models.versions.decisions import Decision, Kind, as_tag, decisions_of, is_decided, words
from models.versions.store import Version
from models.versions.thresholds import ThresholdRecord
from models.versions.thresholds import as_tag as thresholds_tag

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def version(*tags: tuple[str, str]) -> Version:
    return Version("2", "run", AT, dict(tags))


WORDS = {
    Kind.PROMOTED: (
        Decision(Kind.PROMOTED, "2", AT, ("it holds", "", "no champion")),
        "promoted: it holds; no champion",
    ),
    Kind.KEPT_BACK: (Decision(Kind.KEPT_BACK, "2", AT, ("it may be worse",)), "kept back: it may be worse"),
    Kind.ROLLED_BACK: (Decision(Kind.ROLLED_BACK, "2", AT, (), {"to": "1"}), "rolled back to version 1"),
    Kind.RESTORED: (
        Decision(Kind.RESTORED, "2", AT, (), {"instead_of": "3"}),
        "champion again, in the place of version 3",
    ),
    Kind.THRESHOLDS: (
        Decision(Kind.THRESHOLDS, "2", AT, ("more calls",), {"hot": 0.123456, "warm": 0.05}, "Ada"),
        "hot from 0.123, warm from 0.05: more calls (Ada)",
    ),
}


@pytest.mark.parametrize(("decision", "sentence"), WORDS.values(), ids=WORDS)
def test_each_kind_has_its_words(decision, sentence):
    assert words(decision) == sentence


@pytest.mark.parametrize("decision", [decision for decision, _ in WORDS.values()], ids=WORDS)
def test_a_decision_is_read_as_it_was_stored(decision):
    assert decisions_of(version(as_tag(decision))) == [decision]


def test_a_sentence_of_an_earlier_release_is_still_read():
    (old,) = decisions_of(version(("decision 2025-11-30T04:49:00.123Z", "promoted: the model beats the rules")))
    assert words(old) == "promoted: the model beats the rules"
    assert old.at == datetime(2025, 11, 30, 4, 49, 0, 123_000, tzinfo=UTC)


def test_thresholds_that_were_set_are_decisions():
    record = ThresholdRecord(AT, hot=0.1, warm=0.03, by="Ada", why="more calls")
    (decision,) = decisions_of(version(thresholds_tag(record)))
    assert words(decision) == "hot from 0.1, warm from 0.03: more calls (Ada)"
    assert not is_decided(version(thresholds_tag(record)))
    assert is_decided(version(as_tag(Decision(Kind.PROMOTED, "2", AT))))

"""Decisions are stored as data, and put into words in one place."""

from datetime import UTC, datetime

import pytest

from models.versions.decisions import Action, Decision, as_tag, decisions_of, is_decided, words
from models.versions.store import Version
from models.versions.thresholds import ThresholdRecord
from models.versions.thresholds import as_tag as thresholds_tag

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def version(*tags: tuple[str, str]) -> Version:
    return Version("2", "run", AT, dict(tags))


WORDS = {
    Action.PROMOTED: (
        Decision(Action.PROMOTED, "2", AT, ("it holds", "", "no champion")),
        "promoted: it holds; no champion",
    ),
    Action.KEPT_BACK: (
        Decision(Action.KEPT_BACK, "2", AT, ("it may be worse",)),
        "kept back: it may be worse",
    ),
    Action.ROLLED_BACK: (
        Decision(Action.ROLLED_BACK, "2", AT, (), {"to": "1"}),
        "rolled back to version 1",
    ),
    Action.RESTORED: (
        Decision(Action.RESTORED, "2", AT, (), {"instead_of": "3"}),
        "champion again, in the place of version 3",
    ),
    Action.THRESHOLDS: (
        Decision(Action.THRESHOLDS, "2", AT, ("more calls",), {"hot": 0.123456, "warm": 0.05}, "Ada"),
        "hot from 0.123, warm from 0.05: more calls (Ada)",
    ),
}


COMPARED = {"log_loss_low": -0.0261, "log_loss_high": 0.012, "auc_challenger": 0.8, "auc_rules": 0.7}
NUMBERS = "log-loss -0.0261 to +0.0120 beside the champion's (95 %), AUC 0.800, the rules' 0.700"
TRAININGS = {
    "no champion": ({}, ""),
    "holds": (
        {"outcome": "holds", "champion": "1", "measured_on": "new leads", **COMPARED},
        f"; promoted, for it holds beside the champion: {NUMBERS}; measured on new leads",
    ),
    "may be worse": (
        {"outcome": "may be worse", "champion": "1", "measured_on": "new leads", **COMPARED},
        f"; version 1 stays the champion, for it may be worse than the champion: {NUMBERS}; measured on new leads",
    ),
    "asked for": (
        {"outcome": "ranks worse", **COMPARED},
        f"; it ranks leads worse than the rules: {NUMBERS}",
    ),
    "leaks": ({"leaks": ["A", "B"]}, "; promoted, for the champion learned from A, B, which knows the outcome"),
    "problem": ({"problem": "no leads"}, "; promoted, for the champion cannot score these data: no leads"),
}


@pytest.mark.parametrize(("figures", "end"), TRAININGS.values(), ids=TRAININGS)
def test_what_a_training_decided_is_worded_from_its_figures(figures, end):
    decision = Decision(Action.PROMOTED, "2", AT, ("the model beats the rules", ""), figures)
    (stored,) = decisions_of(version(as_tag(decision)))
    assert words(stored) == f"promoted: the model beats the rules{end}"


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
    assert is_decided(version(as_tag(Decision(Action.PROMOTED, "2", AT))))

"""What people do on the pages is kept with who did it, can be undone, and goes with a forgotten lead."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, datetime
from functools import partial
from threading import Barrier

import pandas as pd
import pytest
import sqlalchemy as sa

from data.errors import InputError, LeadscoreError
from data.store.feedback import (
    LONGEST_TEXT,
    Person,
    add_verdict,
    feedback_on,
    override,
    recent_changes,
    record_opened,
    scored_verdicts,
    undo_override,
)
from data.store.store import Codebook, Store, open_store
from data.store.tables import OPENED, OVERRIDES

ANN = Person("Ann", "sales")
TEXTS = dict.fromkeys(("band", "disposition", "fit", "engagement", "outcome", "reasons"), "x")
SCORE = (
    TEXTS
    | {"lead_id": "a", "as_of": pd.Timestamp("2026-01-20"), "probability": 0.1, "score": 20}
    | {
        "contributions": b"",
        "digest": 1,
    }
)


@pytest.fixture
def store(database):
    with open_store(database, writing=True) as opened:
        scored(opened)
        yield opened


def scored(store: Store, **cells: int) -> None:
    run = store.begin(as_of=datetime(2026, 1, 20), model_version="1", codebook=Codebook((), ()))
    store.add(run, pd.DataFrame([SCORE | cells]))
    store.publish(run)


def said(store: Store, lead_id: str = "a"):
    with store.transaction() as connection:
        return feedback_on(connection, lead_id)


def actions(store: Store) -> list[tuple[str, str, dict]]:
    with store.transaction() as connection:
        return [(row["by"], row["action"], json.loads(row["detail"])) for row in recent_changes(connection, 10)]


def test_a_verdict_is_kept_with_its_note_and_audited(store):
    add_verdict(store, "a", "good", "they <b>called</b>\0", ANN)
    (verdict,), _ = said(store)
    assert (verdict["verdict"], verdict["note"], verdict["by"]) == ("good", "they <b>called</b>", "Ann")
    assert actions(store) == [("Ann", "verdict", {"verdict": "good", "note": "they <b>called</b>"})]


@pytest.mark.parametrize(
    ("lead_id", "verdict", "note", "message"),
    [
        ("a", "great", "", "no such verdict"),
        ("nobody", "good", "", "no such lead"),
        ("a", "good", "x" * (LONGEST_TEXT + 1), "too long"),
    ],
)
def test_a_verdict_that_cannot_be_is_refused_and_changes_nothing(store, lead_id, verdict, note, message):
    with pytest.raises(InputError, match=message):
        add_verdict(store, lead_id, verdict, note, ANN)
    assert actions(store) == []


def test_an_override_keeps_its_reason_and_is_undone_by_one_call(store):
    override(store, "a", "ready", " they \0called ", ANN)
    undo_override(store, "a", Person("Bob", "sales"))
    _, (undone,) = said(store)
    assert (undone["reason"], undone["by"], undone["undone_by"]) == ("they called", "Ann", "Bob")
    assert [action for _, action, _ in actions(store)] == ["undo override", "override"]


def test_a_second_override_undoes_the_first(store):
    override(store, "a", "ready", "they called", ANN)
    override(store, "a", "discard", "a student", ANN)
    _, overrides = said(store)
    assert [each["disposition"] for each in overrides if each["undone_at"] is None] == ["discard"]


@pytest.mark.parametrize("reason", ["  ", "\u202e\u200f\u200b\n"])
def test_an_override_needs_a_reason_that_can_be_seen(store, reason):
    with pytest.raises(InputError, match="needs a reason"):
        override(store, "a", "ready", reason, ANN)


def test_undoing_nothing_is_no_change(store):
    undo_override(store, "a", ANN)
    assert actions(store) == []


def test_a_lead_opened_twice_a_day_by_one_person_counts_once(store):
    day = date(2026, 1, 20)
    record_opened(store, [(day, "a", "Ann"), (day, "a", "Bob")])
    record_opened(store, [(day, "a", "Ann")])
    with store.transaction() as connection:
        assert len(connection.execute(OPENED.select()).all()) == 2


def test_a_forgotten_lead_leaves_nothing_of_what_was_said(store):
    add_verdict(store, "a", "good", "", ANN)
    override(store, "a", "ready", "they called", ANN)
    record_opened(store, [(date(2026, 1, 20), "a", "Ann")])
    found = store.forget("a")
    assert found == {
        **{"scores": 1, "account_scores": 0, "recommendations": 0, "similar_deals": 0, "deliveries": 0, "alerts": 0},
        **{"events": 0},
        **{"feedback": 1, "overrides": 1, "opened": 1, "audit": 2},
    }
    assert said(store) == ([], [])
    assert actions(store) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda store: override(store, "a", "discard", "a student", ANN),
        lambda store: add_verdict(store, "a", "good", "", ANN),
        lambda store: scored(store, score=30, digest=2),
    ],
    ids=["override", "verdict", "run"],
)
def test_a_change_waits_for_whoever_writes(store, change):
    """SQLite refuses at once who looks first, and finds others writing then."""
    with ThreadPoolExecutor(1) as pool:
        with store.transaction(writing=True) as other:
            other.execute(OPENED.insert().values(day=date(2026, 1, 20), lead_id="a", by="Bob"))
            changed = pool.submit(change, store)
            wait([changed], timeout=0.3)
        changed.result()


def test_a_verdict_stands_beside_the_score_that_it_was_given_for(store):
    add_verdict(store, "a", "no fit", "", ANN)
    scored(store, score=70, digest=2)
    add_verdict(store, "a", "good", "", ANN)
    with store.transaction() as connection:
        told = scored_verdicts(connection)
    assert [(each["verdict"], each["score"], each["model_version"]) for each in told] == [
        ("no fit", 20, "1"),
        ("good", 70, "1"),
    ]


def test_what_became_of_a_judged_lead_stands_beside_the_verdict(store):
    add_verdict(store, "a", "good", "", ANN)
    scored(store, outcome="won", digest=2)
    with store.transaction() as connection:
        (told,) = scored_verdicts(connection)
    assert (told["score"], told["outcome"]) == (20, "won")


RACES = 20


def at_once(*calls) -> list:
    """Make calls in threads of their own that begin together; return what each gives, or raises."""
    barrier = Barrier(len(calls))

    def made(call):
        barrier.wait()
        try:
            return call()
        except LeadscoreError as problem:
            return problem

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(made, calls))


def test_of_overrides_at_once_one_is_in_force(store):
    for _ in range(RACES):
        people = [Person(name, "sales") for name in ("Ann", "Bob", "Cleo")]
        ends = at_once(*(partial(override, store, "a", "ready", f"says {one.name}", one) for one in people))
        assert ends == [None] * 3
        _, overrides = said(store)
        assert [each["undone_at"] is None for each in overrides] == [True] + [False] * (len(overrides) - 1)
    assert len(overrides) == 3 * RACES


def test_an_override_and_its_undoing_at_once_leave_one_in_force_or_none(store):
    for _ in range(RACES):
        at_once(partial(override, store, "a", "ready", "why", ANN), partial(undo_override, store, "a", ANN))
        assert sum(each["undone_at"] is None for each in said(store)[1]) <= 1


def test_the_database_itself_refuses_a_second_override(store):
    """Whatever writes to it: a server of an earlier version may still run."""
    override(store, "a", "ready", "why", ANN)
    row = {"lead_id": "a", "disposition": "ready", "reason": "x", "set_at": datetime(2026, 1, 1), "by": "Bob"}
    with pytest.raises(LeadscoreError, match="refused"), store.transaction(writing=True) as connection:
        connection.execute(sa.insert(OVERRIDES).values(row))

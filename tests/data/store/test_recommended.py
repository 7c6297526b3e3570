"""What is decided of leads stands before what each decides alone, until it is decided anew."""

from datetime import date, datetime

import pandas as pd
import pytest

from data.store.outbox import Outbox
from data.store.recommended import decisions_on, keep_decisions, this_week, worth_calling
from data.store.store import Codebook, Store, open_store

MONDAY = datetime(2026, 1, 5)


@pytest.fixture
def store(database):
    with open_store(database, writing=True) as opened:
        yield opened


def publish(store: Store, *leads: tuple[str, str, str, float], outcome: str = "open") -> None:
    """Score leads: their id, owner, recommendation and expected value."""
    frame = pd.DataFrame(leads, columns=["lead_id", "owner", "recommendation", "expected_value"])
    texts = dict.fromkeys(("band", "disposition", "fit", "engagement", "reasons", "decided_by"), "-")
    numbers = {"as_of": MONDAY, "score": 1, "probability": 0.1, "contributions": b"", "digest": 1}
    begun = store.begin(as_of=MONDAY, model_version="1", codebook=Codebook((), ()))
    store.add(begun, frame.assign(**texts, **numbers, outcome=outcome))
    store.publish(begun)


def decide(store: Store, **decisions: str) -> None:
    rows = [(lead, what, "rule", None, "Ann", date(2026, 2, 1)) for lead, what in decisions.items()]
    columns = ["lead_id", "recommendation", "decided_by", "place", "by", "until"]
    with store.transaction(writing=True) as connection:
        keep_decisions(connection, pd.DataFrame(rows, columns=columns))


def week(store: Store, owner: str = "") -> list[str]:
    with store.transaction() as connection:
        return [lead["lead_id"] for lead in this_week(connection, owner)]


def test_open_leads_to_be_called_by_themselves_are_worth_calling(store):
    publish(store, ("a", "Ann", "call now", 9.0), ("b", "Ann", "call this week", 8.0), ("c", "Ann", "nurture", 7.0))
    publish(store, ("d", "Ann", "call now", 9.0), outcome="won")
    with store.transaction() as connection:
        assert sorted(worth_calling(connection)["lead_id"]) == ["a", "b"]


def test_the_week_has_the_highest_value_of_each_owner_first(store):
    publish(store, ("a", "Bob", "call now", 1.0), ("b", "Ann", "call now", 2.0), ("c", "Ann", "call now", 3.0))
    decide(store, a="call now", b="call this week", c="call this week")
    assert (week(store), week(store, "Ann")) == (["c", "b", "a"], ["c", "b"])


def test_new_decisions_replace_all_before(store):
    publish(store, ("a", "Ann", "call now", 1.0), ("b", "Ann", "call now", 2.0))
    decide(store, a="call now", b="call now")
    decide(store, b="leave")
    with store.transaction() as connection:
        assert decisions_on(connection, ["a"]) == {}
        assert decisions_on(connection)["b"]["until"] == date(2026, 2, 1)
    assert week(store) == []


def test_what_is_decided_of_an_open_lead_is_sent_and_sent_again_when_it_changes(store):
    publish(store, ("a", "Ann", "call now", 1.0))
    outbox = Outbox(store, "crm")

    def sent() -> list[str]:
        batches = list(outbox.pending(9))
        for batch in batches:
            outbox.record(batch, {})
        return [what for batch in batches for what in batch["recommendation"]]

    assert (sent(), sent()) == (["call now"], [])
    decide(store, a="leave")
    assert (sent(), sent()) == (["leave"], [])
    decide(store)
    assert sent() == ["call now"]


def test_nothing_is_recommended_of_a_closed_lead_whatever_was_said(store):
    publish(store, ("a", "Ann", "call now", 1.0))
    outbox = Outbox(store, "crm")
    outbox.record(next(outbox.pending(9)), {})
    publish(store, ("b", "Ann", "call now", 1.0))
    begun = store.begin(as_of=MONDAY, model_version="1", codebook=Codebook((), ()))
    row = store.scores_of("a")[0] | {"outcome": "won", "recommendation": "", "digest": 2}
    store.add(begun, pd.DataFrame([row]))
    store.publish(begun)
    decide(store, a="leave")
    (batch,) = outbox.pending(9)
    assert dict(zip(batch["lead_id"], batch["recommendation"], strict=True)) == {"a": "", "b": "call now"}

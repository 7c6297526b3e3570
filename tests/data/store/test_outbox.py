"""What is to be sent follows from scores and receipts: nothing twice, nothing lost."""

from datetime import datetime

import pandas as pd
import pytest

from data.store import Told, open_store
from data.store.outbox import Outbox

MONDAY = datetime(2026, 1, 5)


@pytest.fixture
def outbox(database):
    with open_store(database, writing=True) as store:
        yield Outbox(store, "crm")


def publish(outbox: Outbox, **probabilities: float) -> None:
    leads = pd.Series(probabilities, name="probability").rename_axis("lead_id").reset_index()
    texts = dict.fromkeys(("band", "disposition", "fit", "engagement", "grade", "outcome", "reasons"), "-")
    digest = (leads["probability"] * 1e6).astype("int64")
    rows = leads.assign(**texts, as_of=MONDAY, score=1, stage=None, model_version="1", contributions=b"", digest=digest)
    number = outbox.store.begin(as_of=MONDAY, model_version="1", told=Told((), ()))
    outbox.store.add(number, MONDAY, rows)
    outbox.store.publish(number)


def send(outbox: Outbox, **refused: str) -> list[str]:
    batch = outbox.pending(100)
    outbox.record(batch, refused)
    return [row["lead_id"] for row in batch]


def test_each_score_is_sent_once(outbox):
    publish(outbox, a=0.1, b=0.2)
    assert outbox.count() == 2
    assert send(outbox) == ["a", "b"]
    assert send(outbox) == []


def test_only_what_changed_is_sent_again(outbox):
    publish(outbox, a=0.1, b=0.2)
    send(outbox)
    publish(outbox, a=0.1, b=0.3)
    assert send(outbox) == ["b"]


def test_without_a_receipt_a_score_stays_pending(outbox):
    publish(outbox, a=0.1)
    assert [row["lead_id"] for row in outbox.pending(10)] == ["a"]
    assert outbox.count() == 1


def test_batches_follow_each_other(outbox):
    publish(outbox, a=0.1, b=0.1, c=0.1)
    first = outbox.pending(2)
    assert [row["lead_id"] for row in first] == ["a", "b"]
    assert [row["lead_id"] for row in outbox.pending(2, after="b")] == ["c"]


def test_a_refused_record_waits_with_its_reason(outbox):
    publish(outbox, a=0.1, b=0.2)
    send(outbox, a="no such lead")
    assert outbox.count() == 0
    assert [(row["lead_id"], row["reason"], row["attempts"]) for row in outbox.dead()] == [("a", "no such lead", 1)]


def test_a_refused_record_is_sent_again_when_it_changes(outbox):
    publish(outbox, a=0.1)
    send(outbox, a="no such lead")
    publish(outbox, a=0.2)
    assert send(outbox) == ["a"]
    assert outbox.dead() == []


def test_refused_records_are_sent_again_on_demand(outbox):
    publish(outbox, a=0.1, b=0.2)
    send(outbox, a="no such lead")
    assert outbox.retry() == 1
    assert send(outbox) == ["a"]


def test_each_target_has_receipts_of_its_own(outbox):
    publish(outbox, a=0.1)
    send(outbox)
    assert Outbox(outbox.store, "another").count() == 1

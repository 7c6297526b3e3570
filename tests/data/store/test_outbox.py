"""What is to be sent follows from scores and receipts: nothing twice, nothing lost."""

from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest

from data.config.conditions import parse_condition
from data.store.outbox import Outbox
from data.store.store import Codebook, open_store

MONDAY = datetime(2026, 1, 5)


@pytest.fixture
def outbox(database):
    with open_store(database, writing=True) as store:
        yield Outbox(store, "crm")


def publish(outbox: Outbox, outcome: str = "open", gone: str = "", back: str = "", **probabilities: float) -> None:
    leads = pd.Series(probabilities, name="probability").rename_axis("lead_id").reset_index()
    texts = dict.fromkeys(("band", "disposition", "fit", "engagement", "reasons"), "-")
    digest = (leads["probability"] * 1e6).astype("int64")
    none = dict.fromkeys(("stage", "persona", "rules"))
    rows = leads.assign(**texts, **none, outcome=outcome, as_of=MONDAY, score=1, contributions=b"", digest=digest)
    number = outbox.store.begin(as_of=MONDAY, model_version="1", codebook=Codebook((), ()))
    outbox.store.add(number, rows)
    outbox.store.publish(number, gone=[*gone], back=[*back])


def send(outbox: Outbox, *, retry: bool = False, **refused: str) -> list[str]:
    sent = []
    for batch in outbox.pending(2, retry=retry):
        outbox.record(batch, refused)
        sent += batch["lead_id"].tolist()
    return sorted(sent)


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
    assert [batch["lead_id"].tolist() for batch in outbox.pending(10)] == [["a"]]
    assert outbox.count() == 1


def test_batches_follow_each_other_while_receipts_are_written(outbox):
    publish(outbox, a=0.1, b=0.1, c=0.1)
    assert send(outbox) == ["a", "b", "c"]
    assert outbox.count() == 0


def test_a_refused_record_waits_with_its_reason(outbox):
    publish(outbox, a=0.1, b=0.2)
    send(outbox, a="no such lead")
    assert outbox.count() == 0
    assert [(row["lead_id"], row["reason"], row["attempts"]) for row in outbox.dead(9)] == [("a", "no such lead", 1)]


def test_a_refused_record_is_sent_again_when_it_changes(outbox):
    publish(outbox, a=0.1)
    send(outbox, a="no such lead")
    publish(outbox, a=0.2)
    assert send(outbox) == ["a"]
    assert outbox.dead_count() == 0


def test_refused_records_are_sent_again_on_demand(outbox):
    publish(outbox, a=0.1, b=0.2)
    send(outbox, a="no such lead")
    assert (outbox.count(), outbox.count(retry=True)) == (0, 1)
    assert send(outbox, retry=True, a="still none") == ["a"]
    assert [(row["reason"], row["attempts"]) for row in outbox.dead(9)] == [("still none", 2)]


def test_a_new_target_gets_all_scores(outbox):
    publish(outbox, a=0.1)
    send(outbox)
    outbox.begin_anew()
    assert send(outbox) == ["a"]


def test_each_target_has_receipts_of_its_own(outbox):
    publish(outbox, a=0.1)
    send(outbox)
    assert Outbox(outbox.store, "another").count() == 1


def test_a_lead_that_has_ended_is_sent_once_more_and_then_left_alone(outbox):
    publish(outbox, a=0.1)
    send(outbox)
    publish(outbox, "won", a=0.2)
    assert send(outbox) == ["a"]
    publish(outbox, "won", a=0.3)  # by another version, as it stood before it closed
    assert send(outbox) == []


def test_a_lead_that_ended_before_it_was_ever_sent_is_not_sent(outbox):
    publish(outbox, "lost", a=0.1)
    assert (outbox.count(), send(outbox)) == (0, [])


def test_a_lead_that_is_opened_again_is_sent_again(outbox):
    for outcome, probability in (("open", 0.1), ("lost", 0.2), ("open", 0.3)):
        publish(outbox, outcome, a=probability)
        assert send(outbox) == ["a"]


def test_the_end_of_a_lead_that_is_refused_comes_on_demand(outbox):
    publish(outbox, a=0.1)
    send(outbox)
    publish(outbox, "won", a=0.2)
    send(outbox, a="locked")
    assert (send(outbox), send(outbox, retry=True), send(outbox)) == ([], ["a"], [])


def test_a_lead_that_is_gone_is_marked_once_and_sent_again_when_it_is_back(outbox):
    publish(outbox, a=0.1, b=0.2)
    send(outbox)
    publish(outbox, gone="a", b=0.2)
    assert outbox.count() == 1
    assert [batch["outcome"].tolist() for batch in outbox.pending(10)] == [["gone"]]
    assert send(outbox) == ["a"]
    assert send(outbox) == []
    publish(outbox, back="a", a=0.1, b=0.2)
    assert send(outbox) == ["a"]
    assert send(outbox) == []


def test_a_lead_that_is_gone_before_it_was_ever_sent_stays_unsent(outbox):
    publish(outbox, a=0.1)
    publish(outbox, gone="a", b=0.2)
    assert send(outbox) == ["b"]


def test_what_is_asked_for_comes_first_and_is_kept_up_to_date(outbox):
    some = replace(outbox, where=parse_condition("probability >= 0.5 and band = -", ["probability"], ["band"]))
    publish(some, a=0.1, b=0.7)
    assert (some.count(), send(some)) == (1, ["b"])
    publish(some, a=0.2, b=0.3)
    assert send(some) == ["b"]  # the CRM has it: it is not to go on as it was


def test_a_field_without_a_value_is_an_empty_text(outbox):
    publish(outbox, a=0.1)
    assert replace(outbox, where=parse_condition("stage = qso", [], ["stage"])).count() == 0
    assert replace(outbox, where=parse_condition("stage != qso or band in [hot]", [], ["stage", "band"])).count() == 1

"""Leads as people look at them: in order, filtered, page by page, and only what whole runs found."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
import sqlalchemy as sa

from data.store.feedback import Person, override
from data.store.lead_list import (
    Cursor,
    Filters,
    _passing,
    count_above,
    count_leads,
    history_of,
    lead_page,
    newest,
    stream_leads,
    with_trend,
)
from data.store.store import Codebook, Store, open_store

TODAY = datetime(2026, 1, 20)
CODEBOOK = Codebook(("Budget",), ("budget",))


def lead(lead_id: str, score: int, **more: object) -> dict[str, object]:
    usual = {
        "lead_id": lead_id,
        "as_of": TODAY,
        "probability": score / 200,
        "score": score,
        "band": "hot" if score >= 80 else "cold",
        "disposition": "nurture",
        "fit": "A",
        "engagement": "1",
        "stage": "mql",
        "outcome": "open",
        "contributions": b"\x00<",
        "reasons": "[[],[]]",
        "digest": hash((lead_id, score)) % 2**60,
        "company": None,
        "owner": None,
        "source": "web",
    }
    return usual | more


@pytest.fixture
def store(database):
    with open_store(database, writing=True) as opened:
        yield opened


def run(store: Store, *leads: dict[str, object], as_of: datetime = TODAY, publish: bool = True) -> None:
    begun = store.begin(as_of=as_of, model_version="1", codebook=CODEBOOK)
    store.add(begun, pd.DataFrame(leads).assign(as_of=pd.Timestamp(as_of)))
    if publish:
        store.publish(begun)


def ids(store: Store, filters: Filters | None = None, after: Cursor | None = None, count: int = 50) -> list[str]:
    with store.transaction() as connection:
        run = newest(connection)
        assert run is not None
        return [row["lead_id"] for row in lead_page(connection, filters or Filters(), run, after=after, count=count)]


def test_open_leads_come_the_hottest_first(store):
    run(store, lead("a", 20), lead("b", 90), lead("won", 99, outcome="won"), lead("c", 50))
    assert ids(store) == ["b", "c", "a"]


def test_before_the_first_run_there_is_no_newest_one(store):
    run(store, lead("a", 20), publish=False)
    with store.transaction() as connection:
        assert newest(connection) is None


def test_a_run_that_is_under_way_is_not_seen(store):
    run(store, lead("a", 20))
    run(store, lead("a", 90), lead("b", 95), publish=False)
    assert ids(store) == ["a"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(band="hot"), ["b"]),
        (Filters(owner="Ann"), ["b", "a"]),
        (Filters(source="fair", owner="Ann"), ["a"]),
        (Filters(fit="B", engagement="2"), ["c"]),
        (Filters(stage="sql"), ["c"]),
        (Filters(q="ac"), ["c"]),
        (Filters(q="b"), ["b"]),
        (Filters(q="'; --"), []),
    ],
)
def test_filters_leave_what_they_ask_for(store, filters, expected):
    run(
        store,
        lead("a", 20, owner="Ann", source="fair"),
        lead("b", 90, owner="Ann"),
        lead("c", 50, company="ACME", fit="B", engagement="2", stage="sql"),
    )
    assert ids(store, filters) == expected


@pytest.mark.parametrize("text", ["l", "a"])
def test_a_search_that_finds_more_than_is_looked_up_misses_no_lead(store, text, monkeypatch):
    monkeypatch.setattr("data.store.lead_list.MOST_MATCHES", 2)
    _passing.cache_clear()
    lost = (lead(f"l{number}", 50, outcome="lost", company="ACME") for number in range(3))
    run(store, *lost, *(lead(f"l{number}", number, company="ACME") for number in range(3, 8)), lead("x", 99))
    assert ids(store, Filters(q=text)) == ["l7", "l6", "l5", "l4", "l3"]
    assert ids(store, Filters(q="l7")) == ["l7"]
    _passing.cache_clear()


def test_pages_follow_each_other_without_gap_and_without_repetition(store):
    run(store, *(lead(f"l{number}", 10 * (number % 3)) for number in range(7)))
    whole, found, after = ids(store), [], None
    while part := ids(store, after=after, count=2):
        found += part
        score = 10 * (int(part[-1][1:]) % 3)
        after = Cursor(score, score / 200, part[-1])
    assert found == whole
    assert len(set(whole)) == 7


def test_leads_that_rose_within_the_week_and_that_fell(store):
    run(store, lead("up", 40), lead("down", 60), lead("same", 50), as_of=TODAY - timedelta(days=8))
    run(store, lead("up", 45), lead("down", 55), lead("same", 50), lead("new", 70))
    assert ids(store, Filters(week="up")) == ["up"]
    assert ids(store, Filters(week="down")) == ["down"]
    with store.transaction() as connection:
        now = newest(connection)
        assert now is not None
        rows = with_trend(connection, lead_page(connection, Filters(), now, after=None, count=9), now)
    assert {row["lead_id"]: row["change"] for row in rows} == {"new": None, "down": -5, "same": 0, "up": 5}


def test_what_a_person_set_is_what_the_list_goes_by(store):
    run(store, lead("a", 20), lead("b", 90, disposition="ready"))
    override(store, "a", "ready", "they called", Person("Ann", "sales"))
    override(store, "b", "discard", "a student", Person("Ann", "sales"))
    assert ids(store, Filters(disposition="ready")) == ["a"]


def test_an_export_holds_all_that_the_list_would_show(store):
    run(store, *(lead(f"l{number}", number) for number in range(7)))
    parts = list(stream_leads(store, Filters(), 3))
    assert [len(part) for part in parts] == [3, 3, 1]
    assert [row["lead_id"] for part in parts for row in part] == ids(store)


def test_counts_tell_open_and_closed_leads_apart(store):
    run(store, lead("a", 20), lead("b", 20), lead("c", 20, outcome="won"))
    with store.transaction() as connection:
        assert {row["outcome"]: row["leads"] for row in count_leads(connection)} == {"open": 2, "won": 1}


def test_a_bar_tells_its_volume_and_the_wins_to_expect(store):
    run(store, lead("a", 20), lead("b", 60), lead("c", 90), lead("won", 100, outcome="won"))
    with store.transaction() as connection:
        (told,) = count_above(connection, [0.3])
    assert (told["leads"], told["wins"]) == (2, pytest.approx(0.75))


def test_the_history_of_a_lead_is_that_of_whole_runs(store):
    run(store, lead("a", 20), as_of=TODAY - timedelta(days=1))
    run(store, lead("a", 30))
    run(store, lead("a", 40), publish=False)
    with store.transaction() as connection:
        assert [row["score"] for row in history_of(connection, "a")] == [30, 20]


def test_the_list_reads_its_index_and_sorts_nothing(tmp_path):
    """A million leads are shown as fast as a hundred."""
    with open_store(f"sqlite:///{tmp_path / 'store.db'}", writing=True) as store:
        run(store, lead("a", 20))
        asked = []
        sa.event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        ids(store, after=Cursor(50, 0.2, "b"))
        with store.transaction() as connection:
            query, values = next(each for each in reversed(asked) if "leadscore_scores.score DESC" in each[0])
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).fetchall()
    told = " ".join(row[-1] for row in plan)
    assert "USING INDEX leadscore_open_leads" in told
    assert "TEMP B-TREE" not in told

"""The score store: whole runs or nothing, changes only in the history, and nothing of a forgotten lead."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError, LeadscoreError
from data.sources import engine_of
from data.store.feedback import record_opened
from data.store.outbox import Outbox
from data.store.recommended import standing_verdicts
from data.store.store import Codebook, Store, open_store
from data.store.store import current as current_scores
from data.store.tables import DELIVERIES, FEEDBACK, GONE, METADATA, OVERRIDES, RUNS, SCORES

MONDAY = datetime(2026, 1, 5)
TUESDAY = MONDAY + timedelta(days=1)
ADDED = (
    *("recommendation", "decided_by", "expected_amount", "expected_value"),
    *("last_activity", "last_touch"),
)
"""Columns of scores that came with recommendations."""
ADDED_LATER = ("days_in_stage", "age_days", "within_30", "within_60", "within_90", "within_180")
CODEBOOK = Codebook(("Budget", "Visits"), ("budget", "visits_7d"))


def scores(**probabilities: float) -> pd.DataFrame:
    """Scores of leads by their ids."""
    leads = pd.Series(probabilities, name="probability").rename_axis("lead_id").reset_index()
    return leads.assign(
        as_of=pd.Timestamp(MONDAY),
        score=50,
        band="hot",
        disposition="ready",
        fit="A",
        engagement="1",
        stage=None,
        outcome="open",
        contributions=[b"\x00<"] * len(leads),
        reasons='[[[0, "a,\\"b\\"", 3]], []]',
        digest=(leads["probability"] * 1e6).astype("int64"),
        persona=None,
        rules="[]",
        triggered_by="Asked for a demo",
        disqualified_by=None,
    )


@pytest.fixture
def store(database):
    with open_store(database, writing=True) as opened:
        yield opened


def run(
    store: Store, as_of: datetime = MONDAY, *, publish: bool = True, stated: bool = False, **probabilities: float
) -> int | None:
    begun = store.begin(as_of=as_of, model_version="1", codebook=CODEBOOK, stated=stated)
    store.add(begun, scores(**probabilities))
    return store.publish(begun) if publish else None


def current(store: Store) -> dict[str, float]:
    return {row["lead_id"]: row["probability"] for row in store.hottest(100)}


def test_the_personas_are_those_of_the_current_scores(store):
    run(store, a=0.5)
    assert store.personas().empty
    begun = store.begin(as_of=TUESDAY, model_version="1", codebook=CODEBOOK)
    store.add(begun, scores(a=0.6, b=0.7).assign(persona=["Buyer", ""]))
    store.publish(begun)
    assert store.personas().to_dict() == {"a": "Buyer", "b": ""}


def test_a_lead_that_closed_has_no_current_score_and_its_history_stays(store):
    run(store, a=0.5, b=0.6)
    begun = store.begin(as_of=TUESDAY, model_version="1", codebook=CODEBOOK)
    store.add(begun, scores(a=0.7, b=0.6).assign(outcome=["won", "open"], digest=[1, 600_000]))
    store.publish(begun)
    assert current(store) == {"b": 0.6}
    assert list(store.open_scores().index) == ["b"]
    assert {row["lead_id"]: row["probability"] for row in store.hottest(9, MONDAY)} == {"a": 0.5, "b": 0.6}
    assert [(row["probability"], row["outcome"]) for row in store.scores_of("a")] == [(0.7, "won"), (0.5, "open")]
    assert [row["lead_id"] for row in store.won("1")] == ["a"]


def test_open_leads_that_were_opened_within_a_month_are_counted_however_often_is_scored(store):
    assert store.opened() == 0
    run(store, a=0.5, b=0.6, c=0.7)
    today = datetime.now(UTC).date()
    days = {"a": 0, "b": 29, "c": 30}
    record_opened(store, [(today - timedelta(days=ago), name, "ann") for name, ago in days.items()])
    record_opened(store, [(today, "a", "bob"), (today, "gone", "ann")])
    assert store.opened() == 2
    run(store, a=0.6, b=0.6, c=0.7)
    assert store.opened() == 2


def test_of_a_moment_in_the_past_nothing_is_known_that_was_scored_later(store):
    run(store, MONDAY, a=0.5, b=0.6)
    run(store, TUESDAY, a=0.9, b=0.6, c=0.7)
    assert [row["probability"] for row in store.hottest(9, MONDAY)] == [0.6, 0.5]
    assert store.open_scores(MONDAY)["probability"].to_dict() == {"a": 0.5, "b": 0.6}
    assert store.crossings(0.6, MONDAY)["lead_id"].tolist() == ["a", "b"]
    assert store.crossings(0.6)["lead_id"].tolist() == ["a", "b", "a", "c"]
    assert store.leads_per_band(MONDAY) == {"hot": 2, "warm": 0, "cold": 0}
    assert store.open_scores(MONDAY - timedelta(days=1)).empty


def test_a_run_of_the_past_leaves_the_present_and_is_what_is_known_of_its_moment(store):
    wednesday, thursday = TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=2)
    run(store, MONDAY, a=0.5, b=0.6)
    run(store, wednesday, a=0.9, b=0.6)
    assert run(store, TUESDAY, stated=True, a=0.1, b=0.2, c=0.3) == 0
    assert run(store, TUESDAY, stated=True, a=0.1, b=0.3, c=0.3) == 0
    known = {moment: store.open_scores(moment)["probability"].to_dict() for moment in (MONDAY, TUESDAY, wednesday)}
    assert known == {
        MONDAY: {"a": 0.5, "b": 0.6},
        TUESDAY: {"a": 0.1, "b": 0.3, "c": 0.3},
        wednesday: {"a": 0.9, "b": 0.6},
    }
    assert current(store) == {"a": 0.9, "b": 0.6}
    assert [each["as_of"] for each in store.runs_known(TUESDAY)] == [TUESDAY, MONDAY]
    assert store.crossings(0.25, TUESDAY)["lead_id"].tolist() == ["a", "b", "a", "b", "c"]
    # Of what was scored for the past the next run knows nothing: c is new.
    assert run(store, thursday, a=0.9, b=0.6, c=0.3) == 1
    assert current(store) == {"a": 0.9, "b": 0.6, "c": 0.3}


def test_of_a_run_of_the_past_that_came_to_no_end_nothing_stays(store):
    run(store, TUESDAY, a=0.5)
    run(store, MONDAY, stated=True, a=0.1, publish=False)
    failed = store.begin(as_of=MONDAY, model_version="1", codebook=CODEBOOK, stated=True)
    store.add(failed, scores(a=0.2))
    store.fail(failed, "no space")
    run(store, TUESDAY, a=0.5)
    with store.transaction() as connection:
        assert connection.execute(sa.select(SCORES.c.run_id)).scalars().all() == [1]
    assert store.open_scores(MONDAY).empty


def test_what_was_opened_after_a_later_run_is_of_later(store):
    assert store.opened(MONDAY) == 0
    run(store, MONDAY, a=0.5, b=0.5)
    today = datetime.now(UTC).date()
    record_opened(store, [(today, "a", "ann"), (today - timedelta(days=1), "b", "ann")])
    assert store.opened(MONDAY) == 2
    run(store, TUESDAY, a=0.6, b=0.5)
    assert (store.opened(MONDAY), store.opened()) == (1, 2)


def test_published_scores_are_there_as_they_were_given(store):
    assert run(store, a=0.25) == 1
    (row,) = store.scores_of("a")
    expected = scores(a=0.25).iloc[0].to_dict() | {"as_of": MONDAY, **dict.fromkeys(("company", "owner", "source"))}
    expected |= dict.fromkeys((*ADDED, *ADDED_LATER))
    assert row == expected | {"run_id": 1, "model_version": "1", "grade": "A1"}


def test_a_run_that_is_not_published_is_seen_by_nobody(store):
    run(store, a=0.1)
    run(store, a=0.9, b=0.9, publish=False)
    assert current(store) == {"a": 0.1}


def test_what_an_interrupted_run_left_is_dropped_by_the_next(store):
    run(store, a=0.9, publish=False)
    run(store, b=0.2)
    assert current(store) == {"b": 0.2}
    assert [each["status"] for each in store.runs()] == ["done", "interrupted"]


def test_a_run_that_is_done_while_another_reads_is_seen_as_a_whole_or_not_at_all(store):
    run(store, a=0.1, b=0.1)
    with store.transaction() as connection:
        query = current_scores(connection)
        run(store, a=0.9, b=0.9)
        found = {(row.lead_id, row.probability) for row in connection.execute(query)}
    assert found == {("a", 0.1), ("b", 0.1)}


def test_only_changes_go_to_the_history(store):
    run(store, MONDAY, a=0.1, b=0.2)
    assert run(store, TUESDAY, a=0.1, b=0.3) == 1
    assert [row["probability"] for row in store.scores_of("a")] == [0.1]
    assert [row["probability"] for row in store.scores_of("b")] == [0.3, 0.2]


def test_a_score_that_stays_the_same_is_not_written_again(store):
    run(store, MONDAY, a=0.1)
    assert run(store, TUESDAY, a=0.1) == 0
    assert [row["run_id"] for row in store.scores_of("a")] == [1]


def test_a_score_that_returns_to_what_it_was_is_a_change(store):
    for probability in (0.1, 0.2, 0.1):
        run(store, a=probability)
    assert [row["probability"] for row in store.scores_of("a")] == [0.1, 0.2, 0.1]


def test_what_a_run_adds_while_it_is_under_way_is_no_history_either(store):
    run(store, a=0.1)
    run(store, a=0.9, publish=False)
    assert [row["probability"] for row in store.scores_of("a")] == [0.1]


def test_runs_follow_each_other_by_number_whatever_their_moments(store):
    """A clock that steps back, or scores of a past moment: the newest run counts, and the next one mends it."""
    run(store, TUESDAY, a=0.5)
    assert run(store, MONDAY, a=0.1) == 1
    assert [row["probability"] for row in store.scores_of("a")] == [0.1, 0.5]


def test_a_run_that_another_one_dropped_cannot_go_on_or_be_published(store):
    first = store.begin(as_of=MONDAY, model_version="1", codebook=CODEBOOK)
    store.add(first, scores(a=0.1))
    run(store, b=0.2)
    with pytest.raises(LeadscoreError, match="another run has begun"):
        store.add(first, scores(c=0.3))
    with pytest.raises(LeadscoreError, match="another run has begun"):
        store.publish(first)
    assert current(store) == {"b": 0.2}


def test_runs_are_recorded(store):
    run(store, a=0.5, b=0.5)
    failed = store.begin(as_of=MONDAY, model_version="2", codebook=CODEBOOK)
    store.fail(failed, "no room")
    newest, first = store.runs()
    assert (newest["status"], newest["message"]) == ("failed", "no room")
    assert (first["status"], first["scored"], first["changed"], first["model_version"]) == ("done", 2, 2, "1")


def test_what_the_codes_mean_is_kept(store):
    run(store, a=0.5)
    assert store.codebook("1") == CODEBOOK


def test_open_leads_are_counted_by_band(store):
    run(store, a=0.5, b=0.5)
    assert store.leads_per_band() == {"hot": 2, "warm": 0, "cold": 0}


def test_a_store_is_opened_again_as_it_was(database):
    with open_store(database, writing=True) as store:
        run(store, a=0.5)
    with open_store(database) as store:
        assert current(store) == {"a": 0.5}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_migrations_make_the_tables_that_the_code_knows(store):
    inspector = sa.inspect(store.engine)
    for table in METADATA.sorted_tables:
        there = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name)}
        assert there == {column.name: bool(column.nullable) for column in table.columns}
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        unique = {index["name"] for index in inspector.get_indexes(table.name) if index["unique"]}
        assert unique == {index.name for index in table.indexes if index.unique}


def test_two_runs_do_not_write_to_one_store_at_once(database):
    with open_store(database, writing=True):
        with pytest.raises(LeadscoreError, match="another run"), open_store(database, writing=True):
            pass
        with open_store(database) as reader:
            assert reader.runs() == []


def test_a_store_of_another_version_is_refused(store):
    with store.transaction() as connection:
        connection.exec_driver_sql("UPDATE leadscore_schema SET version_num = '9999'")
    with pytest.raises(LeadscoreError, match="another version of leadscore"), open_store(store.address):
        pass


def test_the_store_lives_beside_tables_of_others(database):
    with engine_of(database).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE runs (x INTEGER)")
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('abc')")
    with open_store(database, writing=True) as store:
        assert run(store, a=0.1) == 1


def test_a_database_that_cannot_keep_scores_is_refused():
    with pytest.raises(InputError, match="there is no driver"), open_store("oracle://scott@db/x"):
        pass


def test_a_full_disk_leaves_the_scores_as_they_were(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 's.db'}", writing=True) as store:
        run(store, a=0.1)
        pages = store.engine.connect().exec_driver_sql("PRAGMA page_count").scalar_one()
        limited = sa.event.listens_for(store.engine, "connect")
        limited(lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages + 2}"))
        with pytest.raises(LeadscoreError, match="no room left"):
            run(store, **{f"l{n}": 0.5 for n in range(2000)})
    with open_store(f"sqlite:///{tmp_path / 's.db'}", writing=True) as store:
        assert current(store) == {"a": 0.1}
        assert run(store, a=0.2) == 1


def test_a_connection_that_breaks_leaves_the_scores_as_they_were(postgres):
    with open_store(postgres, writing=True) as store:
        run(store, a=0.1)
        number = store.begin(as_of=TUESDAY, model_version="1", codebook=CODEBOOK)
        store.add(number, scores(a=0.9))
        with pytest.raises(LeadscoreError, match="connection was lost"), store.transaction() as connection:
            with engine_of(postgres).connect() as other:
                other.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle'"
                    " AND pid <> pg_backend_pid()"
                )
                mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                other.exec_driver_sql(f"SELECT pg_terminate_backend({mine})")
            connection.exec_driver_sql("DELETE FROM leadscore_scores")
        assert current(store) == {"a": 0.1}
        assert store.publish(number) == 1
        assert current(store) == {"a": 0.9}


def test_nothing_of_a_forgotten_lead_is_in_any_table_or_file(database, tmp_path):
    with open_store(database, writing=True) as store:
        run(store, MONDAY, secretive=0.1, other=0.1)
        run(store, TUESDAY, secretive=0.2, other=0.1)
        outbox = Outbox(store, "crm")
        for batch in outbox.pending(10):
            outbox.record(batch, {"secretive": "refused"})
        found = store.forget("secretive")
        assert {name: count for name, count in found.items() if count} == {"scores": 2, "deliveries": 1}
        assert not any(store.forget("secretive").values())
        assert list(current(store)) == ["other"]
    assert files_with(tmp_path, b"secretive") == []


YEAR_AGO = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=365)


def aged(store: Store, run_id: int, at: datetime = YEAR_AGO) -> None:
    """Let a run, and all receipts so far, be from another day."""
    with store.transaction() as connection:
        connection.execute(sa.update(RUNS).where(RUNS.c.run_id == run_id).values(started_at=at, finished_at=at))
        connection.execute(sa.update(DELIVERIES).values(at=at))


def test_old_scores_that_are_no_longer_current_are_erased(store):
    run(store, stays=0.1, changes=0.1)
    aged(store, 1)
    run(store, stays=0.1, changes=0.2)
    run(store, stays=0.1, changes=0.3)
    assert store.erase_older(YEAR_AGO + timedelta(days=1)) == {"scores": 1, "deliveries": 0}
    assert current(store) == {"stays": 0.1, "changes": 0.3}
    assert [row["probability"] for row in store.scores_of("changes")] == [0.3, 0.2]


def test_a_score_is_not_replaced_by_a_run_that_came_to_no_end(store):
    run(store, a=0.1)
    aged(store, 1)
    run(store, a=0.2, publish=False)
    assert store.erase_older(YEAR_AGO + timedelta(days=1))["scores"] == 0
    assert current(store) == {"a": 0.1}


def test_nothing_younger_is_erased_and_twice_is_once(store):
    run(store, a=0.1)
    run(store, a=0.2)
    assert store.erase_older(YEAR_AGO) == {"scores": 0, "deliveries": 0}
    aged(store, 1)
    assert store.erase_older(YEAR_AGO + timedelta(days=1))["scores"] == 1
    assert store.erase_older(YEAR_AGO + timedelta(days=1))["scores"] == 0


def test_old_receipts_are_erased_but_for_those_of_scores_that_stay(store):
    """Else every score would be sent again."""
    outbox = Outbox(store, "crm")
    run(store, stays=0.1, changes=0.1, refused=0.1)
    for batch in outbox.pending(10):
        outbox.record(batch, {"refused": "no such lead"})
    aged(store, 1)
    run(store, stays=0.1, changes=0.2, refused=0.1)
    assert outbox.count() == 1
    assert store.erase_older(YEAR_AGO + timedelta(days=1)) == {"scores": 1, "deliveries": 1}
    assert outbox.count() == 1
    assert outbox.dead_count() == 1


def test_what_is_erased_stays_in_no_file(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'store.db'}", writing=True) as store:
        begun = store.begin(as_of=MONDAY, model_version="1", codebook=CODEBOOK)
        store.add(begun, scores(a=0.1).assign(stage="secretive"))
        store.publish(begun)
        aged(store, 1)
        run(store, a=0.2)
        store.erase_older(YEAR_AGO + timedelta(days=1))
    assert files_with(tmp_path, b"secretive") == []


def files_with(folder: Path, text: bytes) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file() and text in file.read_bytes()]


HISTORIES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.dictionaries(st.sampled_from("abc"), st.sampled_from([0.1, 0.2, 0.3]), min_size=1),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25)
@given(runs=HISTORIES)
def test_the_store_holds_what_a_plain_dictionary_would(runs, tmp_path_factory):
    """Oracle: scores with their changes, newest first, kept in the plainest way; some runs never end."""
    held: dict[str, list[float]] = {}
    with open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 's.db'}", writing=True) as store:
        for day, probabilities, ends in runs:
            as_of = MONDAY + timedelta(days=day)
            run(store, as_of, publish=ends, **probabilities)
            for lead, probability in probabilities.items() if ends else ():
                before = held.setdefault(lead, [])
                if not before or before[0] != probability:
                    before.insert(0, probability)
        assert current(store) == {lead: before[0] for lead, before in held.items()}
        for lead, before in held.items():
            assert [row["probability"] for row in store.scores_of(lead)] == before


def test_a_score_has_a_column_for_everything():
    known_by = {"company", "owner", "source", *ADDED, *ADDED_LATER}
    assert set(scores(a=0.1).columns) | {"run_id"} | known_by == {column.name for column in SCORES.columns}


def test_of_runs_that_begin_at_once_one_is_under_way(store):
    """On PostgreSQL the claim of a run may be lost with its connection: the table of runs itself holds but one."""
    for _ in range(20):
        barrier = Barrier(3)

        def begin() -> None:
            barrier.wait()  # noqa: B023
            store.begin(as_of=MONDAY, model_version="1", codebook=Codebook((), ()))

        with ThreadPoolExecutor(3) as pool:
            for begun in [pool.submit(begin) for _ in range(3)]:
                begun.result()
        assert [run["status"] for run in store.runs()].count("running") == 1


def test_stores_that_are_opened_at_once_are_made_once(database):
    barrier = Barrier(4)

    def opened() -> list:
        barrier.wait()
        with open_store(database) as store:
            return store.runs()

    with ThreadPoolExecutor(4) as pool:
        assert [made.result() for made in [pool.submit(opened) for _ in range(4)]] == [[]] * 4


def without_recommendations(connection: sa.Connection) -> None:
    """Turn a store into one of before there were recommendations, and all that came after them."""
    added = {
        "leadscore_scores": (*ADDED, *ADDED_LATER),
        "leadscore_deliveries": ("recommendation", "account_score"),
        "leadscore_feedback": ("until", "undone_at", "undone_by"),
    }
    connection.execute(sa.text("DROP INDEX leadscore_worth_a_call"))
    connection.execute(sa.text("DROP INDEX leadscore_valued_leads"))
    for table in ("recommendations", "alerts", "alerted", "account_scores", "similar_deals", "events", "requests"):
        connection.execute(sa.text(f"DROP TABLE leadscore_{table}"))
    for table, names in added.items():
        for name in names:
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {name}"))
    connection.execute(sa.text("UPDATE leadscore_schema SET version_num = '0007'"))


def test_a_store_of_before_there_were_recommendations_keeps_scores_and_verdicts(database):
    said = {"lead_id": "a", "given_at": MONDAY, "by": "Ann", "verdict": "no fit"}
    with open_store(database, writing=True) as store:
        run(store, a=0.3)
        with store.transaction(writing=True) as connection:
            without_recommendations(connection)
            connection.execute(sa.insert(FEEDBACK).values(**said))
    with open_store(database) as store, store.transaction() as connection:
        assert store.scores_of("a")[0]["recommendation"] is None
        assert standing_verdicts(connection).iloc[0].dropna().to_dict() == {**said, "given_at": pd.Timestamp(MONDAY)}


def test_of_two_overrides_that_an_earlier_version_left_in_force_the_later_stands(database):
    with open_store(database) as store, store.transaction() as connection:
        connection.execute(sa.text("DROP INDEX leadscore_override_in_force"))
        connection.execute(sa.text("DROP INDEX leadscore_run_under_way"))
        without_recommendations(connection)
        connection.execute(sa.text("DROP TABLE leadscore_gone"))
        connection.execute(sa.text("ALTER TABLE leadscore_runs DROP COLUMN configured"))
        connection.execute(sa.text("UPDATE leadscore_schema SET version_num = '0005'"))
        for number, (lead, by) in enumerate([("a", "Ann"), ("a", "Bob"), ("b", "Ann"), ("a", "Cleo")]):
            row = {"lead_id": lead, "disposition": "ready", "reason": "x", "by": by}
            connection.execute(sa.insert(OVERRIDES).values(set_at=datetime(2026, 1, 1 + number), **row))
        for _ in range(2):
            run = {"status": "running", "started_at": MONDAY, "as_of": MONDAY, "model_version": "1"}
            connection.execute(sa.insert(RUNS).values(scored=0, changed=0, **run))
    with open_store(database) as store, store.transaction() as connection:
        rows = connection.execute(sa.select(OVERRIDES).order_by(OVERRIDES.c.override_id)).mappings().all()
        assert [(row["by"], row["undone_by"]) for row in rows] == [
            ("Ann", "Bob"), ("Bob", "Cleo"), ("Ann", None), ("Cleo", None),
        ]  # fmt: skip
        assert [row["undone_at"] for row in rows] == [datetime(2026, 1, 2), datetime(2026, 1, 4), None, None]
        assert [run["status"] for run in store.runs()] == ["running", "interrupted"]


def run_with(store: Store, *, configured: bool = True, gone=(), back=(), **probabilities: float) -> int:
    begun = store.begin(as_of=MONDAY, model_version="1", codebook=CODEBOOK, configured=configured)
    store.add(begun, scores(**probabilities))
    return store.publish(begun, gone=gone, back=back)


def test_a_lead_that_is_gone_has_no_current_score_until_it_is_back(store):
    run_with(store, a=0.1, b=0.2)
    assert run_with(store, gone=["a"], b=0.2) == 0
    assert [lead["lead_id"] for lead in store.hottest(9)] == ["b"]
    assert store.leads_per_band() == {"hot": 1, "warm": 0, "cold": 0}
    assert Outbox(store, "crm").count() == 1
    assert run_with(store, back=["a"], a=0.1, b=0.2) == 0
    assert [lead["lead_id"] for lead in store.hottest(9)] == ["b", "a"]


def test_what_a_run_on_a_file_had_is_not_expected_in_the_tables(store):
    run_with(store, a=0.1, b=0.2)
    run_with(store, configured=False, a=0.5, c=0.3)
    run_with(store, gone=["b"], a=0.5)
    expected = store.expected_leads().sort_values("lead_id")
    assert expected.to_numpy().tolist() == [["a", False], ["b", True]]


def test_a_run_on_the_tables_makes_the_leads_of_a_file_its_own(store):
    """Though their scores are the same."""
    run_with(store, configured=False, c=0.3)
    assert run_with(store, c=0.3) == 1
    assert store.expected_leads()["lead_id"].tolist() == ["c"]


def test_a_lead_that_is_gone_can_be_forgotten(store):
    run_with(store, a=0.1, b=0.2)
    run_with(store, gone=["a"], b=0.2)
    assert store.forget("a")["scores"] == 1
    assert store.expected_leads()["lead_id"].tolist() == ["b"]
    with store.transaction() as connection:
        assert connection.execute(sa.select(GONE)).all() == []

"""Only what changed since the last run is fetched, and what is staged is what the source holds."""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.config import DatabaseTable
from data.errors import InputError
from data.sources.connections import engine_of
from data.sources.replica import Replica
from data.sources.sql import SqlTable, reading

START = datetime(2026, 1, 1)


class Source:
    """A table of leads that changes, and the copies that a run keeps of it."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        self.path = folder / "replica.duckdb"
        self.engine = engine_of(address)
        columns = (sa.Column("n", sa.Integer), sa.Column("updated_at", sa.DateTime))
        self.table = sa.Table("leads", sa.MetaData(), sa.Column("id", sa.Text, primary_key=True), *columns)
        self.table.drop(self.engine, checkfirst=True)
        self.table.create(self.engine)

    def put(self, key: str, n: int, hours: float) -> None:
        """Insert a lead, or change it, at a time."""
        changed = {"n": n, "updated_at": START + timedelta(hours=hours)}
        with self.engine.begin() as connection:
            known = connection.execute(sa.update(self.table).where(self.table.c.id == key).values(changed)).rowcount
            if not known:
                connection.execute(sa.insert(self.table).values(id=key, **changed))

    def remove(self, key: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.delete(self.table).where(self.table.c.id == key))

    def staged(self, *names: str) -> tuple[list[tuple], str]:
        """Return what a run gets, and how it got it."""
        names = names or ("id", "n")
        with duckdb.connect() as duck, reading(self.address) as database:
            file = Replica(self.path).stage(duck, database.open(DatabaseTable(table="leads")), names, "staged")
            assert file is not None
            cells = ", ".join(file.columns[name] for name in names)
            return duck.execute(f"SELECT {cells} FROM staged ORDER BY position").fetchall(), file.notes[0]


@pytest.fixture
def source(database, tmp_path) -> Source:
    source = Source(database, tmp_path)
    source.put("a", 1, hours=0)
    source.put("b", 2, hours=10)
    return source


def test_the_first_run_fetches_all_and_the_next_what_changed(source):
    assert source.staged() == ([("a", 1), ("b", 2)], "fetched whole, and kept to fetch only changes next time")
    source.put("a", 5, hours=20)
    source.put("c", 3, hours=20)
    rows, note = source.staged()
    assert rows == [("a", 5), ("b", 2), ("c", 3)]
    assert note.startswith("2 rows fetched that changed since")


def test_unchanged_rows_are_not_fetched_again(source, monkeypatch):
    source.staged()
    fetched = []
    original = SqlTable.batches

    def counted(self, *args, **options):
        for batch in original(self, *args, **options):
            fetched.append(batch.num_rows if options.get("since") else 0)  # keys come each time
            yield batch

    monkeypatch.setattr(SqlTable, "batches", counted)
    source.staged()
    assert sum(fetched) == 1  # the newest row: another one may have its very time


def test_a_row_of_the_very_time_of_the_watermark_is_not_missed(source):
    source.staged()
    source.put("c", 3, hours=10)
    assert ("c", 3) in source.staged()[0]


def test_rows_that_are_gone_are_gone(source):
    source.staged()
    source.remove("a")
    rows, note = source.staged()
    assert rows == [("b", 2)]
    assert note.startswith("0 rows fetched")


def test_a_row_that_came_with_an_old_date_while_another_went_is_seen(source):
    source.staged()
    source.remove("a")
    source.put("imported", 9, hours=-5000)
    assert source.staged()[0] == [("b", 2), ("imported", 9)]


def test_a_date_far_in_the_future_hides_no_later_change(source):
    source.put("typo", 1, hours=24 * 365 * 70)
    source.staged()
    source.put("a", 5, hours=24 * 400)
    assert ("a", 5) in source.staged()[0]


def test_another_database_under_the_same_name_has_copies_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_URL", f"sqlite:///{tmp_path / 'one.db'}")
    one, other = (Source(f"sqlite:///{tmp_path / name}.db", tmp_path) for name in ("one", "other"))
    for number, each in enumerate((one, other)):
        each.put("a", number, hours=0)
        monkeypatch.setenv("CRM_URL", each.address)
        each.address = "${CRM_URL}"
        assert each.staged()[0] == [("a", number)]


@pytest.mark.parametrize("kind", ["DATE", "NUMERIC", "INTEGER"])
def test_changes_may_be_dated_by_days_or_numbers(postgres, tmp_path, kind):
    values = {"DATE": ("'2026-01-01'", "'2026-01-02'"), "NUMERIC": ("1.5", "2.5"), "INTEGER": ("1", "2")}[kind]
    engine = engine_of(postgres)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE leads (id TEXT PRIMARY KEY, updated_at {kind})")
        connection.exec_driver_sql(f"INSERT INTO leads VALUES ('a', {values[0]})")
    for expected in (["a"], ["a", "b"]):
        with duckdb.connect() as duck, reading(postgres) as database:
            file = Replica(tmp_path / "m").stage(duck, database.open(DatabaseTable(table="leads")), ["id"], "staged")
            assert file is not None
            cells = duck.execute(f"SELECT {file.columns['id']} FROM staged").fetchall()
            assert [cell for (cell,) in cells] == expected
        with engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO leads VALUES ('b', {values[1]}) ON CONFLICT DO NOTHING")


def test_what_goes_wrong_while_fetching_is_raised_as_it_is(source, monkeypatch):
    def broken(self, *args, **options):
        raise InputError("the source broke")
        yield

    monkeypatch.setattr(SqlTable, "batches", broken)
    with pytest.raises(InputError, match="the source broke"):
        source.staged()


def test_a_clock_that_was_set_back_is_noticed(source):
    source.staged()
    source.put("b", 7, hours=-5)
    assert source.staged()[0] == [("a", 1), ("b", 7)]


def test_columns_that_were_not_kept_are_fetched(source):
    source.staged("id")
    rows, note = source.staged("id", "n")
    assert rows == [("a", 1), ("b", 2)]
    assert note.startswith("fetched whole")


def test_what_was_forgotten_leaves_no_trace(source):
    source.put("secretive", 1, hours=11)
    source.staged()
    assert b"secretive" in source.path.read_bytes()
    assert Replica(source.path).forget() == 1
    assert not source.path.exists()


def test_a_table_without_a_key_or_a_time_is_read_as_a_whole(database, tmp_path):
    with engine_of(database).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE leads (id TEXT, updated_at TIMESTAMP)")
        connection.exec_driver_sql("CREATE TABLE events (id INTEGER PRIMARY KEY)")
    with duckdb.connect() as duck, reading(database) as opened:
        for name in ("leads", "events"):
            table = opened.open(DatabaseTable(table=name))
            assert Replica(tmp_path / "m.duckdb").stage(duck, table, ["id"], "staged") is None


CHANGES = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(0, 9), st.integers(-30, 30), st.sampled_from(["put", "remove"])),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=st.lists(CHANGES, min_size=1, max_size=4))
def test_whatever_changes_a_run_sees_what_the_source_holds(runs, tmp_path_factory):
    """As long as each change has a newer time than the ones before, as clocks have."""
    folder = tmp_path_factory.mktemp("replica")
    source, hours = Source(f"sqlite:///{folder / 'crm.db'}", folder), 0
    for changes in runs:
        for key, n, _, what in changes:
            hours += 1
            source.put(key, n, hours) if what == "put" else source.remove(key)
        with source.engine.connect() as connection:
            held = connection.exec_driver_sql("SELECT id, n FROM leads ORDER BY id").fetchall()
        assert source.staged()[0] == [tuple(row) for row in held]


def test_dates_whose_text_has_no_order_are_not_followed(tmp_path):
    (tmp_path / "crm.db").touch()
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    with engine_of(address).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE leads (id TEXT PRIMARY KEY, updated_at TEXT)")
        connection.exec_driver_sql("INSERT INTO leads VALUES ('a', '31/12/2025')")
    with duckdb.connect() as duck, reading(address) as database:
        table = database.open(DatabaseTable(table="leads"))
        assert Replica(tmp_path / "m.duckdb").stage(duck, table, ["id"], "staged") is None

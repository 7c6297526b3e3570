"""Tables of a database are read as those of files are."""

import gc
from datetime import datetime

import duckdb
import pytest
import sqlalchemy as sa

from data.config import DatabaseTable, Outcome, Settings
from data.dataset import open_dataset
from data.errors import InputError, LeadscoreError
from data.sources import sql as module
from data.sources.connections import engine_of
from data.sources.sql import reading

NOON = datetime(2026, 1, 1, 12)


def make(address: str, *statements: str) -> None:
    with engine_of(address).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(address: str, names: list[str], table: str = "leads") -> list[tuple]:
    """Stage some columns and return them as they lie in DuckDB."""
    with duckdb.connect() as duck, reading(address) as database:
        staged = database.open(DatabaseTable(table=table)).stage(duck, "staged", names)
        cells = ", ".join(staged.columns[name] for name in names)
        return duck.execute(f"SELECT {cells} FROM staged ORDER BY position").fetchall()


def test_numbers_times_and_texts_arrive_as_what_they_are(database):
    make(
        database,
        "CREATE TABLE leads (id INTEGER, budget NUMERIC(10, 2), name TEXT)",
        "INSERT INTO leads VALUES (1, 12.5, 'Köln'), (2, NULL, '')",
    )
    assert rows(database, ["id", "budget", "name"]) == [(1, 12.5, "Köln"), (2, None, "")]


def test_times_with_a_zone_are_read_in_utc(postgres):
    make(
        postgres,
        "CREATE TABLE leads (id INTEGER PRIMARY KEY, local TIMESTAMP, zoned TIMESTAMPTZ, day DATE)",
        "INSERT INTO leads VALUES (1, '2026-01-01 12:00', '2026-01-01 13:00+01', '2026-01-01')",
        "INSERT INTO leads VALUES (2, 'infinity', '-infinity', NULL)",
    )
    assert rows(postgres, ["local", "zoned", "day"]) == [(NOON, NOON, datetime(2026, 1, 1)), (None, None, None)]


def test_what_only_postgresql_knows_becomes_text(postgres):
    make(
        postgres,
        "CREATE TABLE leads (flag BOOLEAN, tags TEXT[], more JSONB, id UUID)",
        """INSERT INTO leads VALUES (true, ARRAY['a', 'b'], '{"k": 1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')""",
    )
    expected = ("true", "a;b", '{"k": 1}', "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
    assert rows(postgres, ["flag", "tags", "more", "id"]) == [expected]


def test_sqlite_columns_are_what_their_values_are(tmp_path):
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    make(
        address,
        "CREATE TABLE leads (a INTEGER, b TEXT, c REAL)",
        "INSERT INTO leads VALUES (1, 5, 1.5), ('many', '007', 2)",
    )
    assert rows(address, ["a", "b", "c"]) == [("1", "5", 1.5), ("many", "007", 2.0)]


def test_rows_come_in_the_order_of_the_key(database):
    make(
        database,
        "CREATE TABLE leads (id TEXT PRIMARY KEY)",
        "INSERT INTO leads VALUES ('c'), ('a'), ('b')",
    )
    assert rows(database, ["id"]) == [("a",), ("b",), ("c",)]


def test_more_rows_than_are_read_at_once_arrive(database, monkeypatch):
    monkeypatch.setattr(module, "ROWS", 3)
    make(database, "CREATE TABLE leads (id INTEGER)", *(f"INSERT INTO leads VALUES ({n})" for n in range(10)))
    assert sorted(rows(database, ["id"])) == [(n,) for n in range(10)]


def test_columns_that_are_not_needed_are_not_read(database):
    make(database, "CREATE TABLE leads (id INTEGER, notes TEXT)")
    with duckdb.connect() as duck, reading(database) as opened:
        staged = opened.open(DatabaseTable(table="leads")).stage(duck, "staged", ["id"])
    assert (list(staged.columns), staged.unread) == (["id"], ("notes",))


def test_a_table_of_another_schema_is_found(postgres):
    make(postgres, "CREATE SCHEMA crm", "CREATE TABLE crm.leads (id INTEGER)", "INSERT INTO crm.leads VALUES (7)")
    assert rows(postgres, ["id"], "crm.leads") == [(7,)]


def test_a_misspelt_table_is_answered_with_the_nearest(database):
    make(database, "CREATE TABLE leads (id INTEGER)")
    with pytest.raises(InputError, match="did you mean 'leads'"):
        rows(database, ["id"], "leeds")


def test_all_tables_are_read_as_they_stood_at_one_moment(postgres):
    make(postgres, "CREATE TABLE leads (id INTEGER)", "CREATE TABLE events (id INTEGER)")
    with duckdb.connect() as duck, reading(postgres) as database:
        assert database.open(DatabaseTable(table="leads")).stage(duck, "leads", ["id"]).rows == 0
        make(postgres, "INSERT INTO events VALUES (1)")
        assert database.open(DatabaseTable(table="events")).stage(duck, "events", ["id"]).rows == 0


def test_reading_changes_nothing(database):
    make(database, "CREATE TABLE leads (id INTEGER)")
    with pytest.raises(LeadscoreError), reading(database) as opened:
        opened.connection.execute(sa.text("INSERT INTO leads VALUES (1)"))


def test_a_missing_sqlite_file_is_refused_and_not_made(tmp_path):
    with pytest.raises(InputError, match="no such database file"), reading(f"sqlite:///{tmp_path / 'crm.db'}"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_away_is_named_without_the_password(monkeypatch, tmp_path):
    monkeypatch.setenv("CRM_URL", f"postgresql://me:hunter2@/sales?host={tmp_path}")
    with pytest.raises(LeadscoreError, match="cannot be reached") as error, reading("${CRM_URL}"):
        pass
    assert "hunter2" not in str(error.value)


@pytest.mark.filterwarnings("ignore:.*ServerCursor:pytest.PytestUnraisableExceptionWarning")
def test_a_connection_that_breaks_on_the_way_is_an_error(postgres):
    """The cursor cannot be closed any more, which its driver regrets when it is collected."""
    make(postgres, "CREATE TABLE leads (id INTEGER)", "INSERT INTO leads SELECT generate_series(1, 100000)")
    with (
        pytest.raises(LeadscoreError, match="connection was lost"),
        duckdb.connect() as duck,
        reading(postgres) as database,
    ):
        table = database.open(DatabaseTable(table="leads"))
        number = database.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with engine_of(postgres).connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
        table.stage(duck, "staged", ["id"])
    gc.collect()


def test_long_ids_that_are_numbers_are_kept_to_the_last_digit(postgres, tmp_path):
    make(
        postgres,
        "CREATE TABLE leads (lead_id NUMERIC PRIMARY KEY, y TEXT)",
        "INSERT INTO leads VALUES (123456789012345678, 'won'), (123456789012345679, 'lost')",
    )
    settings = Settings(database=postgres, tables={"leads": DatabaseTable(table="leads")}, outcome=Outcome(column="y"))
    with open_dataset(settings, workspace=tmp_path) as dataset:
        (chunk,) = dataset.chunks()
    assert chunk.leads["lead_id"].tolist() == ["123456789012345678", "123456789012345679"]


def test_views_and_the_own_schema_are_found(postgres):
    make(postgres, "CREATE TABLE leads (id INTEGER)", "CREATE VIEW v AS SELECT * FROM leads",
         "CREATE MATERIALIZED VIEW m AS SELECT * FROM leads")  # fmt: skip
    for name in ("public.leads", "v", "public.v", "m"):
        assert rows(postgres, ["id"], name) == []


@pytest.mark.parametrize(("column", "named"), [("updated_at", None), ("version", "version")])
def test_the_column_that_tells_changes_is_no_feature(postgres, tmp_path, column, named):
    """A number that grows with each change knows that the lead was closed."""
    make(
        postgres,
        f"CREATE TABLE leads (lead_id INTEGER, y TEXT, visits INTEGER, {column} INTEGER)",
        "INSERT INTO leads SELECT n, (ARRAY['won', 'lost'])[1 + mod(n, 2)], mod(n, 5), mod(n, 2)"
        " FROM generate_series(1, 40) AS n",
    )
    tables = {"leads": DatabaseTable(table="leads", updated_at=named)}
    settings = Settings(database=postgres, tables=tables, outcome=Outcome(column="y"))
    with open_dataset(settings, workspace=tmp_path) as dataset:
        assert [attribute.name for attribute in dataset.schema.attributes] == ["visits"]

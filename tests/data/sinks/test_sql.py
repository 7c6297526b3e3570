"""Scores are written into a table of a CRM: again without harm, and a bad record stops no other."""

from datetime import datetime

import pyarrow as pa
import pytest
import sqlalchemy as sa

from data.config import WriteBack
from data.errors import InputError, LeadscoreError
from data.sinks import GONE
from data.sinks.sql import ScoreTable, open_table
from data.sources import engine_of

NOON = datetime(2026, 1, 1, 12)


def rows(**scores: int) -> pa.Table:
    """Scores by the ids of leads."""
    return pa.table({"lead_id": list(scores), "score": list(scores.values()), "band": ["hot"] * len(scores)})


@pytest.fixture
def table(database) -> ScoreTable:
    made = open_table(WriteBack(database=database, columns={"score": "leadscore", "band": "leadscore_band"}))
    made.set_up()
    return made


def held(table: ScoreTable) -> dict[str, int]:
    with table.engine.connect() as connection:
        return dict(connection.exec_driver_sql("SELECT lead_id, leadscore FROM lead_scores").fetchall())


def execute(table: ScoreTable, *statements: str) -> None:
    with table.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_scores_are_written_under_the_columns_of_the_crm(table):
    assert table.write(rows(a=90, b=10)) == {}
    assert held(table) == {"a": 90, "b": 10}


def test_writing_again_changes_nothing_and_new_scores_replace_old_ones(table):
    table.write(rows(a=90))
    table.write(rows(a=90))
    table.write(rows(a=50, b=10))
    assert held(table) == {"a": 50, "b": 10}


def test_what_else_the_crm_keeps_in_the_row_stays(table):
    execute(table, "ALTER TABLE lead_scores ADD COLUMN note TEXT",
            "INSERT INTO lead_scores (lead_id, note) VALUES ('a', 'call back')")  # fmt: skip
    table.write(rows(a=90))
    with table.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT leadscore, note FROM lead_scores").fetchall() == [(90, "call back")]


def test_bad_records_are_refused_with_the_reason_and_stop_no_other(database):
    engine = engine_of(database)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE lead_scores (lead_id TEXT PRIMARY KEY, leadscore INTEGER CHECK (leadscore <= 100))"
        )
    table = open_table(WriteBack(database=database, columns={"score": "leadscore"}))
    many = {f"l{number:03d}": number % 100 for number in range(200)} | {"bad": 101, "worse": 999}
    refused = table.write(rows(**many))
    assert set(refused) == {"bad", "worse"}
    assert "check constraint" in refused["bad"].lower()
    assert len(held(table)) == 200


def test_a_trigger_may_refuse_a_record_too(postgres):
    table = open_table(WriteBack(database=postgres, columns={"score": "leadscore"}))
    table.set_up()
    execute(
        table,
        """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.lead_id = 'b' THEN RAISE EXCEPTION 'b is locked'; END IF; RETURN NEW; END $$""",
        "CREATE TRIGGER refusing BEFORE INSERT ON lead_scores FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    refused = table.write(rows(a=1, b=2, c=3))
    assert list(refused) == ["b"]
    assert "b is locked" in refused["b"]
    assert held(table) == {"a": 1, "c": 3}


def test_times_are_written_in_utc_whatever_the_server_thinks(postgres):
    table = open_table(WriteBack(database=postgres, columns={"as_of": "as_of"}))
    table.set_up()
    execute(table, f"ALTER DATABASE {sa.make_url(postgres).database} SET timezone = 'Asia/Tokyo'")
    table.write(pa.table({"lead_id": ["a"], "as_of": pa.array([NOON], pa.timestamp("us"))}))
    with table.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT as_of AT TIME ZONE 'UTC' FROM lead_scores").scalar_one()
    assert found == NOON


def test_the_table_is_made_once(table):
    assert table.set_up() is False
    table.check()


def test_without_the_table_it_is_said_how_to_make_it(database):
    with pytest.raises(InputError, match="leadscore push --setup"):
        open_table(WriteBack(database=database)).check()


def test_a_column_that_is_gone_is_named_with_the_nearest(table):
    execute(table, "ALTER TABLE lead_scores RENAME COLUMN leadscore TO lead_score")
    with pytest.raises(InputError, match=r"no column 'leadscore'(.|\n)*columns\.score(.|\n)*did you mean 'lead_score'"):
        table.check()


def test_a_key_that_is_not_unique_is_refused(database):
    with engine_of(database).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE lead_scores (lead_id TEXT, score INTEGER)")
    with pytest.raises(InputError, match="is not unique"):
        open_table(WriteBack(database=database, columns={"score": "score"})).check()


def test_a_table_of_another_schema_is_written(postgres):
    with engine_of(postgres).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA crm")
    table = open_table(WriteBack(database=postgres, table="crm.scores", columns={"score": "score"}))
    table.set_up()
    table.check()
    assert table.write(rows(a=1)) == {}


def test_a_lost_connection_is_told(postgres, postgres_server):
    table = open_table(WriteBack(database=postgres, columns={"score": "leadscore"}))
    table.set_up()
    with engine_of(postgres_server).begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {sa.make_url(postgres).database} ALLOW_CONNECTIONS false")
    with pytest.raises(LeadscoreError, match="cannot be reached"):
        table.write(rows(a=1))


def test_other_columns_are_another_target(table, database):
    other = open_table(WriteBack(database=database, columns={"score": "leadscore"}))
    assert other.target != table.target


def test_a_target_is_called_as_ever_or_all_scores_would_be_sent_again():
    address = "sqlite:////crm.db"
    table = ScoreTable(engine_of(address), address, WriteBack(columns={"score": "leadscore"}))
    assert table.target == "9429c824167af861"


CRM_LEADS = """CREATE TABLE crm_lead (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL, x_score INTEGER,
    x_band VARCHAR(20))"""
IN_CRM = {"table": "crm_lead", "key": "id", "columns": {"score": "x_score", "band": "x_band"}}


def crm_leads(database: str, statement: str = CRM_LEADS, **options: bool) -> ScoreTable:
    engine = engine_of(database)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO crm_lead (id, name) VALUES (1, 'One'), (2, 'Two')")
    return open_table(WriteBack.model_validate({"database": database, **IN_CRM, **options}))


def in_crm(table: ScoreTable) -> list[tuple]:
    with table.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT id, name, x_score FROM crm_lead ORDER BY id")]


def test_the_table_of_a_crm_is_updated_and_a_lead_that_is_gone_from_it_is_not_made(database):
    table = crm_leads(database)
    table.check()
    assert table.write(rows(**{"1": 90, "3": 50})) == {"3": GONE}
    assert in_crm(table) == [(1, "One", 90), (2, "Two", None)]
    assert table.write(rows(**{"1": 40, "2": 20})) == {}
    assert in_crm(table) == [(1, "One", 40), (2, "Two", 20)]


def test_no_lead_is_made_where_the_crm_would_let_it_be(database):
    table = crm_leads(database, CRM_LEADS.replace(" NOT NULL", ""), only_update=True)
    assert table.write(rows(**{"1": 90, "3": 50})) == {"3": GONE}
    assert len(in_crm(table)) == 2


def test_what_the_crm_refuses_of_an_update_stops_no_other(database):
    table = crm_leads(database, CRM_LEADS.replace("x_score INTEGER", "x_score INTEGER CHECK (x_score <= 100)"))
    refused = table.write(rows(**{"1": 101, "2": 20, "3": 3}))
    assert refused["3"] == GONE
    assert "check constraint" in refused["1"].lower()
    assert in_crm(table) == [(1, "One", None), (2, "Two", 20)]

"""Many rows at once arrive as they are, on PostgreSQL and on SQLite."""

from datetime import datetime

import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.sinks import bulk
from data.sources import engine_of

TABLE = sa.Table(
    "kept",
    sa.MetaData(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("n", sa.Double),
    sa.Column("text", sa.Text),
    sa.Column("at", sa.DateTime),
    sa.Column("raw", sa.LargeBinary),
)
NOON = datetime(2026, 1, 1, 12, 0, 0, 1)


@pytest.fixture
def engine(database):
    engine = engine_of(database)
    TABLE.create(engine)
    return engine


def rows(*cells: tuple) -> pa.Table:
    types = (pa.string(), pa.float64(), pa.string(), pa.timestamp("us"), pa.binary())
    columns = list(zip(*cells, strict=True)) or [[]] * 5
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    return pa.table(arrays, names=[column.name for column in TABLE.columns])


def kept(engine: sa.Engine) -> list[tuple]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(TABLE).order_by(TABLE.c.id))]


NASTY = [
    ("a", 0.1, 'quote " comma , and\nline', NOON, b"\x00\xff"),
    ("b", None, "", None, b""),
    ("c", 1e-300, None, NOON, None),
    ("\\N", -0.5, "\\.", NOON, b"'"),
]


def test_nasty_cells_arrive_as_they_are(engine):
    with engine.begin() as connection:
        bulk.load(connection, TABLE, rows(*NASTY))
    assert kept(engine) == sorted(NASTY)


def test_an_upsert_inserts_and_changes(engine):
    with engine.begin() as connection:
        bulk.load(connection, TABLE, rows(("a", 1.0, "x", None, None)))
        bulk.upsert(connection, TABLE, ["id"], rows(("a", 2.0, None, None, None), ("b", 3.0, "y", None, None)))
    assert kept(engine) == [("a", 2.0, None, None, None), ("b", 3.0, "y", None, None)]


def test_no_rows_change_nothing(engine):
    with engine.begin() as connection:
        bulk.load(connection, TABLE, rows())
        bulk.upsert(connection, TABLE, ["id"], rows())
    assert kept(engine) == []


def test_a_row_that_is_as_it_should_be_stays_untouched(postgres):
    engine = engine_of(postgres)
    TABLE.create(engine)
    cell = ("a", 1.0, "x", None, None)
    with engine.begin() as connection:
        bulk.load(connection, TABLE, rows(cell))
    with engine.begin() as connection:
        written = connection.exec_driver_sql("SELECT ctid FROM kept").scalar_one()
        bulk.upsert(connection, TABLE, ["id"], rows(cell))
        assert connection.exec_driver_sql("SELECT ctid FROM kept").scalar_one() == written


def test_names_that_need_quotes_are_quoted(database):
    table = sa.Table(
        "Lead Scores", sa.MetaData(), sa.Column("Lead Id", sa.Text, unique=True), sa.Column("win %", sa.Text)
    )
    engine = engine_of(database)
    table.create(engine)
    with engine.begin() as connection:
        bulk.upsert(connection, table, ["Lead Id"], pa.table({"Lead Id": ["a"], "win %": ["b"]}))
        assert connection.execute(sa.select(table)).fetchall() == [("a", "b")]


def test_what_the_database_refuses_is_an_error_of_sqlalchemy(engine):
    doubled = rows(("a", 1.0, "x", None, None), ("a", 2.0, "y", None, None))
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        bulk.load(connection, TABLE, doubled)
    assert kept(engine) == []


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(TEXT, st.none() | st.floats(allow_nan=False, allow_infinity=False), st.none() | TEXT)))
def test_any_cells_arrive_as_they_are(engine, cells):
    unique = {cell[0]: (*cell, None, None) for cell in cells}
    with engine.begin() as connection:
        connection.execute(sa.delete(TABLE))
        bulk.load(connection, TABLE, rows(*unique.values()))
        found = {row[0]: tuple(row) for row in connection.execute(sa.select(TABLE))}
    assert found == unique

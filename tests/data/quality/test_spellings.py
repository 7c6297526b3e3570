"""Levels have one spelling each, in the leads and in their history."""

import duckdb

from data.quality import spell_alike
from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("size", "Size", Kind.NUMBER, Family.FIRMOGRAPHIC),
        Attribute("city", "City", Kind.CATEGORY, Family.DECLARED, ("New York",)),
    ),
)


def test_other_spellings_become_the_known_one_and_are_counted():
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE TABLE leads AS SELECT * FROM (VALUES (0, 'a', 1.0, 'New York'), (1, 'b', 2.0, 'new  york'),
            (2, 'c', 3.0, NULL), (3, 'd', 4.0, 'rome'), (4, 'e', 5.0, ' NEW YORK')) t(position, lead_id, a0, a1)"""
        )
        connection.execute("CREATE TABLE changes AS SELECT 'city' AS attribute, 'NEW york' AS text")
        connection.execute("INSERT INTO changes VALUES ('other', 'NEW york')")
        (flag,) = spell_alike(connection, SCHEMA, {"city": "City of the lead", "size": "Size"})
        cells = [cell for (cell,) in connection.execute("SELECT a1 FROM leads ORDER BY position").fetchall()]
        assert cells == ["New York", "New York", None, "rome", "New York"]
        assert connection.execute("SELECT text FROM changes").fetchall() == [("New York",), ("NEW york",)]
    assert (flag.column, flag.count, flag.example) == ("City of the lead", 2, "'xxx  xxxx' as 'xxx xxxx'")
    assert (flag.rows, flag.level) == (("b", "e"), "info")

"""A kind of place for scores is a name in a table."""

import pytest

from data.config import WriteBack
from data.errors import InputError
from data.sinks.kinds import open_sink
from data.sinks.sql import ScoreTable


def test_a_place_is_a_table_of_a_database_where_nothing_else_is_said(database):
    assert isinstance(open_sink(WriteBack(database=database)), ScoreTable)


def test_an_unknown_kind_is_named_with_those_that_there_are():
    with pytest.raises(InputError, match=r"kind 'sqll'(.|\n)*expected: sql(.|\n)*did you mean 'sql'"):
        open_sink(WriteBack(kind="sqll"))

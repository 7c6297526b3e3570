"""How much can be learned, and what more would take."""

from dataclasses import replace

import numpy as np
import pytest

from data.schema import Schema
from models.training.rungs import rung_of, shortage
from models.training.splits import split_table


def with_wins(table, every: int):
    won = (np.arange(len(table)) % every == 0).astype(int)
    return replace(table, rows=table.rows.assign(won=won))


@pytest.mark.parametrize(("every", "rung"), [(5, "full"), (100, "logistic"), (2000, "rules")])
def test_few_outcomes_bear_little(table_of, every, rung):
    table = with_wins(table_of(lambda design: design["visits"]), every)
    assert rung_of(table, split_table(table, 0)) == rung


def test_it_is_said_how_many_outcomes_would_do(table_of):
    table = with_wins(table_of(lambda design: design["visits"]), 100)
    assert shortage(table, split_table(table, 0)) == "40 leads were won; with about 154 everything is learned"


def test_without_a_feature_nothing_can_be_learned(table_of):
    table = replace(with_wins(table_of(lambda design: design["visits"]), 5), schema=Schema(timed=False))
    assert rung_of(table, split_table(table, 0)) == "rules"
    assert shortage(table, split_table(table, 0)).startswith("no column tells leads apart")

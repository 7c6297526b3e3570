"""Rows that are drawn: whole leads, about as many as asked for."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training_table import drawn


@settings(deadline=None, max_examples=20)
@given(most=st.integers(10, 400), seed=st.integers(0, 5))
def test_whole_leads_are_drawn_and_not_more_rows_than_asked_for(table, most, seed):
    leads = np.arange(3000) // 5
    some = drawn(table.taken(np.arange(3000) < 3000), 3000, seed)
    assert len(some) == 3000
    grouped = table.rows.assign(lead_id=leads.astype(str), group="one large account")
    few = drawn(type(table)(table.schema, table.design, grouped, table.timed, table.horizon), most, seed)
    assert most - 5 < len(few) <= most
    assert few.rows["lead_id"].value_counts().eq(5).all()


def test_the_rarer_outcome_is_counted(table, won):
    assert table.scarcer() == min(won.sum(), (1 - won).sum())
    assert table.scarcer(np.zeros(3000, bool)) == 0

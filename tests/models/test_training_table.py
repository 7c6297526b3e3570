"""Rows that are drawn: whole leads, about as many as asked for, or each lead at one moment."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.schema import Schema
from features import SNAPSHOT_AGES
from models.training_table import TrainingTable, sample_leads


@settings(deadline=None, max_examples=20)
@given(most=st.integers(10, 400), seed=st.integers(0, 5))
def test_whole_leads_are_drawn_and_not_more_rows_than_asked_for(table, most, seed):
    leads = np.arange(3000) // 5
    some = sample_leads(table.subset(np.arange(3000) < 3000), 3000, seed)
    assert len(some) == 3000
    grouped = table.rows.assign(lead_id=leads.astype(str), group="one large account")
    few = sample_leads(type(table)(table.schema, table.features, grouped, table.timed, table.horizon), most, seed)
    assert most - 5 < len(few) <= most
    assert few.rows["lead_id"].value_counts().eq(5).all()


def test_the_rarer_outcome_is_counted(table, won):
    assert table.minority_count() == min(won.sum(), (1 - won).sum())
    assert table.minority_count(np.zeros(3000, bool)) == 0


def lives(counts: list[int], created: str = "2025-01-01") -> TrainingTable:
    """Leads of one day, each looked at so many times until it closed."""
    ages = pd.to_timedelta([SNAPSHOT_AGES[age] for count in counts for age in range(count)], unit="D")
    leads = np.repeat([f"lead {number}" for number in range(len(counts))], counts)
    rows = pd.DataFrame({"lead_id": leads, "as_of": pd.Timestamp(created) + ages, "won": 0})
    return TrainingTable(Schema(timed=True), pd.DataFrame(index=rows.index), rows, timed=True, horizon=90)


@settings(deadline=None, max_examples=20)
@given(counts=st.lists(st.integers(1, 8), min_size=1, max_size=50), seed=st.integers(0, 5))
def test_no_lead_is_drawn_twice_and_those_that_stayed_open_are_all_drawn(counts, seed):
    some = lives([8, *counts])
    drawn_leads = some.rows["lead_id"][some.draw_one_row_per_lead(seed)]
    assert drawn_leads.is_unique
    stayed = {f"lead {number}" for number, count in enumerate([8, *counts]) if count == 8}
    assert stayed <= {*drawn_leads}


def test_leads_that_closed_soon_are_drawn_as_often_as_others_of_their_age():
    some = lives([1] * 2000 + [8] * 2000)
    young = some.rows["as_of"].eq(some.rows["as_of"].min()) & some.draw_one_row_per_lead(0)
    closed_soon = np.arange(len(some)) < 2000
    assert young[closed_soon].sum() == pytest.approx(2000 / 8, rel=0.15)
    assert young[~closed_soon].sum() == pytest.approx(2000 / 8, rel=0.15)


def test_the_draw_is_of_leads_and_not_of_the_order_of_rows():
    some = lives([1, 8, 5, 8, 3] * 20)
    shuffled = np.random.default_rng(0).permutation(len(some))
    other_way = type(some)(some.schema, some.features, some.rows.iloc[shuffled].reset_index(drop=True), True, 90)
    told = [
        each.rows[each.draw_one_row_per_lead(0)].sort_values("lead_id").to_numpy().tolist()
        for each in (some, other_way)
    ]
    assert told[0] == told[1]
    assert (some.draw_one_row_per_lead(0) == some.draw_one_row_per_lead(0)).all()


def test_final_outcomes_are_all_taken(table):
    assert table.draw_one_row_per_lead(0).all()

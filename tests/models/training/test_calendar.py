"""Columns that only say when a lead came are told from those that say what it is like."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from models.training.calendar import calendar_columns, explained_by_time

SCHEMA = Schema(
    timed=False,
    attributes=(
        Attribute("rate", "Interest rate", Kind.NUMBER, Family.TIMING),
        Attribute("visits", "Visits", Kind.NUMBER, Family.BEHAVIOURAL),
        Attribute("month", "Month", Kind.CATEGORY, Family.TIMING),
        Attribute("region", "Region", Kind.CATEGORY, Family.DEMOGRAPHIC),
    ),
)
RANDOM = np.random.default_rng(0)
DESIGN = pd.DataFrame(
    {
        "rate": np.repeat(np.linspace(5, 1, 20), 60) + RANDOM.normal(0, 0.01, 1200),
        "visits": RANDOM.poisson(3, 1200).astype(float),
        "month": pd.Series(np.repeat(["May", "June", "July", "May"], 300), dtype="str"),
        "region": pd.Series(RANDOM.choice(["North", "South"], 1200), dtype="str"),
        "fields_given": 4.0,
    }
)


@pytest.fixture
def calendar(table_of):
    """1,200 leads in order of time."""
    return replace(table_of(lambda design: design["visits"] - 3, count=1200), schema=SCHEMA, features=DESIGN)


def test_a_rate_and_a_month_are_the_calendar_in_disguise(calendar):
    assert calendar_columns(calendar) == ("rate", "month")


def test_the_order_of_the_rows_does_not_matter(calendar):
    shuffled = np.random.default_rng(1).permutation(1200)
    design, rows = (part.iloc[shuffled].reset_index(drop=True) for part in (calendar.features, calendar.rows))
    assert calendar_columns(replace(calendar, features=design, rows=rows)) == ("rate", "month")


def test_without_an_order_there_is_no_calendar(calendar):
    assert calendar_columns(replace(calendar, rows=calendar.rows.assign(order=np.nan))) == ()


def test_missing_cells_and_a_constant_are_no_calendar():
    assert explained_by_time(pd.Series([np.nan] * 800)) == 0
    assert explained_by_time(pd.Series([3.0] * 800)) == 0

"""A year is twelve months, a quarter three: what was spent in them is spread over them."""

import pandas as pd
import pytest

from funnel.spreading import periods_named, spread


@pytest.mark.parametrize(
    ("cell", "first", "months"),
    [
        ("2025", "2025-01-01", 12),
        ("FY2025", "2025-01-01", 12),
        ("2025.0", "2025-01-01", 12),
        ("2025-Q2", "2025-04-01", 3),
        ("q4/2025", "2025-10-01", 3),
        ("2025Q1", "2025-01-01", 3),
        ("T3 2025", "2025-07-01", 3),
        ("2. Quartal 2025", "2025-04-01", 3),
        ("H2 2025", "2025-07-01", 6),
        ("2025-01 to 2025-03", "2025-01-01", 3),
    ],
)
def test_periods_are_read_as_people_write_them(cell, first, months):
    (period,) = periods_named(pd.Series([cell])).to_dict("records")
    assert (period["month"], period["months"]) == (pd.Timestamp(first), months)


@pytest.mark.parametrize(
    "cell", ["2025-03", "03/2025", "March 2025", "2025-03-17", "soon", "", None, "2025-13 to 2025-01"]
)
def test_months_and_other_texts_are_none(cell):
    assert periods_named(pd.Series([cell])).empty


def test_each_month_has_an_even_share():
    rows = pd.DataFrame({"month": [pd.Timestamp("2025-01-01")] * 2, "months": [12, 1], "spend": [1200.0, 7.0]})
    each = spread(rows, "spend")
    assert each["spend"].tolist() == [100.0] * 12 + [7.0]
    assert each["month"].dt.month.tolist() == [*range(1, 13), 1]

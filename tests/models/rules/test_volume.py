"""What a bar gives: leads, leads a week, and the share that was won."""

import pandas as pd
import pytest

from data.errors import InputError
from data.schema import Schema
from models.rules.volume import threshold_for_capacity, threshold_for_precision, volume_of, volumes_by_points
from models.training_table import TrainingTable

ROWS = pd.DataFrame(
    {
        "lead_id": ["a", "a", "b", "c", "d"],
        "as_of": pd.to_datetime(["2025-01-01", "2025-01-08", "2025-01-08", "2025-01-15", "2025-01-29"]),
        "won": [0, 1, 1, 0, 0],
        "order": None,
    }
)
TABLE = TrainingTable(Schema(timed=True), pd.DataFrame(index=ROWS.index), ROWS, timed=True, horizon=90)
POINTS = pd.Series([50.0, 60.0, 50.0, 50.0, 10.0]).to_numpy()


def many(count: int) -> TrainingTable:
    """One lead a week, of which every second was won."""
    rows = pd.DataFrame({"lead_id": [f"lead {n}" for n in range(count)], "won": [n % 2 for n in range(count)]})
    rows["as_of"] = pd.date_range("2025-01-01", periods=count, freq="7D")
    return TrainingTable(Schema(timed=True), pd.DataFrame(index=rows.index), rows, timed=True, horizon=90)


def test_a_lead_counts_once_at_the_first_moment_over_the_bar():
    gives = volume_of(POINTS >= 50, TABLE)
    assert (gives.leads, gives.won, gives.per_week) == (3, 1, 3 / 4)
    assert gives.precision == pytest.approx(1 / 3) and gives.precision_ci[0] < 1 / 3 < gives.precision_ci[1]


def test_a_block_counts_the_leads_that_get_over_the_bar_in_it():
    newer = (ROWS["as_of"] > "2025-01-05").to_numpy()
    assert volume_of(POINTS >= 50, TABLE, newer).leads == 2  # lead a was over it before
    assert volume_of(POINTS >= 60, TABLE, newer).leads == 1


def test_no_lead_over_the_bar_has_no_precision():
    assert volume_of(POINTS >= 99, TABLE).precision is None


def test_without_dates_nothing_is_known_of_a_week():
    undated = TrainingTable(Schema(timed=False), TABLE.features, ROWS, timed=False, horizon=90)
    by_points = volumes_by_points(POINTS, undated)
    assert by_points[50].leads == 3 and by_points[50].per_week is None
    with pytest.raises(InputError, match="how many leads come in a week"):
        threshold_for_capacity(by_points, 3)


def test_leads_that_wait_for_their_end_count_in_a_week_and_in_no_precision():
    waiting = pd.Series(pd.to_datetime(["2024-12-31", "2025-01-02", "2025-01-29", None]))
    gives = volume_of(POINTS >= 50, TABLE, waiting=waiting)
    assert (gives.leads, gives.won, gives.per_week) == (3, 1, 5 / 4)
    by_points = volumes_by_points(POINTS, TABLE, waiting=(pd.Series([90.0, 90.0, 10.0, 90.0]).to_numpy(), waiting))
    assert (by_points[50].per_week, by_points[10].per_week) == (4 / 4, 6 / 4)


def test_the_bar_for_a_capacity_is_the_lowest_that_keeps_it():
    by_points = volumes_by_points(POINTS, TABLE)
    assert [threshold_for_capacity(by_points, per_week) for per_week in (1, 0.75, 0.25, 0)] == [0, 11, 51, 61]


def test_the_bar_for_a_precision_needs_twenty_leads():
    table = many(100)
    points = pd.Series(range(100)).mul(0.1).where(table.rows["won"] == 0, 50.0).to_numpy()
    by_points = volumes_by_points(points, table)
    assert [threshold_for_precision(by_points, share) for share in (0.5, 0.9, 1.0)] == [0, 9, 10]
    assert threshold_for_precision(volumes_by_points(POINTS, TABLE), 0.1) is None

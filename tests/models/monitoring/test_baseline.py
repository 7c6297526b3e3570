"""What is kept of a training to hold later leads against."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from models.monitoring.baseline import Baseline, make_baseline
from models.training_table import TrainingTable

SCHEMA = Schema(timed=True, attributes=(Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),))
JANUARY = pd.Timestamp("2025-01-01")


def table_of(industries: list[str | None], ages: list[float]) -> TrainingTable:
    """Leads of their own, of which every second one is won ten days after it was looked at."""
    count = len(industries)
    design = pd.DataFrame({"industry": pd.Series(industries, dtype="str"), "lead_age": ages})
    won = np.arange(count) % 2
    names = [f"lead {number}" for number in range(count)]
    rows = pd.DataFrame({"lead_id": names, "group": names, "as_of": JANUARY, "won": won, "order": range(count)})
    rows["won_at"] = (JANUARY + pd.Timedelta(days=10)) if count else pd.NaT
    rows.loc[rows["won"] == 0, "won_at"] = pd.NaT
    return TrainingTable(SCHEMA, design, rows, timed=True, horizon=90)


@pytest.fixture
def baseline() -> Baseline:
    table = table_of(["Software"] * 60 + ["Retail"] * 30 + ["Farming"] * 4 + [None] * 6, [0.0] * 50 + [7.0] * 50)
    return make_baseline(table, np.full(100, 0.5))


def test_rows_are_counted_by_age_and_bin(baseline):
    industry = baseline.columns["industry"]
    assert industry.levels == ["Software", "Retail"]
    assert industry.rows[0] == [50, 0, 0, 0, 0]
    assert industry.rows[2] == [10, 30, 0, 4, 6]  # then come known but rare levels, unknown ones, and missing cells


def test_a_level_that_the_encoders_do_not_keep_is_named_nowhere(baseline):
    assert "Farming" not in baseline.to_json()


def test_no_lead_is_named_anywhere(baseline):
    assert "lead 1" not in baseline.to_json()


def test_it_comes_back_from_json(baseline):
    assert Baseline.from_json(baseline.to_json()) == baseline


def test_won_leads_are_counted_once(baseline):
    assert baseline.wins == 50
    assert baseline.columns["industry"].won == [30, 15, 0, 2, 3]


def test_the_word_of_the_model_on_a_level_is_weighed_by_what_came(baseline):
    table = table_of(["Software"] * 50 + ["Retail"] * 50, [0.0] * 100)
    doubted = make_baseline(table, np.repeat([0.25, 0.5], 50)).columns["industry"]
    assert dict(zip(doubted.levels or [], doubted.calibration, strict=False)) == pytest.approx(
        {"Software": 35 / 22.5, "Retail": 35 / 35}
    )


def test_a_lead_that_is_won_is_counted_once_however_often_it_was_looked_at():
    table = table_of(["Software"] * 40, [0.0, 0.0, 7.0, 7.0] * 10)
    twice = replace(table, rows=table.rows.assign(lead_id=np.repeat(range(10), 4).astype(str)))
    assert make_baseline(twice, np.full(40, 0.5)).columns["industry"].won[0] == 10


def test_in_flat_mode_there_is_one_age_and_no_pace(table):
    flat = make_baseline(table, np.linspace(0.01, 0.99, len(table)))
    assert (flat.ages, flat.pace, len(flat.score.edges)) == ([0], [], 9)

"""What wins bring is learned from won leads, and one absurd amount moves nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.schema import Attribute, Schema
from data.vocabulary import Family, Kind
from models.fitting import fit_amounts, measure_amounts
from models.scoring import Amounts
from models.training import TimeSplits
from models.training_table import TrainingTable

SIZE = Schema(timed=True, attributes=(Attribute("employees", "Employees", Kind.NUMBER, Family.FIRMOGRAPHIC),))


def table_of(employees: np.ndarray, amount: np.ndarray) -> TrainingTable:
    """Leads of accounts of that size; those without an amount were not won. All else about them is unknown."""
    from features import catalogue

    count = len(employees)
    features = pd.DataFrame({feature.name: np.full(count, np.nan) for feature in catalogue(SIZE)})
    rows = pd.DataFrame({"lead_id": [f"l{number}" for number in range(count)], "amount": amount})
    rows["as_of"] = pd.Timestamp("2025-01-01")
    return TrainingTable(SIZE, features.assign(employees=employees), rows, True, 90)


@pytest.fixture
def leads() -> TrainingTable:
    """Half of 400 leads were won; a company of ten pays 1,000, one of a thousand pays 100,000, give or take."""
    random = np.random.default_rng(0)
    employees = random.choice([10.0, 1000.0], 400)
    amount = 100 * employees * random.lognormal(0, 0.3, 400)
    amount[::2] = np.nan
    return table_of(employees, amount)


def test_a_large_company_is_expected_to_bring_more(leads):
    small, large = fit_amounts(leads).expected(table_of(np.array([10.0, 1000.0]), np.full(2, np.nan)).features)
    assert 700 < small < 2500
    assert 50_000 < large < 130_000


@pytest.mark.parametrize("slip", [1e12, 1e-6])
def test_one_absurd_amount_moves_nothing(leads, slip):
    amount = leads.rows["amount"].to_numpy().copy()
    amount[1] = slip
    spoilt = replace(leads, rows=leads.rows.assign(amount=amount))
    before, after = (fit_amounts(each).expected(leads.features) for each in (leads, spoilt))
    assert after == pytest.approx(before, rel=0.03)


@pytest.mark.parametrize("amount", [0.0, -500.0])
def test_what_is_no_amount_is_not_learned_from(leads, amount):
    without = leads.rows["amount"].mask(leads.rows.index == 1)
    spoilt, clean = (
        replace(leads, rows=leads.rows.assign(amount=each))
        for each in (without.mask(leads.rows.index == 1, amount), without)
    )
    assert (fit_amounts(spoilt).expected(leads.features) == fit_amounts(clean).expected(leads.features)).all()


def test_of_few_wins_only_what_is_usual_is_said():
    few = table_of(np.full(10, 50.0), np.array([100.0] * 8 + [np.nan] * 2))
    assert fit_amounts(few).expected(few.features) == pytest.approx(np.full(10, 100.0))
    assert fit_amounts(table_of(np.full(4, 50.0), np.full(4, 100.0))) is None


def test_the_mean_of_skewed_amounts_is_expected_and_not_their_middle():
    amounts = np.array([100.0] * 10 + [400.0] * 10)
    told = fit_amounts(table_of(np.full(20, 50.0), amounts)).expected(table_of(np.ones(1), np.full(1, np.nan)).features)
    assert told == pytest.approx([250.0])


def test_amounts_are_stored_as_they_were(leads):
    amounts = fit_amounts(leads)
    assert Amounts.from_json(amounts.to_json(), amounts.model) == amounts
    assert Amounts.from_json("null", None) is None


def test_newest_wins_are_held_against_what_older_ones_made_expected(leads):
    order = np.arange(len(leads))
    splits = TimeSplits(order < 200, (order >= 200) & (order < 300), order >= 300, "by time")
    measured = measure_amounts(leads, splits)
    assert measured["wins"] == 50
    assert 0.5 < measured["expected"] / measured["observed"] <= 1
    assert 3 * measured["error"] < measured["error_of_usual"]

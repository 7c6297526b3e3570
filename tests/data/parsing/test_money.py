"""Months as people write them, and currencies by their names and signs."""

import pandas as pd
import pytest

from data.parsing.money import decide_month_order, foreign, read_months


def months(cells: list[str], order: str | None = None) -> list[str]:
    return read_months(pd.Series(cells), order).dt.strftime("%Y-%m").tolist()


def test_a_date_lies_in_the_month_that_the_order_says():
    assert months(["03/01/2026", "2026-03"]) == ["2026-01", "2026-03"]
    assert months(["03/01/2026", "2026-03"], "month first") == ["2026-03", "2026-03"]


@pytest.mark.parametrize(
    ("cells", "decided"),
    [
        (["2026-03", "03/2026"], (None, False)),
        (["01/31/2026", "02/03/2026"], ("month first", False)),
        (["01/02/2026", "01/03/2026"], ("day first", True)),  # the first of February and of March
        (["02/01/2026", "03/01/2026", "2026-04"], ("month first", True)),
        (["02/03/2026"], ("day first", True)),
        (["01/01/2026", "02/02/2026"], ("day first", False)),  # the same months in both orders
    ],
)
def test_dates_that_stand_for_months_are_the_first_of_them(cells, decided):
    assert decide_month_order(pd.Series(cells)) == decided


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("R$ 5", "BRL"),
        ("A$5", "AUD"),
        ("C$5", "CAD"),
        ("US$5", "USD"),
        ("5 kr", "NOK"),
        ("5 zł", "PLN"),
        ("$5", "CAD"),
        ("CHF 5", "CHF"),
    ],
)
def test_a_sign_is_no_other_currency_than_those_it_stands_for(amount, code):
    assert not foreign(pd.Series([None]), pd.Series([amount]), code)[1].any()
    assert foreign(pd.Series([None]), pd.Series([amount]), "EUR")[1].all()


@pytest.mark.parametrize("amount", ["R$5", "A$5", "C$5", "5 kr"])
def test_no_dollar_of_another_country_is_an_american_one(amount):
    assert foreign(pd.Series([None]), pd.Series([amount]), "USD")[1].all()


def test_the_currency_of_most_rows_is_taken_where_none_is_set():
    named = pd.Series(["EUR", "USD"])
    assert foreign(named, pd.Series([None, None]), "", pd.Series([1, 9]))[0] == "USD"
    assert foreign(named, pd.Series([None, None]), "", pd.Series([9, 1]))[0] == "EUR"

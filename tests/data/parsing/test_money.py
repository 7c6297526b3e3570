"""Months as people write them, and currencies by their names and signs."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.parsing import read_cells, worths
from data.parsing.money import Currency, commonest_currency, decide_month_order, read_months
from data.vocabulary import Kind


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
    assert worths(pd.Series([amount]), Currency(code)).tolist() == [1]
    assert worths(pd.Series([amount]), Currency("EUR")).isna().all()


@pytest.mark.parametrize("amount", ["R$5", "A$5", "C$5", "5 kr"])
def test_no_dollar_of_another_country_is_an_american_one(amount):
    assert worths(pd.Series([amount]), Currency("USD")).isna().all()


def test_the_currency_of_most_rows_is_the_commonest():
    assert commonest_currency(pd.Series(["EUR", "$"]), pd.Series([1, 9])) == "USD"
    assert commonest_currency(pd.Series(["EUR", "$"]), pd.Series([9, 1])) == "EUR"


def test_the_currency_that_is_named_beside_an_amount_counts():
    amounts, named = pd.Series(["$5", "$5", "5"]), pd.Series(["eur", None, "GBP"])
    assert worths(amounts, Currency("EUR", {"USD": 0.5}), named).fillna(0).tolist() == [1, 0.5, 0]


MARKS = {"EUR": ("€", "EUR"), "USD": ("US$", "USD", "$"), "GBP": ("£", "GBP"), "BRL": ("R$",), "JPY": ("JPY", "円")}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([(code, mark) for code, marks in MARKS.items() for mark in marks]),
            st.integers(0, 10**9),
            st.sampled_from(["{mark}{amount}", "{mark} {amount}", "{amount} {mark}", "{amount}{mark}"]),
        ),
        min_size=1,
    ),
    st.booleans(),
)
def test_an_amount_is_what_was_written_in_its_currency_and_what_that_is_worth_in_another(written, decimal_comma):
    cells, values = [], []
    for (code, mark), cents, form in written:
        amount = f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,") if decimal_comma else {})
        cells.append(form.format(mark=mark, amount=amount))
        values.append(cents / 100 * {"EUR": 1.0, "USD": 0.5, "GBP": 2.0}.get(code, float("nan")))
    euros = Currency("EUR", {"USD": 0.5, "GBP": 2.0})
    as_written = "decimal comma" if decimal_comma else "decimal point"
    parsed = read_cells(pd.Series(cells), Kind.NUMBER, as_written, euros)
    assert parsed.values.tolist() == pytest.approx(values, nan_ok=True)
    assert not parsed.bad.any()

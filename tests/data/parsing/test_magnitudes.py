"""Numbers as each locale writes them, with what multiplies them and the sign of a currency, are the same numbers."""

# ruff: noqa: RUF001
# (wide digits and dashes are the point)
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.columns import kind_of
from data.parsing.cells import decide_format, read_cells
from data.vocabulary import Kind

LOCALES = {
    "American": (",", ".", "${}"),
    "British": (",", ".", "£{}"),
    "German": (".", ",", "{} €"),
    "French": ("\u202f", ",", "{} €"),
    "Swiss": ("’", ".", "CHF {}"),
    "Brazilian": (".", ",", "R$ {}"),
    "Polish": ("\u00a0", ",", "{} zł"),
    "Czech": (" ", ",", "{} Kč"),
    "Russian": ("\u00a0", ",", "{} ₽"),
    "Turkish": (".", ",", "₺{}"),
    "Swedish": (" ", ",", "{} kr"),
    "Indian": (",", ".", "₹ {}"),
    "Japanese": (",", ".", "￥{}"),
    "Chinese": (",", ".", "{}元"),
    "Dutch": (".", ",", "€ {}"),
}


def read(cells: list[str]) -> list[float]:
    column = pd.Series(cells, dtype="str")
    return read_cells(column, Kind.NUMBER, decide_format(column, Kind.NUMBER)[0]).values.tolist()


@pytest.mark.parametrize("locale", LOCALES)
@settings(max_examples=20, deadline=None)
@given(cents=st.lists(st.integers(0, 10**11), min_size=3, max_size=6))
def test_what_a_locale_writes_is_what_is_read(locale, cents):
    thousands, decimal, money = LOCALES[locale]
    numbers = [f"{each / 100:,.2f}" for each in [*cents, 123456]]
    plain = [each.replace(",", "_").replace(".", decimal).replace("_", thousands) for each in numbers]
    amounts = [money.format(each) for each in plain]
    expected = [pytest.approx(each / 100) for each in [*cents, 123456]]
    assert read(amounts) == expected
    negative = [-each / 100 for each in [*cents, 123456]]
    for layout in ("-{}", "({})", "{}-", "\u2212{}"):
        assert read([layout.format(each) for each in plain]) == [pytest.approx(each) for each in negative]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["2.3M", "12k", "$1.5bn"], [2.3e6, 12e3, 1.5e9]),
        (["1,2 Mio.", "3 Mrd. €", "500 Tsd.", "1,5"], [1.2e6, 3e9, 5e5, 1.5]),
        (["12 mln zł", "1,5 mld", "3 tys. zł"], [12e6, 1.5e9, 3e3]),
        (["2 milhões", "R$ 1,5 mi", "5 mil"], [2e6, 1.5e6, 5e3]),
        (["１，２００", "￥５万", "120万", "3億円", "1.5亿"], [1200, 5e4, 1.2e6, 3e8, 1.5e8]),
        (["3 lakh", "1.2 crore", "₹ 12,34,567"], [3e5, 1.2e7, 1234567]),
        (["1'200.–", "CHF 5’000.-", "7,-"], [1200, 5000, 7]),
        (["45%", "％45", "2,5 %"], [0.45, 0.45, 0.025]),
    ],
)
def test_words_and_signs_behind_a_number_multiply_it(cells, numbers):
    assert read(cells) == [pytest.approx(number) for number in numbers]


def test_a_column_of_mostly_numbers_is_one_and_codes_are_not():
    numbers = [str(1000 + 37 * number) for number in range(90)]
    assert kind_of(pd.Series([*numbers, *["ask the boss"] * 10])) is Kind.NUMBER
    assert kind_of(pd.Series([*numbers, *["ask the boss"] * 40])) is Kind.CATEGORY
    assert kind_of(pd.Series(["1", "2", "3", "3", "custom"] * 20)) is Kind.CATEGORY

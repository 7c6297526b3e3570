"""Ranges are read as the number from which on they hold, in ten languages; what only looks like one is none."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.columns import kind_of
from data.parsing.bands import bounds_of
from data.parsing.cells import decide_format, read_cells
from data.vocabulary import Kind

BETWEEN = ["{}-{}", "{} – {}", "{} to {}", "{} bis {}", "de {} à {}", "entre {} y {}", "od {} do {}", "da {} a {}"]
BETWEEN += ["{} tot {} medewerkers", "{}〜{}名", "{}-{}人", "between {} and {} employees"]
MORE = ["{}+", "> {}", "more than {}", "über {}", "{} oder mehr", "plus de {}", "más de {}", "mais de {}", "powyżej {}"]
MORE += ["oltre {}", "{} of meer", "{}人以上", "超过{}人", "{} and above"]
LESS = [
    "< {}",
    "less than {}",
    "bis {}",
    "unter {}",
    "moins de {}",
    "hasta {}",
    "até {}",
    "do {}",
    "fino a {}",
    "tot {}",
]
LESS += ["{}人以下", "不到{}人", "up to {}", "{} or fewer"]
GROUPS = {"point": "{:,}", "comma": "{:,}", "blank": "{:,}", "none": "{}"}
SEPARATORS = {"point": ".", "comma": ",", "blank": "\u00a0", "none": ""}


def read(*cells: str) -> list[float]:
    column = pd.Series(list(cells), dtype="str")
    return read_cells(column, Kind.BAND, decide_format(column, Kind.BAND)[0]).values.tolist()


@settings(max_examples=60, deadline=None)
@given(
    bounds=st.lists(st.integers(1, 999_999), min_size=4, max_size=4, unique=True).map(sorted),
    between=st.sampled_from(BETWEEN),
    more=st.sampled_from(MORE),
    less=st.sampled_from(LESS),
    grouped=st.sampled_from(list(GROUPS)),
)
def test_bands_of_each_locale_are_read_in_their_order(bounds, between, more, less, grouped):
    written = [GROUPS[grouped].format(bound).replace(",", SEPARATORS[grouped]) for bound in bounds]
    cells = [
        less.format(written[0]),
        between.format(*written[:2]),
        between.format(*written[1:3]),
        more.format(written[3]),
    ]
    assert read(*cells) == [0, bounds[0], bounds[1], bounds[3]]
    assert kind_of(pd.Series(cells)) is Kind.BAND


def test_money_and_magnitudes_stand_at_either_bound():
    assert read("<$500K", "$500K-$1M", "$1M - $2.5M", "$2.5M+") == [0, 5e5, 1e6, 2.5e6]
    assert read("50-100k €", "1,5-2 Mio. €") == [5e4, 1.5e6]


@pytest.mark.parametrize("cell", ["Windows 10", "Q1 2024", "New York 10-12", "1-2-3", "ask the boss", "", "x" * 100])
def test_other_texts_are_no_bands(cell):
    assert bounds_of(cell) is None


@pytest.mark.parametrize(
    "cells",
    [
        ["10-12", "05-08", "24-12", "31-01"],  # days and months
        [f"555-{number:04}" for number in range(100)],  # telephone numbers
        ["2024", "2023", "2022"],
        ["10-12-2024", "11-12-2024"],
        ["A4", "B2-B5"],
    ],
)
def test_dates_and_telephone_numbers_are_no_bands(cells):
    assert kind_of(pd.Series(cells)) is not Kind.BAND

"""A report names what many have in common, and nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.columns.disclosure import fewest, is_contact, is_named


@pytest.mark.parametrize(("count", "leads", "named"), [(19, 1900, False), (20, 1_000_000, True), (19, 1899, True)])
def test_a_value_is_named_that_twenty_leads_have_or_more_than_one_in_a_hundred(count, leads, named):
    assert is_named("Trade fair", count, leads) is named


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_the_fewest_leads_are_those_of_the_rule(count, leads):
    assert (count < fewest(leads)) == (count < 20 and count <= leads / 100)


@pytest.mark.parametrize("value", [" +49 (170) 555-0199", "0049 170 5550199", "170 5550199", "415.555.2671"])
def test_telephone_numbers_are_contact_data_however_they_are_written(value):
    assert is_contact(value)
    assert not is_named(value, 900, 1000)


@pytest.mark.parametrize("value", ["10001-50000", "1/2/2024", "2024 Q1", "50 - 100", "007", "0.5", "1 000 000", "v1.2"])
def test_sizes_dates_and_codes_are_not(value):
    assert not is_contact(value)

import pandas as pd
import pytest

from data.quality.phones import is_no_phone


def is_wrong(number: str | None) -> bool:
    return bool(is_no_phone(pd.Series([number], dtype="str"))[0])


REAL = """+49 30 1234567|0049 30 1234567|030 1234567|(415) 555-2671 ext. 3|+44 (0)20 7946 0958|+91 98765 43210
|415-555-2671 / 415-555-2672|911911|030/1234567|0171/1234567|089 / 1234567|+49 (0) 30 / 123456|+49 (0) 171 / 1234567
|030/1234567/8|030/1234567, 0171/1234567|+49 30 1234567/+49 171 1234567|0171 / 1234567 ext. 3"""
WRONG = """12|1111111111|1234567|0123456789|+999 123456789|+49 30 12345678901234|+1 415 555|asdf|n/a|1/2|asdf / 1234567
|+999 123456 / +999 123457"""


@pytest.mark.parametrize("number", REAL.split("|"))
def test_numbers_that_may_ring_are_believed(number):
    assert not is_wrong(number.strip())


@pytest.mark.parametrize("number", WRONG.split("|"))
def test_numbers_that_nobody_has_are_recognised(number):
    assert is_wrong(number.strip())


def test_a_missing_number_is_not_wrong():
    assert not is_wrong(None)
    assert is_no_phone(pd.Series([], dtype="str")).empty


def test_a_number_alone_is_read_as_among_others():
    numbers = pd.Series(["+49 30 1234567", None, "+999 12345678", "+49 30 7654321", "12"], index=[4, 1, 0, 2, 3])
    assert is_no_phone(numbers).to_dict() == {4: False, 1: False, 0: True, 2: False, 3: True}

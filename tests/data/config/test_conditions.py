"""What is written back may be filtered: a small grammar, of which nothing is run."""

import pytest

from data.config.conditions import FieldTest, parse_condition

NUMBERS, TEXTS = ("score", "probability"), ("band", "stage")


def parsed(text: str) -> tuple:
    return parse_condition(text, NUMBERS, TEXTS)


def test_and_binds_closer_than_or():
    assert parsed('band in [hot, warm] AND score >= 50 or stage = "qso"') == (
        (FieldTest("band", "in", ("hot", "warm")), FieldTest("score", ">=", ("50",))),
        (FieldTest("stage", "=", ("qso",)),),
    )


def test_a_list_may_be_ruled_out():
    assert parsed("band not  in [cold]") == ((FieldTest("band", "not in", ("cold",)),),)


def test_a_value_is_a_value_whatever_it_says():
    assert parsed("band = hot; DROP TABLE x") == ((FieldTest("band", "=", ("hot; DROP TABLE x",)),),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hot", "is no condition"),
        ("colour = red", "not one of the fields to ask for: band, probability, score, stage"),
        ("score >= high", "compared with a number"),
        ("band > hot", "is a text"),
        ("band in hot", "needs a list"),
        ("score = [1, 2]", "needs a list"),
    ],
)
def test_what_cannot_be_understood_is_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        parsed(text)

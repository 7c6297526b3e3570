import pandas as pd
import pytest

from data.wrong.mail import kind_of_mail


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("ann@acme.example", "business"),
        ("ANN@GMAIL.COM", "free"),
        ("x@mailinator.com", "throw-away"),
        ("asdf", "invalid"),
        ("a@b@c.example", "invalid"),
        ("ann@nowhere", "invalid"),
    ],
)
def test_the_kind_of_domain_is_told(address, kind):
    assert kind_of_mail(pd.Series([address]))[0] == kind


def test_a_missing_address_stays_missing():
    assert kind_of_mail(pd.Series([None], dtype="str")).isna().all()

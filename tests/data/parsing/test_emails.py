import pandas as pd
import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from data.parsing.emails import FREE_DOMAINS, RESERVED, THROW_AWAY_DOMAINS, kind_of_mail, parts_of_mail


def kind(address: str | None) -> object:
    return kind_of_mail(pd.Series([address], dtype="str")).tolist()[0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ann@acme.example", "business"),
        (" Ann.O'Hara+x@Acme-Works.CO.UK ", "business"),
        ("ann@müller.de", "business"),
        ("ANN@GMAIL.COM", "free"),
        ("jürgen@gmx.de", "free"),
        ("Ann Lee <ann@acme.com>", "business"),
        ('"Lee, Ann" <Ann@GMAIL.com>', "free"),
        ("<ann@müller.de>", "business"),
        ("mailto:ann@acme.com", "business"),
        ("MAILTO:x@mailinator.com?subject=Hello", "throw-away"),
        ("Ann Lee <mailto:test@acme.com>", "made up"),
        ("x@mailinator.com", "throw-away"),
        ("test@test.com", "made up"),
        ("asdf@acme.com", "made up"),
        ("asdf", "invalid"),
        ("a@b@c.example", "invalid"),
        ("Ann Lee <>", "invalid"),
        ("Ann Lee <ann>", "invalid"),
        ("Ann Lee ann@acme.com", "invalid"),
        ("mailto:", "invalid"),
        ("ann@nowhere", "invalid"),
        ("a@a.a", "invalid"),
        ("ann@acme..com", "invalid"),
        ("ann@desk.local", "invalid"),
        (f"ann@{'a' * 64}.com", "invalid"),
    ],
)
def test_the_kind_of_address_is_recognised(address, expected):
    assert kind(address) == expected


def test_a_missing_address_stays_missing():
    assert kind_of_mail(pd.Series([None], dtype="str")).isna().all()
    assert kind_of_mail(pd.Series([], dtype="str")).empty


def test_an_address_alone_is_read_as_among_others():
    addresses = pd.Series(["ann@acme.com", None, "asdf", "x@gmail.com", "é@web.de"], index=[5, 3, 9, 1, 7], dtype="str")
    together = kind_of_mail(addresses)
    assert together.index.tolist() == [5, 3, 9, 1, 7]
    assert together.dropna().tolist() == [kind(address) for address in addresses.dropna()]


@pytest.mark.parametrize("domain", ["ibm.com", "sap.com", "bmw.de", "hubspot.com", "apple.com", "bosch.com", "3m.com"])
def test_no_large_firm_is_taken_for_a_free_mail_provider(domain):
    assert kind(f"ann@{domain}") == "business"


def test_reserved_domains_are_those_of_the_library():
    assert set(RESERVED) == set(SPECIAL_USE_DOMAIN_NAMES)


def test_no_domain_of_tests_stands_among_the_real_ones():
    assert [domain for domain in FREE_DOMAINS | THROW_AWAY_DOMAINS if domain.endswith((".example", ".test"))] == []


PERSONS, DOMAINS = st.text("ab1._-+'é(! ", min_size=1, max_size=6), st.text("ab1-é", min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(PERSONS, DOMAINS, st.sampled_from([".com", ".co.uk", ".test", ".xn--p1ai", "..de"]))
def test_addresses_are_read_as_the_library_reads_them(person, domain, top):
    address = f"{person}@{domain}{top}"
    try:
        validate_email(address.strip(), check_deliverability=False)
    except EmailNotValidError:
        assert kind(address) == "invalid"
    else:
        assert kind(address) == "business"


def test_what_cannot_be_an_address_has_no_parts():
    persons, domains = parts_of_mail(pd.Series(["Ann@Acme.com", "ann@", None], dtype="str"))
    assert (persons.to_pylist(), domains.to_pylist()) == (["ann", None, None], ["acme.com", None, None])

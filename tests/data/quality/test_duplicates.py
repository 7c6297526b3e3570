import time

import duckdb
import pytest

from data.quality.duplicates import SAME_ADDRESS, SAME_NAME, find_duplicates


def duplicates(*leads: tuple[str | None, str | None], names: list[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Return the pairs found among leads, given as address and company; they are called a, b, c …"""
    connection = duckdb.connect()
    connection.execute("CREATE TABLE leads (position BIGINT, lead_id VARCHAR, email VARCHAR, company VARCHAR)")
    connection.execute("CREATE TABLE staged (position BIGINT, c0 VARCHAR)")
    for number, lead in enumerate(leads):
        connection.execute("INSERT INTO leads VALUES (?, ?, ?, ?)", [number, chr(97 + number), *lead])
    for number, name in enumerate(names or []):
        connection.execute("INSERT INTO staged VALUES (?, ?)", [number, name])
    flags = find_duplicates(connection, "email", ["c0"] if names else [], "staged")
    return {flag.problem: flag.rows for flag in flags}


def test_case_blanks_and_what_google_ignores_do_not_part_addresses():
    leads = [("Ann@Acme.com", None), (" ann@acme.COM", None), ("ann.lee@gmail.com", None)]
    assert duplicates(*leads, ("annlee+crm@googlemail.com", None)) == {SAME_ADDRESS: ("a = b", "c = d")}


def test_an_address_is_the_same_with_a_name_around_it():
    leads = [("ann@acme.com", None), ("Ann Lee <Ann@Acme.com>", None), ("mailto:ann@acme.com", None)]
    assert duplicates(*leads) == {SAME_ADDRESS: ("a = b", "a = c")}


def test_elsewhere_dots_and_plus_part_addresses():
    assert duplicates(("ann.lee@acme.com", None), ("annlee+x@beta.com", None)) == {}


@pytest.mark.parametrize("address", ["test@test.com", "x@mailinator.com", "asdf", None])
def test_an_address_that_was_made_up_is_anybodys(address):
    assert duplicates((address, "Acme"), (address, "Beta")) == {}


def test_one_letter_of_a_long_name_in_the_same_firm_is_a_slip():
    leads = ("peter.miller@acme.com", "ACME Inc."), ("peter.miler@acme.com", "Acme GmbH")
    assert duplicates(*leads) == {SAME_NAME: ("a = b",)}


def test_the_same_name_in_the_same_firm_under_another_address_is_found():
    leads = ("peter.miller@acme.com", "Acme"), ("peter_miller@gmail.com", "Acmé AG")
    assert duplicates(*leads) == {SAME_NAME: ("a = b",)}


def test_a_domain_stands_for_a_firm_that_is_not_named_but_a_free_one_does_not():
    assert duplicates(("peter.miller@acme.com", None), ("petermiller@acme.de", None)) == {SAME_NAME: ("a = b",)}
    assert duplicates(("peter.miller@gmail.com", None), ("peter.miller@gmx.de", None)) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("user1001@acme.com", "user1002@acme.com"),
        ("jane.smith1@acme.com", "jane.smith2@acme.com"),
        ("tim.ott@acme.com", "tom.ott@acme.com"),
        ("peter.miller@acme.com", "maria.keller@acme.com"),
        ("info@acme.com", "info@acme.de"),
    ],
)
def test_colleagues_are_no_duplicates(one, other):
    assert duplicates((one, "Acme"), (other, "Acme")) == {}


def test_namesakes_in_different_firms_are_no_duplicates():
    assert duplicates(("peter.miller@acme.com", "Acme Steel"), ("peter.miller@beta.com", "Acme Stores")) == {}


def test_columns_of_names_are_used_where_they_are_there():
    leads = ("p@acme.com", "Acme"), ("m@acme.com", "Acme"), (None, "Acme Ltd")
    assert duplicates(*leads, names=["Peter Müller", "Eva Ost", "peter muller"]) == {SAME_NAME: ("a = c",)}


def test_a_huge_block_is_not_compared_pair_by_pair():
    """200 million pairs would take minutes."""
    connection = duckdb.connect()
    letters = " || ".join(f"chr(97 + (i * 7919 // {26**place} % 26)::INT)" for place in range(9))
    connection.execute(
        f"""CREATE TABLE leads AS SELECT i AS position, 'L' || i AS lead_id, 'Acme' AS company,
        {letters} || '@acme.com' AS email FROM range(20000) t(i)"""
    )
    begin = time.perf_counter()
    find_duplicates(connection, "email")
    assert time.perf_counter() - begin < 10

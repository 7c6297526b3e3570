"""Which columns become attributes, which do not, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data.columns.profiles import kind_of, profile, suits
from data.columns.roles import Choice, fits_vocabulary, infer_schema
from data.columns.words import claims, family_of, is_free_text_name, is_personal_name, is_protected_name, label_of
from data.schema import Attribute, Schema
from data.vocabulary import LEADS, Family, Kind

ROWS = 400


def schema_of(cells: object, name: str = "x", **choice: object) -> Schema:
    """Return the schema of one column beside the roles; of the vocabulary where its name says so."""
    column = profile(name, pd.Series(cells), {"the order of the rows": pd.Series(range(len(cells)))})
    claimed = claims([name], list(LEADS), {})
    claimed = {canonical: source for canonical, source in claimed.items() if fits_vocabulary(canonical, column)}
    return infer_schema([column], claimed, Choice(**{"roles": {}} | choice), timed=True)


def attribute_of(cells: object, name: str = "x") -> Attribute:
    return schema_of(cells, name).attributes[0]


def reason_of(cells: object, name: str = "x", **choice: object) -> str:
    return schema_of(cells, name, **choice).excluded.get(name, "")


def some(*values: object) -> list[object]:
    return [values[number % len(values)] for number in range(ROWS)]


def shuffled(values: object) -> pd.Series:
    return pd.Series(values).sample(frac=1, random_state=0, ignore_index=True)


def each(pattern: str) -> pd.Series:
    return shuffled([pattern.format(number) for number in range(ROWS)])


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["Yes", "No", ""], Kind.FLAG),
        (["1", "0", "1"], Kind.FLAG),
        (["1", "0", "2"], Kind.NUMBER),
        (["0"] * 2000 + ["1"] * 300 + ["2"] * 10, Kind.NUMBER),
        (["0"] * 2000 + ["1"] * 300 + ["2"] * 9, Kind.FLAG),
        (["no"] * 2000 + ["yes"] * 300 + ["2"] * 10, Kind.FLAG),
        (["$1,200", "80", "n/a"], Kind.NUMBER),
        (["51-200", "11-50"], Kind.BAND),
        (["01234", "98765"], Kind.CATEGORY),
        (["yes", "no", "unknown"], Kind.CATEGORY),
        (["01-02-2018", "26-02-2018 19:58"], Kind.TIME),
        (["Jan 5, 2018"], Kind.TIME),
        (["a;b", "b", "a;b;c", "c;a"] * 9, Kind.SET),
        (["tea; or coffee, perhaps", "x"], Kind.CATEGORY),
        ([None, ""], Kind.CATEGORY),
        ([1.5, None], Kind.NUMBER),
        ([0, 1], Kind.FLAG),
        (pd.to_datetime(["2018-01-01"]), Kind.TIME),
    ],
)
def test_the_kind_of_a_column_follows_from_its_cells(cells, kind) -> None:
    assert kind_of(pd.Series(cells)) is kind


def test_a_few_unreadable_cells_do_not_change_the_kind() -> None:
    assert kind_of(pd.Series([*map(str, range(99)), "abc"])) is Kind.NUMBER


def test_a_column_suits_a_kind_when_most_cells_can_be_read() -> None:
    assert suits(pd.Series(["1", "2", "3"]), Kind.NUMBER)
    assert not suits(pd.Series(["a", "2", "b"]), Kind.NUMBER)
    assert suits(pd.Series([None, ""]), Kind.TIME)


@pytest.mark.parametrize(
    ("name", "cells", "canonical"),
    [
        ("Lead Source", some("Google", "Ads"), "source"),
        ("Job Title", some("CEO", "Head of IT"), "job_title"),
        ("Title", some("CEO", "Head of IT"), "job_title"),
        ("Number of Employees", some("10", "250", "3"), "employees"),
        ("Annual Revenue", some("$1,200", "$3", "$90"), "annual_revenue"),
        ("State", some("Ohio", "Utah"), "region"),
        ("E-mail", each("p{}@firm.com"), "email"),
        ("lead_source", some("Google", "Ads"), "source"),
    ],
)
def test_columns_are_known_by_other_names(name, cells, canonical) -> None:
    schema = schema_of(cells, name)
    assert canonical in {*(attribute.name for attribute in schema.attributes), *schema.personal}


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("employees", some("11-50", "51-200"), Kind.BAND),
        ("campaign", some("1", "2", "7"), Kind.NUMBER),
        ("budget", some("yes", "no"), Kind.FLAG),
        ("Title", some("1", "2", "7"), Kind.NUMBER),
    ],
)
def test_content_that_does_not_suit_the_vocabulary_stays_a_custom_attribute(name, cells, kind) -> None:
    attribute = attribute_of(cells, name)
    assert (attribute.name, attribute.kind) == (name, kind)


def test_each_vocabulary_column_is_claimed_once_and_exact_names_come_first() -> None:
    columns = ["Lead Source", "source", "Original Source"]
    assert claims(columns, ["source"], {}) == {"source": "source"}
    assert claims(columns, ["source"], {"source": "Original Source"}) == {"source": "Original Source"}


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("Prospect ID", each("{:08x}"), "an identifier"),
        ("seq", range(1000, 1000 + ROWS), "an identifier: it grows steadily with the order of the rows"),
        ("seq", range(9000, 9000 - ROWS, -1), "an identifier: it grows steadily with the order of the rows"),
        ("record number", shuffled(range(ROWS)), "an identifier"),
        ("x", shuffled(range(100_000, 100_000 + ROWS)), "an identifier"),
        ("x", [""] * ROWS, "empty"),
        ("x", some("Select", None), "empty"),
        ("x", some("No"), "the same value in every row"),
        ("signed", some("2024-01-02", "2024-02-03"), "a date: nothing relative to now"),
        ("x", each("user{}@mail.org"), "personal data"),
        ("x", each("Ann <ann{}@b.com>"), "personal data"),
        ("x", each("mailto:ann{}@b.com"), "personal data"),
        ("x", each("ann{}@b.com, bo@b.com"), "personal data"),
        ("x", some("Ann <ann@b.com>", "mailto:bo@b.com", "MAILTO:eve@b.com?subject=Hi"), "personal data"),
        ("x", each("+49 151 {:07}"), "personal data"),
        ("Mobile Phone", shuffled(range(4915100000000, 4915100000000 + ROWS)), "personal data"),
        ("First Name", some("Ada", "Ben"), "personal data"),
        ("x", each("they said number {} was fine"), "free text"),
        ("x", some("a" * 100, "b" * 90), "free text"),
        ("Notes", some("call", "wait"), "free text"),
        ("x", each("https://site.org/{}"), "an identifier"),
        ("x", each("{:d}.0").map(lambda cell: f"1{cell:0>9}"), "an identifier"),
        ("Gender", some("a", "b"), "law protects it"),
        ("x", some("Male", "Female", "unknown"), "law protects it"),
        ("x", some("M", "F"), "law protects it"),
        ("x", some("Mr", "Mrs", "Dr"), "law protects it"),
        ("customer age", some("31", "52"), "law protects it"),
        ("Genre", some("Masculin", "Féminin"), "law protects it"),
        ("Is female", some("Yes", "No"), "law protects it"),
        ("Decision Maker Name", some("Zyx Wvu", "Tsr Qpo"), "personal data"),
        ("Call Summary", some("call", "wait"), "free text"),
    ],
)
def test_a_column_is_left_out_with_the_reason(name, cells, reason) -> None:
    assert reason_of(cells, name).startswith(reason)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("landing_page_id", some("88740e65d5d6", "007f9098284a", "a7982125ff7a")),
        ("x", some("Yes", None)),
        ("x", shuffled(np.random.default_rng(0).normal(size=ROWS))),
        ("revenue", shuffled(np.arange(ROWS) ** 2)),
        ("Do Not Email", some("Yes", "No")),
        ("Email", some("Yes", "No")),
        ("emails opened", some("1", "2", "9")),
        ("contact", some("cellular", "telephone")),
        ("lead_age", some("1", "2", "9")),
        ("Genre", some("Rock", "Jazz")),
        ("Stage Name", some("New", "Old")),
        ("zip", shuffled([f"{number % 90:05}" for number in range(ROWS)])),
        ("levels", shuffled([f"level {number // 2}" for number in range(ROWS)])),
        ("step", [number // 40 for number in range(ROWS)]),
    ],
)
def test_a_column_that_only_looks_like_it_is_kept(name, cells) -> None:
    assert reason_of(cells, name) == ""


@pytest.mark.parametrize(
    "name",
    ["Gender", "sex", "customer age", "Age", "Age Group", "Birth Date", "date_of_birth", "DOB", "Alter", "Pronouns"],
)
def test_names_of_what_law_protects_are_known(name) -> None:
    assert is_protected_name(name)


@pytest.mark.parametrize(
    "name", ["nationality", "Citizenship", "religion", "race", "Ethnicity", "Health", "Disability"]
)
def test_more_names_of_what_law_protects_are_known(name) -> None:
    assert is_protected_name(name)
    assert is_protected_name(f"lead {name}") == (name != "Health")


@pytest.mark.parametrize(
    "name",
    [
        "lead_age",
        "account age days",
        "page",
        "package",
        "Page Views",
        "webpage",
        "stage",
        "Account Health",
        "trace",
        "Sussex",
    ],
)
def test_names_that_only_contain_such_words_are_not_protected(name) -> None:
    assert not is_protected_name(name)


def test_contact_data_is_known_by_its_whole_name_only() -> None:
    assert all(map(is_personal_name, ["E-mail", "Lead Email", "work_phone", "LastName", "Address Line 2", "Fax"]))
    assert not any(map(is_personal_name, ["Email Opened", "Do Not Call", "Phone Type", "contact", "IP country"]))
    assert is_free_text_name("Sales Notes")
    assert not is_free_text_name("Note Count")


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("Title", some("CEO", "Buyer"), "personal data: only what is derived from it by declaration is used"),
        ("Company", some("Acme", "Zeta"),
         "personal data: only what is derived from it by declaration is used; sales sees it beside the score"),
        ("E-mail", each("p{}@firm.com"), "personal data: only what is derived from it by declaration is used"),
        ("x", some("ann@b.com", "bo@b.com"), "personal data"),
        ("x", some("+49 151 1234567", "+49 151 7654321"), "personal data"),
        ("Last Name", some("Zyx", "Wvu"), "personal data"),
        ("x", some("John Smith", "Anna Zander"), "personal data: names of persons"),
        ("Notes", some("call", "wait"), "free text"),
    ],
)  # fmt: skip
def test_what_is_or_names_somebody_is_no_attribute_even_if_it_is_kept(name, cells, reason) -> None:
    schema = schema_of(cells, name, keep={name})
    assert (schema.attributes, schema.excluded) == ((), {name: f"{reason}; keep does not change that"})


def test_what_is_derived_of_a_personal_column_is_kept_with_it() -> None:
    assert schema_of(some("CEO", "Buyer"), "Title", keep={"Title"}).personal == ("job_title",)


def test_keep_overrides_what_law_protects_and_how_cells_look() -> None:
    assert reason_of(some("a" * 100, "b" * 90), "x", keep={"x"}) == ""
    assert reason_of(range(1000, 1000 + ROWS), "seq", keep={"seq"}) == ""
    assert reason_of(some("M", "F"), "Gender", keep={"Gender"}) == ""
    assert schema_of(some("2024-01-02", "2024-02-03"), "signed", keep={"signed"}).attributes[0].kind is Kind.TIME
    assert reason_of(some("M", "F"), "y", keep={"y"}, roles={"y": "the outcome"}) == "the outcome"


def test_the_owner_is_seen_by_sales_unless_it_is_dropped() -> None:
    assert reason_of(some("Bo", "Al"), "Owner") == "the person who works on the lead; sales sees it beside the score"
    assert reason_of(some("Bo", "Al"), "Owner", drop={"Owner"}) == "dropped by the settings"


def test_what_is_dropped_is_no_feature_and_nothing_is_derived_from_it() -> None:
    schema = schema_of(each("p{}@firm.com"), "email", drop={"email"})
    assert (schema.attributes, schema.personal) == ((), ())
    assert schema.excluded == {"email": "dropped by the settings"}


def test_a_custom_column_never_hides_one_of_the_vocabulary() -> None:
    assert attribute_of(some("1", "2", "9"), "amount").name == "amount (lead)"


def test_the_members_of_a_set_are_those_that_are_frequent() -> None:
    attribute = attribute_of(
        [*["Python; SQL"] * 200, *["sql"] * 150, *["Excel;SQL"] * 47, "Cobol; SQL"], "technologies"
    )
    assert attribute.tokens == ("sql", "python", "excel")


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Total Time Spent on Website", Family.BEHAVIOURAL),
        ("How did you hear about X Education", Family.SOURCE),
        ("What is your current occupation", Family.DEMOGRAPHIC),
        ("EMPLOYEE_RANGE", Family.FIRMOGRAPHIC),
        ("crm_edition", Family.DECLARED),
    ],
)
def test_the_words_of_a_name_tell_the_family(name, family) -> None:
    assert family_of(name) is family


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("emp.var.rate", "Emp var rate"),
        ("crm_edition", "CRM edition"),
        ("TotalVisits", "Total visits"),
        ("What is your current occupation", "What is your current occupation"),
        ("MRR", "MRR"),
        ("???", "???"),
    ],
)
def test_labels_read_like_names(name, label) -> None:
    assert label_of(name) == label


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("x", [f"{name} Zobel{number}" for number in range(80) for name in ("Erika", "Wei", "Kwame", "Olga", "Ravi")],
         "personal data: names of persons"),
        ("x", [f"Zobel{number % 70}, {name}" for number in range(100) for name in ("Erika", "Thomas", "Zed", "Ola")],
         "personal data: names of persons"),
        ("x", some("John Smith", "Anna Zander"), "personal data: names of persons"),
        ("Referred person", some("Zyx Wvu", "Tsr Qpo"), "personal data"),
        ("x", shuffled([*range(491_700_000_000, 491_700_000_000 + 7 * 390, 7), *[491_700_000_000] * 10]),
         "an identifier: nearly every value is its own"),
        ("x", some("Erika Zobel; Ali Zander", "Ali Zander; Olga Zahl", "Olga Zahl", "Thomas Zinn; Erika Zobel"),
         "personal data: names of persons"),
    ],
)  # fmt: skip
def test_persons_are_known_by_the_cells_whatever_their_column_is_called(name, cells, reason) -> None:
    assert reason_of(cells, name).startswith(reason)


@pytest.mark.parametrize(
    "cells",
    [
        some("New York", "San Francisco", "Santa Clara", "John Day", "Paris"),
        some("Thomas Cook", "Siemens", "SAP", "Bosch", "Zeiss", "BMW", "VW", "Ford", "Fiat", "Opel"),
        shuffled([1_000_000_000 + 500_000 * (number % 300) for number in range(ROWS)]),
    ],
)
def test_cities_companies_and_round_amounts_are_no_persons(cells) -> None:
    assert reason_of(cells) == ""


def test_the_bands_of_a_column_are_known_as_they_are_written_the_commonest_first():
    cells = some("11-50", "11-50", "51-200", "11 to 50", "7", None)
    assert attribute_of(cells, "employees").tokens == ("11-50", "51-200", "11 to 50")


@pytest.mark.parametrize("pattern", ["${},500.00", "{}.500,00 €", "{} 500 zł", "R$ {}.500,00", "€{}500"])
def test_amounts_that_are_all_different_are_no_identifiers(pattern) -> None:
    """Whole ones are as long as keys once they are written out; but no key has a currency or a separator."""
    numbers = pd.Series([pattern.format(number) for number in range(100, 100 + ROWS)])
    assert [(each.name, each.kind) for each in schema_of(shuffled(numbers), "Likely").attributes] == [
        ("Likely", Kind.NUMBER)
    ]

"""A history that contradicts its lead is reported with the leads, and changes nothing."""

import pandas as pd
import pytest

from data.config import settings_of_folder
from data.dataset import open_dataset

NOW = pd.Timestamp("2025-06-01")
LEADS = """lead_id,created_at,stage,plan,size
a,2025-01-10,mql,gold,10
b,2025-01-10,mql,gold,20
c,2025-01-10,sql,iron,30
"""
NO_STAGES = "lead_id,stage,entered_at\n"
PLANNED = "after the end of the data, 2025-01-11: planned, counts for nothing"
TOO_LATE = PLANNED.replace("planned, ", "")
OTHER = "another value than the last of its history"
STAGES = "lead_id,stage,entered_at\na,mql,2025-01-11\nb,mql,2025-01-11\nc,sql,2025-01-11\n"


@pytest.fixture
def flags(tmp_path):
    """Problem and leads of each flag of a folder of tables."""

    def read(**tables: str) -> dict[tuple[str, str, str], tuple[str, ...]]:
        for name, text in {"leads": LEADS, "stages": STAGES, **tables}.items():
            (tmp_path / f"{name}.csv").write_text(text)
        with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=NOW) as dataset:
            assert dataset.lead_count == 3
            return {(flag.table, flag.column, flag.problem): flag.rows for flag in dataset.report.flags}

    return read


def test_histories_that_agree_are_no_news(flags):
    assert flags() == {}


def test_a_stage_from_before_the_lead_was_created(flags):
    early = STAGES + "b,lead,2025-01-09\n"
    assert flags(stages=early) == {("stages", "entered_at", "from a day before the lead was created"): ("b",)}


def test_a_stage_of_the_day_of_creation_is_none_too_early(flags):
    assert flags(leads=LEADS.replace("a,2025-01-10", "a,2025-01-11T12:00")) == {}


def test_a_lead_that_was_lost_after_it_was_won(flags):
    both = STAGES + "a,won,2025-02-01\na,lost,2025-02-02\nb,lost,2025-02-01\nb,won,2025-02-02\n"
    flagged = flags(leads=LEADS.replace("mql", "").replace("sql", ""), stages=both)
    assert flagged == {
        ("stages", "stage", "lost after it was won: read as won"): ("a",),
        ("stages", "stage", "opened again after it was lost: not learned from in between"): ("b",),
    }


def test_an_outcome_that_the_stages_deny(flags):
    denied = STAGES + "a,lost,2025-02-01\nb,won,2025-02-01\n"
    outcomes = "lead_id,closed_at,won\na,2025-02-01,1\nb,2025-02-01,1\n"
    flagged = flags(leads=LEADS.replace("mql", ""), stages=denied, outcomes=outcomes)
    assert flagged == {("outcomes", "won", "the stages say otherwise: the outcome is taken"): ("a",)}


def test_a_present_stage_that_is_not_the_last_of_the_history(flags):
    later = STAGES + "c,qso,2025-03-01\na,qso,2025-07-01\n"
    flagged = flags(stages=later)
    assert flagged[("leads", "stage", "another stage than the last of its history")] == ("c",)


def test_a_cell_that_is_not_the_last_value_of_its_history(flags):
    """What comes later than now is planned, and no present value; what is no number is compared with none.

    Changes up to now have happened, although they come after all leads and stages: they are no plans, only too late.
    """
    changes = """lead_id,field,value,changed_at
a,Plan,gold,2025-02-02
a,Plan,silver,2025-02-01
b,plan,silver,2025-02-01
c,plan,silver,2025-07-01
a,size,10.0,2025-02-01
b,size,many,2025-02-01
c,size,31,2025-02-01
a,colour,red,2025-02-01
"""
    assert flags(attribute_history=changes) == {
        ("attribute_history", "changed_at", PLANNED): ("c",),
        ("attribute_history", "changed_at", TOO_LATE): (
            "a",
            "b",
            "c",
        ),
        ("attribute_history", "size", "not a number: read as missing"): ("b",),
        ("leads", "plan", OTHER): ("b",),
        ("leads", "size", OTHER): ("c",),
        ("attribute_history", "field", "no column of the leads is called so: not used"): ("a",),
    }


def test_a_change_from_before_the_lead_was_created(flags):
    changes = "lead_id,field,value,changed_at\na,plan,gold,2025-01-09\nb,plan,gold,2025-01-10\n"
    flagged = flags(attribute_history=changes + "c,plan,iron,2025-01-10\n")
    assert flagged == {("attribute_history", "changed_at", "from a day before the lead was created"): ("a",)}


def test_an_outcome_in_the_future(flags):
    flagged = flags(outcomes="lead_id,closed_at,won\na,2025-07-01,1\n")
    assert flagged == {("outcomes", "closed_at", PLANNED): ("a",)}


KINDS = {
    "active": ("Yes", "No"),
    "technologies": ("CRM; Shop", "Shop"),
    "Job Title": ("Head of IT", "Buyer"),
    "Company": ("Acme Ltd", "Zeta AG"),
    "E-mail": ("ann@acme.com", "bo@zeta.com"),
    "Revenue": ("1.234,5", "20,75"),
    "plan": ("gold", "iron"),
}
"""A column of each kind, with the cells of two leads."""


def of_kinds(flags, column: str, last: str, cell: str) -> list[str]:
    """Return the columns that are flagged where one cell has another last value in the history."""
    cells = {name: (cell if name == column else first, second) for name, (first, second) in KINDS.items()}
    leads = pd.DataFrame({"lead_id": ["a", "b", "c"], "created_at": "2025-01-10"})
    for name, (first, second) in cells.items():
        leads[name] = [first, second, second]
    rows = [("a", column, last), *((lead, column, KINDS[column][1]) for lead in ("b", "c"))]
    history = pd.DataFrame(rows, columns=["lead_id", "field", "value"]).assign(changed_at="2025-02-01")
    all_flags = flags(leads=leads.to_csv(index=False), stages=NO_STAGES, attribute_history=history.to_csv(index=False))
    other = {column: rows for (_, column, problem), rows in all_flags.items() if problem == OTHER}
    assert set(other.values()) <= {("a",)}
    return list(other)


@pytest.mark.parametrize(
    ("column", "last"),
    [
        ("active", "No"),
        ("technologies", "CRM"),
        ("Job Title", "Intern"),
        ("Company", "Beta"),
        ("E-mail", "eve@acme.com"),
        ("Revenue", "1.234,6"),
    ],
)
def test_columns_of_every_kind_are_compared(flags, column, last):
    assert of_kinds(flags, column, last, KINDS[column][0]) == [column]


@pytest.mark.parametrize("column", KINDS)
def test_an_empty_cell_and_an_emptied_one_are_other_values_than_one_that_is_there(flags, column):
    there = KINDS[column][0]
    assert of_kinds(flags, column, there, "") == of_kinds(flags, column, "", there) == [column]
    assert of_kinds(flags, column, "n/a", "") == []


@pytest.mark.parametrize(
    ("column", "last", "cell"),
    [
        ("active", "true", "Yes"),
        ("active", "1", "yes "),
        ("technologies", "shop,crm", "CRM; Shop"),
        ("technologies", "CRM", "CRM;"),
        ("Job Title", "head of  IT ", "Head of IT"),
        ("Company", "ACME Ltd", "Acme Ltd"),
        ("E-mail", "Ann <Ann@Acme.com>", "mailto:ann@acme.com"),
        ("Revenue", "1 234,50", "1.234,5"),
        ("Revenue", "€1.234,5", "1234,5"),
        ("plan", "Gold ", "gold"),
    ],
)
def test_what_is_only_written_otherwise_is_no_other_value(flags, column, last, cell):
    assert of_kinds(flags, column, last, cell) == []


def test_what_could_not_be_and_was_made_missing_is_not_missing_by_its_history(flags):
    leads = "lead_id,created_at,employees\na,2025-01-10,-5\nb,2025-01-10,20\nc,2025-01-10,30\n"
    changes = "lead_id,field,value,changed_at\na,employees,-5,2025-02-01\nb,employees,20,2025-02-01\n"
    flagged = flags(leads=leads, stages=NO_STAGES, attribute_history=changes)
    assert flagged == {
        ("leads", "employees", "impossible: read as missing"): ("a",),
        ("attribute_history", "changed_at", TOO_LATE.replace("11", "10")): ("a", "b"),
    }

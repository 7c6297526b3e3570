"""A history that contradicts its lead is reported with the leads, and changes nothing."""

import pandas as pd
import pytest

from data.dataset import open_dataset
from data.settings import settings_of_folder

NOW = pd.Timestamp("2025-06-01")
LEADS = """lead_id,created_at,stage,plan,size
a,2025-01-10,mql,gold,10
b,2025-01-10,mql,gold,20
c,2025-01-10,sql,iron,30
"""
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
    found = flags(leads=LEADS.replace("mql", "").replace("sql", ""), stages=both)
    assert found == {
        ("stages", "stage", "lost after it was won: read as won"): ("a",),
        ("stages", "stage", "opened again after it was lost: not learned from in between"): ("b",),
    }


def test_an_outcome_that_the_stages_deny(flags):
    denied = STAGES + "a,lost,2025-02-01\nb,won,2025-02-01\n"
    outcomes = "lead_id,closed_at,won\na,2025-02-01,1\nb,2025-02-01,1\n"
    found = flags(leads=LEADS.replace("mql", ""), stages=denied, outcomes=outcomes)
    assert found == {("outcomes", "won", "the stages say otherwise: the outcome is taken"): ("a",)}


def test_a_present_stage_that_is_not_the_last_of_the_history(flags):
    later = STAGES + "c,qso,2025-03-01\na,qso,2025-07-01\n"
    found = flags(stages=later)
    assert found[("leads", "stage", "another stage than the last of its history")] == ("c",)


def test_a_cell_that_is_not_the_last_value_of_its_history(flags):
    """What comes later than now is not the present value; what is no number is compared with none."""
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
    problem = "another value than the last of its history"
    assert flags(attribute_history=changes) == {
        ("leads", "plan", problem): ("b",),
        ("leads", "size", problem): ("c",),
        ("attribute_history", "field", "no column of the leads is called so: not used"): ("a",),
    }

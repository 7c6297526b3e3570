"""What was done to many leads at once is found, with what it does to labels and times."""

import pandas as pd
import pytest

from data.quality_report import Flag
from tests.data.small import folder

MORNING = pd.Timestamp("2025-01-01 09:00")


def leads(count: int = 40, together: int = 0, day: str = "2025-01-20") -> str:
    """Leads that come an hour apart, the first of them in one second."""
    moments = [
        pd.Timestamp(f"{day} 02:00:00") if n < together else MORNING + pd.Timedelta(hours=5 * n) for n in range(count)
    ]
    return "lead_id created_at\n" + "".join(f"{n:02} {moment:%Y-%m-%dT%H:%M:%S}\n" for n, moment in enumerate(moments))


def outcomes(moments: list[str], won: int = 0) -> str:
    rows = (f"{n:02} {moment} {int(n < won)}\n" for n, moment in enumerate(moments))
    return "lead_id closed_at won\n" + "".join(rows)


def apart(count: int, start: int = 0) -> list[str]:
    return [f"{MORNING + pd.Timedelta(days=3 + n, hours=1):%Y-%m-%dT%H:%M:%S}" for n in range(start, start + count)]


@pytest.fixture
def bulk(tmp_path):
    def find(**tables: str) -> list[Flag]:
        with folder(tmp_path, **tables) as dataset:
            words = ("one second", "one day", "many did")
            return [flag for flag in dataset.report.flags if any(word in flag.problem for word in words)]

    return find


def test_losses_that_were_closed_in_one_second_are_a_clean_up(bulk):
    (flag,) = bulk(leads=leads(), outcomes=outcomes(["2025-05-01T02:00:00"] * 25 + apart(5, start=25)))
    assert (flag.table, flag.column, flag.count, flag.level) == ("outcomes", "closed_at", 25, "warning")
    assert flag.problem == (
        "closed in one second (2025-05-01 02:00:00), a clean-up more than a decision: 25 of 30 losses, closed after "
        "118 days (median) where others took 24; that they were not won holds"
    )


def test_wins_of_one_second_count_from_there_on(bulk):
    (flag,) = bulk(leads=leads(), outcomes=outcomes(["2025-05-01T02:00:00"] * 25 + apart(5), won=10))
    assert "15 of 20 losses and 10 of 10 wins" in flag.problem
    assert flag.problem.endswith("that they were won counts from there on")


def test_leads_that_were_imported_in_one_second_are_counted_with_those_that_had_closed(bulk):
    (flag,) = bulk(leads=leads(together=30), outcomes=outcomes(apart(12)))
    assert (flag.table, flag.column, flag.count, flag.rows[0]) == ("leads", "created_at", 30, "00")
    assert flag.problem.endswith("age counts from there; 12 of them had closed by then, and are not learned from")


def test_an_import_of_leads_that_were_open_is_for_information(bulk):
    (flag,) = bulk(leads=leads(together=30))
    assert (flag.count, flag.level) == (30, "info")


def test_stages_that_were_set_on_one_day_are_for_information(bulk):
    """Dates without a time of day have no second."""
    days = [f"2025-02-{1 + n:02}" for n in range(5)] + ["2025-03-03"] * 25
    stages = "lead_id stage entered_at\n" + "".join(f"{n:02} mql {day}\n" for n, day in enumerate(days))
    (flag,) = bulk(leads=leads(), stages=stages)
    assert (flag.count, flag.level) == (25, "info")
    assert flag.problem == "entered a stage on one day (2025-03-03): their time in it counts from there"


def test_in_several_moments_the_largest_is_named(bulk):
    closed = ["2025-05-01T02:00:00"] * 20 + ["2025-05-02T02:00:00"] * 24 + apart(5)
    (flag,) = bulk(leads=leads(60), outcomes=outcomes(closed))
    assert (flag.count, flag.problem[:81]) == (
        44,
        "closed in 2 seconds in which many did (most, 24, in 2025-05-02 02:00:00), a clean",
    )


@pytest.mark.parametrize("together", [0, 19])
def test_few_at_once_are_no_bulk(bulk, together):
    closed = ["2025-05-01T02:00:00"] * together + apart(30 - together)
    assert bulk(leads=leads(together=together), outcomes=outcomes(closed)) == []


def test_where_many_leads_come_every_day_a_usual_day_is_no_bulk(bulk):
    days = "".join(f"{n} 2025-01-{1 + n // 30:02}\n" for n in range(300))
    assert bulk(leads="lead_id created_at\n" + days) == []

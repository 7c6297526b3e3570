"""Days without a time of day: a creation is at their beginning, all else is known at their end."""

import pandas as pd
import pytest

from data.config import settings_of_folder
from data.dataset import open_dataset
from tests.data.small import flags_of, folder, whole

LEADS = "lead_id created_at\na 2025-01-01T11:02\nb 2025-01-02T09:00\n"
END = pd.Timedelta("23:59:59")


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_a_win_on_the_day_of_creation_is_later_than_the_creation(tmp_path):
    outcomes = "lead_id closed_at won\na 2025-01-01 1\nb 2025-03-01 0\n"
    with folder(tmp_path, leads=LEADS, outcomes=outcomes) as dataset:
        assert whole(dataset).leads["closed_at"].tolist() == [day("2025-01-01") + END, day("2025-03-01") + END]
        assert flags_of(dataset) == {}


def test_with_a_clock_what_is_earlier_stays_earlier(tmp_path):
    outcomes = "lead_id closed_at won\na 2025-01-01T09:30 1\nb 2025-03-01T00:00 0\n"
    with folder(tmp_path, leads=LEADS, outcomes=outcomes) as dataset:
        assert whole(dataset).leads["closed_at"].tolist() == [day("2025-01-01 09:30"), day("2025-03-01")]
        assert flags_of(dataset) == {("leads", "created_at", "created after it was closed"): 1}


def test_an_activity_of_the_first_day_is_not_from_before_the_lead(tmp_path):
    events = "lead_id occurred_at type\na 2025-01-01 call\na 2024-12-31 call\n"
    with folder(tmp_path, leads=LEADS, events=events) as dataset:
        assert whole(dataset).events["occurred_at"].tolist() == [day("2024-12-31") + END, day("2025-01-01") + END]
        assert flags_of(dataset) == {("events", "occurred_at", "before its lead was created"): 1}


def test_today_ends_now(tmp_path):
    (tmp_path / "leads.csv").write_text("lead_id,created_at\na,2025-01-01\n")
    (tmp_path / "events.csv").write_text("lead_id,occurred_at,type\na,2025-01-05,call\na,2025-01-06,call\n")
    now = day("2025-01-05 10:00")
    with open_dataset(settings_of_folder(tmp_path), workspace=tmp_path / "var", now=now) as dataset:
        assert whole(dataset).events["occurred_at"].tolist() == [now, day("2025-01-06") + END]


def test_the_first_stage_and_the_first_values_of_the_first_day_begin_with_the_lead(tmp_path):
    stages = "lead_id stage entered_at\na mql 2025-01-01\na sql 2025-01-01\nb mql 2025-01-03\n"
    history = "lead_id field value changed_at\na size 5 2025-01-01\na size 7 2025-01-01\nb size 6 2025-01-03\n"
    leads = "lead_id created_at size\na 2025-01-01T11:02 7\nb 2025-01-02T09:00 6\n"
    with folder(tmp_path, leads=leads, stages=stages, attribute_history=history) as dataset:
        chunk = whole(dataset)
    moments = [day("2025-01-01 11:02"), day("2025-01-01") + END, day("2025-01-03") + END]
    assert chunk.stages["entered_at"].tolist() == moments
    assert chunk.changes["changed_at"].tolist() == moments


@pytest.mark.parametrize(("clocks", "found"), [(0, True), (4, True), (6, False)])
def test_a_few_times_of_day_among_many_days_make_no_clock(tmp_path, clocks, found):
    """They stay what they are."""
    leads = "lead_id created_at\n" + "".join(f"{number} 2025-01-01\n" for number in range(100))
    moments = ["2025-02-01T09:30"] * clocks + ["2025-02-01"] * (100 - clocks)
    outcomes = "lead_id closed_at won\n" + "".join(f"{number} {moment} 1\n" for number, moment in enumerate(moments))
    with folder(tmp_path, leads=leads, outcomes=outcomes) as dataset:
        closed = whole(dataset).leads["closed_at"]
        assert ("closed_at" in dataset.settings.days.get("outcomes", ())) is found
    last = day("2025-02-01") + (END if found else pd.Timedelta(0))
    assert closed.iloc[-1] == last
    assert (closed == day("2025-02-01 09:30")).sum() == clocks

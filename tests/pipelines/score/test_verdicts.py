"""Verdicts that come back from a CRM count as those of the pages do, each once."""

from datetime import date, datetime

import pytest

from data.config import Settings
from data.errors import InputError
from data.store import open_store, standing_verdicts
from data.workspace import Workspace
from pipelines.score.verdicts import take_in_verdicts

TABLE = """Lead,When,Verdict,Who,Until
007,2026-01-05T10:00:00,Too early,Ann,2026-03-01
008,2026-01-06,not a fit,,
009,2026-01-07,splendid,Bob,
,2026-01-07,good,Bob,
"""
COLUMNS = {"lead_id": "Lead", "given_at": "When", "verdict": "Verdict", "by": "Who", "until": "Until"}


@pytest.fixture
def settings(tmp_path) -> Settings:
    (tmp_path / "feedback.csv").write_text(TABLE)
    tables = {"leads": "leads.csv", "feedback": str(tmp_path / "feedback.csv")}
    return Settings.model_validate({"tables": tables, "columns": {"feedback": COLUMNS}})


def test_each_verdict_is_taken_in_once_in_the_words_of_the_pages(settings, tmp_path):
    workspace = Workspace.at(tmp_path / "var")
    with open_store(workspace.store, writing=True) as store:
        first, second = (take_in_verdicts(store, settings, workspace) for _ in range(2))
        with store.transaction() as connection:
            verdicts = standing_verdicts(connection).to_numpy().tolist()
    assert [row[:2] + row[3:] for row in verdicts] == [
        ["007", "early", "Ann", date(2026, 3, 1)],
        ["008", "no fit", "CRM", None],
    ]
    assert verdicts[0][2] == datetime(2026, 1, 5, 10)
    assert first[0] == "feedback: 2 new verdicts of 2"
    assert first[1:] == second
    assert second[0].startswith("feedback: 2 rows without a lead, a time or a verdict that is known ('Good lead',")


def test_a_column_that_is_needed_is_named(settings, tmp_path):
    (tmp_path / "feedback.csv").write_text("Lead,When\n007,2026-01-05\n")
    workspace = Workspace.at(tmp_path / "var")
    with open_store(workspace.store, writing=True) as store, pytest.raises(InputError, match="no column 'Verdict'"):
        take_in_verdicts(store, settings, workspace)


def test_without_the_table_nothing_is_read(tmp_path):
    workspace = Workspace.at(tmp_path / "var")
    with open_store(workspace.store, writing=True) as store:
        assert take_in_verdicts(store, Settings.model_validate({"tables": {"leads": "x.csv"}}), workspace) == []

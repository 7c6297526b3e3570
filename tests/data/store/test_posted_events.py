"""Events that are posted: each once by its id, whatever store they stand in, and read beside the table of events."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from data.config import Settings, settings_of_folder
from data.dataset import open_dataset
from data.store import add_events, open_store, posted_events

EVENT = {
    "event_id": "web-1",
    "lead_id": "007",
    "account_id": None,
    "occurred_at": datetime(2025, 2, 1, 10),
    "type": "visit",
    "asset": "price",
    "campaign": None,
    "value": 2.5,
}


def test_an_event_counts_once_by_its_id(database):
    with open_store(database) as store:
        assert add_events(store, [EVENT, EVENT | {"type": "another"}], "web") == 1
        assert add_events(store, [EVENT | {"value": 3.0}, EVENT | {"event_id": "web-2", "lead_id": None}], "web") == 1
    read = posted_events(database)
    assert read[["event_id", "lead_id", "type", "value"]].astype(object).where(read.notna(), None).values.tolist()[
        :1
    ] == [["web-1", "007", "visit", 2.5]]
    assert read["occurred_at"].dtype == "datetime64[us]"


def test_a_store_that_is_not_there_has_none_and_stays_away(tmp_path):
    assert posted_events(f"sqlite:///{tmp_path / 'store.db'}").empty
    assert not (tmp_path / "store.db").exists()


@pytest.fixture
def settings(tmp_path) -> Settings:
    (tmp_path / "leads.csv").write_text("lead_id,account_id,created_at\n007,a,2025-01-01\n8,b,2025-01-02\n")
    (tmp_path / "stages.csv").write_text("lead_id,stage,entered_at\n8,won,2025-03-01\n")
    return settings_of_folder(tmp_path)


def events_of(settings: Settings, folder: Path, lead_id: str) -> list[tuple]:
    now = pd.Timestamp("2025-06-01")
    with open_dataset(settings, workspace=folder / "var", now=now) as dataset:
        chunk = dataset.lead(lead_id)
        assert chunk is not None
        assert dataset.report.tables.get("events", dataset.report.tables["leads"]).quarantined == 0
    return list(zip(chunk.events["type"], chunk.events["occurred_at"].dt.day, strict=True))


def post(folder: Path, *events: dict) -> None:
    (folder / "var").mkdir(exist_ok=True)
    with open_store(f"sqlite:///{folder / 'var' / 'store.db'}") as store:
        add_events(store, [EVENT | event for event in events], "web")


def test_posted_events_are_there_without_a_table_of_events(settings, tmp_path):
    post(tmp_path, {}, {"event_id": "2", "lead_id": None, "account_id": "a", "occurred_at": datetime(2025, 2, 2)})
    assert events_of(settings, tmp_path, "007") == [("visit", 1), ("visit", 2)]
    assert events_of(settings, tmp_path, "8") == []


def test_an_event_of_the_table_stands_before_a_posted_one_of_its_id(settings, tmp_path):
    (tmp_path / "events.csv").write_text("lead_id,occurred_at,type,event_id\n007,2025-02-05T10:00,download,web-1\n")
    post(
        tmp_path,
        {},
        {"event_id": "2", "type": "click", "occurred_at": datetime(2025, 2, 3)},
        {"event_id": "3", "lead_id": "9"},
    )
    with_table = settings_of_folder(tmp_path)
    assert events_of(with_table, tmp_path, "007") == [("click", 3), ("download", 5)]

"""One lead read alone is what it is among all: with the events of its account, and without reading the others."""

from pathlib import Path

import pandas as pd
import pytest

from data.dataset import Dataset, open_dataset
from data.schema import Chunk
from data.settings import Settings, settings_of_folder

NOW = pd.Timestamp("2025-06-01")
TABLES = {
    "leads": """lead_id,account_id,created_at,industry
        007,a,03/01/2025,Retail
        8,a,13/01/2025,Retail
        8,b,13/01/2025,Health
        9,b,14/01/2025,Health""",
    "events": """lead_id,account_id,occurred_at,type,event_id
        8,,2025-02-01,visit,1
        ,a,2025-02-02,visit,2
        ,b,2025-02-03,visit,3
        007,a,2025-02-04,visit,4
        8,,2025-02-01,visit,1""",
    "stages": """lead_id,stage,entered_at
        8,mql,2025-02-01
        9,mql,2025-02-02
        8,won,2025-03-01""",
}


@pytest.fixture
def settings(tmp_path) -> Settings:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(line.strip() for line in text.splitlines()))
    return settings_of_folder(tmp_path)


@pytest.fixture
def among_all(settings, tmp_path) -> tuple[Settings, dict[str, Chunk]]:
    """The settings with the formats that were decided, and each lead as all tables give it."""
    with open_dataset(settings, workspace=tmp_path / "var", now=NOW) as dataset:
        return dataset.settings, {lead: _there(dataset, lead) for lead in ("007", "8", "9")}


def _there(dataset: Dataset, lead_id: str) -> Chunk:
    chunk = dataset.lead(lead_id)
    assert chunk is not None
    return chunk


def _schema(settings: Settings, folder: Path):
    with open_dataset(settings, workspace=folder / "var", now=NOW) as dataset:
        return dataset.schema


@pytest.mark.parametrize("lead_id", ["007", "8", "9"])
def test_a_lead_alone_is_as_among_all(among_all, tmp_path, lead_id):
    settings, leads = among_all
    schema = _schema(settings, tmp_path)
    with open_dataset(settings, workspace=tmp_path / "var", schema=schema, now=NOW, only=lead_id) as dataset:
        assert dataset.lead_count == 1
        alone = _there(dataset, lead_id)
    for part, whole in zip(alone, leads[lead_id], strict=True):
        pd.testing.assert_frame_equal(part, whole)


def test_the_events_of_its_account_are_its_own(among_all):
    _, leads = among_all
    assert leads["8"].events["occurred_at"].dt.day.tolist() == [1, 2]
    assert leads["9"].events["occurred_at"].dt.day.tolist() == [3]


def test_a_lead_that_is_not_there_is_none(among_all, tmp_path):
    settings, _ = among_all
    schema = _schema(settings, tmp_path)
    with open_dataset(settings, workspace=tmp_path / "var", schema=schema, now=NOW, only="10") as dataset:
        assert dataset.lead("10") is None
        assert dataset.lead("8") is None

"""One lead read alone is what it is among all: with the events of its account, and without reading the others."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data.chunk import Chunk
from data.config import DatabaseTable, Outcome, Settings, settings_of_folder
from data.dataset.dataset import Dataset, open_dataset
from data.sources import engine_of, reading

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


IDS = ["007", "8", "9", "L 1", "12.5", "null", ""]
ODD = {
    "leads": pd.DataFrame({"lead_id": IDS, "account_id": list("aabbbbb"), "industry": ["Retail"] * 7}),
    "events": pd.DataFrame(
        {
            "lead_id": ["8", None, "null", "12.5", " ", "007"],
            "account_id": [None, "a", "a", "b", "b", "b"],
            "occurred_at": [f"2025-02-0{day} 00:00:00" for day in range(1, 7)],
            "type": ["visit"] * 6,
        }
    ),
}


@pytest.fixture(params=["text", "whole numbers", "fractions", "mixed"])
def odd(request, database) -> dict[str, pd.DataFrame]:
    """Tables whose ids a database keeps as text, as numbers, or, in SQLite, as either."""
    numbers = {"whole numbers": range(1, 8), "fractions": [number / 2 for number in range(1, 8)]}
    tables = {name: frame.copy() for name, frame in ODD.items()}
    if request.param in numbers:
        numbered = dict(zip(IDS, numbers[request.param], strict=True))
        for frame in tables.values():
            frame["lead_id"] = frame["lead_id"].map(numbered)
        if request.param == "whole numbers":
            tables["events"]["lead_id"] = tables["events"]["lead_id"].astype("Int64")
    if request.param == "mixed" and database.startswith("postgres"):
        pytest.skip("only SQLite keeps any value in any column")
    engine = engine_of(database)
    for name, frame in tables.items():
        frame.to_sql(name, engine, index=False)
    if request.param == "mixed":
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE copied (lead_id, account_id, industry)")
            connection.exec_driver_sql("INSERT INTO copied SELECT * FROM leads")
            connection.exec_driver_sql("UPDATE copied SET lead_id = 8 WHERE lead_id = '8'")
            connection.exec_driver_sql("UPDATE copied SET lead_id = 12.5 WHERE lead_id = '12.5'")
            connection.exec_driver_sql("DROP TABLE leads")
            connection.exec_driver_sql("ALTER TABLE copied RENAME TO leads")
    engine.dispose()
    return tables


def test_of_a_database_only_the_rows_of_the_lead_come_and_it_is_as_among_all(odd, database, tmp_path):
    sources = {name: DatabaseTable(table=name) for name in odd}
    outcome = Outcome(column="industry", won=("Retail",))
    settings = Settings(tables=sources, database=database, outcome=outcome, as_of=NOW.to_pydatetime())
    with open_dataset(settings, workspace=tmp_path / "var", now=NOW) as dataset:
        settings, schema = dataset.settings, dataset.schema
        leads = pd.concat(chunk.leads for chunk in dataset.chunks(100))["lead_id"].tolist()
        among_all = {lead: _there(dataset, lead) for lead in leads}
    assert len(leads) >= 5
    for lead, whole in among_all.items():
        with open_dataset(settings, workspace=tmp_path / "var", schema=schema, now=NOW, only=lead) as dataset:
            alone = _there(dataset, lead)
        for part, other in zip(alone, whole, strict=True):
            there = other.drop(columns="position", errors="ignore").reset_index(drop=True)
            pd.testing.assert_frame_equal(part.drop(columns="position", errors="ignore").reset_index(drop=True), there)
    with open_dataset(settings, workspace=tmp_path / "var", schema=schema, now=NOW, only="nobody") as dataset:
        assert dataset.lead("nobody") is None


def test_a_database_leaves_out_the_rows_of_others(database):
    engine = engine_of(database)
    ODD["events"].to_sql("events", engine, index=False)
    engine.dispose()
    with reading(database) as opened, duckdb.connect() as duck:
        reader = opened.open(DatabaseTable(table="events"))
        staged = reader.stage(duck, "seen", ["lead_id", "account_id"], only={"lead_id": ["8"], "account_id": ["a"]})
        assert duck.sql("SELECT c0, c1 FROM seen").fetchall() == [("8", None), (None, "a"), ("null", "a")]
    assert staged.rows == 3

"""The same data from CSV, Parquet, SQLite and PostgreSQL: the same features, the same model, the same scores."""

import json
from pathlib import Path

import pandas as pd
import pytest

from data.config import DatabaseTable, FileTable, Settings, load_settings
from data.dataset import open_dataset
from data.json import strict_json
from data.sources import engine_of
from data.workspace import Workspace
from pipelines.score import score
from pipelines.train import train
from pipelines.training_data import read_training_data

KINDS = ["csv", "sqlite", "postgresql", "postgresql with copies"]
KEYS = {"leads": "lead_id", "events": "event_id"}


def into_database(tables: dict[str, pd.DataFrame], address: str, *, with_keys: bool = False) -> None:
    """Load tables into a database; with keys they can be followed, but then no id may come twice."""
    engine = engine_of(address)
    for name, table in tables.items():
        if with_keys and name in KEYS:
            table = table.drop_duplicates(KEYS[name]).assign(updated_at=pd.Timestamp("2026-01-01"))
        table.to_sql(f"crm_{name}", engine, index=False)
        if with_keys and name in KEYS:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"ALTER TABLE crm_{name} ADD PRIMARY KEY ({KEYS[name]})")


@pytest.fixture(scope="module")
def tables(config) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(config.parent / f"{name}.parquet") for name in load_settings(config).tables}


@pytest.fixture(params=KINDS)
def elsewhere(request, config, tables, tmp_path) -> Settings:
    """Settings of the simulated funnel with its tables somewhere else."""
    settings = load_settings(config)
    if request.param == "csv":
        for name, table in tables.items():
            table.sample(frac=1, random_state=0).to_csv(tmp_path / f"{name}.csv", index=False)
        return settings.model_copy(update={"tables": {name: FileTable(tmp_path / f"{name}.csv") for name in tables}})
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    if request.param != "sqlite":
        address = request.getfixturevalue("postgres")
    else:
        Path(tmp_path / "crm.db").touch()
    into_database(tables, address, with_keys=request.param.endswith("copies"))
    drop = ["updated_at"] if request.param.endswith("copies") else []
    there = {name: DatabaseTable(table=f"crm_{name}") for name in tables}
    return settings.model_copy(update={"tables": there, "database": address, "drop": drop})


def by_lead(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("lead_id", ignore_index=True)


@pytest.mark.slow
def test_all_sources_give_the_same_features_and_scores(elsewhere, config, workspace, scored, tmp_path):
    here = read_training_data(load_settings(config), Workspace.at(tmp_path / "here"))
    for _ in range(2):  # a second time, where copies are kept, from the copies
        there = read_training_data(elsewhere, Workspace.at(tmp_path / "there"))
        pd.testing.assert_frame_equal(there.table.features, here.table.features)
        columns = ["lead_id", "as_of", "won"]
        pd.testing.assert_frame_equal(there.table.rows[columns], here.table.rows[columns])
        assert there.fingerprint == here.fingerprint
    score(workspace, settings=elsewhere, out=tmp_path / "scores.parquet")
    pd.testing.assert_frame_equal(by_lead(pd.read_parquet(tmp_path / "scores.parquet")), by_lead(scored.frame))


@pytest.mark.slow
def test_a_model_learnt_from_a_database_is_the_one_learnt_from_files(tables, config, trained, postgres, tmp_path):
    into_database(tables, postgres)
    there = {name: DatabaseTable(table=f"crm_{name}") for name in tables}
    settings = load_settings(config).model_copy(update={"tables": there, "database": postgres})
    result = train(settings.model_copy(update={"trials": 0}), Workspace.at(tmp_path / "there"))
    assert json.loads(strict_json(result.as_json()))["metrics"] == trained.ran.json["metrics"]


def test_only_changed_rows_come_a_second_time_and_scores_follow_them(config, tables, workspace, postgres, tmp_path):
    into_database(tables, postgres, with_keys=True)
    there = {name: DatabaseTable(table=f"crm_{name}") for name in tables}
    settings = load_settings(config).model_copy(update={"tables": there, "database": postgres, "drop": ["updated_at"]})
    before = score(workspace, settings=settings, out=tmp_path / "before.parquet")
    lead = pd.read_parquet(tmp_path / "before.parquet").query("outcome == 'open' and band == 'cold'")["lead_id"].iloc[0]
    with engine_of(postgres).begin() as connection:
        connection.exec_driver_sql(
            f"""INSERT INTO crm_events (event_id, lead_id, occurred_at, type, updated_at)
            SELECT 'new' || n, '{lead}', '2025-12-31 12:00+00', 'demo_request', '2026-01-02'
            FROM generate_series(1, 3) AS n"""
        )
    after = score(workspace, settings=settings, out=tmp_path / "after.parquet")
    assert (before.scored, after.changed) == (after.scored, 1)
    now, then = (pd.read_parquet(tmp_path / f"{name}.parquet").set_index("lead_id") for name in ("after", "before"))
    assert now["probability"][lead] > then["probability"][lead]
    with open_dataset(settings, workspace=workspace.root, schema=None) as dataset:
        assert any("rows fetched that changed" in note for note in dataset.report.notes)


# Olist: deals as outcomes, dates with the day first


@pytest.fixture
def olist(datasets, tmp_path) -> Path:
    folder = tmp_path / "olist"
    folder.mkdir()
    for file in (datasets / "olist").glob("*.csv"):
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.mark.slow
def test_olist_scores_the_same_from_csv_and_from_postgresql(olist, postgres, leadscore, monkeypatch, tmp_path):
    """Settings by `init`, edited by hand: a shorter horizon, and other tables."""
    config = olist / "leadscore.yaml"
    ran = leadscore("init", "--leads", olist, "--out", config)
    assert ran.code == 0, ran.err
    proposed = load_settings(config)
    assert proposed.columns["leads"]["lead_id"] == proposed.columns["outcomes"]["lead_id"] == "mql_id"
    assert proposed.columns["outcomes"]["closed_at"] == "won_date"
    ran = leadscore("train", "--config", config, "--workspace", tmp_path / "var", "--json")
    assert ran.code == 0, ran.err
    monkeypatch.setenv("CRM_URL", postgres)
    files = {name: source.path for name, source in proposed.tables.items()}
    for name, file in files.items():
        table = pd.read_csv(file)
        for column in ("first_contact_date", "won_date"):
            if column in table:
                table[column] = pd.to_datetime(table[column], dayfirst=True)
        table.to_sql(name, engine_of(postgres), index=False)
    edited = config.read_text()
    for name, file in files.items():
        edited = edited.replace(f"{name}: {file.name}", f"{name}: {{table: {name}}}")
    (olist / "database.yaml").write_text("database: ${CRM_URL}\n" + edited)
    scores = {}
    for source in ("leadscore", "database"):
        out = tmp_path / f"{source}.parquet"
        ran = leadscore("score", "--config", olist / f"{source}.yaml", "--out", out, "--workspace", tmp_path / "var")
        assert ran.code == 0, ran.err
        scores[source] = by_lead(pd.read_parquet(out))
    leads, deals = (pd.read_csv(files[name]) for name in ("leads", "outcomes"))
    assert len(scores["database"]) == (~leads["mql_id"].isin(deals["mql_id"])).sum()  # 7,158 of 8,000 are open
    pd.testing.assert_frame_equal(scores["leadscore"], scores["database"])

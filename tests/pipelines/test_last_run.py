"""What the last run was: the store says it, a copy of the workspace knows it too, and never touches the original."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from data.config import FileTable, Settings, WriteBack, load_settings
from data.store import open_store
from data.workspace import Workspace
from models.versions import Registry
from pipelines.last_run import remember_store, settings_of_last_run, store_address
from pipelines.score import score


def settings_of(workspace: Workspace) -> Settings:
    settings = settings_of_last_run(workspace)
    assert settings is not None
    return settings


def test_before_the_first_run_there_is_none_and_no_store_is_made(tmp_path):
    assert settings_of_last_run(Workspace(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_the_store_says_what_the_last_run_was_and_no_file_does(workspace, scored, config):
    settings = settings_of(workspace)
    assert settings.place("leads") == str(config.parent / "leads.parquet")
    assert f"{settings.as_of.isoformat()}Z" == scored.ran.json["as_of"]
    assert not workspace.last_scored.exists()


def test_only_the_newest_run_keeps_its_settings(workspace):
    score(workspace)
    with open_store(workspace.store) as store:
        newest, *earlier = store.runs()
    assert newest["settings"]
    assert earlier
    assert not any(run["settings"] for run in earlier)


def test_a_run_that_fails_leaves_the_settings_of_the_one_before(workspace, config, monkeypatch):
    before = settings_of(workspace)
    monkeypatch.setattr("data.store.store.Store.add", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        score(workspace, settings=load_settings(config).model_copy(update={"segments": ["source"]}))
    assert settings_of(workspace) == before


@pytest.mark.parametrize("place", ["inside", "outside"])
def test_a_store_that_the_settings_name_is_found_again(workspace, config, tmp_path, place):
    file = (workspace.root if place == "inside" else tmp_path) / "other.db"
    score(workspace, settings=load_settings(config).model_copy(update={"store": f"sqlite:///{file}"}))
    assert store_address(workspace) == f"sqlite:///{file}"
    assert settings_of(workspace).store == f"sqlite:///{file}"
    copy = Workspace(shutil.copytree(workspace.root, tmp_path / "copy"))
    expected = copy.root / "other.db" if place == "inside" else file
    assert store_address(copy) == f"sqlite:///{expected}"


def test_a_run_into_the_own_store_is_found_there_again(workspace, tmp_path):
    remember_store(workspace, f"sqlite:///{tmp_path / 'other.db'}")
    score(workspace)
    assert store_address(workspace) == workspace.store


def test_the_address_of_a_store_with_a_secret_stays_a_name(workspace):
    remember_store(workspace, "${STORE_URL}")
    assert store_address(workspace) == "${STORE_URL}"


@pytest.fixture
def older(workspace, config) -> Workspace:
    """A workspace as an earlier version left it: the last run is in a file with absolute paths."""
    settings = settings_of(workspace)
    with open_store(workspace.store) as store, store.transaction(writing=True) as connection:
        connection.exec_driver_sql("UPDATE leadscore_runs SET settings = NULL")
    workspace.last_scored.write_text(settings.model_dump_json(indent=1), encoding="utf-8")
    return workspace


def test_what_an_earlier_version_wrote_is_moved_into_the_store(older):
    written = Settings.model_validate_json(older.last_scored.read_text(encoding="utf-8"))
    assert settings_of(older) == written
    assert not older.last_scored.exists()
    assert settings_of(older) == written


def test_what_an_earlier_version_wrote_of_another_store_is_moved_there(older, tmp_path):
    other = f"sqlite:///{shutil.copy(older.root / 'store.db', tmp_path / 'other.db')}"
    written = json.loads(older.last_scored.read_text(encoding="utf-8")) | {"store": other}
    older.last_scored.write_text(json.dumps(written), encoding="utf-8")
    assert store_address(older) == other
    assert settings_of(older).store == other
    assert not older.last_scored.exists()


def test_a_move_that_was_killed_overwrites_no_later_run(older, config):
    text = older.last_scored.read_text(encoding="utf-8")
    score(older, settings=load_settings(config).model_copy(update={"segments": ["source"]}))
    older.last_scored.write_text(text, encoding="utf-8")  # as if it had not come to its removal
    assert settings_of(older).segments == ["source"]


def test_a_copy_of_a_workspace_works_without_the_original_and_never_touches_it(leadscore, trained, tmp_path, config):
    """Leads, store and CRM lie in the workspace, as in the demo."""
    original = Workspace(shutil.copytree(trained.workspace.root, tmp_path / "original"))
    shutil.copytree(config.parent, original.root / "tables")
    sqlite3.connect(original.root / "crm.db").close()
    back = WriteBack(database=f"sqlite:///{original.root / 'crm.db'}", columns={"score": "score"})
    score(original, settings=load_settings(original.root / "tables").model_copy(update={"write_back": back}))
    copy = shutil.copytree(original.root, tmp_path / "copy")
    original.root.rename(tmp_path / "gone")

    assert leadscore("push", "--setup", "--workspace", copy).code == 0
    written = leadscore("push", "--workspace", copy, "--json").json["written"]
    assert written == held(copy / "crm.db") > 0
    lead = leadscore("report", "--workspace", copy, "--json").json["hottest"][0]["lead_id"]
    assert leadscore("explain", lead, "--workspace", copy, "--json").json["lead_id"] == lead
    assert not original.root.exists()
    assert (tmp_path / "gone" / "crm.db").stat().st_size == 0


def test_the_settings_of_a_training_name_the_files_of_the_copy(workspace, tmp_path):
    registry = Registry(workspace)
    newest = registry.newest()
    assert newest
    settings = registry.champion().settings.model_copy(
        update={"tables": {"leads": FileTable(workspace.root / "leads.csv")}}
    )
    assert registry.settle(newest, settings)
    copy = Workspace(shutil.copytree(workspace.root, tmp_path / "copy"))
    assert Registry(copy).champion().settings.place("leads") == str(copy.root / "leads.csv")


def held(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT count(*) FROM lead_scores").fetchone()[0]

"""Versions in a workspace of their own: nothing of the caller's MLflow is touched, and a workspace can move."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import pyfunc

from data.errors import ModelError
from data.workspace import Workspace
from models.versions.local_store import LocalStore
from models.versions.store import Version


def add(store: LocalStore, model, text: str = "mine") -> str:
    """Store a version with one file, as a training does."""
    run = store.begin()
    number = store.put(run, model, {"of": text})
    store.write_text(run, "leadscore/note.txt", text)
    store.describe(run, {"seed": 1}, {"auc": 0.5}, {"of": text})
    store.end(run)
    return number


def get(store: LocalStore, number: str = "1") -> Version:
    version = store.get(number)
    assert version is not None
    return version


def note_of(store: LocalStore, number: str = "1") -> str:
    return store.files(get(store, number), "leadscore/note.txt").read_text()


def stores(folder: Path, *names: str) -> list[LocalStore]:
    return [LocalStore(Workspace.at(folder / name)) for name in names]


# Nothing that is global


def test_two_stores_in_one_process_keep_their_runs_apart(tmp_path, model):
    one, other = stores(tmp_path, "one", "other")
    runs = [store.begin() for store in (one, other)]  # both are open at the same time
    for store, run, text in zip((one, other), runs, ("one", "other"), strict=True):
        store.put(run, model, {"of": text})
        store.write_text(run, "leadscore/note.txt", text)
        store.describe(run, {}, {"auc": 0.5}, {"of": text})
    for store, run in zip((one, other), runs, strict=True):
        store.end(run)
    for store, run, text in zip((one, other), runs, ("one", "other"), strict=True):
        assert [version.run_id for version in store.list()] == [run]
        assert note_of(store) == text
        assert store.client.get_run(run).data.tags["of"] == text


def test_two_threads_keep_their_runs_apart(tmp_path, model):
    both = stores(tmp_path, "one", "other")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda store: [add(store, model, store.workspace.root.name) for _ in range(3)], both))
    for store in both:
        name = store.workspace.root.name
        assert [(version.number, version.tags["of"]) for version in store.list()] == [(n, name) for n in "123"]
        assert {note_of(store, number) for number in "123"} == {name}


@pytest.fixture
def elsewhere(tmp_path):
    """A caller who logs to another store, in a run that is under way."""
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'callers.db'}")
    with mlflow.start_run() as run:
        yield run
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])


def test_the_callers_mlflow_is_as_it_was(elsewhere, workspace, model):
    def state():
        active = mlflow.active_run()
        return mlflow.get_tracking_uri(), mlflow.get_registry_uri(), active and active.info.run_id, dict(os.environ)

    before, store = state(), LocalStore(workspace)
    add(store, model)
    assert note_of(store) == "mine"
    store.model(get(store))
    assert state() == before
    mlflow.log_metric("of the caller", 1.0)
    assert mlflow.get_run(elsewhere.info.run_id).data.metrics == {"of the caller": 1.0}


IMPORT = """
import logging, os, sys
for name in [name for name in os.environ if name.startswith("MLFLOW_") or name == "DO_NOT_TRACK"]:
    del os.environ[name]
os.environ["CI"] = "true"  # whatever goes wrong, a test sends nothing
before = dict(os.environ)
from data.workspace import Workspace
from models.versions import Registry
Registry(Workspace.at(__import__("pathlib").Path(sys.argv[1]))).store.running()  # asks MLflow
import mlflow
from mlflow.telemetry.client import get_telemetry_client
assert dict(os.environ) == before, set(os.environ) ^ set(before)
assert get_telemetry_client() is None
assert mlflow.get_tracking_uri() != f"sqlite:///{sys.argv[1]}/mlflow.db"
assert logging.getLogger("mlflow").level != logging.ERROR
"""


def test_importing_and_opening_changes_no_environment(tmp_path):
    done = subprocess.run([sys.executable, "-c", IMPORT, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# What is stored


def test_mlflow_itself_loads_what_is_stored(workspace, model):
    store = LocalStore(workspace)
    add(store, model)
    loaded = pyfunc.load_model(str(store.model(get(store))))
    rows = np.zeros((1, 2))
    assert loaded.predict(rows).tolist() == model.predict_proba(rows).tolist()


def test_a_version_never_changes_once_its_run_is_over(workspace, model):
    store = LocalStore(workspace)
    add(store, model)
    with pytest.raises(ModelError, match="never change"):
        store.write_text(get(store).run_id, "leadscore/note.txt", "another")
    with pytest.raises(ModelError, match="never change"):
        LocalStore(workspace).write_folder(get(store).run_id, "leadscore", workspace.root)


def test_what_is_not_there_is_none(workspace, model):
    store = LocalStore(workspace)
    assert (store.get("1"), store.alias("champion"), store.note("champions"), store.list()) == (None, None, None, [])
    add(store, model)
    assert (store.get("7"), store.alias("champion"), store.note("champions")) == (None, None, None)


# Copied and moved


def times(workspace: Workspace) -> dict[Path, tuple[int, int]]:
    files = filter(Path.is_file, workspace.root.rglob("*"))
    return {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in files}


def test_a_copy_never_touches_the_original(tmp_path, workspace, model):
    add(LocalStore(workspace), model, "the original")
    copy = LocalStore(Workspace.at(Path(shutil.copytree(workspace.root, tmp_path / "copy"))))
    before = times(workspace)
    assert copy.model(get(copy)).is_relative_to(copy.workspace.root)
    assert add(copy, model, "the copy") == "2"
    assert [note_of(copy, number) for number in "12"] == ["the original", "the copy"]
    assert times(workspace) == before
    assert [version.number for version in LocalStore(workspace).list()] == ["1"]


def test_a_workspace_that_was_moved_works_as_before(tmp_path, workspace, model):
    add(LocalStore(workspace), model)
    moved = LocalStore(Workspace.at(Path(shutil.move(workspace.root, tmp_path / "moved"))))
    assert note_of(moved) == "mine"
    assert add(moved, model, "later") == "2"
    assert not workspace.root.exists()


def test_mlflows_own_addresses_follow_a_workspace(tmp_path, workspace, model):
    add(LocalStore(workspace), model)
    moved = LocalStore(Workspace.at(Path(shutil.move(workspace.root, tmp_path / "moved"))))
    version = get(moved)
    home = (tmp_path / "moved" / "artifacts").as_uri()
    assert moved.client.get_run(version.run_id).info.artifact_uri == f"{home}/{version.run_id}/artifacts"
    assert moved.client.get_model_version_download_uri("leadscore", "1").startswith(f"{home}/models/")


def test_a_moved_workspace_that_cannot_be_written_to_is_read(tmp_path, workspace, model, monkeypatch):
    add(LocalStore(workspace), model)
    moved = LocalStore(Workspace.at(Path(shutil.move(workspace.root, tmp_path / "moved"))))
    monkeypatch.setattr("models.versions.local_store.move_in", lambda workspace: None)
    assert note_of(moved) == "mine"
    assert (moved.model(get(moved)) / "model.skops").exists()


def test_files_that_are_gone_are_named(workspace, model):
    store = LocalStore(workspace)
    add(store, model)
    shutil.rmtree(workspace.artifacts)
    with pytest.raises(ModelError, match="not where they were stored"):
        store.model(get(store))


def test_loading_leaves_nothing_in_the_temporary_folder(tmp_path, workspace, model, monkeypatch):
    add(store := LocalStore(workspace), model)
    (empty := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(empty))
    store.model(get(store))
    note_of(store)
    assert list(empty.iterdir()) == []

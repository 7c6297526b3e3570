"""What is read of MLflow's database by SQL is what MLflow itself says of it."""

import subprocess
import sys

import pytest

from data.errors import ModelError
from models.versions.database import VersionTables
from models.versions.local_store import LocalStore
from models.versions.store import NAME


@pytest.fixture
def store(workspace, model) -> LocalStore:
    """A store with three versions, of which the last was deleted; with tags, an alias and a note."""
    store = LocalStore(workspace)
    for text in ("one", "two", "three"):
        run = store.begin()
        store.put(run, model, {"of": text})
        store.end(run)
    store.tag("2", "later", "x" * 4000)
    store.set_alias("champion", "2")
    store.set_note("champions", '["1", "2"]')
    store.client.delete_model_version(NAME, "3")
    return store


def test_versions_are_those_that_mlflow_lists(store):
    by_mlflow = sorted(store.client.search_model_versions(f"name='{NAME}'"), key=lambda version: int(version.version))
    versions = store.tables.list()
    assert [version.number for version in versions] == [str(version.version) for version in by_mlflow] == ["1", "2"]
    assert [version.run_id for version in versions] == [version.run_id for version in by_mlflow]
    assert [dict(version.tags) for version in versions] == [dict(version.tags) for version in by_mlflow]
    assert [int(version.created.timestamp() * 1000) for version in versions] == [
        version.creation_timestamp for version in by_mlflow
    ]


def test_a_version_its_source_alias_and_note_are_those_of_mlflow(store):
    version = store.tables.get("2")
    assert version is not None
    assert version.tags == {"of": "two", "later": "x" * 4000}
    assert store.tables.source(version) == store.client.get_model_version_download_uri(NAME, "2")
    assert store.tables.alias("champion") == str(store.client.get_model_version_by_alias(NAME, "champion").version)
    assert store.tables.note("champions") == store.client.get_registered_model(NAME).tags["champions"]


def test_what_mlflow_has_not_is_none(store):
    tables = store.tables
    assert [tables.get("3"), tables.get("x"), tables.alias("challenger"), tables.note("more")] == [None] * 4


def test_reading_makes_no_file_and_is_no_error_before_the_first_training(tmp_path):
    tables = VersionTables(tmp_path / "mlflow.db")
    assert (tables.list(), tables.alias("champion")) == ([], None)
    assert not tables.path.exists()
    tables.path.touch()
    assert (tables.list(), tables.alias("champion")) == ([], None)


def test_a_damaged_database_is_named(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 1000)
    with pytest.raises(ModelError, match=r"cannot be opened(.|\n)*mlflow.db"):
        VersionTables(tmp_path / "mlflow.db").list()


WITHOUT_MLFLOW = """
import sys
from pathlib import Path
from data.workspace import Workspace
from models.versions import Registry
registry = Registry(Workspace.at(Path(sys.argv[1])))
assert registry.champion_version == "2", registry.champion_version
assert [version.number for version in registry.store.list()] == ["1", "2"]
assert registry.store.model(registry.store.get("2")).exists()
assert "mlflow" not in sys.modules
"""


def test_reading_loads_no_mlflow(store):
    command = [sys.executable, "-c", WITHOUT_MLFLOW, str(store.workspace.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

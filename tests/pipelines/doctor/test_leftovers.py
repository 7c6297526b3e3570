"""What killed runs left is found, and nothing that somebody still uses."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from data.config import Settings
from data.staging import open_staging
from data.workspace import Workspace
from models.versions import Registry
from pipelines.doctor.leftovers import leftovers, unfinished_trainings


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Workspace:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return Workspace.at(tmp_path / "var")


def gone() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_drafts_of_runs_that_are_gone_are_removed(workspace):
    workspace.quarantine.mkdir()
    abandoned = [
        workspace.root / f".scores.csv.{gone()}.tmp",
        workspace.quarantine / f".leads.csv.{gone()}.0a1b2c3d.tmp",
    ]
    for draft in (*abandoned, workspace.root / f".report.html.{os.getpid()}.tmp", workspace.root / "notes.tmp"):
        draft.write_text("lead_id\n")
    found = list(leftovers(workspace))
    assert sorted(each.where for each in found) == sorted(map(str, abandoned))
    for each in found:
        assert each.mend is not None
        each.mend()
    assert list(leftovers(workspace)) == []
    assert len(list(workspace.root.iterdir())) == 3


def test_a_folder_that_a_run_reads_into_is_its_own_until_it_is_gone(workspace):
    (workspace.root / "staging-0123").mkdir()
    settings = Settings.model_validate({"tables": {"leads": "leads.csv"}})
    with open_staging(settings, workspace=workspace.root):  # it removes what is there, and makes its own
        (workspace.root / "staging-4567").mkdir()
        assert [Path(each.where).name for each in leftovers(workspace)] == ["staging-4567"]


def test_temporary_folders_go_once_they_are_a_day_old(workspace):
    old, new = (Path(tempfile.mkdtemp(prefix="leadscore-")) for _ in range(2))
    other = Path(tempfile.mkdtemp(prefix="of-another-program-"))
    for folder in (old, other):
        os.utime(folder, (1e9, 1e9))
    (found,) = leftovers(workspace)
    assert found.where == str(old)
    assert found.mend is not None
    found.mend()
    assert (old.exists(), new.exists(), other.exists()) == (False, True, True)


def test_a_training_that_was_killed_runs_no_more(workspace):
    code = f"""
import os, pathlib
from data.workspace import Workspace
from models.versions import Registry
with Registry(Workspace.at(pathlib.Path({str(workspace.root)!r}))).run():
    os._exit(9)
"""
    subprocess.run(
        [sys.executable, "-c", code], check=False, env={**os.environ, "PYTHONPATH": "."}, capture_output=True
    )
    registry = Registry(workspace)
    with registry.run():
        (found,) = unfinished_trainings(registry)
        assert found.mend is not None
        found.mend()
        assert list(unfinished_trainings(registry)) == []

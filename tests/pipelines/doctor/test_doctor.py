"""The doctor says what is wrong, mends what it may, and its exit code is honest."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from data.locks import one_run_at_a_time
from data.workspace import Workspace

ROOT = Path(__file__).parents[3]
DRAFT = ".scores.csv.999999999.tmp"


@pytest.fixture
def empty(tmp_path) -> Workspace:
    return Workspace.at(tmp_path / "var")


def test_an_empty_workspace_is_sound(empty, leadscore):
    assert leadscore("doctor", "--workspace", empty.root, "--json").json["sound"]


def test_what_is_found_is_shown_and_cleared_with_fix_alone(empty, leadscore):
    (empty.root / DRAFT).write_text("lead_id\n")
    ran = leadscore("doctor", "--workspace", empty.root)
    assert (ran.code, (empty.root / DRAFT).exists()) == (1, True)
    assert "a draft that a killed run left" in ran.out
    assert "(--fix does it)" in ran.out
    fixed = leadscore("doctor", "--fix", "--workspace", empty.root, "--json").json
    assert [(each["where"], each["fixed"]) for each in fixed["findings"]] == [(str(empty.root / DRAFT), True)]
    assert leadscore("doctor", "--workspace", empty.root).out.startswith("Nothing is wrong with: leftovers")


def test_what_cannot_be_mended_stays_said(empty, leadscore):
    (empty.root / "mlflow.db").write_bytes(b"no database" * 999)
    for _ in range(2):
        ran = leadscore("doctor", "--fix", "--workspace", empty.root)
        assert ran.code == 1
        assert "damaged database" in ran.out
        assert "1 left to mend" in ran.out


@pytest.mark.parametrize("command", [("score",), ("promote", "1"), ("compare",), ("monitor",)])
def test_other_commands_say_that_a_database_is_damaged_and_name_the_doctor(empty, leadscore, command):
    (empty.root / "mlflow.db").write_bytes(b"no database" * 999)
    ran = leadscore(*command, "--workspace", empty.root)
    assert ran.code == 1
    assert "the registry cannot be opened" in ran.err
    assert "leadscore doctor" in ran.err
    assert "unexpected" not in ran.err


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="root may read every file, and setpriv is not here")
def test_a_database_that_may_not_be_read_is_not_called_damaged(empty):
    empty.models.write_bytes(b"")
    empty.models.chmod(0)
    plain = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]  # root, but for its leave to read every file
    command = [sys.executable, "-m", "pipelines.cli", "doctor", "--workspace", str(empty.root)]
    ran = subprocess.run([*plain, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "a database that may not be read and written" in ran.stdout
    assert "damaged database" not in ran.stdout


@pytest.mark.parametrize(("lock", "run"), [("lock", "score"), ("training_lock", "train")])
def test_a_workspace_that_a_run_uses_is_left_alone(empty, leadscore, lock, run):
    with one_run_at_a_time(getattr(empty, lock), run):
        ran = leadscore("doctor", "--fix", "--workspace", empty.root)
    assert ran.code == 1
    assert "another run is using this workspace" in ran.err


def test_without_a_workspace_none_is_made(leadscore, tmp_path):
    assert leadscore("doctor", "--workspace", tmp_path / "nowhere").code == 2
    assert not (tmp_path / "nowhere").exists()


def test_a_trained_workspace_is_sound_until_a_file_of_its_version_is_changed(workspace, leadscore):
    sound = leadscore("doctor", "--workspace", workspace.root, "--json").json
    assert sound["findings"] == []
    assert sound["checked"][-1] == "versions"
    drawing = next(workspace.artifacts.glob("*/artifacts/leadscore/plots/*.svg"))
    drawing.write_text(drawing.read_text() + "<script/>")
    ran = leadscore("doctor", "--workspace", workspace.root)
    assert ran.code == 1
    assert f"{drawing.name} of version 1 cannot be read" in " ".join(ran.out.split())


def test_loading_a_version_leaves_nothing_in_the_temporary_folder(workspace, leadscore, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    assert leadscore("doctor", "--workspace", workspace.root).code == 0
    assert list((tmp_path / "temporary").iterdir()) == []

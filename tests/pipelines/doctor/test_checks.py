"""What is damaged or open in a workspace is found by its name."""

import os

import pytest

from data.store import open_store
from data.workspace import Workspace
from pipelines.doctor import checks
from pipelines.last_run import remember_store


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    workspace = Workspace.at(tmp_path / "var")
    with open_store(workspace.store) as store:
        store.runs()
    return workspace


def test_a_whole_workspace_has_no_findings(workspace):
    assert [
        *checks.damaged_databases(workspace),
        *checks.unusable_store(workspace),
        *checks.unsafe_key(workspace),
    ] == []
    assert [*checks.open_permissions(workspace), *checks.broken_links(workspace)] == []


@pytest.mark.parametrize("name", ["store.db", "mlflow.db"])
@pytest.mark.parametrize("content", [b"no database at all, but text" * 99, b"SQLite format 3\0" + b"\xff" * 9999])
def test_a_damaged_database_is_named(workspace, name, content):
    (workspace.root / name).write_bytes(content)
    (found,) = checks.damaged_databases(workspace)
    assert found.where == str(workspace.root / name)
    assert "copy of the workspace" in found.remedy


def test_a_page_of_a_database_that_was_overwritten_is_found(workspace):
    file = workspace.root / "store.db"
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    file.write_bytes(content)
    assert len(list(checks.damaged_databases(workspace))) == 1


def test_a_store_that_cannot_be_reached_is_said_without_its_password(workspace, monkeypatch):
    monkeypatch.setenv("AWAY", "postgresql://me:hunter2@127.0.0.1:1/none")
    remember_store(workspace, "${AWAY}")
    (found,) = checks.unusable_store(workspace)
    assert "cannot be reached" in found.what
    assert "hunter2" not in str(found)


def test_a_store_that_is_not_there_yet_is_not_made(tmp_path):
    workspace = Workspace.at(tmp_path)
    assert list(checks.unusable_store(workspace)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_not_whole_is_removed(workspace):
    workspace.pages_key.touch(mode=0o600)
    (found,) = checks.unsafe_key(workspace)
    assert found.mend is not None
    found.mend()
    assert list(checks.unsafe_key(workspace)) == []


def test_what_others_may_read_is_kept_to_its_owner(workspace):
    workspace.root.chmod(0o755)
    workspace.pages_key.write_text("0" * 64)
    workspace.pages_key.chmod(0o644)
    found = list(checks.open_permissions(workspace))
    assert [each.where for each in found] == [str(workspace.root), str(workspace.pages_key)]
    for each in found:
        assert each.mend is not None
        each.mend()
    assert list(checks.open_permissions(workspace)) == []


def test_a_link_that_leads_nowhere_is_named(workspace):
    (workspace.root / "report.html").symlink_to(workspace.root / "gone.html")
    (workspace.root / "fine").symlink_to(os.devnull)
    (found,) = checks.broken_links(workspace)
    assert "report.html" in found.where

"""Which code made a version."""

import subprocess
from pathlib import Path

from models.versions.commit import git_commit


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    return subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


def a_checkout(folder: Path, inside: str) -> Path:
    """Return a module file within a repository of its own."""
    file = folder / inside / "commit.py"
    file.parent.mkdir(parents=True)
    file.touch()
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return file


def test_the_commit_is_that_of_the_checkout_of_this_code(tmp_path, monkeypatch):
    monkeypatch.setattr("models.versions.commit.__file__", str(a_checkout(tmp_path, "models/versions")))
    assert git_commit() == git(tmp_path, "rev-parse", "HEAD").strip()


def test_installed_within_another_repository_the_commit_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr("models.versions.commit.__file__", str(a_checkout(tmp_path, "env/packages/models/versions")))
    assert git_commit() == "unknown"


def test_outside_of_a_checkout_the_commit_is_not_known(tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    monkeypatch.setattr("models.versions.commit.__file__", str(tmp_path / "models" / "commit.py"))
    assert git_commit() == "unknown"

"""Whether what a workspace holds is whole: its databases, its versions, the pages' key, permissions and links."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from data.config import SQLITE, masked
from data.drafts import OWNER_ONLY
from data.errors import LeadscoreError
from data.store import open_store
from data.workspace import Workspace
from models.versions import Registry
from pipelines.doctor.finding import Finding
from pipelines.last_run import store_address

COPY = "bring the file back from a copy of the workspace"
PERMITTED = "let the user that runs leadscore read and write it; it need not be damaged"
FOLDER_MODE = 0o700


def damaged_databases(workspace: Workspace) -> Iterator[Finding]:
    """Yield the SQLite files that are damaged, or closed to the user of this command."""
    losses = {
        workspace.models: "or remove it, and train again",
        Path(workspace.store.removeprefix(SQLITE)): "or remove it, and score again: verdicts and overrides are lost",
    }
    for file, otherwise in losses.items():
        if file.exists() and not os.access(file, os.R_OK | os.W_OK):
            yield Finding("a database that may not be read and written", str(file), PERMITTED)
        elif problem := _damage(file):
            yield Finding(f"a damaged database: {problem}", str(file), f"{COPY}, {otherwise}")


def _damage(file: Path) -> str:
    """Return what is wrong with an SQLite file; empty where nothing is, or where there is none."""
    if not file.exists():
        return ""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as problem:
        return str(problem)
    return "" if said == "ok" else str(said).splitlines()[-1]


def unusable_store(workspace: Workspace) -> Iterator[Finding]:
    """Yield the store of the last run where it cannot be opened."""
    address = workspace.store

    def read() -> None:
        nonlocal address
        address = store_address(workspace)
        if address != workspace.store or Path(address.removeprefix(SQLITE)).exists():
            with open_store(address) as store:
                store.last_settings()

    yield from _failing(read, lambda: masked(address), "see that it can be reached, or score again into another store")


def damaged_versions(registry: Registry) -> Iterator[Finding]:
    """Yield the versions that scored, score or wait, and are not as they were stored."""
    used = {*registry.champions(), *filter(None, [registry.challenger_version])}
    for number in sorted(used, key=int):
        remedy = f"{COPY}, or train again"
        yield from _failing(partial(registry.verify, number), partial("version {}".format, number), remedy)


def _failing(check: Callable[[], object], where: Callable[[], str], remedy: str) -> Iterator[Finding]:
    try:
        check()
    except LeadscoreError as problem:
        parts = " ".join(str(problem.parts.get("got", "")).split())
        yield Finding(": ".join(filter(None, [problem.what, parts])), where(), problem.parts.get("remedy", remedy))


def unsafe_key(workspace: Workspace) -> Iterator[Finding]:
    """Yield the key of the pages' sessions where it is not whole."""
    key = workspace.pages_key
    if key.exists() and not workspace.has_whole_key():
        remedy = "remove it: a new one is made, and everybody signs in again"
        yield Finding("the key of the pages' sessions is not whole", str(key), remedy, key.unlink)


def open_permissions(workspace: Workspace) -> Iterator[Finding]:
    """Yield what others than the owner may read or write."""
    if os.name == "nt":  # there, permissions are those of the folder above
        return
    for path, mode in ((workspace.root, FOLDER_MODE), (workspace.pages_key, OWNER_ONLY)):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("others may read or write this", str(path), "keep it to its owner", partial(path.chmod, mode))
    if not os.access(workspace.root, os.W_OK):
        yield Finding("the workspace cannot be written to", str(workspace.root), "let this user write to it")


def broken_links(workspace: Workspace) -> Iterator[Finding]:
    """Yield the links that lead nowhere."""
    for path in workspace.root.rglob("*"):
        if path.is_symlink() and not path.exists():
            yield Finding(
                "a link that leads nowhere", f"{path} → {path.readlink()}", "remove it, or bring back its file"
            )

"""What the last scoring run worked with: where its scores are, where its leads are, and its moment.

The store says it, in the record of the run, and the workspace says which store that is. Paths inside the workspace are
stored relative to it, so that a workspace may be moved, and a copy never touches what the original has.
"""

from __future__ import annotations

from functools import partial

from data.config import Settings, address_with_path, path_within
from data.drafts import in_plain_words, write_whole
from data.sources import is_absent
from data.store import Store, open_store
from data.workspace import Workspace


def store_address(workspace: Workspace) -> str:
    """Return where the scores of the last run are."""
    _adopt_file(workspace)
    try:
        address = workspace.store_elsewhere.read_text(encoding="utf-8")
    except FileNotFoundError:
        return workspace.store
    return address_with_path(address, lambda path: (workspace.root / path).resolve())


def remember_store(workspace: Workspace, address: str | None) -> None:
    """Remember where the scores of a run are that has just been published; None: in the workspace's own store.

    A run that is killed before this leaves the workspace with the store that it had, and the run before.
    """
    if address is None:
        workspace.store_elsewhere.unlink(missing_ok=True)
    else:
        place = address_with_path(address, partial(path_within, folder=workspace.root))
        with in_plain_words(workspace.store_elsewhere):
            write_whole(workspace.store_elsewhere, place)
    workspace.last_scored.unlink(missing_ok=True)  # what an earlier version wrote there is outdated now


def settings_of_last_run(workspace: Workspace) -> Settings | None:
    """Return the settings of the last scoring run, its moment as ``as_of``; None before the first."""
    address = store_address(workspace)
    if is_absent(address):  # to open it would make it
        return None
    with open_store(address) as store:
        return settings_in(store, workspace)


def settings_in(store: Store, workspace: Workspace) -> Settings | None:
    """Return what `settings_of_last_run` does, from the store of the workspace that is open already."""
    settings = store.last_settings()
    return settings and settings.beside(workspace.root.resolve())


def _adopt_file(workspace: Workspace) -> None:
    """Move what an earlier version wrote into a file of the workspace to where it is said now.

    Each step may be repeated, for it may be killed after any: a run that was scored since is not overwritten.
    """
    try:
        text = workspace.last_scored.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    settings = Settings.model_validate_json(text)
    with open_store(settings.store or workspace.store) as store:
        store.add_settings(settings.within(workspace.root))
    if workspace.store_elsewhere.exists():
        workspace.last_scored.unlink(missing_ok=True)
    else:
        remember_store(workspace, settings.store)

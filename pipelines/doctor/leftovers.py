"""What killed runs left: drafts, folders that they read into, and runs that MLflow takes for running.

The workspace is locked meanwhile, so that no run of it is under way.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from data.drafts import drafts_in, is_abandoned
from data.staging import abandoned_folders, remove_abandoned
from data.workspace import Workspace
from models.versions import Registry
from pipelines.doctor.finding import Finding

DAY = 86_400
TEMPORARY = "leadscore-*"


def leftovers(workspace: Workspace) -> Iterator[Finding]:
    """Yield what no run owns."""
    for draft in filter(is_abandoned, drafts_in(workspace.root)):
        yield Finding("a draft that a killed run left", str(draft), "remove it", draft.unlink)
    for folder in abandoned_folders(workspace.root):
        mend = partial(remove_abandoned, workspace.root)
        yield Finding("a folder that a killed run read its leads into", str(folder), "remove it", mend)
    for folder in _old_temporary_folders():
        mend = partial(shutil.rmtree, folder, ignore_errors=True)
        yield Finding("a temporary folder that a killed command left", str(folder), "remove it", mend)


def unfinished_trainings(registry: Registry) -> Iterator[Finding]:
    """Yield the runs of MLflow whose process is gone: a training holds the workspace."""
    for run_id in registry.store.running():
        mend = partial(registry.store.end, run_id, failed=True)
        yield Finding("a training that was killed and still counts as running", f"run {run_id}", "end it", mend)


def _old_temporary_folders() -> list[Path]:
    """Return those of this user that are older than a day: nothing says whose the younger ones are."""
    folders = [folder for folder in Path(tempfile.gettempdir()).glob(TEMPORARY) if folder.is_dir()]
    return [folder for folder in folders if os.access(folder, os.W_OK) and _age(folder) > DAY]


def _age(folder: Path) -> float:
    return time.time() - folder.stat().st_mtime

"""What the last scoring run worked with: where its leads are, where its scores went, and its moment."""

from __future__ import annotations

from data.config import Settings
from data.workspace import Workspace


def keep(settings: Settings, workspace: Workspace) -> None:
    """Remember the settings of a run; secrets are names of environment variables in them."""
    text = settings.with_absolute_paths().model_dump_json(indent=1)
    draft = workspace.last_scored.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(workspace.last_scored)


def settings_of_last_run(workspace: Workspace) -> Settings | None:
    """Return the settings of the last scoring run, its moment as ``as_of``; None before the first."""
    if not workspace.last_scored.exists():
        return None
    return Settings.model_validate_json(workspace.last_scored.read_text(encoding="utf-8"))


def store_address(workspace: Workspace) -> str:
    """Return where the scores of the last run are."""
    settings = settings_of_last_run(workspace)
    return (settings and settings.store) or workspace.store

"""From options to settings; options that would have no effect are refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import InputError

if TYPE_CHECKING:
    from data.config import Settings


TRACKING_URI = "MLFLOW_TRACKING_URI"
SERVERS = ("http://", "https://", "databricks")


def settings_from(
    config: Path | None,
    leads: Path | None,
    events: Path | None,
    roles: dict[str, str],
    won: list[str] | None,
    lost: list[str] | None,
    **overrides: object,
) -> Settings:
    """Return the settings of a file or of a flat export, with the other options on top of it."""
    from data.config import flat_settings, load_settings

    require_leads(config, leads, **roles, won=won, lost=lost, events=events)
    named = {"lead_id" if role == "id" else role: column for role, column in roles.items()}
    settings = load_settings(config) if config else flat_settings(leads, events, won=won, lost=lost, **named)
    return settings.model_copy(update={name: value for name, value in overrides.items() if value not in (None, [])})


def with_tracking_of_environment(settings: Settings) -> Settings:
    """Let versions be stored on the server that MLFLOW_TRACKING_URI names, unless the settings name a place.

    Only a server: a file is what MLflow itself sets for the entry points of a project.
    """
    from data.config import Tracking

    if settings.tracking or not os.environ.get(TRACKING_URI, "").startswith(SERVERS):
        return settings
    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "leadscore"
    return settings.model_copy(update={"tracking": Tracking(uri=f"${{{TRACKING_URI}}}", experiment=experiment)})


def require_leads(config: Path | None, leads: Path | None, **options: object) -> None:
    """Refuse options that would be ignored: those that describe a file of leads, where none is given."""
    if config and leads:
        raise InputError("one source of leads is needed", expected="--config or --leads, not both")
    ignored = [f"--{name}" for name, value in options.items() if value]
    if ignored and not leads:
        raise InputError(
            f"{', '.join(ignored)} would be ignored",
            expected="--leads FILE, which they describe",
            remedy="write them into leadscore.yaml" if config else "give --leads too",
        )

"""From options to settings; options that would have no effect are refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import InputError

if TYPE_CHECKING:
    from data.config import Settings


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

"""init --crm: the preset of a kind of CRM, with its own stages where the environment says how to sign in."""

from __future__ import annotations

from pathlib import Path

from data.config import parse_settings
from data.crm import preset_of
from pipelines.console import step
from pipelines.init.init import InitResult, check_free, write_new


def init_crm(kind: str, out: Path) -> InitResult:
    """Write the settings for a kind of CRM to a new file. Raises InputError for an unknown kind or a taken name.

    Nothing else is read from the CRM than its stages.
    """
    check_free(out)
    with step("looking at the stages"):
        preset = preset_of(kind)
    settings = parse_settings(preset.text, out)
    write_new(out, preset.text)
    return InitResult(
        out=str(out),
        tables={name: source.place for name, source in settings.tables.items()},
        columns=settings.columns,
        outcome={"table": "outcomes"},
        outcome_counts={"won": 0, "lost": 0, "open": 0},
        attributes=[],
        excluded=preset.left_out,
        notes=[*preset.notes],
    )

"""The kinds of places that scores can be written back to: a new kind is a module beside this one and a line here."""

from __future__ import annotations

from collections.abc import Callable

from data.config import WriteBack
from data.errors import InputError, nearest
from data.sinks.base import ScoreSink
from data.sinks.sql import open_table


def _open_crm(settings: WriteBack) -> ScoreSink:
    from data.crm import connect  # loads the client of the web, which no other place needs

    assert settings.crm is not None, "settings with fields of a CRM name the CRM"
    return connect(settings.crm).sink(settings.fields)


KINDS: dict[str, Callable[[WriteBack], ScoreSink]] = {"sql": open_table, "crm": _open_crm}
"""Openers by the ``kind`` of the settings."""


def open_sink(settings: WriteBack) -> ScoreSink:
    """Return the place that scores are written back to. Raises InputError for an unknown kind or unusable settings."""
    opener = KINDS.get(settings.kind)
    if opener is None:
        raise InputError(
            f"scores cannot be written to a place of the kind '{settings.kind}'",
            expected=", ".join(KINDS),
            where="write_back.kind",
            remedy=nearest(settings.kind, KINDS),
        )
    return opener(settings)

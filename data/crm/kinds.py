"""The kinds of CRMs by the name in the settings: a new one is a room beside this module, and a line in `KINDS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data.config import CrmAccess
from data.crm import odoo
from data.crm.base import Connector, Preset
from data.errors import InputError, nearest


@dataclass(frozen=True)
class CrmKind:
    """How to connect to a CRM, and to write the settings that read and write it."""

    connect: Callable[[CrmAccess], Connector]
    preset: Callable[[], Preset]


KINDS: dict[str, CrmKind] = {"odoo": CrmKind(odoo.connect, odoo.preset)}


def connect(access: CrmAccess) -> Connector:
    """Return the connector to a CRM; it signs in at the first call. Raises InputError for an unknown kind."""
    return _kind(access.kind).connect(access)


def preset_of(name: str) -> Preset:
    """Return the settings for a kind of CRM. Raises InputError for an unknown kind."""
    return _kind(name).preset()


def _kind(name: str) -> CrmKind:
    if name not in KINDS:
        raise InputError(
            f"there is no connector to a CRM of the kind '{name}'",
            expected=", ".join(KINDS),
            where="crm.kind",
            remedy=nearest(name, KINDS),
        )
    return KINDS[name]

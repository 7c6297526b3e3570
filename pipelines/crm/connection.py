"""check-connection: sign in → ask what the user may do → say what is missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from data.config import Settings
from data.crm import CrmRights, connect
from data.errors import InputError
from pipelines.console import step


@dataclass(frozen=True)
class ConnectionResult:
    """Who is signed in to the CRM, and what they may read and write."""

    rights: CrmRights

    def as_json(self) -> dict[str, Any]:
        return asdict(self.rights)


def check_connection(settings: Settings) -> ConnectionResult:
    """Ask the CRM of the settings. Raises InputError where they name none, or the CRM does not let the user in."""
    crm = settings.crm or (settings.write_back.crm if settings.write_back else None)
    if crm is None:
        raise InputError(
            "the settings name no CRM",
            expected="crm: {kind: …, url: …}",
            remedy="`leadscore init --crm odoo` writes such settings",
        )
    back = settings.write_back
    columns = back.columns if back and back.kind == "crm" else {}
    with step("asking the CRM"):
        return ConnectionResult(connect(crm).access(columns))

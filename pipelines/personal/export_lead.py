"""export-lead: list everything that leadscore keeps of a lead, for a person who asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.errors import InputError
from data.sources import Replica
from data.staging import REPLICA, quarantined_rows
from data.store import open_store
from data.workspace import Workspace
from models.scoring import decode_contributions
from pipelines.last_run import store_address
from pipelines.personal.exports import exports_in, rows_of

Row = dict[str, Any]


@dataclass(frozen=True)
class KeptLead:
    """The rows of the lead by table of the store, by file of the quarantine and in the copies; exports that name it."""

    lead_id: str
    store: dict[str, list[Row]]
    quarantine: dict[str, list[Row]]
    copies: list[Row]
    exports: list[str]

    @property
    def anywhere(self) -> bool:
        return bool(any(self.store.values()) or any(self.quarantine.values()) or self.copies or self.exports)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "anywhere": self.anywhere}


def export_lead(lead_id: str, workspace: Workspace) -> KeptLead:
    """Return what is kept of a lead; an e-mail address is looked for in the quarantine, whose rows may name no lead.

    Models and their files hold no lead. Raises InputError where no lead is named.
    """
    if not lead_id.strip():
        raise InputError("no lead is named", expected="the id of a lead, exactly as the data has it")
    with open_store(store_address(workspace)) as store:
        stored = store.kept_of(lead_id)
        for row in stored["scores"]:
            concepts = store.codebook(row["model_version"]).concepts
            row["contributions"] = dict(
                zip(concepts, decode_contributions(row["contributions"]).tolist(), strict=False)
            )
    return KeptLead(
        lead_id,
        store=stored,
        quarantine=quarantined_rows(workspace.quarantine, lead_id),
        copies=Replica(workspace.root / REPLICA).mentions(lead_id),
        exports=[str(path) for path in exports_in(workspace) if rows_of(path, lead_id)],
    )

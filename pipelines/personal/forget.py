"""forget: erase a lead from everything that leadscore keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from markupsafe import escape

from data.drafts import drafts_in
from data.errors import InputError
from data.locks import no_run_beside
from data.sources import Replica
from data.staging import REPLICA, forget_rows, remove_abandoned
from data.store import open_store
from data.workspace import Workspace
from pipelines.last_run import store_address
from pipelines.personal.exports import exports_in, forget_in
from pipelines.push import clear_in_crm


@dataclass(frozen=True)
class Forgotten:
    """How many rows of the lead were erased, by place; and rows in quarantine that may be of it, by file."""

    lead_id: str
    erased: dict[str, int]
    nameless: dict[str, int] = field(default_factory=dict)

    @property
    def anywhere(self) -> bool:
        return any(self.erased.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "lead_id": self.lead_id,
            "found": self.erased,
            "nameless": self.nameless,
            "anywhere": self.anywhere,
        }


def forget(lead_id: str, workspace: Workspace, *, crm: bool = False) -> Forgotten:
    """Erase a lead from the store with history and receipts, from quarantine, copies, exports and report.

    With ``crm`` the fields that scores are written to are emptied in the CRM first. An e-mail address is looked for in
    the quarantine, whose rows may name no lead; all else knows leads by their ids. A lead that the source still has
    comes back with the next run, and files outside the workspace stay as they are.
    Raises InputError without a lead, or where the settings name no CRM; LeadscoreError where it cannot be reached.
    """
    if not lead_id.strip():
        raise InputError("no lead is named", expected="the id of a lead, exactly as the data has it")
    with no_run_beside(workspace.locks, "forget"):
        cleared = {"crm": clear_in_crm(lead_id, workspace)} if crm else {}
        with open_store(store_address(workspace), writing=True) as store:
            erased = store.forget(lead_id)
        Replica(workspace.root / REPLICA).forget()  # whole: the next run fetches it again
        remove_abandoned(workspace.root)
        for draft in drafts_in(workspace.root):  # of killed runs, for no other is under way; whole
            draft.unlink(missing_ok=True)
        swept = forget_rows(workspace.quarantine, lead_id)
        exported = sum(forget_in(path, lead_id) for path in exports_in(workspace))
        erased |= {"quarantine": swept.forgotten, "report": _forget_page(workspace, lead_id), "exports": exported}
        erased |= cleared
        nameless = {str(workspace.quarantine / name): count for name, count in swept.nameless.items()}
        return Forgotten(lead_id, erased, nameless)


def _forget_page(workspace: Workspace, lead_id: str) -> int:
    """Remove the report where it names the lead: `report` writes it anew."""
    page = workspace.report
    if not page.exists() or str(escape(lead_id)) not in page.read_text(encoding="utf-8"):
        return 0
    page.unlink()
    return 1

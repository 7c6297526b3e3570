"""What the signed-in user may do in Odoo, and what to grant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from data.crm.base import CrmRights
from data.crm.odoo.fields import LEAD, LEAKING, OWN
from data.crm.odoo.server import OdooError, OdooServer

if TYPE_CHECKING:
    from data.crm.odoo.connector import Odoo

RIGHTS = {
    "read leads": (LEAD, "read"),
    "write scores into leads": (LEAD, "write"),
    "read messages": ("mail.message", "read"),
    "read meetings": ("calendar.event", "read"),
    "read tracked values (exact stage history)": ("mail.tracking.value", "read"),
    "add fields (push --setup)": ("ir.model.fields", "create"),
}
NEEDED = ("read leads", "write scores into leads", "read messages")
HAS_ACCESS = 18
"""The first version with ``has_access``; the ones before have ``check_access_rights``."""


def access_of(odoo: Odoo, columns: Mapping[str, str]) -> CrmRights:
    """Ask Odoo who is signed in, what they may do, and how fresh its leads are."""
    server = odoo.server
    version, uid = server.version, server.uid
    may = {words: may_do(server, model, operation) for words, (model, operation) in RIGHTS.items()}
    visible = odoo.user_sees([]) if may["read leads"] else 0
    others = odoo.user_sees([["user_id", "not in", [uid, False]]]) if visible else 0
    counts = {"leads": visible, "leads of others": others}
    lacking = [name for name in columns.values() if name not in odoo.lead_fields] if may["read leads"] else []
    return CrmRights(
        crm=f"Odoo at {server.caller.host}, database {server.database}",
        version=str(version),
        user=f"{server.login} (id {uid})",
        may=may,
        counts=counts,
        newest=_newest(server) if visible else "",
        left_out=[*LEAKING, f"{OWN}_…"],
        missing=[*_missing(may, counts, lacking)],
        notes=[odoo.history.value] if may["read leads"] else [],
        calls=odoo.calls,
    )


def may_do(server: OdooServer, model: str, operation: str) -> bool:
    """Return whether the user may do something with records of a model; not with one that is not installed."""
    try:
        if server.version >= HAS_ACCESS:
            return bool(server.call(model, "has_access", ids=[], operation=operation))
        return bool(server.call(model, "check_access_rights", operation=operation, raise_exception=False))
    except OdooError:
        return False


def _newest(server: OdooServer) -> str:
    domain = [["active", "in", [True, False]]]
    rows = server.call(LEAD, "search_read", domain=domain, fields=["write_date"], order="write_date desc", limit=1)
    return f"{rows[0]['write_date'].replace(' ', 'T')}Z" if rows else ""


def _missing(may: Mapping[str, bool], counts: Mapping[str, int], lacking: list[str]) -> Iterator[str]:
    """Yield what keeps from reading all and writing, with what to grant."""
    for words in NEEDED:
        if not may[words]:
            yield f"the user may not {words}: give them 'Sales / User: All Documents'"
    if may["read leads"] and not counts["leads of others"]:
        yield "the user sees no leads of others: if there are any, give them 'Sales / User: All Documents'"
    if lacking:
        who = "run" if may["add fields (push --setup)"] else "let an administrator run"
        yield f"leads have no field {', '.join(lacking)} for scores: {who} `leadscore push --setup` once"

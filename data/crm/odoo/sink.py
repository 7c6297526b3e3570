"""Scores into fields of Odoo's leads: by ``load``, many at a time, and never a new record.

``load`` is all or nothing, and takes a row whose id it does not know for a new record. So ids are looked up first, no
field that a new record needs is ever sent, and rows that it refuses are taken out before the others are sent again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from data.crm.odoo.access import may_do
from data.crm.odoo.fields import LEAD, OWN
from data.crm.odoo.server import REFUSED, OdooError, OdooServer
from data.errors import InputError, LeadscoreError
from data.sinks import GONE
from data.vocabulary import WITHIN

LOG = logging.getLogger(__name__)
LOAD = 500
"""Records of one call of ``load``: a server gives up a call after two minutes, and 300 took 14 seconds."""
TYPES = {
    "probability": "float",
    "score": "integer",
    **dict.fromkeys(("run_id", "horizon", "days_in_stage", "age_days", "account_score"), "integer"),
    **dict.fromkeys(("expected_amount", "expected_value", *WITHIN.values()), "float"),
    **dict.fromkeys(("as_of", "scored_at"), "datetime"),
    "reasons_up": "text",
    "reasons_down": "text",
}
"""Types of new fields; all others hold a line of text."""
LABELS = {
    "probability": "Chance of winning",
    "score": "Lead score",
    "band": "Temperature",
    "disposition": "Disposition",
    "fit": "Fit",
    "engagement": "Engagement",
    "grade": "Grade",
    "reasons_up": "Speaks for it",
    "reasons_down": "Speaks against it",
    "as_of": "Scored as of",
    "model_version": "Version of the model",
}
"""What people read beside the fields."""
VIEW = "crm.lead.form.leadscore"
FORM = ("crm", "crm_lead_view_form")
FILLED_FIRST = ("as_of", "model_version", "band", "grade")
"""Fields of a score that are filled for each lead; numbers are never empty in Odoo."""


class OdooSink:
    """The fields of the leads that scores are written to."""

    batch_size = 5 * LOAD

    def __init__(self, server: OdooServer, columns: Mapping[str, str]) -> None:
        self.server = server
        self.columns = dict(columns)
        foreign = next((name for name in self.columns.values() if not name.startswith(OWN)), None)
        if foreign:
            raise InputError(
                f"the field '{foreign}' of Odoo is not written to: it is none of ours",
                expected=f"names that begin with {OWN}",
                where="write_back.columns",
                remedy=f"name it {OWN}_…: `leadscore push --setup` makes it",
            )

    @property
    def place(self) -> str:
        return "Odoo"

    @property
    def target(self) -> str:
        text = f"{self.server.identity} {json.dumps(self.columns)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def set_up(self) -> bool:
        """Make the fields that are not there, and show them on the lead; return whether any was missing.

        Raises InputError with what to do where the user may not: it takes an administrator.
        """
        missing = [(field, name) for field, name in self.columns.items() if name not in self._there()]
        try:
            for field, name in missing:
                self._create(field, name)
        except OdooError as problem:
            if problem.is_about_rights:
                raise self._for_an_administrator(missing) from None
            raise
        return self._show() or bool(missing)

    def _create(self, field: str, name: str) -> None:
        """Make a field; each takes seconds, in which the server loads its models anew for all users."""
        values = {
            "name": name,
            "field_description": LABELS.get(field, field.replace("_", " ").capitalize()),
            "model_id": self._model_id(),
            "ttype": TYPES.get(field, "char"),
            "state": "manual",
        }
        try:
            self._make("ir.model.fields", values)
        except OdooError as problem:
            if name not in self._there():  # else another run made it meanwhile
                raise problem from None

    def _model_id(self) -> int:
        return self.server.call("ir.model", "search", domain=[["model", "=", LEAD]])[0]

    def _make(self, model: str, values: Mapping[str, Any]) -> Any:
        return self.server.call(model, "create", vals_list=[dict(values)], repeatable=False)

    def _show(self) -> bool:
        """Add a page with the fields to the form of leads, where there is none yet; return whether it was made.

        Where Odoo refuses, the fields are there all the same, and somebody else can show them.
        """
        try:
            if self.server.call("ir.ui.view", "search", domain=[["name", "=", VIEW], ["model", "=", LEAD]]):
                return False
            form = self._form()
            if form is None:
                return False
            values = {"name": VIEW, "model": LEAD, "inherit_id": form, "type": "form", "arch": self._arch()}
            self._make("ir.ui.view", values)
        except OdooError as problem:
            LOG.warning("no page with the scores was added to the form of leads: %s", problem.message)
            return False
        return True

    def _form(self) -> int | None:
        module, name = FORM
        domain = [["module", "=", module], ["name", "=", name]]
        rows = self.server.call("ir.model.data", "search_read", domain=domain, fields=["res_id"])
        return rows[0]["res_id"] if rows else None

    def _arch(self) -> str:
        """Return the page: what to do and why it is so, above what it rests on."""
        lines = "".join(f'<field name="{name}" readonly="1"/>' for name in self.columns.values())
        page = f'<page string="Lead score" name="leadscore"><group>{lines}</group></page>'
        return f'<data><xpath expr="//sheet/notebook" position="inside">{page}</xpath></data>'

    def _for_an_administrator(self, missing: Sequence[tuple[str, str]]) -> InputError:
        fields = ", ".join(f"{name} ({TYPES.get(field, 'char')})" for field, name in missing)
        return InputError(
            f"this user may not add fields to {LEAD}",
            expected=fields,
            where=self.server.caller.host,
            remedy="let an administrator run `leadscore push --setup` once, with a key of theirs; or make these fields "
            "in Settings, Technical, Fields (developer mode), model crm.lead",
        )

    def _there(self) -> dict[str, Mapping[str, Any]]:
        return self.server.call(LEAD, "fields_get", attributes=["type", "readonly"])

    def check(self) -> None:
        """Raise InputError where the user may not write, or a field is missing or holds something else."""
        if not may_do(self.server, LEAD, "write"):
            raise InputError(
                "this user may not write leads",
                where=self.server.caller.host,
                remedy=f"give {self.server.login} 'Sales / User: All Documents' in Odoo",
            )
        there = self._there()
        for field, name in self.columns.items():
            wanted = TYPES.get(field, "char")
            if name not in there:
                raise InputError(
                    f"Odoo's leads have no field '{name}', or this user does not see it",
                    where=f"write_back.columns.{field}, {self.server.caller.host}",
                    remedy="make it with `leadscore push --setup`, as an administrator",
                )
            kind = there[name].get("type")
            if kind != wanted and not (kind in ("char", "text", "selection") and wanted in ("char", "text")):
                raise InputError(
                    f"the field '{name}' of Odoo cannot hold the {field.replace('_', ' ')}",
                    expected=wanted,
                    got=str(kind),
                    where=f"write_back.columns.{field}",
                )

    def is_empty(self) -> bool:
        name = next((self.columns[field] for field in FILLED_FIRST if field in self.columns), None)
        if name is None:
            return False  # nothing tells a number that was never written from zero
        domain = [["active", "in", [True, False]], [name, "!=", False]]
        return not self.server.call(LEAD, "search", domain=domain, limit=1)

    def clear(self, lead_id: str) -> int:
        """Empty the fields of a lead."""
        if not self._living([lead_id]):
            return 0
        self.server.call(LEAD, "write", ids=[int(lead_id)], vals=dict.fromkeys(self.columns.values(), False))
        return 1

    def preview(self, rows: pa.Table) -> list[dict[str, str]]:
        """Return records as `load` would get them."""
        header = self._header()
        return [dict(zip(header, cells, strict=True)) for _, cells in self._cells(rows)]

    def write(self, rows: pa.Table) -> dict[str, str]:
        """Write scores; return the ids of those refused, with the reason: `GONE` for a lead that is no longer there."""
        refused: dict[str, str] = {}
        records = [*self._cells(rows)]
        living = self._living([lead_id for lead_id, _ in records])
        refused |= {lead_id: GONE for lead_id, _ in records if lead_id not in living}
        records = [(lead_id, cells) for lead_id, cells in records if lead_id in living]
        for lead_id, cells in records:
            if wrong := next((cell for cell in cells if cell in ("nan", "inf", "-inf")), None):
                refused[lead_id] = f"a number that is none: {wrong}"
        sound = [record for record in records if record[0] not in refused]
        for start in range(0, len(sound), LOAD):
            refused |= dict(self._load(sound[start : start + LOAD]))
        return refused

    def _living(self, lead_ids: Sequence[str]) -> set[str]:
        """Return which leads there are: Odoo would take the others for new ones."""
        numbers = [int(lead_id) for lead_id in lead_ids if lead_id.isdecimal()]
        domain = [["id", "in", numbers], ["active", "in", [True, False]]]
        return {str(number) for number in self.server.call(LEAD, "search", domain=domain)}

    def _header(self) -> list[str]:
        return [".id", *self.columns.values()]

    def _cells(self, rows: pa.Table) -> Iterator[tuple[str, list[str]]]:
        """Yield each lead's id and its row, in the texts that an import has."""
        for record in rows.select(["lead_id", *self.columns]).to_pylist():
            yield record["lead_id"], [_text(cell) for cell in record.values()]

    def _load(self, records: Sequence[tuple[str, list[str]]]) -> Iterator[tuple[str, str]]:
        """Write a batch until what is left of it is taken; yield the ids of those refused with the reason.

        Odoo lists the first errors alone, so a batch may take some rounds. A refusal that names no record is found by
        halving.
        """
        remaining = list(records)
        while remaining:
            result = self._attempt(remaining)
            if result["ids"]:
                self._require_same(remaining, result["ids"])
                return
            reasons = _reasons(result["messages"], len(remaining))
            if not reasons and len(remaining) == 1:
                reasons = {0: _first_message(result["messages"])}
            if not reasons:
                half = len(remaining) // 2
                yield from self._load(remaining[:half])
                yield from self._load(remaining[half:])
                return
            for number, reason in reasons.items():
                yield remaining[number][0], reason
            remaining = [record for number, record in enumerate(remaining) if number not in reasons]

    def _attempt(self, records: Sequence[tuple[str, list[str]]]) -> dict[str, Any]:
        """Return what ``load`` answers; a batch that it refuses by an error is like one with a message of no record."""
        try:
            data = [cells for _, cells in records]
            return self.server.call(LEAD, "load", fields=self._header(), data=data)
        except OdooError as problem:
            if problem.name in REFUSED:
                return {"ids": False, "messages": [{"type": "error", "message": problem.message}]}
            raise

    def _require_same(self, records: Sequence[tuple[str, list[str]]], ids: Sequence[int]) -> None:
        strange = sorted({str(number) for number in ids} - {lead_id for lead_id, _ in records})
        if strange:
            raise LeadscoreError(
                "Odoo made new leads instead of updating those that are there",
                got=", ".join(strange[:20]),
                where=self.server.caller.host,
                remedy="remove them; a module of this Odoo fills in the names of leads, so tell us please",
            )


def _reasons(messages: Sequence[Mapping[str, Any]], count: int) -> dict[int, str]:
    """Return the errors by the record's place in the batch; warnings refuse nothing."""
    errors = (each for each in messages if each.get("type", "error") == "error" and each.get("record") is not None)
    placed = {int(each["record"]): str(each.get("message", "refused"))[:300] for each in errors}
    return {number: reason for number, reason in placed.items() if 0 <= number < count}


def _first_message(messages: Sequence[Mapping[str, Any]]) -> str:
    return next((str(each["message"])[:300] for each in messages if each.get("message")), "refused without a reason")


def _text(cell: Any) -> str:
    """Return a cell as Odoo's import reads it.

    >>> [_text(cell) for cell in (None, 7, 0.25, datetime(2026, 1, 31, 9, 30), float("nan"))]
    ['', '7', '0.25', '2026-01-31 09:30:00', 'nan']
    """
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)
    return str(cell)

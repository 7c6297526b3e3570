"""An Odoo that runs in the tests: it keeps what is written, knows rights, and refuses as real servers were seen to.

What is not needed by a connector is not there. Times have microseconds inside and whole seconds in answers; ``load``
is all or nothing; archived records are hidden unless the context or the domain asks for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from tests.data.crm.serving import serving

KEY, DATABASE = "key-of-the-bot", "acme"
SECRET = "Traceback (most recent call last): secret internals"
FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    "crm.lead": {
        "name": {"type": "char", "required": True, "string": "Opportunity"},
        "type": {"type": "selection", "selection": [["lead", "Lead"], ["opportunity", "Opportunity"]]},
        "create_date": {"type": "datetime"},
        "write_date": {"type": "datetime"},
        "active": {"type": "boolean"},
        "stage_id": {"type": "many2one", "relation": "crm.stage"},
        "user_id": {"type": "many2one", "relation": "res.users"},
        "team_id": {"type": "many2one", "relation": "crm.team"},
        "commercial_partner_id": {"type": "many2one", "relation": "res.partner"},
        "partner_id": {"type": "many2one", "relation": "res.partner"},
        "source_id": {"type": "many2one", "relation": "utm.source"},
        "medium_id": {"type": "many2one", "relation": "utm.medium"},
        "campaign_id": {"type": "many2one", "relation": "utm.campaign"},
        "country_id": {"type": "many2one", "relation": "res.country"},
        "state_id": {"type": "many2one", "relation": "res.country.state"},
        "lost_reason_id": {"type": "many2one", "relation": "crm.lost.reason"},
        "tag_ids": {"type": "many2many", "relation": "crm.tag"},
        "city": {"type": "char"},
        "function": {"type": "char"},
        "partner_name": {"type": "char"},
        "email_from": {"type": "char"},
        "expected_revenue": {"type": "monetary"},
        "prorated_revenue": {"type": "monetary"},
        "probability": {"type": "float"},
        "automated_probability": {"type": "float"},
        "priority": {"type": "selection", "selection": [["0", "Low"], ["3", "Very High"]]},
        "date_closed": {"type": "datetime"},
        "duration_tracking": {"type": "json", "store": False},
    },
    "mail.message": {"author_id": {"type": "many2one"}, "mail_activity_type_id": {"type": "many2one"}},
    "calendar.event": {"opportunity_id": {"type": "many2one"}, "start": {"type": "datetime"}},
}
WON_STATUS = [["won", "Won"], ["lost", "Lost"], ["pending", "Pending"]]
FOR_ADMINISTRATORS = ("mail.tracking.value", "ir.model.data", "ir.model.fields", "ir.ui.view")
LISTED = 10
"""Errors after which ``load`` stops to list them."""


class OdooProblem(Exception):
    """What Odoo answers instead of a result."""

    def __init__(self, name: str, message: str, status: int = 500) -> None:
        self.name, self.message, self.status = name, message, status
        super().__init__(message)


def access_error(what: str) -> OdooProblem:
    return OdooProblem("odoo.exceptions.AccessError", f"You are not allowed to access '{what}' records.", 403)


@dataclass
class FakeUser:
    """Somebody who signs in: an administrator, a salesman who sees all leads, or one who sees their own."""

    uid: int = 2
    login: str = "bot@example.com"
    is_admin: bool = True
    sees_all: bool = True


@dataclass
class FakeOdoo:
    """The server's state; `running` puts it on a port of this machine."""

    version: int = 17
    user: FakeUser = field(default_factory=FakeUser)
    url: str = ""
    calls: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Statuses and headers that the next calls are answered with, whatever they ask."""
    before: dict[tuple[str, str], Callable[[], None]] = field(default_factory=dict)
    """What happens just before a call of a method, once."""
    refused: dict[int, str] = field(default_factory=dict)
    """Leads whose rows ``load`` refuses, with the message."""
    name_is_filled_in: bool = False
    """Whether a module fills in the names of new leads, so that ``load`` makes them."""

    def __post_init__(self) -> None:
        self.tables: dict[str, dict[int, dict[str, Any]]] = {}
        self.fields = {model: dict(fields) for model, fields in FIELDS.items()}
        if self.version >= 19:
            self.fields["crm.lead"]["won_status"] = {
                "type": "selection",
                "selection": [["won", "Won"], ["lost", "Lost"], ["pending", "Pending"]],
            }
        self.lock = threading.Lock()
        self.changes: dict[int, list[dict[str, Any]]] = {}
        self.add("ir.model", model="crm.lead")
        self.subtypes = {}
        for name in ("mt_lead_create", "mt_lead_stage", "mt_lead_won", "mt_lead_lost", "mt_lead_restored"):
            self.subtypes[name] = self.add("mail.message.subtype", res_model="crm.lead", name=name)
            self._name("crm", name, "mail.message.subtype", self.subtypes[name])
        for name in ("mt_note", "mt_comment"):
            self.subtypes[name] = self.add("mail.message.subtype", res_model=False, name=name)
            self._name("mail", name, "mail.message.subtype", self.subtypes[name])
        form = self.add("ir.ui.view", name="crm.lead.form", model="crm.lead")
        self._name("crm", "crm_lead_view_form", "ir.ui.view", form)
        self.partner = self.add("res.partner", name="Bot")
        self.add("res.users", name="Bot", login=self.user.login, partner_id=self.partner, share=False)

    def _name(self, module: str, name: str, model: str, res_id: int) -> None:
        self.add("ir.model.data", module=module, name=name, model=model, res_id=res_id)

    def add(self, model: str, /, **values: Any) -> int:
        """Add a record; its moments are now, unless they are given."""
        rows = self.tables.setdefault(model, {})
        number = values.pop("id", max(rows, default=0) + 1)
        rows[number] = {"id": number, "create_date": now(), "write_date": now(), **values}
        if model == "mail.tracking.value":
            lead = self.tables["mail.message"][values["mail_message_id"]]["res_id"]
            self.changes.setdefault(lead, []).append(rows[number])
        return number

    def change(self, model: str, number: int, /, **values: Any) -> None:
        """Change a record, as a user or a batch does it."""
        self.tables[model][number] |= {"write_date": now(), **values}

    def remove_lead(self, number: int) -> None:
        """Delete a lead, and all that is said of it; nothing tells that it was there."""
        del self.tables["crm.lead"][number]
        messages = self.tables.get("mail.message", {})
        for message in [key for key, row in messages.items() if row["res_id"] == number]:
            del messages[message]

    def leads(self) -> list[dict[str, Any]]:
        return [*self.tables.get("crm.lead", {}).values()]

    # What a call comes to

    def handle(self, model: str, method: str, ids: list[int], arguments: dict[str, Any]) -> Any:
        context = arguments.pop("context", {})
        with self.lock:
            self.calls.append((model, method))
            if happening := self.before.pop((model, method), None):
                happening()
            self._check_rights(model, method)
            verb = getattr(self, f"do_{method}", None)
            if verb is None:
                raise OdooProblem("builtins.AttributeError", f"The method '{model}.{method}' does not exist", 404)
            return verb(model, ids, context, **arguments)

    def _check_rights(self, model: str, method: str) -> None:
        if self.user.is_admin:
            return
        if (
            model in ("mail.tracking.value", "ir.model.data", "ir.model.fields", "ir.ui.view")
            and method != "fields_get"
        ):
            raise access_error(model)
        if method in ("create", "unlink"):
            raise access_error(model)

    def _matching(self, model: str, context: Mapping[str, Any], domain: list[Any]) -> Iterator[dict[str, Any]]:
        mentions_active = any(isinstance(each, (list, tuple)) and each[0] == "active" for each in domain)
        hides = context.get("active_test", True) and not mentions_active
        domain = [each if isinstance(each, str) else _leaf(*each) for each in domain]
        for row in self.tables.get(model, {}).values():
            if model != "mail.message" and not self._sees(model, row):
                continue
            if not (hides and row.get("active", True) is False) and self._matches(row, domain):
                yield row

    def _sees(self, model: str, row: dict[str, Any]) -> bool:
        number = {"crm.lead": "id", "mail.message": "res_id"}.get(model)
        lead = self.tables["crm.lead"].get(row[number]) if number else None
        return self.user.is_admin or self.user.sees_all or lead is None or lead.get("user_id") == self.user.uid

    def _matches(self, row: dict[str, Any], domain: list[Any]) -> bool:
        """Evaluate a domain in its prefix notation; terms without an operator between them are all to hold."""
        rest = list(domain)

        def term() -> bool:
            each = rest.pop(0)
            if each == "|":
                first, second = term(), term()
                return first or second
            if each == "&":
                first, second = term(), term()
                return first and second
            if each == "!":
                return not term()
            return self._holds(row, *each)

        results = []
        while rest:
            results.append(term())
        return all(results)

    def _holds(self, row: dict[str, Any], name: str, operator: str, value: Any) -> bool:
        cell = self._cell(row, name)
        if isinstance(cell, datetime) and isinstance(value, str):
            value = datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
        match operator:
            case "=":
                return cell == value
            case "!=":
                return cell != value
            case "in":
                return cell in value
            case "not in":
                return cell not in value
            case ">" | ">=" | "<" | "<=":
                if cell is False or cell is None:
                    return False
                return {">": cell > value, ">=": cell >= value, "<": cell < value, "<=": cell <= value}[operator]
        raise OdooProblem("builtins.ValueError", f"Invalid leaf {name} {operator}")

    def _cell(self, row: dict[str, Any], name: str) -> Any:
        head, _, tail = name.partition(".")
        if not tail:
            return self._lead_cell(row, name)
        model = {"mail_message_id": "mail.message", "field_id": "ir.model.fields"}[head]
        return self.tables[model][row[head]].get(tail, False)

    def _lead_cell(self, row: dict[str, Any], name: str) -> Any:
        if name == "active":
            return row.get("active", True)
        if name == "duration_tracking":
            return self._durations(row)
        if name == "display_name":
            return row.get("display_name", row.get("name", False))
        return row.get(name, False)

    def _durations(self, lead: dict[str, Any]) -> dict[str, int]:
        """Return the seconds in each stage so far, as Odoo computes them from what it tracks."""
        messages, seconds = self.tables["mail.message"], {}
        changes = self.changes.get(lead["id"], [])
        since, stage = lead["create_date"], changes[0]["old_value_integer"] if changes else lead["stage_id"]
        for change in changes:
            moment = messages[change["mail_message_id"]]["date"]
            seconds[stage] = seconds.get(stage, 0) + int((moment - since).total_seconds())
            since, stage = moment, change["new_value_integer"]
        seconds[stage] = seconds.get(stage, 0) + int((now() - since).total_seconds())
        return {str(number): spent for number, spent in seconds.items()}

    # Methods of models

    def do_search(self, model, ids, context, domain, offset=0, limit=None, order="id"):
        """Of messages a limit holds before those are left out that the user may not see."""
        rows = sorted(self._matching(model, context, domain), key=lambda row: row["id"])
        return [row["id"] for row in rows[offset:][:limit] if self._sees(model, row)]

    def do_search_count(self, model, ids, context, domain, limit=None):
        return len(self.do_search(model, ids, context, domain, limit=limit))

    def do_search_read(
        self, model, ids, context, domain, fields=None, offset=0, limit=None, order="id", load="_classic_read"
    ):
        numbers = self.do_search(model, ids, context, domain, offset, limit, order)
        return self.do_read(model, numbers, context, fields, load)

    def do_read(self, model, ids, context, fields=None, load="_classic_read"):
        rows = self.tables.get(model, {})
        there = [rows[number] for number in ids if number in rows]
        return [
            {"id": row["id"], **{name: self._shown(model, row, name, load) for name in fields or []}} for row in there
        ]

    def _shown(self, model: str, row: dict[str, Any], name: str, load: str) -> Any:
        kind = self.fields.get(model, {}).get(name, {})
        if model == "crm.lead" and name not in self.fields[model]:
            raise OdooProblem("builtins.ValueError", f"Invalid field '{name}' on model 'crm.lead'")
        value = self._lead_cell(row, name)
        if isinstance(value, datetime):
            return f"{value:%Y-%m-%d %H:%M:%S}"
        if value is False and kind.get("type") in ("integer", "float", "monetary"):
            return 0
        if kind.get("type") == "many2one" and value and load and "relation" in kind:
            return [value, self._lead_cell(self.tables[kind["relation"]][value], "display_name")]
        return value

    def do_fields_get(self, model, ids, context, allfields=None, attributes=None):
        if model not in self.fields:
            raise OdooProblem("builtins.KeyError", model, 404)
        return {name: {"string": name, **known} for name, known in self.fields[model].items()}

    def do_context_get(self, model, ids, context):
        return {"lang": "en_US", "tz": "UTC", "uid": self.user.uid}

    def do_get_metadata(self, model, ids, context):
        named = {(row["model"], row["res_id"]): row for row in self.tables["ir.model.data"].values()}
        rows = ((number, named.get((model, number))) for number in ids)
        return [{"id": number, "xmlid": row and f"{row['module']}.{row['name']}"} for number, row in rows]

    def do_has_access(self, model, ids, context, operation):
        if self.version < 18:
            raise OdooProblem("builtins.AttributeError", "has_access", 404)
        return self._may(model, operation)

    def do_check_access_rights(self, model, ids, context, operation, raise_exception=True):
        if self.version >= 19:
            raise OdooProblem("builtins.AttributeError", "check_access_rights", 404)
        return self._may(model, operation)

    def _may(self, model: str, operation: str) -> bool:
        hidden = ("mail.tracking.value", "ir.model.fields")
        return self.user.is_admin or not (model in hidden or operation in ("create", "unlink"))

    def do_create(self, model, ids, context, vals_list):
        numbers = [self.add(model, **values) for values in vals_list]
        if model == "ir.model.fields":
            for values in vals_list:
                if not values["name"].startswith("x_") or values["name"] in self.fields["crm.lead"]:
                    raise OdooProblem("odoo.exceptions.UserError", "Field names must be unique per model.", 422)
                self.fields["crm.lead"][values["name"]] = {
                    "type": values["ttype"],
                    "string": values["field_description"],
                }
        return numbers

    def do_write(self, model, ids, context, vals):
        gone = [number for number in ids if number not in self.tables.get(model, {})]
        if gone:
            raise OdooProblem("odoo.exceptions.MissingError", f"Record does not exist or has been deleted. {gone}", 404)
        for number in ids:
            self.change(model, number, **vals)
        return True

    def do_load(self, model, ids, context, fields, data):
        """All rows are taken, or none: whoever has an id that is not known would be a new record."""
        rows, messages = [], []
        for number, cells in enumerate(data):
            values = dict(zip(fields, cells, strict=True))
            try:
                rows.append((self._known(values.pop(".id"), context), self._converted(values)))
            except ValueError as problem:
                messages.append(
                    {"type": "error", "record": number, "rows": {"from": number, "to": number}, "message": str(problem)}
                )
            if len(messages) >= LISTED:
                messages.append(
                    {
                        "type": "warning",
                        "message": "Found more than 10 errors: interrupted.",
                    }
                )
                break
        if any(each["type"] == "error" for each in messages):
            return {"ids": False, "messages": messages, "nextrow": 0}
        written = []
        for number, values in rows:
            written.append(number if number else self.add("crm.lead", name="New", active=True))
            self.change("crm.lead", written[-1], **values)
        return {"ids": written, "messages": [], "nextrow": 0}

    def _known(self, text: str, context: Mapping[str, Any]) -> int | None:
        lead = self.tables["crm.lead"].get(int(text)) if text else None
        is_hidden = lead is not None and not lead.get("active", True) and context.get("active_test", True)
        if lead is not None and lead["id"] in self.refused:
            raise ValueError(self.refused[lead["id"]])
        if lead is None or is_hidden:
            if self.name_is_filled_in:
                return None
            raise ValueError("Missing required value for the field 'Opportunity' (name)")
        return lead["id"]

    def _converted(self, values: dict[str, str]) -> dict[str, Any]:
        return {name: self._value(name, cell) for name, cell in values.items()}

    def _value(self, name: str, cell: str) -> Any:
        known = self.fields["crm.lead"].get(name)
        if known is None:
            raise ValueError(f"Unknown field '{name}'")
        if not cell:
            return False
        match known["type"]:
            case "integer":
                return int(cell)
            case "float":
                return float(f"{float(cell):.12g}")
            case "datetime":
                return datetime.strptime(cell, "%Y-%m-%d %H:%M:%S")
        return cell


def _leaf(name: str, operator: str, value: Any) -> tuple[str, str, Any]:
    return name, operator, frozenset(value) if isinstance(value, list) else value


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def app_of(odoo: FakeOdoo) -> FastAPI:
    """Return the two ways in: JSON-RPC, whose errors come with 200, and from 19 on JSON-2."""
    app = FastAPI()

    def interruption() -> JSONResponse | None:
        if not odoo.answers:
            return None
        status, headers = odoo.answers.pop(0)
        return JSONResponse({}, status, headers)

    @app.post("/jsonrpc")
    def jsonrpc(body: dict[str, Any]) -> Any:
        if interrupted := interruption():
            return interrupted
        parameters = body["params"]
        try:
            return {"jsonrpc": "2.0", "id": body["id"], "result": service(**parameters)}
        except OdooProblem as problem:
            data = {"name": problem.name, "message": problem.message, "debug": SECRET, "arguments": [], "context": {}}
            return {
                "jsonrpc": "2.0",
                "id": body["id"],
                "error": {"code": 200, "message": "Odoo Server Error", "data": data},
            }

    def service(service: str, method: str, args: list[Any]) -> Any:
        if method == "version":
            return {"server_version": f"{odoo.version}.0", "server_version_info": [odoo.version, 0, 0, "final", 0, ""]}
        if args[0] != DATABASE:
            raise OdooProblem("psycopg2.OperationalError", f'FATAL:  database "{args[0]}" does not exist')
        if method == "authenticate":
            return odoo.user.uid if args[1:3] == [odoo.user.login, KEY] else False
        _, uid, key, model, verb, places, named = args
        if (uid, key) != (odoo.user.uid, KEY):
            raise OdooProblem("odoo.exceptions.AccessDenied", "Access Denied")
        return odoo.handle(model, verb, places[0] if places else [], named)

    @app.get("/web/version")
    def web_version() -> Any:
        return {"version": f"{odoo.version}.0", "version_info": [odoo.version, 0, 0, "final", 0, ""]}

    @app.post("/json/2/{model}/{method}")
    def json2(model: str, method: str, body: dict[str, Any], request: Request) -> Any:
        if interrupted := interruption():
            return interrupted
        if odoo.version < 19:
            return JSONResponse({}, 404)
        try:
            if (
                request.headers.get("X-Odoo-Database") != DATABASE
                or request.headers["Authorization"] != f"bearer {KEY}"
            ):
                raise OdooProblem("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401)
            return odoo.handle(model, method, body.pop("ids", []), body)
        except OdooProblem as problem:
            return JSONResponse({"name": problem.name, "message": problem.message, "debug": SECRET}, problem.status)

    return app


@contextmanager
def running(odoo: FakeOdoo) -> Iterator[FakeOdoo]:
    """Serve an Odoo on a free port of this machine until the block ends."""
    with serving(app_of(odoo)) as odoo.url:
        yield odoo

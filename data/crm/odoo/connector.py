"""Odoo as a connector: which records are copied, by which calls, and what the signed-in user may do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from data.config import CrmAccess
from data.crm.base import ID, CrmQuery, CrmRights, Dictionary, Feed, Record
from data.crm.odoo import fields as lead_fields
from data.crm.odoo.access import access_of
from data.crm.odoo.derived import History, derived_tables
from data.crm.odoo.fields import LEAD, Fields
from data.crm.odoo.server import OdooError, OdooServer
from data.crm.odoo.sink import OdooSink
from data.errors import InputError, nearest

PAGE = 2_000
"""Records of a page."""
SUBTYPES = ("mt_lead_create", "mt_lead_stage", "mt_lead_won", "mt_lead_lost", "mt_lead_restored")
"""What messages say of a lead's way, by the names that Odoo's module crm gives them."""
MESSAGE_TYPES = ("email", "comment")
"""Messages that somebody wrote: notifications of Odoo's own are none."""
STAGE_CHANGES = [["mail_message_id.model", "=", LEAD], ["field_id.name", "=", "stage_id"]]
MEETINGS = [["opportunity_id", "!=", False]]
COLLEAGUES = [["share", "=", False]]
MESSAGE = {
    "id": "BIGINT",
    "write_date": "TIMESTAMP",
    "res_id": "BIGINT",
    "date": "TIMESTAMP",
    "message_type": "VARCHAR",
    "subtype_id": "BIGINT",
    "author_id": "BIGINT",
    "mail_activity_type_id": "BIGINT",
}
TRACKING = {
    "id": "BIGINT",
    "write_date": "TIMESTAMP",
    "mail_message_id": "BIGINT",
    "old_value_integer": "BIGINT",
    "new_value_integer": "BIGINT",
}
MEETING = {
    "id": "BIGINT",
    "write_date": "TIMESTAMP",
    "opportunity_id": "BIGINT",
    "create_date": "TIMESTAMP",
    "start": "TIMESTAMP",
    "active": "VARCHAR",
}
STAGE = {"id": "BIGINT", "name": "VARCHAR", "sequence": "BIGINT", "is_won": "VARCHAR"}
ACTIVITY_TYPE = {"id": "BIGINT", "name": "VARCHAR", "category": "VARCHAR"}
SUBTYPE = {"id": "BIGINT", "meaning": "VARCHAR"}
USER = {"id": "BIGINT", "name": "VARCHAR", "partner_id": "BIGINT", "share": "VARCHAR"}
NAMED = {"id": "BIGINT", "display_name": "VARCHAR"}
BOOLEANS = ("is_won", "share", "active")
REFERENCES = (
    "res_id",
    "subtype_id",
    "author_id",
    "mail_activity_type_id",
    "mail_message_id",
    "opportunity_id",
    "partner_id",
)


class Odoo:
    """The connector to Odoo; made by `connect`."""

    title = "Odoo"

    def __init__(self, server: OdooServer) -> None:
        self.server = server
        self._message_ids: list[int] = []

    @property
    def identity(self) -> str:
        return self.server.identity

    @property
    def calls(self) -> int:
        return self.server.caller.calls

    @cached_property
    def lead_fields(self) -> Fields:
        """What Odoo says of the fields of leads that this user sees."""
        attributes = ["type", "string", "relation", "selection", "store", "readonly"]
        return self.server.call(LEAD, "fields_get", attributes=attributes)

    @cached_property
    def history(self) -> History:
        """The best source of the stages that a lead went through that the rights allow."""
        if self._may_read("mail.tracking.value", STAGE_CHANGES):
            return History.TRACKING
        return History.DURATIONS if "duration_tracking" in self.lead_fields else History.MESSAGES

    @cached_property
    def has_meetings(self) -> bool:
        """Return whether meetings may be read that are about leads."""
        try:
            fields = self.server.call("calendar.event", "fields_get", attributes=["type"])
        except OdooError:
            return False  # the calendar is not installed, or the user has no part in it
        return "opportunity_id" in fields and self._may_read("calendar.event", MEETINGS)

    def _may_read(self, model: str, domain: list[Any]) -> bool:
        try:
            self.server.call(model, "search", domain=domain, limit=1)
        except OdooError as problem:
            if problem.is_about_rights:
                return False
            raise
        return True

    @cached_property
    def _feeds(self) -> list[Feed]:
        durations = self.history is History.DURATIONS
        types = lead_fields.fields_to_read(self.lead_fields, with_durations=durations)
        # The present stage's duration grows by itself, and a write of scores is no change of what leads are.
        passive = ("write_date", "duration_tracking")
        feeds = [
            Feed(LEAD, "crm_lead", types, lead="id", passive=passive),
            Feed("mail.message", "mail_message", MESSAGE, lead="res_id", passive=("write_date",)),
        ]
        if self.history is History.TRACKING:
            feeds.append(Feed("mail.tracking.value", "mail_tracking_value", TRACKING, passive=("write_date",)))
        if self.has_meetings:
            feeds.append(
                Feed("calendar.event", "calendar_event", MEETING, lead="opportunity_id", passive=("write_date",))
            )
        return feeds

    def feeds(self) -> list[Feed]:
        return self._feeds

    def dictionaries(self) -> list[Dictionary]:
        """Return stages, types and people first, then whatever else fields of leads refer to."""
        special = [
            Dictionary(Feed("crm.stage", "crm_stage", STAGE), self._uses_of_stages()),
            Dictionary(
                Feed("mail.activity.type", "mail_activity_type", ACTIVITY_TYPE),
                [("mail_message", "mail_activity_type_id")],
            ),
            Dictionary(Feed("mail.message.subtype", "mail_message_subtype", SUBTYPE), whole=True),
            Dictionary(Feed("res.users", "res_users", USER), [("crm_lead", "user_id")], whole=True),
        ]
        return [*special, *(self._names(relation) for relation in sorted(self.relations.values()))]

    def _uses_of_stages(self) -> list[tuple[str, str]]:
        uses = [("crm_lead", "stage_id")]
        if self.history is History.TRACKING:
            uses += [("mail_tracking_value", "old_value_integer"), ("mail_tracking_value", "new_value_integer")]
        if self.history is History.DURATIONS:
            uses.append(("crm_lead", r"unnest(regexp_extract_all(duration_tracking, '(\d+):', 1))::BIGINT"))
        return uses

    @cached_property
    def relations(self) -> dict[str, str]:
        """The fields of leads that name something by its id, and the models that they refer to."""
        types = self._feeds[0].types
        plain = (*lead_fields.ROLES, *lead_fields.ACCOUNTS, "user_id")
        kinds = ("many2one", "many2many")
        return {
            name: self.lead_fields[name]["relation"]
            for name in types
            if name not in plain and self.lead_fields.get(name, {}).get("type") in kinds
        }

    def _names(self, model: str) -> Dictionary:
        fields = [name for name, relation in self.relations.items() if relation == model]
        return Dictionary(Feed(model, view_of(model), NAMED), [("crm_lead", self._ids_in(name)) for name in fields])

    def _ids_in(self, field: str) -> str:
        if self.lead_fields[field]["type"] == "many2one":
            return field
        return f"unnest(string_split({field}, ';'))::BIGINT"

    def now(self) -> datetime:
        """Return the present by the server's clock, as its last answer said it."""
        self.server.uid  # noqa: B018  (signing in asks the server, whose answers have its time)
        return self.server.caller.clock or datetime.now(UTC).replace(tzinfo=None)

    def page(self, feed: Feed, *, since: datetime | None, after: Any) -> tuple[list[Record], bool]:
        """Return a page in the order of ids, within what changed since a moment.

        Moments come in whole seconds, and a batch may have one moment: no page could begin after it. Ids have no ties.
        """
        domain = self._domain(feed)
        if since is not None:
            domain.append(["write_date", ">=", f"{since:%Y-%m-%d %H:%M:%S}"])
        if after is not None:
            domain.append(["id", ">", after])
        if feed.name == "mail.message":
            return self._page_of_messages(feed, domain)
        records = self._read(feed, domain, limit=PAGE)
        return records, len(records) == PAGE

    def _page_of_messages(self, feed: Feed, domain: list[Any]) -> tuple[list[Record], bool]:
        """Return a page of messages, of which all ids are asked for first.

        Odoo applies a limit before it leaves out messages about leads that the user may not see: a page that is not
        full would not be the last one.
        """
        if not self._message_ids:
            self._message_ids = self.server.call(feed.name, "search", domain=domain, order="id")
        page, self._message_ids = self._message_ids[:PAGE], self._message_ids[PAGE:]
        records = self._read(feed, [["id", "in", page]]) if page else []
        return records, bool(self._message_ids)

    def count(self, feed: Feed) -> int | None:
        """Return how many leads the user sees; to count messages takes Odoo as long as to list them."""
        return self.server.call(LEAD, "search_count", domain=self._domain(feed)) if feed.name == LEAD else None

    def ids(self, feed: Feed) -> list[int]:
        return self.server.call(feed.name, "search", domain=self._domain(feed), order="id")

    def records(self, feed: Feed, ids: Collection[int] | None) -> list[Record]:
        if feed.view == "mail_message_subtype":
            return self._subtypes()
        domain = self._domain(feed)
        if ids is None:
            return self._read(feed, domain)
        wanted = [*ids]
        chunks = (wanted[start : start + PAGE] for start in range(0, len(wanted), PAGE))
        return [each for chunk in chunks for each in self._readable(feed, [*domain, ["id", "in", chunk]])]

    def _readable(self, feed: Feed, domain: list[Any]) -> list[Record]:
        """Names that the user may not read stay unknown."""
        try:
            return self._read(feed, domain)
        except OdooError as problem:
            if problem.is_about_rights:
                return []
            raise

    def _read(self, feed: Feed, domain: list[Any], limit: int | None = None) -> list[Record]:
        fields = self.lead_fields if feed.name == LEAD else _FIELDS
        options: dict[str, Any] = {} if limit is None else {"limit": limit}
        records = self.server.call(
            feed.name,
            "search_read",
            domain=domain,
            fields=[name for name in feed.types if name != ID],
            order="id",
            load="",  # ids alone: their names are looked up once, and not for each record
            **options,
        )
        return [lead_fields.plain_record(record, feed.types, fields) for record in records]

    def _domain(self, feed: Feed) -> list[Any]:
        if feed.name == LEAD:
            return [["active", "in", [True, False]]]
        if feed.name == "mail.message":
            written = ["|", ["message_type", "in", [*MESSAGE_TYPES]], ["mail_activity_type_id", "!=", False]]
            return [["model", "=", LEAD], "|", *written, ["subtype_id", "in", [*self.subtypes]]]
        fixed = {"mail.tracking.value": STAGE_CHANGES, "calendar.event": MEETINGS, "res.users": COLLEAGUES}
        return [*fixed.get(feed.name, [])]

    @cached_property
    def subtypes(self) -> dict[int, str]:
        """What subtypes of messages mean, by their ids."""
        domain = [["model", "=", "mail.message.subtype"], ["module", "in", ["crm", "mail"]]]
        names = [*SUBTYPES, "mt_note"]
        try:
            rows = self.server.call(
                "ir.model.data",
                "search_read",
                domain=[*domain, ["name", "in", names]],
                fields=["name", "res_id"],
            )
            known = {row["res_id"]: row["name"] for row in rows}
        except OdooError as problem:
            if not problem.is_about_rights:
                raise
            known = self._subtypes_by_metadata()
        return {number: name for number, name in known.items() if name in names}

    def _subtypes_by_metadata(self) -> dict[int, str]:
        """Whoever may not read the list of names gets them record by record."""
        ids = self.server.call("mail.message.subtype", "search", domain=[["res_model", "in", [LEAD, False]]])
        rows = self.server.call("mail.message.subtype", "get_metadata", ids=ids)
        return {row["id"]: str(row.get("xmlid") or "").rpartition(".")[2] for row in rows}

    def _subtypes(self) -> list[Record]:
        return [{"id": number, "meaning": name} for number, name in self.subtypes.items()]

    def derived(self, table: str) -> CrmQuery:
        tables = derived_tables(
            self._feeds[0].types, self.lead_fields, self.relations, self.history, meetings=self.has_meetings
        )
        if table not in tables:
            raise InputError(f"Odoo has no table '{table}'", expected=", ".join(tables), remedy=nearest(table, tables))
        return tables[table]

    def sink(self, columns: Mapping[str, str]) -> OdooSink:
        return OdooSink(self.server, columns)

    def access(self, columns: Mapping[str, str]) -> CrmRights:
        return access_of(self, columns)

    def user_sees(self, domain: list[Any]) -> int:
        """Return how many leads there are that meet a condition, archived ones too."""
        return self.server.call(LEAD, "search_count", domain=[["active", "in", [True, False]], *domain])


def view_of(model: str) -> str:
    """Return the name by which SQL knows the names of a model's records.

    >>> view_of("utm.source")
    'names_of_utm_source'
    """
    return f"names_of_{model.replace('.', '_')}"


_FIELDS: dict[str, dict[str, str]] = {name: {"type": "boolean"} for name in BOOLEANS}
_FIELDS |= {name: {"type": "many2one"} for name in REFERENCES if name != "res_id"}


def connect(access: CrmAccess) -> Odoo:
    """Return the connector to a server of Odoo. Raises InputError where the settings lack something."""
    return Odoo(OdooServer(access))

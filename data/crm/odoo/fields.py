"""Which fields of a lead are read, as what, and which never are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from data.crm.base import Record

LEAD = "crm.lead"
OWN = "x_leadscore"
"""How the names of fields begin that scores are written to: no other field is ever written."""
LEAKING = {
    "probability": "Odoo's own score: 0 once a lead is lost, 100 once it is won",
    "automated_probability": "Odoo's own score",
    "is_automated_probability": "says whether Odoo's own score was overruled",
    "prorated_revenue": "revenue × probability",
    "recurring_revenue_prorated": "revenue × probability",
    "recurring_revenue_monthly_prorated": "revenue × probability",
    "lost_reason_id": "only lost leads have one",
    "won_status": "the outcome",
    "active": "lost leads are archived",
    "stage_id": "the present stage: read as stage, never learned from as it is today",
    "type": "leads become opportunities on the way to a win",
    "priority": "sales fills it in on the way",
    "date_closed": "the outcome's date",
    "date_conversion": "only what became an opportunity has one",
    "date_open": "set by assignment",
    "date_last_stage_update": "moves with the stage",
    "day_open": "set by assignment",
    "day_close": "the time to the outcome",
    "duration_tracking": "the time in each stage",
}
"""Fields that are never learned from, each with the reason."""
ROLES = ("create_date", "write_date", "active", "stage_id", "lost_reason_id", "date_closed", "won_status")
"""Fields that say what became of a lead and when."""
ATTRIBUTES = (
    "email_from",
    "function",
    "partner_name",
    "commercial_partner_id",
    "partner_id",
    "user_id",
    "city",
    "state_id",
    "country_id",
    "lang_id",
    "source_id",
    "medium_id",
    "campaign_id",
    "team_id",
    "company_id",
    "tag_ids",
    "expected_revenue",
)
"""Fields of a lead as Odoo ships it that are read where a server has them."""
ACCOUNTS = ("commercial_partner_id", "partner_id")
"""The company that a lead is of: the first of these that there is."""
CUSTOM = ("x_studio_", "x_")
PLAIN = {
    "char": "VARCHAR",
    "text": "VARCHAR",
    "selection": "VARCHAR",
    "boolean": "VARCHAR",
    "many2many": "VARCHAR",
    "integer": "BIGINT",
    "many2one": "BIGINT",
    "float": "DOUBLE",
    "monetary": "DOUBLE",
    "date": "TIMESTAMP",
    "datetime": "TIMESTAMP",
}
"""Types of Odoo's fields that are read, as DuckDB calls them."""
Fields = Mapping[str, Mapping[str, Any]]
"""What ``fields_get`` says of each field."""


def fields_to_read(fields: Fields, *, with_durations: bool) -> dict[str, str]:
    """Return the fields of a lead that are read, with their plain types."""
    wanted = [*ROLES, *ATTRIBUTES, *custom_fields(fields), *(["duration_tracking"] if with_durations else [])]
    known = [name for name in dict.fromkeys(wanted) if name in fields]
    return {"id": "BIGINT"} | {name: plain_type(fields[name]) for name in known}


def custom_fields(fields: Fields) -> list[str]:
    """Return the fields that somebody added and that hold something readable; not those that scores are written to.

    >>> custom_fields({"x_size": {"type": "integer"}, "x_leadscore_band": {"type": "char"}, "name": {"type": "char"}})
    ['x_size']
    """
    return sorted(
        name
        for name, field in fields.items()
        if name.startswith("x_") and not name.startswith(OWN) and field.get("type") in PLAIN
    )


def plain_type(field: Mapping[str, Any]) -> str:
    """Fields of other types, such as the durations, are read as text."""
    return PLAIN.get(str(field.get("type")), "VARCHAR")


def column_of(field: str) -> str:
    """Return the column in which a field stands once ids were replaced by what they name.

    >>> [column_of(name) for name in ("source_id", "tag_ids", "x_studio_size", "x_plan_id", "email_from")]
    ['source', 'tags', 'size', 'plan', 'email_from']
    """
    prefix = next((prefix for prefix in CUSTOM if field.startswith(prefix)), "")
    bare = field.removeprefix(prefix)
    if bare.endswith("_ids"):
        return f"{bare.removesuffix('_ids')}s"
    return bare.removesuffix("_id") or bare


def plain_record(record: Record, types: Mapping[str, str], fields: Fields) -> Record:
    """Return a record as it is copied: nothing instead of Odoo's false, ids without names, and texts for lists."""
    return {name: plain_value(record.get(name), kind, _described(name, fields)) for name, kind in types.items()}


def _described(name: str, fields: Fields) -> Mapping[str, Any]:
    """Return what Odoo says of a field; one that says what became of a lead keeps its keys."""
    field = fields.get(name, {})
    return {"type": field.get("type")} if name in ROLES else field


def plain_value(value: Any, kind: str, field: Mapping[str, Any]) -> Any:
    """Return a value as it is copied.

    >>> plain_value(False, "VARCHAR", {"type": "char"}), plain_value(False, "VARCHAR", {"type": "boolean"})
    (None, 'false')
    >>> plain_value([9, "Fair"], "BIGINT", {"type": "many2one"}), plain_value({"1": 60}, "VARCHAR", {"type": "json"})
    (9, '1:60')
    """
    if field.get("type") == "boolean":
        return str(bool(value)).lower()
    if value is None or value is False:
        return None
    if field.get("type") == "many2one":
        return value[0] if isinstance(value, (list, tuple)) else value
    if isinstance(value, dict):
        return ";".join(f"{key}:{part}" for key, part in value.items() if str(key).isdigit())
    if isinstance(value, list):
        return ";".join(map(str, value))
    return _typed(value, kind, field)


def _typed(value: Any, kind: str, field: Mapping[str, Any]) -> Any:
    if kind == "TIMESTAMP":
        return datetime.fromisoformat(str(value))
    if kind == "DOUBLE":
        return float(value)
    if kind == "BIGINT":
        return int(value)
    labels = {str(key): label for key, label in field.get("selection") or ()}
    return labels.get(str(value), str(value))

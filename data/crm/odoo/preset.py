"""The settings that read and write Odoo, with the fields that are never learned from."""

from __future__ import annotations

import os
from collections.abc import Sequence

import yaml

from data.config import CrmAccess
from data.crm.base import Preset
from data.crm.odoo.fields import LEAKING, OWN
from data.crm.odoo.server import OdooServer
from data.vocabulary import SCORE_FIELDS

VARIABLES = {"ODOO_URL": "url", "ODOO_DB": "database", "ODOO_USER": "user", "ODOO_API_KEY": "api_key"}
STANDARD = ["New", "Qualified", "Proposition"]
HEAD = """\
# Leads of Odoo 17 to 19, read and scored through its own interface.
# Set these in the environment: ODOO_URL, ODOO_DB, ODOO_USER, ODOO_API_KEY. Then see what the user may do:
#   leadscore check-connection --config leadscore.yaml
crm:
  kind: odoo
  url: ${ODOO_URL}
  database: ${ODOO_DB}
  user: ${ODOO_USER}
  api_key: ${ODOO_API_KEY}

tables:
  leads: {crm: leads}        # crm.lead, archived ones too; archived without a reason: left out
  events: {crm: events}      # messages, activities that were done, meetings
  stages: {crm: stages}      # the stages that each lead went through
  outcomes: {crm: outcomes}  # won and lost

# A column is called as its field in Odoo, without _id, _ids, x_ and x_studio_: what ids name is looked up.
columns:
  leads:
    lead_id: id
    created_at: create_date
    account_id: account
    email: email_from
    job_title: function
    company: partner_name
    region: state

# Sales fills it in on the way: today's value knows more than the lead's past did. Keep it where it is known early on.
drop: [expected_revenue]

horizon: 90
"""


def preset() -> Preset:
    """Return the settings for Odoo, with the stages of the server that the environment names."""
    stages, note = _stages_there()
    text = "\n".join([HEAD, *_stages(stages), "", *_write_back(), "", *_left_out(), ""])
    return Preset(text, LEAKING, [note, f"Never learned from: {', '.join(LEAKING)}."])


def _stages_there() -> tuple[list[str], str]:
    """Return the stages that end nothing, in their order, and where they come from."""
    missing = [name for name in VARIABLES if not os.environ.get(name)]
    if missing:
        return STANDARD, f"Not connected, since {missing[0]} is not set: the stages are those that Odoo comes with."
    access = CrmAccess.model_validate({"kind": "odoo"} | {key: f"${{{name}}}" for name, key in VARIABLES.items()})
    fields = ["name", "is_won"]
    rows = OdooServer(access).call("crm.stage", "search_read", domain=[], fields=fields, order="sequence, id")
    names = list(dict.fromkeys(str(row["name"]) for row in rows if not row["is_won"]))
    return names, f"{len(names)} stages were read from Odoo: see that they mean what is written under stages."


def _stages(names: Sequence[str]) -> list[str]:
    """Propose the first stage as lead, the last as the opportunity, and what is between them as qualified by sales."""
    first, between, last = names[:1], names[1:-1], names[1:][-1:]
    marketing, sales = (between[:1], between[1:]) if len(between) > 1 else ([], between)
    mapping = {"lead": first, "mql": marketing, "sql": sales, "qso": last, "won": ["won"], "lost": ["lost"]}
    filled = {name: [*value] for name, value in mapping.items() if value}
    lines = yaml.safe_dump(filled, sort_keys=False, allow_unicode=True, default_flow_style=None).splitlines()
    return [
        "# Stages of Odoo → stages of the funnel. What was won or lost is called so, whatever its stage is called.",
        "stages:",
        *(f"  {line}" for line in lines),
    ]


def _write_back() -> list[str]:
    lines = (f"    {field}: {OWN}_{field}" for field in SCORE_FIELDS)
    return [
        "write_back:  # `leadscore push --setup` makes these fields, as an administrator",
        "  kind: crm",
        "  columns:",
        *lines,
    ]


def _left_out() -> list[str]:
    lines = (f"#   {field}: {reason}" for field, reason in LEAKING.items())
    return [
        "# Never learned from, since these fields know how a lead ends:",
        *lines,
        f"#   {OWN}_…: scores that were written before",
    ]

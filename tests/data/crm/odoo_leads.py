"""The simulated funnel as an Odoo has it, and the same as files: what is known of leads, event by event."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from tests.data.crm.fake_odoo import FakeOdoo

STAGES = {"lead": "New", "mql": "MQL", "sql": "Qualified", "qso": "Proposition", "customer": "Won"}
CUSTOM = {
    "industry": "char",
    "employees": "integer",
    "annual_revenue": "float",
    "technologies": "char",
    "asset": "char",
    "budget": "float",
    "authority": "char",
    "need": "char",
    "timeline_days": "integer",
    "crm_edition": "char",
    "newsletter_frequency": "char",
    "form_variant": "char",
}
NAMES = {"source": "utm.source", "campaign": "utm.campaign", "country": "res.country", "region": "res.country.state"}
FIELDS = {"source": "source_id", "campaign": "campaign_id", "country": "country_id", "region": "state_id"}


class Filled:
    """Fills an Odoo with simulated leads, and says what it holds as tables of the vocabulary."""

    def __init__(self, odoo: FakeOdoo, folder: Path) -> None:
        self.odoo = odoo
        self.tables = {
            name: pd.read_parquet(folder / f"{name}.parquet") for name in ("leads", "events", "stages", "outcomes")
        }
        self.known: dict[tuple[str, str], int] = {}
        for name, kind in CUSTOM.items():
            odoo.fields["crm.lead"][f"x_{name}"] = {"type": kind, "string": name}
        stages = (
            odoo.add("crm.stage", name=name, sequence=n, is_won=name == "Won") for n, name in enumerate(STAGES.values())
        )
        self.stages = dict(zip(STAGES, stages, strict=True))
        self.field = odoo.add("ir.model.fields", name="stage_id", model="crm.lead")
        self.reason = odoo.add("crm.lost.reason", name="Too expensive")
        leads = self.tables["leads"].drop_duplicates("lead_id")
        self.numbers = {lead_id: 1000 + n for n, lead_id in enumerate(leads["lead_id"])}
        self._fill(leads)

    def named(self, model: str, name: Any) -> int | bool:
        """Return the id of what has a name; it is made at need."""
        if pd.isna(name):
            return False
        if (model, name) not in self.known:
            self.known[model, name] = self.odoo.add(model, name=name)
        return self.known[model, name]

    def as_files(self, folder: Path) -> Path:
        """Write what the Odoo holds as tables of the vocabulary, put together by hand; return their settings."""
        folder.mkdir()
        tables = self.odoo.tables
        names = {(model, row["id"]): row.get("name") for model, rows in tables.items() for row in rows.values()}
        leads = _frame(tables["crm.lead"].values())
        table = pd.DataFrame({"lead_id": leads["id"].astype(str), "created_at": leads["create_date"]})
        table["account_id"] = leads["commercial_partner_id"].map(lambda each: None if pd.isna(each) else str(int(each)))
        table["email"], table["job_title"] = leads["email_from"], leads["function"]
        table["company"], table["city"] = leads["partner_name"], leads["city"]
        for column, (field, model) in {
            name: (FIELDS.get(name, "user_id"), NAMES.get(name, "res.users")) for name in [*FIELDS, "owner"]
        }.items():
            table[column] = [names.get((model, each)) for each in leads[field]]
        for name, kind in CUSTOM.items():
            empty = 0 if kind in ("integer", "float") else None
            table[name] = leads[f"x_{name}"].where(leads[f"x_{name}"].notna(), empty)
        closed = {
            number: ("won" if self._is_won(number) else "lost") for number in leads["id"] if self._is_closed(number)
        }
        table["stage"] = [
            closed.get(number, names["crm.stage", stage])
            for number, stage in zip(leads["id"], leads["stage_id"], strict=True)
        ]
        table.to_parquet(folder / "leads.parquet")
        self._events().to_parquet(folder / "events.parquet")
        self._history().to_parquet(folder / "stages.parquet")
        return self._settings(folder)

    def _is_won(self, number: int) -> bool:
        return self.odoo.tables["crm.lead"][number]["stage_id"] == self.stages["customer"]

    def _is_closed(self, number: int) -> bool:
        return self._is_won(number) or not self.odoo.tables["crm.lead"][number]["active"]

    def _events(self) -> pd.DataFrame:
        types = self.odoo.tables["mail.activity.type"]
        rows = [each for each in self.odoo.tables["mail.message"].values() if each.get("mail_activity_type_id")]
        return pd.DataFrame(
            {
                "event_id": [f"m{row['id']}" for row in rows],
                "lead_id": [str(row["res_id"]) for row in rows],
                "occurred_at": [row["date"] for row in rows],
                "type": [types[row["mail_activity_type_id"]]["name"] for row in rows],
            }
        )

    def _history(self) -> pd.DataFrame:
        """Return the simulated history as Odoo can say it: from New on, and each stage once that it stays in."""
        rows = []
        for number, lead in self.odoo.tables["crm.lead"].items():
            rows.append((number, "New", lead["create_date"]))
        history = self.tables["stages"].sort_values("entered_at", kind="stable")
        last, lost = dict.fromkeys(self.numbers.values(), "lead"), set()
        for step in history.to_dict("records"):
            number, stage, at = self.numbers[step["lead_id"]], step["stage"], moment(step["entered_at"])
            if stage == "lost":
                lost.add(number)
                rows.append((number, "lost", at))
                continue
            if number in lost and stage == last[number]:
                rows.append((number, STAGES[stage], at))
            elif number in lost:
                rows.append((number, STAGES[last[number]], at))
            lost.discard(number)
            if stage != last[number]:
                rows.append((number, "won" if stage == "customer" else STAGES[stage], at))
                last[number] = stage
        return pd.DataFrame(rows, columns=["lead_id", "stage", "entered_at"]).astype({"lead_id": str})

    def _settings(self, folder: Path) -> Path:
        tables = {name: f"{name}.parquet" for name in ("leads", "events", "stages")}
        stages = {
            "lead": ["New"],
            "mql": ["MQL"],
            "sql": ["Qualified"],
            "qso": ["Proposition"],
            "won": ["won"],
            "lost": ["lost"],
        }
        (folder / "leadscore.yaml").write_text(yaml.safe_dump({"tables": tables, "stages": stages, "horizon": 90}))
        return folder / "leadscore.yaml"

    def _user(self, name: Any) -> int | bool:
        if pd.isna(name):
            return False
        if ("res.users", name) not in self.known:
            partner = self.odoo.add("res.partner", name=name)
            self.known["res.users", name] = self.odoo.add("res.users", name=name, partner_id=partner, share=False)
        return self.known["res.users", name]

    def _fill(self, leads: pd.DataFrame) -> None:
        history = self.tables["stages"].sort_values("entered_at", kind="stable")
        histories = dict(list(history.groupby("lead_id")))
        outcomes = self.tables["outcomes"].drop_duplicates("lead_id").set_index("lead_id")
        for lead in leads.to_dict("records"):
            self._add_lead(lead, histories.get(lead["lead_id"]), outcomes)
        for event in self.tables["events"].dropna(subset=["lead_id", "occurred_at", "type"]).to_dict("records"):
            self._add_event(event)

    def _add_lead(self, lead: dict[str, Any], history: pd.DataFrame | None, outcomes: pd.DataFrame) -> None:
        number, created = self.numbers[lead["lead_id"]], moment(lead["created_at"])
        values = {
            "name": f"Deal {number}",
            "type": "opportunity",
            "email_from": text(lead["email"]),
            "function": text(lead["job_title"]),
            "partner_name": text(lead["company"]),
            "city": text(lead["city"]),
            "user_id": self._user(lead["owner"]),
            "commercial_partner_id": self.named("res.partner", lead["account_id"]),
            "stage_id": self.stages["lead"],
            "active": True,
            "probability": 37.5,
        }
        values |= {FIELDS[name]: self.named(model, lead[name]) for name, model in NAMES.items()}
        values |= {f"x_{name}": number_or_text(lead[name]) for name in CUSTOM}
        self.odoo.add("crm.lead", id=number, create_date=created, write_date=created, **values)
        self.odoo.tables["crm.lead"][number]["write_date"] = created
        self._say(number, created, "mt_lead_create")
        if history is not None:
            self._walk(number, history)
        if lead["lead_id"] in outcomes.index:
            self._close(number, outcomes.loc[lead["lead_id"]])

    def _walk(self, number: int, history: pd.DataFrame) -> None:
        row = self.odoo.tables["crm.lead"][number]
        for step in history.to_dict("records"):
            at, stage = moment(step["entered_at"]), step["stage"]
            if stage == "lost":
                row |= {"active": False, "lost_reason_id": self.reason, "date_closed": at, "write_date": at}
                self._say(number, at, "mt_lead_lost")
                continue
            if not row["active"]:
                row |= {"active": True, "lost_reason_id": False}
                self._say(number, at, "mt_lead_restored")
            if stage in self.stages and self.stages[stage] != row["stage_id"]:
                said = self._say(number, at, "mt_lead_won" if stage == "customer" else "mt_lead_stage")
                self.odoo.add("mail.tracking.value", mail_message_id=said, field_id=self.field,
                              old_value_integer=row["stage_id"], new_value_integer=self.stages[stage])  # fmt: skip
                row |= {"stage_id": self.stages[stage], "write_date": at}

    def _close(self, number: int, outcome: pd.Series) -> None:
        row, at = self.odoo.tables["crm.lead"][number], moment(outcome["closed_at"])
        row |= {"date_closed": at, "probability": 100.0 if outcome["won"] else 0.0}
        if outcome["won"]:
            row["expected_revenue"] = 0.0 if pd.isna(outcome["amount"]) else float(outcome["amount"])
        if self.odoo.version >= 19:
            row["won_status"] = "won" if outcome["won"] else "lost"

    def _say(self, number: int, at: Any, subtype: str) -> int:
        return self.odoo.add("mail.message", model="crm.lead", res_id=number, date=at, message_type="notification",
                             subtype_id=self.odoo.subtypes[subtype], author_id=self.odoo.partner)  # fmt: skip

    def _add_event(self, event: dict[str, Any]) -> None:
        if event["lead_id"] not in self.numbers:
            return
        kind = self.named("mail.activity.type", event["type"])
        self.odoo.tables["mail.activity.type"][kind]["category"] = "default"
        number, note = self.numbers[event["lead_id"]], self.odoo.subtypes["mt_note"]
        self.odoo.add("mail.message", model="crm.lead", res_id=number, message_type="notification",
                      date=moment(event["occurred_at"]), mail_activity_type_id=kind, author_id=self.odoo.partner,
                      subtype_id=note)  # fmt: skip


def _frame(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame([{key: None if value is False else value for key, value in row.items()} for row in rows])


def moment(value: Any) -> Any:
    """Return a moment as Odoo keeps those that it is given: naive UTC, in whole seconds."""
    return False if pd.isna(value) else pd.Timestamp(value).tz_localize(None).floor("s").to_pydatetime()


def text(value: Any) -> Any:
    return False if pd.isna(value) else value


def number_or_text(value: Any) -> Any:
    if isinstance(value, float):
        return False if pd.isna(value) else value
    return text(value)

"""A lead that is given as records is what it is among the tables of a data set."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from data.chunk import Chunk, LeadRecords
from data.config import FileTable, Settings, settings_of_folder
from data.dataset import open_dataset
from data.schema import Attribute, EventType, Schema
from data.vocabulary import Family, Kind
from features import Batch, build

NOW = pd.Timestamp("2025-06-01")
PARTS = ("events", "stages")
TABLES = {
    "leads": """lead_id,account_id,created_at,email,job_title,company,employees,budget,technologies,source,plan,vip
        007,a,03/01/2025,ada@lovelace.org,Head of IT,Lovelace Ltd,250,"1.200,50",crm;web,webinar,gold,1
        8,a,13/01/2025,nobody@gmail.com,CEO,asdf,-3,n/a,web,Select,iron,0
        9,,14/01/2031,,,,12.5,"7,5",,ppc,,yes
        10,b,,who,student,IBM,5000,0,crm,ppc,gold,""",
    "events": """lead_id,occurred_at,type,asset,value,event_id
        8,2025-02-01T10:00:00+02:00,visit,price,3,1
        8,2025-02-01,download,,"1,5",2
        8,2025-02-01,download,,"1,5",2
        007,2025-02-04,visit,price,,3
        007,soon,visit,,,4
        007,2025-02-03,,,,5""",
    "stages": """lead_id,stage,entered_at
        8,mql,2025-02-02
        8,lead,2025-02-01
        007,mql,2025-02-02
        007,,2025-02-03""",
}
SCHEMA = Schema(
    timed=True,
    attributes=(
        Attribute("employees", "Employees", Kind.NUMBER, Family.FIRMOGRAPHIC),
        Attribute("budget", "Budget", Kind.NUMBER, Family.DECLARED),
        Attribute("technologies", "Technologies", Kind.SET, Family.FIRMOGRAPHIC, ("crm", "web")),
        Attribute("source", "Source", Kind.CATEGORY, Family.SOURCE),
        Attribute("plan", "Plan", Kind.CATEGORY, Family.DECLARED),
        Attribute("vip", "VIP", Kind.FLAG, Family.DECLARED),
    ),
    event_types=(EventType("visit", ("price",), has_value=True), EventType("download", has_value=True)),
    stages=("lead", "mql"),
    personal=("email", "job_title", "company"),
)


def records(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(line.strip() for line in TABLES[name].splitlines()))


@pytest.fixture(scope="module")
def read(tmp_path_factory) -> tuple[Settings, dict[str, Chunk]]:
    """The settings with the formats that were decided, and each lead as the tables give it."""
    folder: Path = tmp_path_factory.mktemp("tables")
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text("\n".join(line.strip() for line in text.splitlines()), encoding="utf-8")
    settings = settings_of_folder(folder)
    assert isinstance(settings.tables["leads"], FileTable)
    with open_dataset(settings, workspace=folder / "var", schema=SCHEMA, now=NOW) as dataset:
        leads = {lead: dataset.lead(lead) for lead in ("007", "8", "9", "10")}
        return dataset.settings, {lead: chunk for lead, chunk in leads.items() if chunk}


def of_records(lead: str, settings: Settings) -> Chunk:
    (of_lead,) = (row for row in records("leads") if row["lead_id"] == lead)
    events, stages = ([row for row in records(name) if row["lead_id"] == lead] for name in ("events", "stages"))
    return Chunk.from_records(SCHEMA, of_lead, events, stages, now=NOW, formats=settings.formats, days=settings.days)


@pytest.mark.parametrize("lead", ["007", "8", "9", "10"])
def test_a_lead_of_records_is_as_among_all(read, lead):
    settings, leads = read
    for part, other in zip(of_records(lead, settings), leads[lead], strict=True):
        there = other.assign(position=0) if len(other) else other
        pd.testing.assert_frame_equal(part, there.reset_index(drop=True))


def test_leads_of_records_are_each_as_alone(read):
    settings, leads = read
    given = [
        LeadRecords(row, *([each for each in records(name) if each["lead_id"] == row["lead_id"]] for name in PARTS))
        for row in records("leads")
    ]
    chunk = Chunk.of_leads(SCHEMA, given, now=NOW, formats=settings.formats, days=settings.days)
    for position, lead in enumerate(chunk.leads["lead_id"]):
        for part, alone in zip(chunk, of_records(lead, settings), strict=True):
            here = part[part["position"] == position].assign(position=0).reset_index(drop=True)
            pd.testing.assert_frame_equal(here, alone, check_dtype=bool(len(alone)))
    assert chunk.leads["lead_id"].tolist() == list(leads)


def test_a_number_beside_a_text_is_what_it_is():
    """1.5 as a number stays so, where the texts of its column have a decimal comma."""
    events = [{"occurred_at": "2025-01-01", "type": "visit", "value": value} for value in (1.5, "1,5")]
    formats = {"events": {"value": "decimal comma"}}
    chunk = Chunk.from_records(Schema(True), {"lead_id": 1}, events, now=NOW, formats=formats)
    assert chunk.events["value"].tolist() == [1.5, 1.5]


@pytest.mark.parametrize("lead", ["007", "8", "9", "10"])
def test_its_features_are_the_same(read, lead):
    settings, leads = read
    alone, among = (build(Batch.at(chunk, SCHEMA, NOW)) for chunk in (of_records(lead, settings), leads[lead]))
    pd.testing.assert_frame_equal(alone, among)


def test_cells_may_be_what_they_are(read):
    settings, leads = read
    lead = {
        "lead_id": "007",
        "account_id": "a",
        "created_at": datetime(2025, 1, 3, tzinfo=UTC),
        "email": "ada@lovelace.org",
        "job_title": "Head of IT",
        "company": "Lovelace Ltd",
        "employees": 250,
        "budget": 1200.5,
        "technologies": ["crm", "web"],
        "source": "webinar",
        "plan": "gold",
        "vip": True,
    }
    chunk = Chunk.from_records(SCHEMA, lead, now=NOW, formats=settings.formats, days=settings.days)
    pd.testing.assert_frame_equal(chunk.leads, leads["007"].leads)


def test_no_database_is_loaded():
    code = "import sys, data.chunk; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0

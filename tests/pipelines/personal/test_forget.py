"""A forgotten lead is nowhere: not in the store, the quarantine, the copies or the report."""

import csv
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from jinja2 import Environment

from data.config import DatabaseTable, FileTable, WriteBack, load_settings
from data.sources import engine_of
from pipelines.push import push, set_up
from pipelines.score import score


def files_with(folder: Path, text: str) -> list[str]:
    return [str(file) for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]


@pytest.fixture
def kept(workspace, config, leadscore, tmp_path) -> str:
    """A lead that is in the store with receipts, in quarantine, in the copies of the CRM and on the report's page."""
    lead = "Forget-Me-000001"
    tables = {name: pd.read_parquet(config.parent / f"{name}.parquet") for name in load_settings(config).tables}
    hot = tables["leads"].query("stage == 'qso'")["lead_id"].iloc[-1]
    tables = {name: table.replace({"lead_id": {hot: lead}}) for name, table in tables.items()}
    bad = pd.DataFrame({"lead_id": [lead], "stage": [None], "entered_at": [pd.Timestamp("2025-01-01", tz="UTC")]})
    tables["stages"] = pd.concat([tables["stages"], bad], ignore_index=True)
    address = f"sqlite:///{tmp_path / 'crm.db'}"
    engine = engine_of(address)
    leads = tables.pop("leads").drop_duplicates("lead_id").assign(updated_at="2026-01-01")
    with engine.begin() as connection:
        columns = ", ".join(f'"{name}"' for name in leads.columns if name != "lead_id")
        connection.exec_driver_sql(f"CREATE TABLE leads (lead_id TEXT PRIMARY KEY, {columns})")
    leads.to_sql("leads", engine, index=False, if_exists="append")
    for name, table in tables.items():
        table.to_parquet(tmp_path / f"{name}.parquet")
    there = {name: FileTable(tmp_path / f"{name}.parquet") for name in tables} | {"leads": DatabaseTable(table="leads")}
    settings = load_settings(config).model_copy(
        update={"tables": there, "database": address, "drop": ["updated_at"], "write_back": WriteBack()}
    )
    score(workspace, settings=settings, out=workspace.root / "scores.csv")
    set_up(workspace)
    push(workspace)
    leadscore("report", "--workspace", workspace.root)
    return lead


def test_a_forgotten_lead_is_in_no_file_of_the_workspace(kept, workspace, leadscore):
    before = {Path(file).name for file in files_with(workspace.root, kept)}
    assert before >= {"store.db", "stages.csv", "mirror.duckdb", "scores.csv"}
    told = leadscore("forget", kept, "--workspace", workspace.root, "--json").json
    assert told["anywhere"]
    assert told["found"]["scores"] == told["found"]["deliveries"] == told["found"]["quarantine"] == 1
    assert told["found"]["exports"] == 1
    assert len(pd.read_csv(workspace.root / "scores.csv")) > 700  # of the 757 open leads
    assert files_with(workspace.root, kept) == []


def test_with_crm_its_fields_are_emptied_there_and_its_row_stays(kept, workspace, leadscore, tmp_path):
    row = "SELECT lead_id, probability, score, reasons_up FROM lead_scores WHERE lead_id = ?"
    others = "SELECT count(*) FROM lead_scores WHERE score IS NOT NULL"
    with closing(sqlite3.connect(tmp_path / "crm.db")) as crm:
        (before,), ((count,),) = crm.execute(row, [kept]).fetchall(), crm.execute(others).fetchall()
        assert None not in before
        assert leadscore("forget", kept, "--crm", "--workspace", workspace.root, "--json").json["found"]["crm"] == 1
        assert crm.execute(row, [kept]).fetchall() == [(kept, None, None, None)]
        assert crm.execute(others).fetchall() == [(count - 1,)]


def test_all_that_is_kept_of_a_lead_is_listed_and_nothing_once_it_is_forgotten(kept, workspace, leadscore):
    known = leadscore("export-lead", kept, "--workspace", workspace.root, "--json").json
    assert [len(known["store"][name]) for name in ("scores", "deliveries", "feedback")] == [1, 1, 0]
    assert known["store"]["scores"][0]["contributions"]
    assert [row["reason"] != "" for row in known["quarantine"]["stages.csv"]] == [True]
    assert [row["lead_id"] for row in known["copies"]] == [kept]
    assert known["exports"] == [str(workspace.root / "scores.csv")]
    shown = leadscore("export-lead", kept, "--workspace", workspace.root)
    assert "quarantine, stages.csv:" in shown.out
    leadscore("forget", kept, "--workspace", workspace.root)
    assert not leadscore("export-lead", kept, "--workspace", workspace.root, "--json").json["anywhere"]
    assert "Nothing is kept" in leadscore("export-lead", kept, "--workspace", workspace.root).out


def test_the_report_goes_whatever_signs_the_id_has(workspace, leadscore):
    lead = """O'Brien & "Sons" <1>"""
    workspace.report.write_text(Environment(autoescape=True).from_string("<p>{{ lead }}</p>").render(lead=lead))
    told = leadscore("forget", lead, "--workspace", workspace.root, "--json").json
    assert (told["found"]["report"], workspace.report.exists()) == (1, False)


def test_other_leads_stay(kept, workspace, leadscore):
    leadscore("forget", kept, "--workspace", workspace.root)
    told = leadscore("report", "--workspace", workspace.root, "--json").json
    assert len(told["hottest"]) == 10
    assert kept not in [lead["lead_id"] for lead in told["hottest"]]


def test_an_unknown_lead_is_no_error(workspace, leadscore):
    ran = leadscore("forget", "nobody", "--workspace", workspace.root)
    assert ran.code == 0
    assert "Nothing is kept of nobody." in ran.out


def test_a_blank_id_is_refused_and_erases_nothing(kept, workspace, leadscore):
    before = (workspace.quarantine / "stages.csv").read_bytes()
    assert leadscore("forget", "", "--workspace", workspace.root).code == 2
    assert (workspace.quarantine / "stages.csv").read_bytes() == before


def test_what_a_killed_run_left_is_removed(workspace, leadscore):
    (workspace.root / "staging-999999999-x").mkdir()
    for name in (".leads.csv.123.tmp", "leads.draft"):
        (workspace.quarantine / name).write_text("position,line,reason,Erika Mustermann\n")
    leadscore("forget", "nobody", "--workspace", workspace.root)
    assert not list(workspace.root.glob("staging-*"))
    assert files_with(workspace.root, "Erika Mustermann") == []


def test_rows_of_other_leads_stay_whatever_their_cells_hold(leadscore, tmp_path):
    rows = "Id,won,size\nA,0,5\nA,0,6\nA,0,7\n5,1,8\n5,1,9\n,0,5\n"
    (tmp_path / "leads.csv").write_text(rows)
    given = ("--leads", tmp_path / "leads.csv", "--id", "Id", "--outcome", "won", "--workspace", tmp_path / "var")
    leadscore("check", *given)
    quarantine = tmp_path / "var" / "quarantine" / "leads.csv"
    before = list(csv.reader(quarantine.read_text().splitlines()))
    for lead, rows_of in (("0", 0), ("line", 0), ("5", 1), ("A", 2)):
        told = leadscore("forget", lead, "--workspace", tmp_path / "var", "--json").json
        assert (lead, told["found"]["quarantine"]) == (lead, rows_of)
    assert list(csv.reader(quarantine.read_text().splitlines())) == [before[0], before[-1]]


HEADER = "position,line,reason,lead_id,mail,size,text\n"


@pytest.fixture
def forgot(leadscore, tmp_path):
    """Forget somebody of whom there are rows in quarantine; return what is told, and the positions of those left."""

    def run(rows: str, who: str, header: str = HEADER):
        file = tmp_path / "var" / "quarantine" / "leads.csv"
        file.parent.mkdir(parents=True)
        file.write_text(header + rows)
        ran = leadscore("forget", who, "--workspace", tmp_path / "var", "--json")
        told = ran.json
        assert all(name == str(file) for name in told["nameless"])
        left = [row["position"] for row in csv.DictReader(file.read_text().splitlines())]
        return told["found"]["quarantine"], left, sum(told["nameless"].values())

    return run


@pytest.mark.parametrize("who", ["ann@b.com", "Ann@B.com", "Ann Lee <ann@b.com>"])
def test_a_person_without_an_id_is_found_by_the_address(forgot, who):
    rows = [
        "0,2,no lead_id,,ann@b.com,5,",
        "1,3,no lead_id,,bo@b.com,5,",
        "2,4,no lead_id,,Ann <ANN@b.com>,5,",
        '3,5,no lead_id,,"mailto:ann@b.com?subject=Hi",5,',
        "4,6,no lead_id,,joann@b.com,5,",
        "5,7,the lead_id of an earlier row,L1,'ann@b.com,5,",
        '6,8,a damaged row,,,,"L7;""ann@b.com"";5"',
        "7,9,no lead_id,,ann@b.com.au,5,",
    ]
    assert forgot("\n".join(rows) + "\n", who) == (5, ["1", "4", "7"], 3)


def test_an_id_is_no_address_and_an_address_no_part_of_one(forgot):
    assert forgot("0,2,no lead_id,,o'neil@b.com,5,\n", "neil@b.com") == (0, ["0"], 1)


def test_rows_that_name_no_lead_are_told(forgot):
    assert forgot("0,2,no lead_id,,bo@b.com,5,\n1,3,again,L1,,5,\n2,4,again,L2,,5,\n", "L1") == (1, ["0", "2"], 1)


def test_of_a_file_of_an_earlier_version_no_row_is_taken_by_chance_and_all_are_told(forgot):
    """It has no column of ids: a cell that happens to be one is nobody's."""
    header = HEADER.replace("lead_id", "Id")
    assert forgot("0,2,again,L1,ann@b.com,5,\n1,3,again,5,,5,\n", "5", header) == (0, ["0", "1"], 2)


def test_of_a_file_of_an_earlier_version_an_address_is_found(forgot):
    assert forgot("0,2,again,L1,ann@b.com,5,\n", "ann@b.com", HEADER.replace("lead_id", "Id")) == (1, [], 0)


def test_people_are_told_which_file_to_delete(leadscore, tmp_path):
    file = tmp_path / "var" / "quarantine" / "leads.csv"
    file.parent.mkdir(parents=True)
    file.write_text(HEADER + "0,2,no lead_id,,bo@b.com,5,\n")
    said = " ".join(leadscore("forget", "ann@b.com", "--workspace", tmp_path / "var").out.split())
    assert "rows name no lead (1), and may be of this one: give the e-mail address of the person" in said
    assert "An e-mail address is looked for in the quarantine only" in said


def test_rows_that_stay_are_not_younger_for_it(forgot, leadscore, tmp_path):
    """Else what retention is to erase would be there for as long again."""
    forgot("0,2,again,L1,,5,\n1,3,again,L2,,5,\n", "nobody")
    file = tmp_path / "var" / "quarantine" / "leads.csv"
    os.utime(file, (1e9, 1e9))
    leadscore("forget", "L1", "--workspace", tmp_path / "var")
    assert file.stat().st_mtime == 1e9

"""What is proposed runs: from a file, a folder or a database to a leadscore.yaml that trains."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
import yaml

from data.config import load_settings
from data.simulator.tables import SIMULATED
from data.vocabulary import REPORT_TABLES


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "leadscore.yaml"


@pytest.fixture(scope="session")
def crm(config, tmp_path_factory) -> Path:
    """The simulated funnel as a database, its tables under names of their own."""
    file = tmp_path_factory.mktemp("crm") / "crm.db"
    engine = sa.create_engine(f"sqlite:///{file}")
    for table in SIMULATED:
        pd.read_parquet(config.parent / f"{table}.parquet").to_sql(f"crm_{table}", engine, index=False)
    engine.dispose()
    return file


@pytest.mark.slow
def test_an_export_is_described_and_trains(leadscore, export, out, tmp_path):
    ran = leadscore("init", "--leads", export, "--out", out, "--json").json
    assert ran["out"] == str(out)
    assert ran["tables"] == {"leads": "export.csv"}
    assert ran["columns"]["leads"] == {
        "lead_id": "Id", "created_at": "Created", "closed_at": "Closed", "source": "Channel",
    }  # fmt: skip
    assert ran["outcome"] == {"column": "Status", "won": ["won"], "lost": ["lost"]}
    assert {(each["name"], each["family"], each["kind"]) for each in ran["attributes"]} == {
        ("Visits", "behavioural", "number"), ("source", "source", "category"),
    }  # fmt: skip
    assert ran["excluded"]["Closed"] == "when the lead was closed"
    assert leadscore("train", "--config", out, "--workspace", tmp_path / "ws", "--json").json["model_version"] == "1"


def test_people_are_told_what_was_found_and_the_next_command(leadscore, export, out):
    ran = leadscore("init", "--leads", export, "--out", out)
    assert ran.code == 0
    assert "outcome: Status (won: won; lost: lost)" in ran.out
    assert f"Next: leadscore train --config {out}" in ran.out


def test_a_file_that_is_there_is_not_overwritten(leadscore, export, out):
    out.write_text("tables: {leads: mine.csv}")
    ran = leadscore("init", "--leads", export, "--out", out)
    assert (ran.code, ran.out) == (2, "")
    assert "there already" in ran.err
    assert "--out" in ran.err
    assert out.read_text() == "tables: {leads: mine.csv}"


def test_nothing_is_left_where_the_leads_cannot_be_read(leadscore, out, tmp_path):
    (tmp_path / "leads.csv").write_text("Lead Id,City\n")
    assert leadscore("init", "--leads", tmp_path / "leads.csv", "--out", out).code == 2
    assert leadscore("init", "--leads", tmp_path / "none.csv", "--out", out).code == 2
    assert not out.exists()


def test_without_an_outcome_the_file_says_what_to_fill_in_and_train_says_so_too(leadscore, out, tmp_path):
    (tmp_path / "leads.csv").write_text("Lead Id,City\n1,Rome\n2,Oslo\n")
    ran = leadscore("init", "--leads", tmp_path / "leads.csv", "--out", out)
    assert ran.code == 0
    assert "fill in the outcome" in ran.out
    assert "# outcome:" in out.read_text()
    trained = leadscore("train", "--config", out, "--workspace", tmp_path / "ws")
    assert trained.code == 2
    assert "nothing says how the leads ended" in trained.err
    assert "remedy:   write outcome:" in trained.err


def test_a_folder_of_tables_without_settings_is_proposed_as_it_was(leadscore, config, out, tmp_path):
    folder = shutil.copytree(config.parent, tmp_path / "crm")
    (folder / "leadscore.yaml").unlink()
    ran = leadscore("init", "--leads", folder, "--out", out, "--json").json
    assert ran["tables"] == {name: f"{name}.parquet" for name in (*SIMULATED, *REPORT_TABLES)}
    assert all(ours == theirs for columns in ran["columns"].values() for ours, theirs in columns.items())
    assert any("truth.parquet" in note for note in ran["notes"])
    assert load_settings(out).stages.won == ["customer"]


@pytest.mark.parametrize("place", ["sqlite:///crm.db", "${CRM_URL}"])
def test_a_database_is_proposed_with_its_address_as_it_was_given(leadscore, crm, place, monkeypatch):
    monkeypatch.chdir(crm.parent)
    monkeypatch.setenv("CRM_URL", f"sqlite:///{crm}")
    out = crm.parent / f"{len(place)}.yaml"
    ran = leadscore("init", "--leads", place, "--out", out, "--json").json
    written = yaml.safe_load(out.read_text())
    assert written["database"] == place
    assert written["tables"] == {name: {"table": f"crm_{name}"} for name in SIMULATED}
    assert ran["outcome"] == {"table": "outcomes"}


def test_the_path_of_a_database_starts_from_the_folder_of_the_file(leadscore, crm, monkeypatch):
    monkeypatch.chdir(crm.parent.parent)
    out = crm.parent / "beside.yaml"
    assert leadscore("init", "--leads", f"sqlite:///{crm.parent.name}/crm.db", "--out", out).code == 0
    assert yaml.safe_load(out.read_text())["database"] == "sqlite:///crm.db"


@pytest.mark.parametrize("address", ["postgresql://me:hunter2@crm/sales", "postgresql://crm/sales?password=hunter2"])
def test_a_password_is_refused_and_not_repeated(leadscore, out, address):
    ran = leadscore("init", "--leads", address, "--out", out)
    assert ran.code == 2
    assert "a password does not belong on the command line" in ran.err
    assert "hunter2" not in ran.out + ran.err


def test_an_address_that_is_not_set_is_named(leadscore, out, monkeypatch):
    monkeypatch.delenv("CRM_URL", raising=False)
    ran = leadscore("init", "--leads", "${CRM_URL}", "--out", out)
    assert ran.code == 2
    assert "CRM_URL is not set" in ran.err


# What is unsure, and what people say beforehand


def exported(folder: Path, **columns: list[object]) -> Path:
    frame = pd.DataFrame(columns)
    frame.insert(0, "lead_id", [f"x{number}" for number in range(len(frame))])
    frame.to_csv(folder / "leads.csv", index=False)
    return folder / "leads.csv"


DAYS = pd.date_range("2024-01-01", periods=100).strftime("%Y-%m-%d").tolist()
PLANS = list("abcd") * 25


def test_the_outcome_is_counted(leadscore, out, tmp_path):
    status = ["Qualified"] * 20 + ["Disqualified"] * 50 + ["Open"] * 30
    ran = leadscore(
        "init", "--leads", exported(tmp_path, Created=DAYS, Plan=PLANS, Status=status), "--out", out, "--json"
    )
    assert ran.json["outcome"] == {"column": "Status", "won": ["Qualified"], "lost": ["Disqualified"]}
    assert ran.json["outcome_counts"] == {"won": 20, "lost": 50, "open": 30}


def test_leads_that_were_archived_with_a_reason_are_lost(leadscore, out, tmp_path):
    stage, active = ["Won"] * 20 + ["New"] * 80, ["True"] * 20 + ["False"] * 50 + ["True"] * 30
    reason = [None] * 20 + ["price"] * 50 + [None] * 30
    file = exported(tmp_path, Created=DAYS, Plan=PLANS, Stage=stage, Active=active, **{"Lost Reason": reason})
    ran = leadscore("init", "--leads", file, "--out", out, "--json").json
    assert ran["outcome_counts"] == {"won": 20, "lost": 50, "open": 30}
    assert ran["outcome"]["lost_where"] == {"Active": ["False"], "Lost Reason": "filled"}
    assert {name: ran["excluded"][name] for name in ("Active", "Lost Reason")} == dict.fromkeys(
        ("Active", "Lost Reason"), "says which leads were lost"
    )


def test_a_flag_alone_of_dated_leads_leaves_lost_open_and_asks(leadscore, out, tmp_path):
    file = exported(tmp_path, Created=DAYS, Plan=PLANS, IsConverted=["TRUE"] * 20 + ["FALSE"] * 80)
    ran = leadscore("init", "--leads", file, "--out", out, "--json").json
    assert ran["outcome_counts"] == {"won": 20, "lost": 0, "open": 80}
    assert any(note.startswith("QUESTION: were all leads with FALSE lost?") for note in ran["notes"])
    assert "# QUESTION: were all leads with FALSE lost?" in out.read_text()
    out.unlink()
    answered = leadscore("init", "--leads", file, "--out", out, "--lost", "FALSE", "--json").json
    assert answered["outcome_counts"] == {"won": 20, "lost": 80, "open": 0}


def test_options_overrule_each_guess(leadscore, out, tmp_path):
    file = exported(
        tmp_path, key=PLANS, Created=DAYS, Signed=DAYS, Decided=DAYS, First=DAYS, Status=["won", "lost"] * 50,
        Grade=["good", "bad", "unclear", "bad"] * 25,
    )  # fmt: skip
    options = ("--outcome", "Grade", "--won", "good", "--lost", "bad", "--created", "First", "--closed", "Signed")
    ran = leadscore("init", "--leads", file, "--out", out, "--id", "rows", *options, "--json").json
    columns = ran["columns"]["leads"]
    assert (columns["lead_id"], columns["created_at"], columns["closed_at"]) == ("rows", "First", "Signed")
    assert ran["outcome"] == {"column": "Grade", "won": ["good"], "lost": ["bad"]}
    assert ran["outcome_counts"] == {"won": 25, "lost": 50, "open": 25}


def test_an_option_that_names_what_is_not_there_is_refused(leadscore, export, out):
    ran = leadscore("init", "--leads", export, "--out", out, "--outcome", "Statsu")
    assert ran.code == 2
    assert "did you mean 'Status'" in ran.err
    assert not out.exists()


def test_a_file_is_written_where_the_leads_cannot_be_read_as_they_are_proposed(leadscore, out, tmp_path):
    file = exported(tmp_path, Plan=PLANS, Converted=[0, 1] * 50)
    pd.read_csv(file).assign(lead_id="").to_csv(file, index=False)
    ran = leadscore("init", "--leads", file, "--out", out, "--id", "lead_id", "--json")
    assert ran.code == 0
    assert "no row of the leads table can be used" in ran.json["notes"][0]
    assert load_settings(out).column("leads", "lead_id") == "lead_id"


def test_where_no_table_is_known_to_hold_the_leads_the_file_asks(leadscore, out, tmp_path):
    (tmp_path / "crm").mkdir()
    for name in ("one", "two"):
        pd.DataFrame({"x": PLANS}).to_csv(tmp_path / "crm" / f"{name}.csv", index=False)
    ran = leadscore("init", "--leads", tmp_path / "crm", "--out", out)
    assert ran.code == 2
    assert "cannot be told which table" in ran.err
    assert "QUESTION: which of these tables holds the leads?" in out.read_text()
    assert "leads: crm/one.csv" in out.read_text().replace('"', "")


def test_the_summary_has_ten_lines_at_most(leadscore, out, config, tmp_path):
    folder = shutil.copytree(config.parent, tmp_path / "crm")
    (folder / "leadscore.yaml").unlink()
    for number in range(30):
        (folder / f"t{number}.csv").write_text("a,b\n1,2\n")
    ran = leadscore("init", "--leads", folder, "--out", out)
    lines = ran.out.splitlines()
    assert len(lines) <= 10
    assert any(" won, " in line and " lost, " in line and " open" in line for line in lines)


# Public data


@pytest.fixture
def proposed_and_trained(datasets, leadscore, out, tmp_path):
    """Propose for a public data set, train with what was proposed, and return both results."""

    def run(place: str) -> tuple[dict, dict]:
        found = leadscore("init", "--leads", datasets / place, "--out", out, "--json").json
        return found, leadscore("train", "--config", out, "--workspace", tmp_path / "ws", "--json").json

    return run


@pytest.mark.slow
def test_education_is_ordered_by_its_lead_number(proposed_and_trained, out):
    found, trained = proposed_and_trained("x-education/Leads.csv")
    assert found["columns"]["leads"]["lead_id"] == "Prospect ID"
    assert found["outcome"] == {"column": "Converted", "won": ["1"], "lost": ["0"]}
    assert load_settings(out).order == "Lead Number"
    assert "filled in by sales" in out.read_text()
    assert trained["window"]["layout"] == "by order"


@pytest.mark.slow
def test_bank_rows_are_their_own_ids_and_their_own_order(proposed_and_trained, out):
    found, trained = proposed_and_trained("bank-marketing/bank-additional-full.csv")
    assert found["columns"]["leads"]["lead_id"] == "rows"
    assert found["outcome"] == {"column": "y", "won": ["yes"], "lost": ["no"]}
    assert load_settings(out).order == "rows"
    assert trained["window"]["layout"] == "by order"


@pytest.mark.slow
def test_the_two_files_of_olist_find_each_other(proposed_and_trained, out):
    found, trained = proposed_and_trained("olist")
    assert found["columns"] == {
        "leads": {
            "lead_id": "mql_id", "created_at": "first_contact_date", "source": "origin", "asset": "landing_page_id",
        },
        "outcomes": {"lead_id": "mql_id", "closed_at": "won_date"},
    }  # fmt: skip
    formats = load_settings(out).formats
    assert formats == {"leads": {"created_at": "day first"}, "outcomes": {"closed_at": "day first"}}
    assert trained["window"]["horizon"] == 60


@pytest.mark.slow
def test_a_proposed_database_trains(crm, leadscore, out, tmp_path):
    assert leadscore("init", "--leads", f"sqlite:///{crm}", "--out", out).code == 0
    assert leadscore("train", "--config", out, "--workspace", tmp_path / "ws", "--json").json["rung"]


@pytest.fixture(scope="module")
def large_crm(tmp_path_factory) -> Path:
    """A database of 400 tables, four of which matter: one by its name, the others by what they refer to."""
    file = tmp_path_factory.mktemp("large") / "crm.db"
    engine, count = sa.create_engine(f"sqlite:///{file}"), 3000
    ids = range(1, count + 1)
    days = pd.date_range("2023-01-01", periods=count, freq="6h").astype(str)
    leads = pd.DataFrame({"id": ids, "create_date": days, "company_id": 1, "size": [n % 17 for n in ids]})
    events = pd.DataFrame({"id": ids, "lead_id": ids, "date": days, "event_type": ["call", "visit", "mail"] * 1000})
    stages = pd.DataFrame({"lead_id": ids, "stage": ["Won", "Lost", "New"] * 1000, "entered_at": days})
    reports = pd.DataFrame({"lead_id": [n % 9 + 1 for n in ids], "date_conversion": days})
    tables = {"crm_lead": leads, "mail_log": events, "tracking_values": stages, "crm_activity_report": reports}
    with engine.begin() as connection:
        for name, frame in tables.items():
            frame.to_sql(name, connection, index=False)
        for number in range(396):
            connection.exec_driver_sql(f"CREATE TABLE stock_{number} (id INTEGER PRIMARY KEY, company_id INTEGER)")
            connection.exec_driver_sql(f"INSERT INTO stock_{number} VALUES (1, 1), (2, 1)")
    engine.dispose()
    return file


def test_of_400_tables_the_few_that_matter_are_named_and_the_rest_is_counted(large_crm, leadscore, out):
    ran = leadscore("init", "--leads", f"sqlite:///{large_crm}", "--out", out)
    written = yaml.safe_load(out.read_text())
    assert {name: place["table"] for name, place in written["tables"].items()} == {
        "leads": "crm_lead", "events": "mail_log", "stages": "tracking_values",
    }  # fmt: skip
    assert "account_id" not in written["columns"]["leads"]
    assert "stock_" not in out.read_text()
    assert "396 further tables" in out.read_text()
    assert len(out.read_text().splitlines()) < 60
    assert len(ran.out.splitlines()) <= 10
    assert "1,000 won, 1,000 lost, 1,000 open" in ran.out

"""The main job on public data: how well it does, and that it is not fooled by what came later."""

import runpy
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
import yaml

from data.config import FileTable, load_settings
from data.workspace import Workspace
from models.versions import Registry
from pipelines.training_data import read_training_data

pytestmark = pytest.mark.slow

FILLED_IN_BY_SALES = (
    *("Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"),
    *("Asymmetrique Activity Index", "Asymmetrique Profile Index"),
    *("Asymmetrique Activity Score", "Asymmetrique Profile Score"),
)
HUBSPOT_TABLES = Path(__file__).parents[2] / "notebooks" / "hubspot_tables.py"


@dataclass(frozen=True)
class Training:
    """What a training on real data said, and where its model is."""

    result: dict
    log: str
    workspace: Workspace


@pytest.fixture(scope="session")
def train(leadscore, tmp_path_factory):
    def run(*options: object) -> Training:
        workspace = Workspace.at(tmp_path_factory.mktemp("real"))
        ran = leadscore("train", *options, "--workspace", workspace.root, "--json")
        return Training(ran.json, ran.err, workspace)

    return run


# X Education: one export without dates, newest first


@pytest.fixture(scope="module")
def education_file(datasets) -> Path:
    return datasets / "x-education" / "Leads.csv"


@pytest.fixture(scope="module")
def education(education_file, train) -> Training:
    dropped = [text for column in FILLED_IN_BY_SALES for text in ("--drop", column)]
    roles = ["--id", "Prospect ID", "--outcome", "Converted", "--order", "Lead Number"]
    return train("--leads", education_file, *roles, *dropped)


@pytest.fixture(scope="module")
def education_scores(education, education_file, leadscore, tmp_path_factory) -> pd.DataFrame:
    out = tmp_path_factory.mktemp("education") / "scores.csv"
    ran = leadscore("score", "--leads", education_file, "--out", out, "--workspace", education.workspace.root)
    assert ran.code == 0, ran.err
    return pd.read_csv(out, dtype="str", keep_default_na=False)


def test_education_is_ranked_as_well_as_the_data_allow(education):
    metrics = education.result["metrics"]
    assert metrics["model"]["auc"] >= 0.885
    assert metrics["model"]["log_loss"] < 0.41
    assert metrics["rules"]["auc"] >= 0.85


def test_education_is_tested_on_its_newest_fifth(education):
    window = education.result["window"]
    assert (window["layout"], window["test"]["snapshots"], window["horizon"]) == ("by order", 1848, None)
    assert education.result["metrics"]["model"]["base_rate"] == pytest.approx(0.370, abs=0.001)


def test_education_scores_each_lead_once_in_the_order_of_the_file(education_scores, education_file):
    assert education_scores["lead_id"].tolist() == pd.read_csv(education_file)["Prospect ID"].tolist()


def test_select_is_nothing_filled_in(education, education_scores, education_file):
    assert (pd.read_csv(education_file)["Specialization"] == "Select").sum() > 1000
    assert not education_scores[["reasons_up", "reasons_down"]].stack().str.contains(r"\bSelect\b").any()
    assert '"Select"' not in Registry(education.workspace).champion().scorer.evidence.to_json()


def test_no_cell_of_the_education_scores_runs_as_a_formula(education_scores):
    assert not education_scores.stack().str.contains(r"^[=+\-@\t\r]").any()


# Bank marketing: rows in the order of time, without ids, and a market that changes


@pytest.fixture(scope="module")
def bank(datasets, train) -> Training:
    file = datasets / "bank-marketing" / "bank-additional-full.csv"
    return train("--leads", file, "--id", "rows", "--outcome", "y", "--order", "rows", "--drop", "duration")


def test_bank_leads_without_ids_are_numbered(bank, leadscore):
    assert bank.result["counts"]["leads"] == 41_188
    assert leadscore("explain", "41188", "--workspace", bank.workspace.root, "--json").json["lead_id"] == "41188"


def test_the_length_of_a_call_is_not_known_before_it(bank):
    schema = Registry(bank.workspace).champion().scorer.schema
    assert schema.excluded["duration"] == "dropped by the settings"
    assert "duration" not in {attribute.name for attribute in schema.attributes}


def test_rules_and_base_rate_stand_beside_the_bank_model(bank):
    metrics = bank.result["metrics"]
    assert set(metrics) == {"rules", "model", "base rate"}
    assert metrics["base rate"]["auc"] == 0.5
    assert metrics["model"]["log_loss"] < metrics["base rate"]["log_loss"]
    assert metrics["model"]["auc"] > metrics["rules"]["auc"]
    assert bank.result["rung"] in ("logistic", "full")


def test_an_interest_rate_only_says_when_a_lead_came(bank):
    assert {"euribor3m", "nr.employed", "month"} <= set(Registry(bank.workspace).champion().recipe.without)
    assert "columns that only encode the calendar are left out" in bank.log


def test_the_drift_of_the_bank_is_said(bank):
    assert "The base rate moved from 6.4% in the older blocks to 30.8% in the newest" in bank.log


# HubSpot: a folder of tables, with usage that goes on after the close


@pytest.fixture(scope="module")
def hubspot_tables(datasets, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hubspot")
    with patch("sys.argv", ["hubspot_tables.py", str(datasets / "hubspot-free-to-paid"), str(folder)]):
        runpy.run_path(str(HUBSPOT_TABLES), run_name="__main__")
    return folder


@pytest.fixture(scope="module")
def hubspot(hubspot_tables, train) -> Training:
    return train("--config", hubspot_tables)


def test_hubspot_is_foreseen_but_not_suspiciously_well(hubspot):
    metrics = hubspot.result["metrics"]
    assert 0.80 < metrics["model"]["auc"] < 0.97
    assert metrics["model"]["log_loss"] < metrics["base rate"]["log_loss"]
    assert hubspot.result["window"]["horizon"] == 30


def test_hubspot_is_looked_at_every_month(hubspot):
    counts = hubspot.result["counts"]
    assert counts["snapshots"] + counts["censored"] > 8 * counts["leads"]


def test_companies_that_come_twice_go_to_quarantine(hubspot):
    assert "leads: 5,203 read, 5,200 used, 3 quarantined" in hubspot.log


def test_companies_that_did_not_buy_are_open_and_none_is_lost(hubspot, leadscore, tmp_path):
    out = tmp_path / "scores.parquet"
    told = leadscore("score", "--out", out, "--workspace", hubspot.workspace.root, "--json").json
    assert (told["scored"], told["left_out"], told["as_of"]) == (5006, 194, "2020-08-03T00:00:00Z")
    assert pd.read_parquet(out)["outcome"].value_counts().to_dict() == {"open": 5006}


def test_who_bought_on_the_day_of_a_snapshot_bought_after_it_began(hubspot_tables, tmp_path):
    """Days without a time of day: six companies, three of them on the day they came, were left out there before."""
    rows = read_training_data(load_settings(hubspot_tables), Workspace.at(tmp_path)).table.rows
    leads, outcomes = (pd.read_csv(hubspot_tables / f"{name}.csv") for name in ("leads", "outcomes"))
    days = (
        leads.merge(outcomes, on="lead_id").drop_duplicates("lead_id").astype({"lead_id": "str"}).set_index("lead_id")
    )
    waited = (pd.to_datetime(days["closed_at"]) - pd.to_datetime(days["created_at"])).dt.days
    on_the_day = rows[rows["as_of"] == rows["closed_at"].dt.normalize()].set_index("lead_id")
    assert sorted(on_the_day.index) == ["107", "130", "143", "147", "82", "92"]
    assert on_the_day["age"].to_dict() == waited[on_the_day.index].to_dict()
    assert (on_the_day["won"] == 1).all()


def test_no_usage_after_the_close_enters_a_feature(hubspot_tables, tmp_path):
    settings = load_settings(hubspot_tables)
    events, outcomes = (pd.read_csv(hubspot_tables / f"{name}.csv") for name in ("events", "outcomes"))
    late = events["occurred_at"] > events["lead_id"].map(outcomes.set_index("lead_id")["closed_at"])
    assert late.sum() > 5000
    events[~late].to_csv(tmp_path / "events.csv", index=False)
    without = settings.model_copy(update={"tables": settings.tables | {"events": FileTable(tmp_path / "events.csv")}})
    one, other = (read_training_data(each, Workspace.at(tmp_path)).table for each in (settings, without))
    pd.testing.assert_frame_equal(one.rows, other.rows)
    pd.testing.assert_frame_equal(one.features, other.features, check_like=True)


# Olist: leads from June 2017 on, deals that are recorded from December on


@pytest.fixture(scope="module")
def olist(datasets, train, tmp_path_factory) -> Training:
    config = tmp_path_factory.mktemp("olist") / "leadscore.yaml"
    files = {"leads": "olist_marketing_qualified_leads_dataset.csv", "outcomes": "olist_closed_deals_dataset.csv"}
    columns = {
        "leads": {"lead_id": "mql_id", "created_at": "first_contact_date", "asset": "landing_page_id"}
        | {"source": "origin"},
        "outcomes": {"lead_id": "mql_id", "closed_at": "won_date"},
    }
    tables = {name: str(datasets / "olist" / file) for name, file in files.items()}
    config.write_text(yaml.safe_dump({"tables": tables, "columns": columns, "horizon": 90}))
    return train("--config", config)


def test_the_months_before_olist_recorded_deals_are_not_taken_for_lost(olist):
    counts = olist.result["counts"]
    assert counts["unrecorded"] > 5000
    assert "lie before the first win that was recorded: left out (1" in olist.log
    assert "are censored: neither won nor lost (" in olist.log


def test_olist_is_foretold_better_than_by_its_base_rate(olist):
    metrics = olist.result["metrics"]
    assert metrics["model"]["log_loss"] < metrics["base rate"]["log_loss"]


def test_the_olist_deal_that_was_closed_before_its_first_contact_is_told(olist):
    assert "leads.created_at: 1 × created after it was closed" in olist.log

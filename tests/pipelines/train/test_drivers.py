"""A training says what closes: as tables in its JSON and in MLflow, and as pictures."""

import pytest
from mlflow.tracking import MlflowClient

FOLDERS = ("what closes", "leadscore/plots")


@pytest.fixture(scope="module")
def closing(trained) -> dict:
    return trained.ran.json["closing"]


def test_shares_of_concepts_add_up(closing):
    assert sum(row["share"] for row in closing["concepts"]) == pytest.approx(1.0)
    assert closing["concepts"][0]["share"] == max(row["share"] for row in closing["concepts"])


def test_assets_and_rules_stand_with_how_their_leads_ended(closing):
    for row in [*closing["assets"], *closing["rules"]]:
        assert row["won"] <= row["leads"]
        assert row["rate"] == pytest.approx(row["won"] / row["leads"])
    assert {row["asset"] for row in closing["assets"]} >= {"price_list", "ebook"}
    assert "Decision maker" in [row["rule"] for row in closing["rules"]]


def test_tables_and_pictures_are_in_mlflow(trained):
    uri, run = trained.workspace.tracking_uri, trained.ran.json["run_id"]
    client = MlflowClient(uri, uri)
    there = {found.path for folder in FOLDERS for found in client.list_artifacts(run, folder)}
    assert there >= {f"what closes/{name}.csv" for name in ("concepts", "assets", "rules")}
    assert there >= {f"leadscore/plots/{name}.svg" for name in ("contributions", "concepts", "dependence")}

"""Leads that the configured tables no longer have are gone, and come back when they come back."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from data.store import Outbox, open_store


@pytest.fixture
def tables(config, tmp_path) -> Path:
    """A copy of the configured tables, to take leads from."""
    return shutil.copytree(config.parent, tmp_path / "tables")


@pytest.fixture
def scored_without(tables, workspace, leadscore):
    """Score the configured tables without some leads, as they stand, and return the result and the log."""
    whole = pd.read_parquet(tables / "leads.parquet")

    def run(lead_ids: list[str], *options: object):
        whole[~whole["lead_id"].isin(lead_ids)].to_parquet(tables / "leads.parquet")
        return leadscore(
            "score", "--config", tables / "leadscore.yaml", "--workspace", workspace.root, *options, "--json"
        )

    return run


def open_leads(workspace) -> set[str]:
    with open_store(workspace.store) as store:
        return set(store.open_scores().index)


def flags_of(ran) -> list[tuple[int, str, str]]:
    return [(f["count"], f["example"], f["level"]) for f in ran.json["quality"] if f["column"] == "lead_id"]


def test_leads_that_are_gone_are_not_open_and_come_back(scored_without, workspace, leadscore):
    before = open_leads(workspace)
    lost = sorted(before)[:3]
    ran = scored_without(lost)
    assert (ran.json["gone"], ran.json["missing"]) == (3, 0)
    assert flags_of(ran) == [(3, f"lead {lost[0]}", "info")]
    assert "3 × gone from the source, deleted or merged" in ran.err
    assert open_leads(workspace) == before - set(lost)
    with open_store(workspace.store) as store:
        pending = pd.concat([pd.DataFrame({"lead_id": []}), *Outbox(store, "crm").pending(50_000)])
    assert len(pending)
    assert not set(lost) & set(pending["lead_id"])  # never sent, so there is nothing to mark
    refused = leadscore("explain", lost[0], "--workspace", workspace.root)
    assert (refused.code, "is no longer in the source since 20" in refused.err) == (2, True)

    assert scored_without(lost).json["gone"] == 0  # they are gone already
    ran = scored_without(lost[1:])
    assert (ran.json["gone"], flags_of(ran)) == (0, [(1, f"lead {lost[0]}", "info")])
    assert open_leads(workspace) == before - set(lost[1:])


def test_where_many_are_missing_nobody_is_gone_until_somebody_says_so(scored_without, workspace):
    before = open_leads(workspace)
    lost = sorted(before)
    assert len(lost) > 300
    ran = scored_without(lost)
    assert (ran.json["gone"], ran.json["missing"]) == (0, len(lost))
    assert flags_of(ran) == [(len(lost), f"lead {lost[0]}", "warning")]
    assert open_leads(workspace) == before
    assert scored_without(lost, "--accept-missing").json["gone"] == len(lost)
    assert open_leads(workspace) == set()


def test_a_file_of_leads_says_of_nobody_that_they_are_gone(tables, workspace, leadscore, tmp_path):
    before = open_leads(workspace)
    pd.read_parquet(tables / "leads.parquet").head(5).to_parquet(tmp_path / "five.parquet")
    options = ("--leads", tmp_path / "five.parquet", "--workspace", workspace.root, "--json")
    ran = leadscore("score", *options)
    assert (ran.json["gone"], ran.json["missing"]) == (0, 0)
    assert open_leads(workspace) >= before - set(pd.read_parquet(tmp_path / "five.parquet")["lead_id"])


def test_leads_that_only_a_file_had_are_not_gone_from_the_tables(
    tables, scored_without, workspace, leadscore, tmp_path
):
    new = pd.read_parquet(tables / "leads.parquet").tail(1).assign(lead_id="of a file")
    new.to_parquet(tmp_path / "one.parquet")
    assert leadscore("score", "--leads", tmp_path / "one.parquet", "--workspace", workspace.root).code == 0
    assert scored_without([]).json["gone"] == 0
    assert "of a file" in open_leads(workspace)

"""Champion against challenger: on the same leads, which neither has learned from."""

import re

import pandas as pd
import pytest

from data.workspace import Workspace
from models.versions import Registry
from pipelines.versioning import compare

EARLIER = "2025-07-01T00:00:00Z"


@pytest.fixture(scope="module")
def retrained(config, leadscore, tmp_path_factory):
    """A workspace whose champion ended in July 2025; six months later it was trained again."""
    workspace = tmp_path_factory.mktemp("retrained")
    earlier = config.with_name("earlier.yaml")
    earlier.write_text(f"{re.sub('(?m)^(truth|as_of):.*$', '', config.read_text())}\nas_of: {EARLIER}\n")
    first = leadscore("train", "--config", earlier, "--workspace", workspace, "--json").json
    second = leadscore("train", "--config", config, "--workspace", workspace, "--json").json
    return workspace, first, second


def test_a_later_training_is_measured_on_leads_that_came_after_both(retrained):
    _, first, second = retrained
    assert first["compared"] is None
    assert second["compared"]["ground"] == "leads newer than what was learned from"
    assert second["compared"]["metrics"].keys() == {"rules", "champion", "challenger"}
    assert pd.Timestamp(first["window"]["data_end"]) == pd.Timestamp(EARLIER)
    assert second["compared"]["metrics"]["champion"]["rows"] <= second["window"]["test"]["snapshots"]


def test_the_difference_holds_its_intervals_and_decides(retrained):
    compared = retrained[2]["compared"]
    apart = compared["difference"]
    assert apart["log_loss_ci"][0] <= apart["log_loss"] <= apart["log_loss_ci"][1]
    champion, challenger = (compared["metrics"][name] for name in ("champion", "challenger"))
    assert apart["auc"] == pytest.approx(challenger["auc"] - champion["auc"])
    holds = apart["log_loss_ci"][1] < 0.005 and challenger["auc"] >= compared["metrics"]["rules"]["auc"]
    assert retrained[2]["promoted"] == compared["promoted"] == holds


def test_the_bars_of_the_bands_survive_a_training(retrained):
    registry = Registry(Workspace.at(retrained[0]))
    one, two = (registry.version(number).scorer.scale for number in ("1", "2"))
    assert (one.hot, one.warm) == (two.hot, two.warm)
    assert one.log_odds != two.log_odds


def test_without_new_leads_the_recipes_are_compared(leadscore, export, tmp_path):
    given = ["--leads", export, "--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", tmp_path]
    first = leadscore("train", *given, "--json").json
    second = leadscore("train", *given, "--drop", "Channel", "--json").json
    assert (first["promoted"], second["compared"]["metrics"]["champion"]["rows"]) == (True, 120)
    ground = "the newest block, recipes fitted on the blocks before: nothing tells when outcomes were known"
    assert second["compared"]["ground"] == ground


@pytest.fixture(scope="module")
def waiting(leadscore, export, tmp_path_factory):
    """A workspace with a champion, and a challenger that knows next to nothing."""
    workspace = tmp_path_factory.mktemp("waiting")
    given = ["--leads", export, "--id", "Id", "--outcome", "Status", "--order", "rows", "--workspace", workspace]
    assert leadscore("train", *given).code == 0
    ran = leadscore("train", *given, "--drop", "Visits", "--json")
    assert (ran.json["promoted"], ran.json["model_version"]) == (False, "2")
    return workspace


def test_a_challenger_that_may_be_worse_is_kept_back_and_compared(waiting, leadscore):
    told = leadscore("compare", "--workspace", waiting, "--json").json
    assert (told["champion"], told["challenger"], told["promoted"]) == ("1", "2", False)
    assert "may be worse than the champion" in told["why"]
    shown = leadscore("compare", "--workspace", waiting).out
    assert "Version 2 would not be promoted" in shown
    assert re.search(r"(?m)^champion +0\.\d{3}", shown)
    assert re.search(r"Version 2 less version 1, the champion: AUC -0\.\d{3} \(", shown)


def test_comparing_twice_says_the_same(waiting):
    one, other = (compare(Workspace.at(waiting)).as_json() for _ in range(2))
    assert one == other


def test_without_a_challenger_rules_and_champion_are_shown(trained, leadscore):
    ran = leadscore("compare", "--workspace", trained.workspace.root)
    assert ran.code == 0
    assert "The champion is version 1; no challenger waits." in ran.out
    assert [line.split()[0] for line in ran.out.splitlines()[2:4]] == ["rules", "champion"]


def test_without_a_model_there_is_nothing_to_compare(leadscore, tmp_path):
    ran = leadscore("compare", "--workspace", tmp_path)
    assert ran.code == 1
    assert "there is no model yet" in ran.err

"""A feed of events that has stopped is no drift: it asks for somebody to look, and not for a training."""

import json
import shutil

import pandas as pd
import pytest


@pytest.fixture
def without_a_month(config, tmp_path):
    """The simulated tables, without the events of the last 40 days."""
    folder = shutil.copytree(config.parent, tmp_path / "stopped")
    events = pd.read_parquet(folder / "events.parquet")
    last = events["occurred_at"].max() - pd.Timedelta(days=40)
    events[events["occurred_at"] <= last].to_parquet(folder / "events.parquet")
    return folder, last


def test_a_month_without_events_asks_for_action_and_for_no_training(workspace, leadscore, without_a_month):
    folder, last = without_a_month
    place = ["--leads", folder, "--workspace", workspace.root]
    ran = leadscore("monitor", *place, "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["retrain"], found["why"]) == (3, False, [])
    said = f"o events since {last.day} {last:%B %Y}, where the longest pause before was"
    assert said in found["verdict"] and "is the feed broken?" in found["verdict"]
    assert said in leadscore("score", *place).err


def test_a_feed_that_comes_is_not_spoken_of(workspace, leadscore):
    assert leadscore("monitor", "--workspace", workspace.root, "--json").json["stopped"] == []

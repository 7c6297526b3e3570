"""Without new data scores change by age alone: at the declared edges, and downwards for who was hot and went quiet."""

import shutil

import pandas as pd
import pytest

from data.config import load_settings
from data.dataset import open_dataset
from data.vocabulary import AGE_EDGES
from data.workspace import Workspace
from pipelines.score.batch import score

END = pd.Timestamp("2026-01-01")
"""The end of the simulated data."""


@pytest.fixture(scope="module")
def scores_at(trained, tmp_path_factory):
    """Score the leads that are open at the end of the data some time later, nothing new being known."""
    workspace = Workspace.at(shutil.copytree(trained.workspace.root, tmp_path_factory.mktemp("aged") / "workspace"))

    def scores(later: pd.Timedelta) -> pd.DataFrame:
        out = workspace.root / "scores.parquet"
        score(workspace, as_of=END + later, out=out)
        frame = pd.read_parquet(out)
        return frame[frame["outcome"] == "open"].set_index("lead_id")

    return scores


def moments_of_leads(config, workspace) -> pd.Series:
    """Return all that happened, each with its lead: the moments whose age a feature may tell."""
    with open_dataset(load_settings(config), workspace=workspace) as dataset:
        chunk = next(dataset.chunks())
    lead = chunk.leads.set_index("position")["lead_id"]
    tables = [
        chunk.leads.set_index("lead_id")["created_at"],
        chunk.events.set_index(chunk.events["position"].map(lead))["occurred_at"],
        chunk.stages.set_index(chunk.stages["position"].map(lead))["entered_at"],
    ]
    return pd.concat(tables)


def test_only_leads_of_which_something_comes_of_an_age_change(scores_at, config, tmp_path):
    later = pd.Timedelta(hours=6)
    now, then = scores_at(pd.Timedelta(0)), scores_at(later)
    moments = moments_of_leads(config, tmp_path)
    edges = [pd.Timedelta(days=days) for days in AGE_EDGES]
    passed = pd.concat([(END - moments < edge) & (END + later - moments >= edge) for edge in edges], axis=1).any(axis=1)
    aged = set(passed[passed].index)
    changed = set(now.index[now["probability"] != then["probability"].reindex(now.index)])
    assert 0 < len(changed) < len(now)
    assert changed <= aged


def test_who_was_hot_and_went_quiet_falls(scores_at):
    now, then = scores_at(pd.Timedelta(0)), scores_at(pd.Timedelta(days=120))
    hot = now.index[now["band"] == "hot"]
    before, after = (scores.loc[hot, "probability"] for scores in (now, then))
    assert len(hot) > 10
    assert (after < before).mean() > 0.75
    assert after.mean() < 0.85 * before.mean()


def test_each_score_says_as_of_when_it_is(scores_at):
    assert (scores_at(pd.Timedelta(days=3))["as_of"] == END.tz_localize("UTC") + pd.Timedelta(days=3)).all()

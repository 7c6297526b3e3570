"""A workspace that is copied or moved keeps working, and a copy never reads or writes the original's files."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from data.workspace import Workspace
from models.versions import Registry, words


@pytest.fixture
def original(leadscore, export, tmp_path):
    """A workspace with a champion, and the leads that it learned from."""
    given = ["--leads", export, "--id", "Id", "--outcome", "Status", "--order", "rows"]
    workspace = Workspace.at(tmp_path / "original")
    assert leadscore("train", *given, "--workspace", workspace.root).code == 0
    return workspace, given


def state_of(workspace: Workspace) -> dict[Path, tuple[int, int]]:
    files = filter(Path.is_file, workspace.root.rglob("*"))
    return {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in files}


def test_a_copy_trains_scores_and_promotes_without_the_original(original, leadscore, tmp_path):
    workspace, given = original
    scores = {name: tmp_path / f"{name}.parquet" for name in ("before", "after")}
    leadscore("score", "--workspace", workspace.root, "--out", scores["before"])
    copy = Workspace.at(Path(shutil.copytree(workspace.root, tmp_path / "copy")))
    before = state_of(workspace)
    Registry(copy).champion()
    Registry(copy).set_thresholds("1", 0.77, 0.7, by="Ada", why="to see")
    second = leadscore("train", *given, "--drop", "Visits", "--workspace", copy.root, "--json").json
    assert (second["model_version"], second["promoted"]) == ("2", False)
    assert state_of(workspace) == before
    assert Registry(workspace).champion().scorer.scale.hot != 0.77

    shutil.rmtree(workspace.root)
    assert leadscore("promote", "2", "--force", "--why", "to see", "--workspace", copy.root).code == 0
    assert leadscore("rollback", "--workspace", copy.root).code == 0
    assert leadscore("score", "--workspace", copy.root, "--out", scores["after"]).code == 0
    one, other = (pd.read_parquet(scores[name])[["lead_id", "probability", "score"]] for name in scores)
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert not workspace.root.exists()


def test_what_is_stored_with_a_version_never_changes(original, leadscore, tmp_path):
    workspace, given = original
    before, registry = state_of(workspace), Registry(workspace)
    trained, moment = registry.champion().scorer.scale, datetime.now(UTC)
    registry.set_thresholds("1", 0.1 + 0.2, 0.1, by="Ada", why="more calls")
    elsewhere = tmp_path / "december.csv"
    shutil.copy(given[1], elsewhere)
    again = leadscore("train", "--leads", elsewhere, *given[2:], "--workspace", workspace.root, "--json").json
    assert not again["trained"]

    champion = registry.champion()
    assert (champion.scorer.scale.hot, champion.scorer.scale.warm) == (0.1 + 0.2, 0.1)
    assert str(elsewhere) in str(champion.settings.tables)
    assert registry.thresholds_at("1", moment).hot == trained.hot
    assert words(registry.decisions()[0]) == "hot from 0.3, warm from 0.1: more calls (Ada)"
    after = state_of(workspace)
    assert {file: state for file, state in after.items() if workspace.artifacts in file.parents} == {
        file: state for file, state in before.items() if workspace.artifacts in file.parents
    }

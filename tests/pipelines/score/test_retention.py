"""Retention: what is older than the settings allow goes after a scoring run, what is current stays."""

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from data.config import load_settings
from data.store import SCORES, open_store
from data.store.tables import RUNS
from data.workspace import Workspace
from pipelines.score.batch import score


@pytest.fixture
def old(workspace: Workspace) -> Workspace:
    """A workspace whose scores were another 100 days ago, one lead's before that; of then is a file in quarantine."""
    with open_store(workspace.store, writing=True) as store, store.transaction() as connection:
        ran = {run["run_id"]: run["started_at"] - timedelta(days=100) for run in store.runs()}
        for run_id, started_at in ran.items():
            connection.execute(sa.update(RUNS).where(RUNS.c.run_id == run_id).values(started_at=started_at))
        connection.execute(sa.update(SCORES).values(digest=0))
    workspace.quarantine.mkdir(exist_ok=True)
    for name in ("gone.csv", ".gone.csv.123.tmp"):
        (workspace.quarantine / name).write_text("position,line,reason\n")
        os.utime(workspace.quarantine / name, (0, 0))
    return workspace


def counted(workspace: Workspace) -> int:
    with open_store(workspace.store) as store, store.transaction() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(SCORES)).scalar_one()


def test_without_the_setting_nothing_is_erased(old, config):
    before = counted(old)
    result = score(old, settings=load_settings(config))
    assert (result.erased, counted(old)) == ({}, before + result.scored + result.left_out)
    assert (old.quarantine / "gone.csv").exists()


def test_what_is_older_than_the_setting_goes_and_what_is_current_stays(old, config):
    before = counted(old)
    result = score(old, settings=load_settings(config).model_copy(update={"retention_days": 30}))
    assert result.erased == {"scores": before, "deliveries": 0, "quarantine": 2, "copies": 0}
    assert counted(old) == result.scored + result.left_out == result.changed
    assert {file.name for file in old.quarantine.iterdir()} == {"events.csv", "leads.csv"}


def test_what_is_younger_than_the_setting_stays(old, config):
    before = counted(old)
    result = score(old, settings=load_settings(config).model_copy(update={"retention_days": 101}))
    assert result.erased == {"scores": 0, "deliveries": 0, "quarantine": 2, "copies": 0}
    assert counted(old) == before + result.scored + result.left_out


def test_a_copy_of_a_source_that_is_read_no_more_goes(old, config):
    copy = old.root / "mirror.duckdb"
    copy.touch()
    os.utime(copy, (0, 0))
    result = score(old, settings=load_settings(config).model_copy(update={"retention_days": 30}))
    assert (result.erased["copies"], copy.exists()) == (1, False)

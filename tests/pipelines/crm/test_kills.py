"""Reads and writes of an Odoo that are killed at random moments end as if nothing had happened.

`LEADSCORE_KILLS` says how many are killed; `make chaos` kills 200.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.pipelines.crm.conftest import AS_OF, Project
from tests.pipelines.test_chaos import Nursery

KILLS = int(os.environ.get("LEADSCORE_KILLS", "4"))
CHUNK = 60
"""Records of a page, and of a write, so that there are many to be killed between."""


def records(project: Project) -> dict[str, tuple]:
    fields = [name for name in project.odoo.fields["crm.lead"] if name.startswith("x_leadscore")]
    return {number: tuple(lead[name] for name in fields) for number, lead in project.scored_leads().items()}


def copied(workspace: Path) -> dict[str, list]:
    """Return all that is copied; when it was written is no part of it."""
    with duckdb.connect(str(workspace / "mirror.duckdb"), read_only=True) as duck:
        names = duck.execute("SELECT name, types FROM crm_states ORDER BY name").fetchall()
        return {types: duck.execute(f"FROM {name} ORDER BY ALL").fetchall() for name, types in names}


@pytest.fixture
def nursery(project, tmp_path) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path / "log.txt", chunk=CHUNK)  # begun once the environment says where the Odoo is
    yield nursery
    nursery.stop()


@pytest.mark.slow
def test_reads_and_writes_that_are_killed_lose_nothing_and_write_nothing_twice(project, nursery, tmp_path):
    moments, root = random.Random(9), project.workspace.root
    score = ("score", "--config", str(project.config), "--as-of", AS_OF, "--workspace", str(root))
    push = ("push", "--config", str(project.config), "--workspace", str(root))
    assert project.run("push", "--setup").code == 0
    leads = len(project.odoo.leads())
    copies = root / "mirror.duckdb"
    copies.unlink()
    code, reading = nursery.run(*score)
    assert code == 0, nursery.log.read_text()
    undisturbed = copied(root)
    killed = 0
    while killed < KILLS // 2:
        copies.unlink(missing_ok=True)
        killed += nursery.run(*score, kill_after=moments.uniform(0, reading))[0] == -signal.SIGKILL
        assert nursery.run(*score)[0] == 0, nursery.log.read_text()
        assert copied(root) == undisturbed

    shutil.copy(root / "store.db", tmp_path / "unsent.db")
    code, writing = nursery.run(*push)
    assert code == 0, nursery.log.read_text()
    expected = records(project)
    killed = 0
    while killed < KILLS - KILLS // 2:
        for lead in project.odoo.leads():
            for name in [name for name in lead if name.startswith("x_leadscore")]:
                del lead[name]
        shutil.copy(tmp_path / "unsent.db", root / "store.db")
        killed += nursery.run(*push, kill_after=moments.uniform(0, writing))[0] == -signal.SIGKILL
        assert records(project).items() <= expected.items()
        assert nursery.run(*push)[0] == 0, nursery.log.read_text()
        assert records(project) == expected
    assert len(project.odoo.leads()) == leads

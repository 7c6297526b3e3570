"""Runs that are killed at random moments lose nothing and write nothing twice, on a real PostgreSQL.

`make chaos` kills 200 times, and with more leads.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from data.sinks import bulk
from data.store import Store, open_store
from data.store.store import current, rows

KILLS = int(os.environ.get("LEADSCORE_KILLS", "20"))
LEADS = 20_000 if KILLS > 20 else 10_000
TRANSACTIONS = 20
"""In so many a run writes its leads, so that there are many to be killed between."""
SETTINGS = """\
database: ${CRM_URL}
tables: {leads: {table: leads}}
columns: {leads: {lead_id: Id}}
outcome: {column: Status}
as_of: 2026-01-01
store: ${CRM_URL}
write_back: {table: lead_scores}
"""


class Nursery:
    """Starts commands in a process that has everything imported already."""

    def __init__(self, log: Path, chunk: int = LEADS // TRANSACTIONS) -> None:
        self.log = log
        command = [sys.executable, str(Path(__file__).with_name("nursery.py")), str(log), str(chunk)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, *arguments: str, kill_after: float | None = None) -> tuple[int, float]:
        """Run a command, or kill it after some seconds; return its exit code and how long it lived."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(arguments) + "\n")
        self.process.stdin.flush()
        child, began = int(self.process.stdout.readline()), time.monotonic()
        killer = threading.Timer(kill_after or 0, os.kill, [child, signal.SIGKILL])
        if kill_after is not None:
            killer.start()
        code = int(self.process.stdout.readline())
        killer.cancel()
        return code, time.monotonic() - began

    def stop(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Scene:
    """A CRM with many leads, a model, and a store, on one PostgreSQL server."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.engine = store.engine
        self.workspace = str(folder / "var")
        self.config = str(folder / "leadscore.yaml")
        self.nursery = Nursery(folder / "log.txt")

    def fill(self, seed: int) -> None:
        """Let all leads be others than before."""
        drawn = np.random.default_rng(seed)
        visits = drawn.poisson(3, LEADS)
        leads = pd.DataFrame({"Id": [f"{n:05d}" for n in range(LEADS)], "Visits": visits.astype(float)})
        leads["Channel"] = drawn.choice(["Mail", "Fair"], LEADS)
        with self.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS leads")
            connection.exec_driver_sql(
                'CREATE TABLE leads ("Id" TEXT PRIMARY KEY, "Visits" DOUBLE PRECISION, "Channel" TEXT)'
            )
            bulk.load(connection, sa.table("leads"), pa.Table.from_pandas(leads, preserve_index=False))

    def score(self, **options) -> tuple[int, float]:
        return self.nursery.run("score", "--config", self.config, "--workspace", self.workspace, "--json", **options)

    def push(self, **options) -> tuple[int, float]:
        return self.nursery.run("push", "--workspace", self.workspace, "--json", **options)

    def clear_crm(self) -> None:
        """Let all scores be sent again, to a table that is empty."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM lead_scores")
            connection.exec_driver_sql("DELETE FROM leadscore_deliveries")

    def push_anew(self) -> tuple[int, float]:
        self.clear_crm()
        ended = self.push()
        self.clear_crm()
        return ended

    def current(self) -> pd.DataFrame:
        """Return the current scores as any reader sees them."""
        with self.store.transaction() as connection:
            found = rows(connection, current(connection))
        return pd.DataFrame(found).drop(columns="run_id").sort_values("lead_id", ignore_index=True)

    def held(self, table: str) -> pd.DataFrame:
        with self.engine.connect() as connection:
            return pd.read_sql(sa.text(f'SELECT * FROM {table} ORDER BY lead_id COLLATE "C"'), connection)

    def undisturbed(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the scores of the store and of the CRM after one run from nothing."""
        with self.engine.begin() as connection:
            for table in ("leadscore_scores", "leadscore_deliveries", "leadscore_runs", "lead_scores"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        assert self.score()[0] == self.push()[0] == 0, self.log()
        return self.current(), self.held("lead_scores")

    def log(self) -> str:
        return self.nursery.log.read_text(encoding="utf-8")[-2000:]


@pytest.fixture
def scene(postgres, export, leadscore, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_URL", postgres)
    (tmp_path / "leadscore.yaml").write_text(SETTINGS)
    kept = pd.read_csv(export, dtype={"Id": "str"})[["Id", "Visits", "Channel", "Status"]]
    kept.to_csv(tmp_path / "closed.csv", index=False)
    ran = leadscore("train", "--leads", tmp_path / "closed.csv", "--id", "Id", "--outcome", "Status",
                    "--workspace", tmp_path / "var")  # fmt: skip
    assert ran.code == 0, ran.err
    with open_store(postgres) as store:
        scene = Scene(store, tmp_path)
    scene.fill(0)
    ran = leadscore("push", "--setup", "--config", tmp_path / "leadscore.yaml", "--workspace", tmp_path / "var")
    assert ran.code == 0, ran.err
    yield scene
    scene.nursery.stop()


@pytest.mark.slow
def test_scoring_that_is_killed_leaves_whole_runs_and_ends_as_if_undisturbed(scene):
    """Leads are of one kind and of another in turn: whoever reads sees scores of one kind."""
    moments, killed, kind = random.Random(7), 0, 1
    states = []
    for seed in (0, 1):
        scene.fill(seed)
        code, seconds = scene.score()
        assert code == 0, scene.log()
        states.append(scene.current())
    assert not states[0]["probability"].equals(states[1]["probability"])
    while killed < KILLS // 2:
        scene.fill(1 - kind)
        code, _ = scene.score(kill_after=moments.uniform(0, seconds))
        assert code in (0, -signal.SIGKILL), scene.log()
        killed += code != 0
        now = scene.current()
        if code == 0 or now.equals(states[1 - kind]):
            kind = 1 - kind
        pd.testing.assert_frame_equal(now, states[kind])
    assert scene.score()[0] == scene.push()[0] == 0, scene.log()
    ended = scene.current(), scene.held("lead_scores")
    for interrupted, expected in zip(ended, scene.undisturbed(), strict=True):
        pd.testing.assert_frame_equal(interrupted, expected)


@pytest.mark.slow
def test_a_push_that_is_killed_goes_on_where_it_was_and_each_record_is_there_once(scene):
    moments, killed = random.Random(8), 0
    expected = scene.undisturbed()[1]
    _, seconds = scene.push_anew()
    while killed < KILLS - KILLS // 2:
        code, _ = scene.push(kill_after=moments.uniform(0, seconds))
        assert code in (0, -signal.SIGKILL), scene.log()
        killed += code != 0
        crm = scene.held("lead_scores")
        written = expected[expected["lead_id"].isin(crm["lead_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(crm, written, check_dtype=False)
        if code == 0:
            pd.testing.assert_frame_equal(crm, expected)
            scene.clear_crm()
    assert scene.push()[0] == 0, scene.log()
    pd.testing.assert_frame_equal(scene.held("lead_scores"), expected)
    receipts = scene.held("leadscore_deliveries")
    assert len(receipts) == LEADS
    assert set(receipts["status"]) == {"delivered"}

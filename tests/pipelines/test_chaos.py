"""Runs that are killed at random moments lose nothing and write nothing twice; scores, on a real PostgreSQL.

`make chaos` kills 200 times, with more leads, and prints what it counted.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
import yaml

from data.drafts import drafts_in, is_abandoned
from data.locks import one_run_at_a_time
from data.sinks import bulk
from data.store import Store, open_store
from data.store.store import current, rows
from data.workspace import Workspace
from models.versions import Registry

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


COUNTS: Counter[str] = Counter()
"""What `make chaos` prints at its end; a test fails at the first that is lost, doubled or half seen."""


@pytest.fixture(scope="module", autouse=True)
def counted(request):
    """Print the counts once all tests of this file are done."""
    yield
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if terminal and capture and "LEADSCORE_KILLS" in os.environ:
        kills = ", ".join(f"{verb} {count}" for verb, count in COUNTS.items())
        lines = f"\n{sum(COUNTS.values())} kills ({kills}): 0 lost, 0 doubled, 0 half seen"
        failed = f"\n{request.session.testsfailed} tests found something lost, doubled or half seen after {kills}"
        with capture.global_and_fixture_disabled():
            terminal.write_line(failed if request.session.testsfailed else lines)


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
        COUNTS["score"] += code != 0
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
        COUNTS["push"] += code != 0
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


class Room:
    """One scored workspace in which one command after the other is killed, and what each of them writes."""

    def __init__(self, workspace: Workspace, export: Path, folder: Path) -> None:
        self.workspace, self.folder = workspace, folder
        self.nursery = Nursery(folder / "log.txt")
        with open_store(workspace.store) as store:
            self.leads = [row["lead_id"] for row in store.hottest(40)]
        place = ("--workspace", str(workspace.root))
        self.commands: dict[str, tuple[str, ...]] = {
            "promote": ("promote", "1", "--force", "--why", "chaos", *place),
            "report": ("report", "--out", str(folder / "report.html"), *place),
            "forget": ("forget", self.leads[-1], *place),
            "simulate": ("simulate", "--leads", "300", "--fast", "--out", str(folder / "simulated")),
            "init": ("init", "--leads", str(export), "--out", str(folder / "leadscore.yaml")),
            "serve": ("serve", "--port", "0", *place),
        }

    def run(self, verb: str, **options) -> int:
        if verb == "init":  # it refuses to write over what is there
            (self.folder / "leadscore.yaml").unlink(missing_ok=True)
        return self.nursery.run(*self.commands[verb], **options)[0]

    def check_whole(self) -> None:
        """What stands under its own name is whole, the version that scores is one, and the scores are all there."""
        report, settings = self.folder / "report.html", self.folder / "leadscore.yaml"
        assert not report.exists() or report.read_text().rstrip().endswith("</html>")
        assert not settings.exists() or yaml.safe_load(settings.read_text())["tables"]
        for table in (self.folder / "simulated").glob("*.parquet"):
            assert pd.read_parquet(table).shape[1]
        assert Registry(self.workspace).champion_version == "1"
        key = self.workspace.pages_key
        assert not key.exists() or self.workspace.has_whole_key()

    def is_half_forgotten(self, lead_id: str) -> bool:
        """Return whether the list still has a lead of which the scores are gone, or the other way round."""
        with open_store(self.workspace.store) as store:
            return bool(store.scores_of(lead_id)) != any(row["lead_id"] == lead_id for row in store.hottest(10_000))


@pytest.fixture(scope="module")
def room(trained, scored, export, tmp_path_factory):
    folder = tmp_path_factory.mktemp("room")
    room = Room(Workspace.at(shutil.copytree(trained.workspace.root, folder / "var")), export, folder)
    yield room
    room.nursery.stop()


VERBS = ("promote", "report", "forget", "simulate", "init", "serve")
LIVES = 0.8
"""Seconds: as long as such a command takes, with everything imported."""


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
def test_any_command_that_is_killed_leaves_what_is_whole_and_can_be_run_again(room, verb):
    """Each is killed twice, and for `make chaos` as often as its share of the kills is."""
    moments, longest = random.Random(verb), LIVES
    for _ in range(max(2, KILLS // 20)):
        began = time.monotonic()
        code = room.run(verb, kill_after=moments.uniform(0, longest))
        # A promotion of the version that scores, and a lead that is forgotten already, are refused.
        assert code in (0, 1, 2, -signal.SIGKILL), room.nursery.log.read_text()[-2000:]
        longest = longest if code == -signal.SIGKILL else max(0.05, time.monotonic() - began)
        COUNTS[verb] += code == -signal.SIGKILL
        room.check_whole()
        assert not room.is_half_forgotten(room.leads[-1])
    if verb in ("report", "simulate", "init"):
        assert room.run(verb) == 0, room.nursery.log.read_text()[-2000:]
    with one_run_at_a_time(room.workspace.lock, "the check that no killed command still holds the lock"):
        assert not [draft for draft in drafts_in(room.folder) if not is_abandoned(draft)]


@pytest.mark.slow
def test_what_killed_commands_left_is_cleared_by_the_doctor(room, leadscore):
    assert leadscore("doctor", "--fix", "--workspace", room.workspace.root).code == 0
    assert leadscore("doctor", "--workspace", room.workspace.root).code == 0
    assert not drafts_in(room.workspace.root)

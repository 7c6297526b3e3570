"""Versions on a real MLflow server: stored, found, loaded alike, and clear words where it is away."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pandas as pd
import pytest

from data.chunk import LeadRecords
from data.config import Tracking
from data.errors import ModelError
from data.workspace import Workspace
from models.versions import Registry, remember_tracking, store_for
from pipelines.score import RecordScorer
from tests.commands import run_leadscore


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory, empty_mlflow_is_copied) -> Iterator[str]:
    """The address of an MLflow server of its own, which ends with the tests."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    options = ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", str(folder)]
    options += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    command = [sys.executable, "-m", "mlflow", "server", *options]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + 120
    while not answers(address):
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.5)
    yield address
    os.killpg(process.pid, 15)
    process.wait()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def champion(funnel):
    return Registry(funnel.workspace).champion()


@pytest.mark.slow
def test_a_version_on_a_server_scores_as_the_one_of_the_workspace(server, champion, funnel, tmp_path):
    workspace = Workspace.at(tmp_path / "var")
    tracking = Tracking(uri=server, experiment="pricing", model="team.leadscore", tags={"team": "sales"})
    registry = Registry(workspace, store_for(workspace, tracking))
    tags = {**Registry(funnel.workspace).newest().tags}
    with registry.run("train 2026-01-01") as run:
        number = run.add_version(champion.scorer.model, {name: tags[name] for name in tags if " " not in name})
        run.log_scorer(champion.scorer, champion.recipe, champion.settings, champion.training)
        run.describe({"horizon_days": 90}, {"auc": 0.8}, {"of": "a test"})
    registry.promote(number, "it is the first")
    remember_tracking(workspace, tracking)

    there = Registry(workspace)  # as any other command finds it
    assert (there.champion_version, [version.number for version in there.trained()]) == ("1", ["1"])
    stored = there.champion()
    lead, moment = LeadRecords({"lead_id": "1", "created_at": "2025-11-01"}), pd.Timestamp("2026-01-01")
    here, before = (RecordScorer.of(each, each.settings).score([lead], [moment]) for each in (stored, champion))
    assert here == before  # to the last bit, with the reasons
    assert not (workspace.root / "mlflow.db").exists()
    runs = httpx.post(f"{server}/api/2.0/mlflow/runs/search", json={"experiment_ids": ["1"]}).json()["runs"]
    assert [run["info"]["run_name"] for run in runs] == ["train 2026-01-01"]
    assert {"key": "team", "value": "sales"} in runs[0]["data"]["tags"]


@pytest.mark.slow
def test_the_command_line_takes_the_server_of_the_environment(server, tmp_path, monkeypatch):
    leads = tmp_path / "leads.csv"
    rows = (f"{n},{n % 7},{'won' if n % 7 > 4 or n % 11 == 0 else 'lost'}" for n in range(300))
    leads.write_text("\n".join(["Id,Visits,Status", *rows]))
    place = ("--workspace", tmp_path / "var")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "from the environment")
    ran = run_leadscore("train", "--leads", leads, "--id", "Id", "--outcome", "Status", *place, "--json")
    assert ran.code == 0, ran.err
    experiment = httpx.get(
        f"{server}/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": "from the environment"}
    )
    assert experiment.json()["experiment"]["lifecycle_stage"] == "active"
    assert not (tmp_path / "var" / "mlflow.db").exists()
    assert run_leadscore("score", "--leads", leads, *place, "--json").json["scored"] == 300
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    ran = run_leadscore("score", "--leads", leads, *place)
    assert ran.code == 2
    assert "MLFLOW_TRACKING_URI" in ran.err


def test_a_server_that_is_away_is_said_to_be_at_once(tmp_path):
    workspace = Workspace.at(tmp_path / "var")
    tracking = Tracking(uri=f"http://127.0.0.1:{free_port()}")
    began = time.monotonic()
    with pytest.raises(ModelError, match="the MLflow server cannot be reached"):
        store_for(workspace, tracking)
    assert time.monotonic() - began < 10
    remember_tracking(workspace, tracking)
    with pytest.raises(ModelError, match="cannot be reached"):
        Registry(workspace).champion()
    remember_tracking(workspace, None)
    assert Registry(workspace).champion_version is None

"""The funnel that all tests share, scored once through the command line; the tests of all verbs look at it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.workspace import Workspace
from pipelines.score import score
from tests.commands import Command, Ran, run_leadscore


@dataclass(frozen=True)
class Trained:
    """A workspace with a champion, and what the training said."""

    workspace: Workspace
    ran: Ran


@dataclass(frozen=True)
class Scored:
    """A scoring run, the CSV that it was asked for, and the same scores as a frame."""

    ran: Ran
    csv: Path
    frame: pd.DataFrame


@pytest.fixture(scope="session", autouse=True)
def new_workspaces_come_soon(empty_mlflow_is_copied) -> None:
    """Most tests begin with a new workspace."""


@pytest.fixture(scope="session")
def leadscore() -> Command:
    """The command line, in this process: `leadscore("score", "--json")` gives what it printed and its exit code."""
    return run_leadscore


@pytest.fixture(scope="session")
def simulated(funnel) -> Ran:
    return funnel.simulated


@pytest.fixture(scope="session")
def config(simulated) -> Path:
    """The settings of the simulated funnel, with its tables beside them."""
    return Path(simulated.json["config"])


@pytest.fixture(scope="session")
def trained(funnel, tmp_path_factory) -> Trained:
    return Trained(funnel.copy(tmp_path_factory.mktemp("trained") / "workspace"), funnel.trained)


@pytest.fixture(scope="session")
def scored(trained, leadscore, tmp_path_factory) -> Scored:
    csv, workspace = tmp_path_factory.mktemp("scores") / "scores.csv", trained.workspace
    ran = leadscore("score", "--out", csv, "--workspace", workspace.root, "--json")
    return Scored(ran, csv, scores_of(workspace, csv.with_suffix(".parquet")))


@pytest.fixture(scope="session")
def ended(trained, tmp_path_factory) -> pd.DataFrame:
    """The scores of the leads that have closed, as they stood before."""
    return scores_of(trained.workspace, tmp_path_factory.mktemp("ended") / "ended.parquet", closed=True)


def scores_of(workspace: Workspace, out: Path, **options: Any) -> pd.DataFrame:
    """Score once more, and read what was written."""
    score(workspace, out=out, **options)
    return pd.read_parquet(out)


@pytest.fixture(scope="session")
def forget_scores() -> Callable[[Workspace], None]:
    """Remove the store of a workspace, so that its history begins anew."""

    def forget(workspace: Workspace) -> None:
        for file in workspace.root.glob("store.db*"):
            file.unlink()

    return forget


@pytest.fixture
def workspace(trained, scored, tmp_path) -> Workspace:
    """A copy of the workspace with model and scores, to do with as a test likes."""
    return Workspace.at(shutil.copytree(trained.workspace.root, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def export(tmp_path_factory) -> Path:
    """A small flat export: 600 leads, the oldest first, whose visits say how they end."""
    random = np.random.default_rng(0)
    visits = random.poisson(3, 600)
    status = np.where(random.uniform(size=600) < visits / 10, "won", "lost")
    leads = pd.DataFrame({"Id": [f"{n:03d}" for n in range(600)], "Visits": visits, "Status": status})
    leads["Channel"] = random.choice(["Mail", "Fair", None], 600)
    created = pd.date_range("2025-01-01", periods=600, freq="12h")
    leads["Created"], leads["Closed"] = created, created + pd.to_timedelta(random.integers(1, 15, 600), unit="D")
    file = tmp_path_factory.mktemp("export") / "export.csv"
    leads.to_csv(file, index=False)
    return file

"""One simulated funnel, trained on and scored once through the command line; the tests of all verbs look at it."""

import json
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from data.workspace import Workspace
from pipelines.cli import main
from pipelines.score import score

LEADS = 3000


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and all that it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that ``--json`` prints; nothing else may stand beside it."""
        assert self.code == 0, self.err
        return json.loads(self.out)


Command = Callable[..., Ran]


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


def run_leadscore(*arguments: object) -> Ran:
    out, err = StringIO(), StringIO()
    argv = ["leadscore", *map(str, arguments)]
    if arguments[:1] == ("train",) and "--trials" not in arguments:
        argv += ["--trials", "0"]  # what the search finds is shown where it lives; here it would only take time
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
        main()
    return Ran(int(end.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="session", autouse=True)
def new_workspaces_come_soon(empty_mlflow_is_copied) -> None:
    """Most tests begin with a new workspace."""


@pytest.fixture(scope="session")
def leadscore() -> Command:
    """The command line, in this process: `leadscore("score", "--json")` gives what it printed and its exit code."""
    return run_leadscore


@pytest.fixture(scope="session")
def simulated(leadscore, tmp_path_factory) -> Ran:
    folder = tmp_path_factory.mktemp("simulated")
    return leadscore("simulate", "--leads", LEADS, "--out", folder, "--json")


@pytest.fixture(scope="session")
def config(simulated) -> Path:
    """The settings of the simulated funnel, with its tables beside them."""
    return Path(simulated.json["config"])


@pytest.fixture(scope="session")
def trained(config, leadscore, tmp_path_factory) -> Trained:
    workspace = Workspace.at(tmp_path_factory.mktemp("workspace"))
    return Trained(workspace, leadscore("train", "--config", config, "--workspace", workspace.root, "--json"))


@pytest.fixture(scope="session")
def scored(trained, leadscore, tmp_path_factory) -> Scored:
    csv, workspace = tmp_path_factory.mktemp("scores") / "scores.csv", trained.workspace
    ran = leadscore("score", "--out", csv, "--workspace", workspace.root, "--json")
    return Scored(ran, csv, scores_of(workspace, csv.with_suffix(".parquet")))


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

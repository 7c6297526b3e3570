"""The project runs through MLflow as it does from its own command line."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

ROOT = Path(__file__).parents[1]
ENTRY_POINTS = ("train", "score", "report")


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_entry_points_name_commands_and_options_that_exist(name, tmp_path):
    from mlflow.projects._project_spec import load_project

    from pipelines.cli import app

    point = load_project(ROOT).get_entry_point(name)
    python, _, module, verb, *arguments = shlex.split(point.compute_command({}, str(tmp_path)))
    group = get_command(app)
    assert (python, module, verb) == ("python", "pipelines.cli", name)
    assert isinstance(group, TyperGroup)
    known = {option for parameter in group.commands[verb].params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("--")} <= known


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_with_the_digests_of_its_files(name):
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) > 20
    assert [line for line in lines if "==" not in line or "--hash=sha256:" not in line] == []


@pytest.mark.slow
def test_mlflow_runs_the_project(tmp_path):
    from data.simulator import simulate

    simulate(1500, tmp_path / "crm", fast=True)
    config, workspace = f"config={tmp_path / 'crm' / 'leadscore.yaml'}", f"workspace={tmp_path / 'var'}"
    scores, report = tmp_path / "scores.csv", tmp_path / "report.html"
    mlflow_run("train", config, workspace, records=tmp_path)
    mlflow_run("score", config, workspace, f"out={scores}", records=tmp_path)
    mlflow_run("report", workspace, f"out={report}", records=tmp_path)
    assert scores.stat().st_size
    assert report.stat().st_size


def mlflow_run(entry_point: str, *parameters: str, records: Path) -> None:
    """Run as a user would, with MLflow's own records of the run kept out of the checkout."""
    bin_folder = Path(sys.executable).parent
    options = [word for parameter in parameters for word in ("-P", parameter)]
    command = [str(bin_folder / "mlflow"), "run", ".", "-e", entry_point, "--env-manager=local", *options]
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "MLFLOW_TRACKING_URI": f"sqlite:///{records / 'mlflow.db'}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

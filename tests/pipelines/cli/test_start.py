"""Commands that score, show or send start without what trains: each is run in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NEVER_LOADED = {"mlflow", "shap", "optuna", "matplotlib"}


def loaded_by(*arguments: object) -> set[str]:
    """Return what a command loads; it has to end without an error."""
    code = f"""
import sys
sys.argv = {["leadscore", *map(str, arguments)]!r}
from app.cli import main
try: main()
except SystemExit as end: assert not end.code, end.code
print("\\nloaded:", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {*done.stdout.rpartition("loaded:")[2].split()}


def test_scoring_again_loads_nothing_that_trains(workspace):
    assert loaded_by("score", "--workspace", workspace.root) & NEVER_LOADED == set()


def test_explaining_a_lead_loads_nothing_that_trains(workspace, scored):
    lead = scored.frame["lead_id"].iloc[0]
    assert loaded_by("explain", lead, "--workspace", workspace.root) & NEVER_LOADED == set()


@pytest.mark.parametrize("module", ["pipelines.push", "pipelines.watch", "pipelines.score", "app.server"])
def test_importing_loads_no_model_and_nothing_that_trains(module):
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {*done.stdout.split()} & {*NEVER_LOADED, "sklearn", "skops", "scipy.stats", "models.training"} == set()

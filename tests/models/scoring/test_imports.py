"""What scores starts without what trains: pages, an API and the executors of a cluster import no more than this."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = {"models.training", "models.evaluation", "models.monitoring", "models.versions", "models.fitting"}
LIBRARIES = {
    *("optuna", "mlflow", "matplotlib", "shap", "catboost", "lightgbm", "sklearn", "skops", "joblib"),
    *("scipy.stats", "scipy.optimize", "duckdb", "sqlalchemy", "email_validator"),
}


def loaded_by(code: str) -> set[str]:
    """Return the modules that are loaded in a new process after some code."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    return {*subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    return loaded_by("import models.scoring")


def test_scoring_loads_nothing_that_trains_or_stores(loaded):
    assert loaded & ROOMS == set()


def test_scoring_loads_no_library_that_only_a_model_or_a_training_needs(loaded):
    assert loaded & LIBRARIES == set()

"""What every test may ask for, and an environment without windows and without telemetry."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Set before anything imports matplotlib or MLflow, and inherited by the commands that tests start.
os.environ.update(MPLBACKEND="Agg", MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of public data sets, which lies beside some checkouts."""
    folder = Path(__file__).parents[2] / "shared" / "datasets"
    if not folder.is_dir():
        pytest.skip(f"the public data sets are not on this machine: {folder}")
    return folder


# The machine may be busy, and the event pass compiles at its first call: no test is about seconds.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

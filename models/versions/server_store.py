"""Versions on a tracking server of MLflow, with which a team shares them; files are fetched once."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from pydantic import TypeAdapter

from data.config import Tracking, masked, resolve
from data.drafts import in_plain_words, write_whole
from data.errors import ModelError
from data.workspace import Workspace
from models.versions.local_store import LocalStore, log_batch, log_data, quiet, save_model, telemetry_off
from models.versions.store import LearnedData, Version, VersionStore

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient
    from sklearn.ensemble import StackingClassifier

PATIENCE = 5.0
"""Seconds to wait for the server; and for which it is taken to be there once it answered."""
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
TRACKING = TypeAdapter(Tracking)


def store_of(workspace: Workspace) -> VersionStore:
    """Return where the versions of a workspace are: on the server of its last training, else in the workspace."""
    try:
        text = workspace.tracking_elsewhere.read_text(encoding="utf-8")
    except FileNotFoundError:
        return LocalStore(workspace)
    return ServerStore(workspace, TRACKING.validate_json(text))


def store_for(workspace: Workspace, tracking: Tracking | None) -> VersionStore:
    """Return where a training with such settings stores its version. Raises ModelError where a server is away."""
    if tracking is None:
        return LocalStore(workspace)
    store = ServerStore(workspace, tracking)
    store.require_there()
    return store


def remember_tracking(workspace: Workspace, tracking: Tracking | None) -> None:
    """Remember where the versions of a workspace are from now on; the address as it is written, without secrets."""
    file = workspace.tracking_elsewhere
    if tracking is None:
        file.unlink(missing_ok=True)
    else:
        with in_plain_words(file):
            write_whole(file, tracking.model_dump_json())


@dataclass
class ServerStore:
    """The versions of one name on a server; see `VersionStore`."""

    workspace: Workspace
    tracking: Tracking

    def __post_init__(self) -> None:
        self._open: set[str] = set()
        self._answered_at = float("-inf")
        self._client: MlflowClient | None = None

    @property
    def address(self) -> str:
        """Where the server is. Raises InputError where a variable of the environment is not set."""
        return resolve(self.tracking.uri)

    def require_there(self) -> None:
        """Raise ModelError where the server does not answer: MLflow itself would try again for minutes."""
        address = self.address
        if not address.startswith(("http://", "https://")) or time.monotonic() - self._answered_at < PATIENCE:
            return
        try:
            httpx.get(f"{address.rstrip('/')}/health", timeout=PATIENCE)
        except httpx.HTTPError as problem:
            raise self._away(type(problem).__name__) from None
        self._answered_at = time.monotonic()

    def _away(self, problem: str) -> ModelError:
        return ModelError(
            "the MLflow server cannot be reached",
            expected="a tracking server that answers",
            got=problem,
            where=masked(self.tracking.uri),
            remedy="start it, or mend tracking in leadscore.yaml; nothing was registered",
        )

    @contextmanager
    def _asked(self) -> Iterator[MlflowClient]:
        """Give the client of this server, which sets nothing that is the whole process's. Raises ModelError."""
        self.require_there()
        with telemetry_off(), quiet():
            from mlflow.exceptions import MlflowException
            from mlflow.tracking import MlflowClient

            self._client = self._client or MlflowClient(self.address, self.address)
            try:
                yield self._client
            except MlflowException as problem:
                said = " ".join(str(problem).split())[:300]
                raise ModelError(
                    "the MLflow server refused",
                    got=masked(said),
                    where=masked(self.tracking.uri),
                    remedy="look at what the server printed",
                ) from None

    # Runs

    def begin(self, name: str = "") -> str:
        with self._asked() as client:
            from mlflow.tracking.context.registry import resolve_tags

            tags = {**resolve_tags(), **self.tracking.tags}
            run = client.create_run(self._experiment(client), tags=tags, run_name=name or None)
        self._open.add(run.info.run_id)
        return run.info.run_id

    def end(self, run_id: str, *, failed: bool = False) -> None:
        self._open.discard(run_id)
        with self._asked() as client:
            client.set_terminated(run_id, "FAILED" if failed else "FINISHED")

    def running(self) -> list[str]:
        with self._asked() as client:
            runs = client.search_runs([self._experiment(client)], "attributes.status = 'RUNNING'")
        return [run.info.run_id for run in runs if run.info.run_id not in self._open]

    def describe(
        self, run_id: str, params: Mapping[str, object], metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> None:
        with self._asked() as client:
            log_batch(client, run_id, params, metrics, tags)

    def learned_from(self, run_id: str, data: LearnedData) -> None:
        with self._asked() as client:
            log_data(client, run_id, data)

    def write_text(self, run_id: str, path: str, text: str) -> None:
        self._require_open(run_id)
        with self._asked() as client:
            client.log_text(run_id, text, path)

    def write_folder(self, run_id: str, path: str, folder: Path) -> None:
        self._require_open(run_id)
        if any(folder.iterdir()):
            with self._asked() as client:
                client.log_artifacts(run_id, str(folder), path)

    def _require_open(self, run_id: str) -> None:
        if run_id not in self._open:
            where = masked(self.tracking.uri)
            raise ModelError("the files of a version never change", expected="an open run", got=run_id, where=where)

    # Versions

    def put(self, run_id: str, model: StackingClassifier, tags: Mapping[str, str]) -> str:
        with self._asked() as client, tempfile.TemporaryDirectory() as folder:
            from mlflow.entities import LoggedModelOutput

            logged = client.create_logged_model(self._experiment(client), name="model", source_run_id=run_id)
            save_model(model, run_id, logged.model_id, Path(folder) / "model")
            client.log_model_artifacts(logged.model_id, str(Path(folder) / "model"))
            client.finalize_logged_model(logged.model_id, "READY")
            client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
            self._ensure_name(client)
            stored = client.create_model_version(
                self.tracking.model, logged.artifact_location, run_id, tags=dict(tags), model_id=logged.model_id
            )
            return str(stored.version)

    def get(self, number: str) -> Version | None:
        stored = self._if_there(lambda client: client.get_model_version(self.tracking.model, number))
        return stored and _version(stored)

    def list(self) -> list[Version]:
        with self._asked() as client:
            stored, page = [], client.search_model_versions(f"name='{self.tracking.model}'")
            while True:
                stored += page
                if not page.token:
                    break
                page = client.search_model_versions(f"name='{self.tracking.model}'", page_token=page.token)
        return sorted(map(_version, stored), key=lambda version: int(version.number))

    def tag(self, number: str, name: str, value: str) -> None:
        with self._asked() as client:
            client.set_model_version_tag(self.tracking.model, number, name, value)

    def files(self, version: Version, path: str) -> Path:
        def fetch(folder: str) -> str:
            with self._asked() as client:
                return client.download_artifacts(version.run_id, path, folder)

        return self._fetched(version, path, fetch)

    def model(self, version: Version) -> Path:
        def fetch(folder: str) -> str:
            with self._asked() as client:
                from mlflow.artifacts import download_artifacts

                address = client.get_model_version_download_uri(self.tracking.model, version.number)
                return download_artifacts(artifact_uri=address, dst_path=folder, tracking_uri=self.address)

        return self._fetched(version, "model", fetch)

    def _fetched(self, version: Version, path: str, fetch: Any) -> Path:
        """Return the copy of what a run wrote; it never changes once the run is closed."""
        copy = self.workspace.fetched / version.run_id / path
        if copy.exists() and version.run_id not in self._open:
            return copy
        copy.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.mkdtemp(dir=self.workspace.fetched)
        fetched = Path(fetch(folder))
        if version.run_id in self._open:
            return fetched
        with suppress(OSError):  # another process may have fetched it meanwhile
            os.rename(fetched, copy)  # noqa: PTH104
        shutil.rmtree(folder, ignore_errors=True)
        return copy

    # Aliases and notes

    def alias(self, name: str) -> str | None:
        stored = self._if_there(lambda client: client.get_model_version_by_alias(self.tracking.model, name))
        return stored and str(stored.version)

    def set_alias(self, name: str, number: str | None) -> None:
        with self._asked() as client:
            if number is None:
                client.delete_registered_model_alias(self.tracking.model, name)
            else:
                client.set_registered_model_alias(self.tracking.model, name, number)

    def note(self, name: str) -> str | None:
        stored = self._if_there(lambda client: client.get_registered_model(self.tracking.model))
        return stored and stored.tags.get(name)

    def set_note(self, name: str, value: str) -> None:
        with self._asked() as client:
            client.set_registered_model_tag(self.tracking.model, name, value)

    def _if_there(self, ask: Any) -> Any:
        """Return what the server has; None where it says that there is no such thing."""
        with self._asked() as client:
            from mlflow.exceptions import MlflowException

            try:
                return ask(client)
            except MlflowException as problem:
                if problem.error_code in NOT_THERE:
                    return None
                raise

    def _experiment(self, client: MlflowClient) -> str:
        experiment = client.get_experiment_by_name(self.tracking.experiment)
        return str(experiment.experiment_id if experiment else client.create_experiment(self.tracking.experiment))

    def _ensure_name(self, client: MlflowClient) -> None:
        from mlflow.exceptions import MlflowException

        with suppress(MlflowException):
            client.create_registered_model(self.tracking.model)


def _version(stored: Any) -> Version:
    created = datetime.fromtimestamp(stored.creation_timestamp / 1000, UTC)
    return Version(str(stored.version), str(stored.run_id), created, dict(stored.tags))

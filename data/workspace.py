"""The workspace: the one folder that runs write to, readable by its owner only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from data.errors import InputError, ModelError

KEY_BYTES = 32
"""Random bytes of the key of sessions, which is written in hexadecimal digits."""


@dataclass(frozen=True)
class Workspace:
    """Where a run keeps what it makes."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> Workspace:
        """Make the folder where it does not exist yet, for its owner only."""
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise InputError(
                "this folder cannot be the workspace",
                expected="a folder that can be written to",
                got=f"{root} ({problem.strerror})",
                remedy="name another one with --workspace",
            ) from None
        return cls(root)

    @classmethod
    def existing(cls, root: Path) -> Workspace:
        """Return a workspace that is there, and make nothing. Raises InputError."""
        if not root.is_dir():
            raise InputError(
                "there is no workspace here",
                expected="the folder of an earlier run",
                got=str(root),
                remedy="name the right one with --workspace",
            )
        return cls(root)

    @classmethod
    def trained(cls, root: Path) -> Workspace:
        """Return a workspace in which something was trained, and make nothing. Raises ModelError."""
        workspace = cls(root)
        if not workspace.has_models:
            raise workspace.no_model()
        return workspace

    def no_model(self) -> ModelError:
        """Return the error that there is no model, with how to get one."""
        return ModelError(
            "there is no model yet",
            expected="a version that `leadscore train` has promoted",
            where=str(self.root),
            remedy="run `leadscore train` with this workspace first",
        )

    @property
    def is_writable(self) -> bool:
        return os.access(self.root, os.W_OK | os.X_OK)

    @property
    def models(self) -> Path:
        """The database of MLflow."""
        return self.root / "mlflow.db"

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{self.root.resolve() / self.models.name}"

    @property
    def has_models(self) -> bool:
        """Return whether anything was ever trained here."""
        return self.models.exists() or self.tracking_elsewhere.exists()

    @property
    def tracking_elsewhere(self) -> Path:
        """Which MLflow server holds the versions; it is not there where the workspace's own database does."""
        return self.root / "tracking.json"

    @property
    def fetched(self) -> Path:
        """The folder of files that were fetched from an MLflow server."""
        return self.root / "fetched"

    @property
    def artifacts(self) -> Path:
        """The folder of MLflow's artifacts."""
        return self.root / "artifacts"

    @property
    def store(self) -> str:
        """The address of the score store, where the settings name no other."""
        return f"sqlite:///{self.root.resolve() / 'store.db'}"

    @property
    def lock(self) -> Path:
        """The file that says that a run is under way which writes scores, or reads the tables for people."""
        return self.root / "run.lock"

    @property
    def training_lock(self) -> Path:
        """The file that says that versions are made or promoted: leads are scored meanwhile."""
        return self.root / "train.lock"

    @property
    def locks(self) -> tuple[Path, ...]:
        """The locks of a command that no other may run beside."""
        return (self.lock, self.training_lock)

    @property
    def quarantine(self) -> Path:
        """The folder of the rows that could not be used."""
        return self.root / "quarantine"

    @property
    def store_elsewhere(self) -> Path:
        """The file with the address of the score store; it is not there where the store is that of the workspace."""
        return self.root / "store_address"

    @property
    def last_scored(self) -> Path:
        """The settings of the last scoring run as earlier versions wrote them, before the store did."""
        return self.root / "last_scored.json"

    @property
    def pages_key(self) -> Path:
        """The key that sessions of the pages are signed with."""
        return self.root / "pages.key"

    def has_whole_key(self) -> bool:
        """Return whether the key is as it was made: with an empty one, anybody could sign. Raises OSError."""
        key = self.pages_key.read_text(encoding="utf-8", errors="replace").strip()
        return len(key) == 2 * KEY_BYTES and set(key) <= set("0123456789abcdef")

    @property
    def ended_sessions(self) -> Path:
        """The sessions of the pages that people signed out of."""
        return self.root / "pages.ended"

    @property
    def watch_lock(self) -> Path:
        """The file that says that the workspace is watched."""
        return self.root / "watch.lock"

    @property
    def heartbeat(self) -> Path:
        """What the newest round of `leadscore watch` did, as JSON."""
        return self.root / "watch.json"

    @property
    def report(self) -> Path:
        return self.root / "report.html"

    @property
    def monitor(self) -> Path:
        return self.root / "monitor.html"

    @property
    def findings(self) -> Path:
        """What `monitor` found last, as JSON."""
        return self.root / "monitor.json"

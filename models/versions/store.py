"""Where versions are stored: what the registry asks of any place that keeps files, tags and aliases of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # it takes seconds to import, which what reads no model need not wait for
    from sklearn.ensemble import StackingClassifier

NAME = "leadscore"
"""What the registered model and the experiment of its runs are called."""


@dataclass(frozen=True)
class Version:
    """A registered version: its number, the run that made it, since when it exists (UTC), and its tags."""

    number: str
    run_id: str
    created: datetime
    tags: Mapping[str, str]


@dataclass(frozen=True)
class LearnedData:
    """What a run learned from, without any of it: where it is, its fingerprint, and how much of it there was."""

    place: str
    fingerprint: str
    counts: Mapping[str, int]


def stamp(moment: datetime) -> str:
    """Return a moment as it stands in the names of tags, which follow each other as the moments do.

    >>> stamp(datetime(2026, 1, 1, tzinfo=UTC))
    '2026-01-01T00:00:00.000000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class VersionStore(Protocol):
    """Stores versions; which of them scores is decided by the `Registry` above it.

    The files of a version are written while its run is open, and never again. Tags are added, and none is replaced but
    by the same name.
    """

    def begin(self, name: str = "") -> str:
        """Open a run, which people know by a name, and return its id."""
        ...

    def end(self, run_id: str, *, failed: bool = False) -> None:
        """Close a run: from now on its files cannot be written."""
        ...

    def running(self) -> Sequence[str]:
        """Return the runs that were begun, by whatever process, and never closed."""
        ...

    def describe(
        self, run_id: str, params: Mapping[str, object], metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> None:
        """Log the parameters, metrics and tags of an open run."""
        ...

    def learned_from(self, run_id: str, data: LearnedData) -> None:
        """Log what an open run learned from."""
        ...

    def write_text(self, run_id: str, path: str, text: str) -> None:
        """Write one file of an open run."""
        ...

    def write_folder(self, run_id: str, path: str, folder: Path) -> None:
        """Copy all files of a local folder to a folder of an open run."""
        ...

    def put(self, run_id: str, model: StackingClassifier, tags: Mapping[str, str]) -> str:
        """Register a model as the next version, made by an open run, and return its number."""
        ...

    def get(self, number: str) -> Version | None:
        """Return a version; None where it is not there."""
        ...

    def list(self) -> Sequence[Version]:
        """Return all versions, the oldest first."""
        ...

    def tag(self, number: str, name: str, value: str) -> None:
        """Add a tag to a version."""
        ...

    def files(self, version: Version, path: str) -> Path:
        """Return a local file or folder with what a run wrote to ``path``. Raises ModelError where it is gone."""
        ...

    def model(self, version: Version) -> Path:
        """Return a local folder with the model of a version. Raises ModelError where it is gone."""
        ...

    def alias(self, name: str) -> str | None:
        """Return the version that an alias names; None where it names none."""
        ...

    def set_alias(self, name: str, number: str | None) -> None:
        """Let an alias name another version, or none."""
        ...

    def note(self, name: str) -> str | None:
        """Return what `set_note` last wrote about all versions together; None where nothing was."""
        ...

    def set_note(self, name: str, value: str) -> None:
        """Write something that is about all versions together."""
        ...

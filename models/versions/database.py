"""MLflow's database of versions, read by SQL alone: what scores, pushes or shows a page never waits for MLflow.

MLflow takes seconds to import. Whatever is stored still goes through it (`models.versions.local_store`); read here are
the tables of its registry, the versions of one name with their tags and aliases.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.errors import ModelError
from models.versions.store import NAME, Version

PATIENCE = 30.0
"""Seconds to wait for a training that is writing."""
VERSIONS = """SELECT CAST(version AS TEXT), run_id, creation_time FROM model_versions
    WHERE name = :name AND current_stage <> 'Deleted_Internal' ORDER BY version"""
TAGS = "SELECT CAST(version AS TEXT), key, value FROM model_version_tags WHERE name = :name"
SOURCE = """SELECT coalesce(storage_location, source) FROM model_versions
    WHERE name = :name AND CAST(version AS TEXT) = :number"""
ALIAS = "SELECT CAST(version AS TEXT) FROM registered_model_aliases WHERE name = :name AND alias = :alias"
NOTE = "SELECT value FROM registered_model_tags WHERE name = :name AND key = :key"


class VersionTables:
    """The versions in a database of MLflow; none where there is no such file, or no registry in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def list(self) -> list[Version]:
        """Return all versions, the oldest first."""
        tags = defaultdict[str, dict[str, str]](dict)
        for number, key, value in self._rows(TAGS):
            tags[number][key] = value
        return [
            Version(number, run_id, datetime.fromtimestamp(created / 1000, UTC), tags[number])
            for number, run_id, created in self._rows(VERSIONS)
        ]

    def get(self, number: str) -> Version | None:
        """Return a version; None where it is not there."""
        return next((version for version in self.list() if version.number == number), None)

    def source(self, version: Version) -> str:
        """Return the address at which the model of a version was stored."""
        return self._rows(SOURCE, number=version.number)[0][0]

    def alias(self, name: str) -> str | None:
        """Return the version that an alias names; None where it names none."""
        return self._first(ALIAS, alias=name)

    def note(self, name: str) -> str | None:
        """Return a tag of all versions together; None where there is none."""
        return self._first(NOTE, key=name)

    def _first(self, query: str, **values: str) -> str | None:
        return next((value for (value,) in self._rows(query, **values)), None)

    def _rows(self, query: str, **values: str) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        address = f"{self.path.resolve().as_uri()}?mode=rw"  # never made; one that is read-only is read all the same
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as connection:
                return connection.execute(query, {"name": NAME, **values}).fetchall()
        except sqlite3.DatabaseError as problem:
            if str(problem).startswith("no such table"):
                return []
            raise damaged(self.path, problem) from None


def damaged(path: Path, problem: Exception) -> ModelError:
    """Return what is said of a database that cannot be opened."""
    return ModelError(
        "the registry cannot be opened",
        got=" ".join(str(getattr(problem, "orig", problem)).split())[:300],
        where=str(path),
        remedy="`leadscore doctor` says what is damaged; bring the file back from a copy, or train anew",
    )

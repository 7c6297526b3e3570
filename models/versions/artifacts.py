"""The files of a stored version: all are read here, so that a missing or broken one always gives the same error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import skops.io

from data.errors import InputError, ModelError
from models.members import trusted_types

T = TypeVar("T")
BROKEN = (OSError, KeyError, TypeError, ValueError, AttributeError, BadZipFile, InputError)
"""What reading raises where a file is not there, was cut off, or holds something else."""


@dataclass(frozen=True)
class VersionFiles:
    """The folder with the files of a version, whose number stands in errors."""

    folder: Path
    version: str

    def read(self, name: str, parse: Callable[[str], T]) -> T:
        """Return what a text holds. Raises ModelError where it is not there or cannot be read."""
        return self._read_by(name, lambda file: parse(file.read_text(encoding="utf-8")))

    def read_if_there(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Return what a text holds; None where the version is older than such files. Raises ModelError."""
        return self.read(name, parse) if (self.folder / name).exists() else None

    def load(self, name: str) -> Any:
        """Load a model; what is not on our own list is refused, whatever the file says of itself.

        Raises ModelError where it is not there or cannot be read.
        """
        return self._read_by(name, lambda file: skops.io.load(file, trusted=list(trusted_types())))

    def _read_by(self, name: str, read: Callable[[Path], T]) -> T:
        try:
            return read(self.folder / name)
        except BROKEN as problem:
            lacks = isinstance(problem, FileNotFoundError)
            raise ModelError(
                f"version {self.version} lacks {name}" if lacks else f"{name} of version {self.version} cannot be read",
                expected="the files that `leadscore train` stored with the version, as it wrote them",
                got="" if lacks else " ".join(f"{type(problem).__name__}: {problem}".split())[-300:],
                where=str(self.folder),
                remedy="run `leadscore train` again, or bring the file back from a copy",
            ) from None

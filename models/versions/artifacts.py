"""The files of a stored version: all are read here, so that a missing or broken one always gives the same error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

from data.errors import InputError, ModelError
from data.json import parse_strict
from models.members import trusted_types

T = TypeVar("T")
BROKEN = (
    OSError, KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError, BadZipFile, InputError,
)  # fmt: skip
"""What reading raises where a file is not there, was cut off, or holds something else."""


@dataclass(frozen=True)
class VersionFiles:
    """The folder with the files of a version, whose number stands in errors.

    ``digests`` are those of all its files; None where the version is older than digests.
    """

    folder: Path
    version: str
    digests: Mapping[str, str] | None = None

    def read(self, name: str, parse: Callable[[str], T]) -> T:
        """Return what a text holds. Raises ModelError where it is not there or cannot be read."""
        return self._read_by(name, lambda content: parse(_text_of(name, content)))

    def read_if_there(self, name: str, parse: Callable[[str], T]) -> T | None:
        """Return what a text holds; None where the version is older than such files. Raises ModelError."""
        return self.read(name, parse) if self.has(name) else None

    def has(self, name: str) -> bool:
        """Return whether a file is there, or belongs there."""
        return (self.folder / name).exists() or name in (self.digests or ())

    def require(self, name: str) -> None:
        """Raise ModelError where a file is not there, or not as it was stored."""
        self._read_by(name, lambda _: None)

    def load(self, name: str) -> Any:
        """Load a model; what is not on our own list is refused, whatever the file says of itself.

        Raises ModelError where it is not there or cannot be read.
        """
        from skops.io import loads  # it asks scikit-learn for all it has, which what loads no model need not wait for

        return self._read_by(name, lambda content: loads(content, trusted=list(trusted_types())))

    def _read_by(self, name: str, read: Callable[[bytes], T]) -> T:
        try:
            content = (self.folder / name).read_bytes()
            if self.digests is not None and digest_of(content) != self.digests.get(name):
                raise ValueError("it is not what was stored: its digest is another")
            return read(content)
        except BROKEN as problem:
            lacks = isinstance(problem, FileNotFoundError)
            raise ModelError(
                f"version {self.version} lacks {name}" if lacks else f"{name} of version {self.version} cannot be read",
                expected="the files that `leadscore train` stored with the version, as it wrote them",
                got="" if lacks else " ".join(f"{type(problem).__name__}: {problem}".split())[-300:],
                where=str(self.folder),
                remedy="run `leadscore train` again, or bring the file back from a copy",
            ) from None


def _text_of(name: str, content: bytes) -> str:
    """Return the text of a file; JSON is refused that no standard knows, whatever is made of it. Raises ValueError."""
    text = content.decode("utf-8")
    if name.endswith(".json"):
        parse_strict(text)
    return text


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digests_of(folder: Path) -> dict[str, str]:
    """Return the digest of each file of a folder, by its path in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {file.relative_to(folder).as_posix(): digest_of(file.read_bytes()) for file in files}

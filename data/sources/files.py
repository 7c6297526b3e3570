"""What all files have in common: they must be there, may be damaged, and must not be written while they are read."""

from __future__ import annotations

import gzip
import zlib
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from data.errors import InputError
from data.sources.base import TableSource

EXPORT_AGAIN = "export the table again, with a header and rows; or name another file"


class FileSource(TableSource):
    """A file that holds one table."""

    @abstractmethod
    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = version_of(path)

    @property
    def place(self) -> str:
        return str(self._path)

    def was_rewritten(self) -> bool:
        return version_of(self._path) != self._version


def version_of(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with every writing of a file: which file it is, its size, and when it was written."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def check_there(path: Path) -> None:
    """Raise `InputError` where there is no file, or nothing in it."""
    if path.is_dir():
        raise InputError("this is a folder", expected="a CSV, Parquet or Excel file", where=str(path))
    if not path.exists():
        raise InputError("there is no such file", expected="a CSV, Parquet or Excel file", where=str(path))
    if path.stat().st_size == 0:
        raise InputError(
            "this file is empty", expected="a header and rows", got="0 bytes", where=str(path), remedy=EXPORT_AGAIN
        )


@contextmanager
def as_input_errors(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is read into `InputError`."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise InputError("this gzip file is damaged", got=str(problem), where=str(path)) from None
    except (OSError, duckdb.Error, pa.ArrowException, UnicodeError) as problem:
        raise InputError("this file cannot be read", got=_first_line(problem), where=str(path)) from None


def _first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]

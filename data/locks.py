"""One run at a time: a lock on a workspace or a store, which the system releases however a run ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from data.errors import LeadscoreError

if sys.platform == "win32":
    import msvcrt

    LOCKED_BYTE = 1 << 30
    """Windows locks bytes, and nobody else may read them: one that is far behind the text leaves it readable."""

    def _acquire(file: TextIO) -> None:
        """Lock an open file until it is closed. Raises PermissionError where another process has locked it."""
        os.lseek(file.fileno(), LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _acquire(file: TextIO) -> None:
        """Lock an open file until it is closed. Raises BlockingIOError where another process has locked it."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _opened(lock: Path) -> TextIO:
    try:
        return lock.open("a+", encoding="utf-8")
    except OSError as problem:
        raise LeadscoreError(
            "the workspace cannot be written to", got=problem.strerror or str(problem), where=str(lock.parent)
        ) from None


@contextmanager
def one_run_at_a_time(lock: Path, doing: str) -> Iterator[None]:
    """Hold the lock while something is done. Raises LeadscoreError, which names the other run, where it is held.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, one_run_at_a_time(Path(folder) / "lock", "score"):
    ...     with one_run_at_a_time(Path(folder) / "lock", "push"):
    ...         pass
    Traceback (most recent call last):
    data.errors.LeadscoreError: another run is using this workspace...
    """
    with _opened(lock) as file:
        try:
            _acquire(file)
        except (BlockingIOError, PermissionError):  # on Unix, on Windows
            file.seek(0)
            raise LeadscoreError(
                "another run is using this workspace",
                expected="one run at a time",
                got=file.read().strip() or "a run that has just begun",
                where=str(lock.parent),
                remedy="wait until it is done and run the same command again",
            ) from None
        file.truncate(0)
        file.write(f"leadscore {doing}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z\n")
        file.flush()
        yield
        file.truncate(0)

"""One run at a time: a lock on a workspace or a store, which the system releases however a run ends."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import LeadscoreError


@contextmanager
def no_run_beside(locks: Iterable[Path], doing: str) -> Iterator[None]:
    """Hold several locks while something is done that no other run may see half done. Raises as `one_run_at_a_time`."""
    with ExitStack() as stack:
        for lock in locks:
            stack.enter_context(one_run_at_a_time(lock, doing))
        yield


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
    _require_writable(lock)
    # The name of the run stands in a file of its own: Windows lets nobody read a locked one.
    held = FileLock(lock.with_name(f"{lock.name}.held"), blocking=False)
    try:
        held.acquire()
    except Timeout:
        raise LeadscoreError(
            "another run is using this workspace",
            expected="one run at a time",
            got=lock.read_text(encoding="utf-8").strip() or "a run that has just begun",
            where=str(lock.parent),
            remedy="wait until it is done and run the same command again",
        ) from None
    try:
        lock.write_text(f"leadscore {doing}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z\n")
        yield
        lock.write_text("")
    finally:
        held.release()


def _require_writable(lock: Path) -> None:
    try:
        lock.open("a").close()
    except OSError as problem:
        raise LeadscoreError(
            "the workspace cannot be written to", got=problem.strerror or str(problem), where=str(lock.parent)
        ) from None

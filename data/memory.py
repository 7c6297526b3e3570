"""How much memory a run may use for its tables: a part of the machine's, or of what a container is given."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

LEAST, SHARE = 512 * 2**20, 4
"""A quarter is for tables: features, models and the system have the rest."""
UNKNOWN = 4 * 2**30
"""Taken where the system does not say what it has."""
CONTAINER = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_for_tables() -> int:
    """Return how many bytes tables may take in memory; what is more spills to the disk."""
    return max(LEAST, machine_memory() // SHARE)


def machine_memory(container: tuple[Path, ...] = CONTAINER) -> int:
    """Return the bytes of memory of the machine, or of the container that this process runs in."""
    limits = [_of_machine()]
    for file in container:
        with suppress(OSError, ValueError):  # there is no such file, or it says max
            limits.append(int(file.read_text()))
    return min(limits)


def _of_machine() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return UNKNOWN

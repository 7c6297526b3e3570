"""Seconds and peak memory of a call, in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

FETCHED = 1 << 30
"""Bytes that are touched before a measurement, twice."""


@dataclass(frozen=True)
class Measured:
    """Wall-clock seconds of a call, the peak memory of its process in MiB, and what the call gave back."""

    seconds: float
    peak: float
    result: Any


def measure(call: Callable[..., Any], *arguments: Any) -> Measured:
    """Run a call in a fresh process, so that its peak memory is its own; imports count in the peak, not in the seconds.

    The call gives back a function without arguments, which is what is timed, or that and a function that sums up its
    result afterwards.
    """
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_run, call, arguments).result()


def _run(call: Callable[..., Any], arguments: tuple[Any, ...]) -> Measured:
    prepared = call(*arguments)
    timed, summed_up = prepared if isinstance(prepared, tuple) else (prepared, lambda result: result)
    _fetch_memory()
    began = time.perf_counter()
    result = timed()
    seconds = time.perf_counter() - began
    result = summed_up(result)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Measured(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, result)


def _fetch_memory() -> None:
    """Touch memory in another process that ends at once.

    A virtual machine gives freed memory back to its host, and seconds pass for each GB that it fetches again (2.4
    measured): without this, whoever runs first or needs most pays for what is neither's work.
    """
    subprocess.run([sys.executable, "-c", f"bytearray(b'.' * {FETCHED})"], check=True)

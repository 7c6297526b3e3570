"""The command line in this process, as tests run it."""

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any
from unittest.mock import patch

import pytest

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
"""Environment variables that say how many threads a command computes with."""


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and all that it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that ``--json`` prints; nothing else may stand beside it."""
        assert self.code == 0, self.err
        return json.loads(self.out)


Command = Callable[..., Ran]


def run_leadscore(*arguments: object) -> Ran:
    from pipelines.cli import main

    out, err = StringIO(), StringIO()
    argv = ["leadscore", *map(str, arguments)]
    if arguments[:1] == ("train",) and "--trials" not in arguments:
        argv += ["--trials", "0"]  # what the search finds is shown where it lives; here it would only take time
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
        main()
    return Ran(int(end.value.code or 0), out.getvalue(), err.getvalue())

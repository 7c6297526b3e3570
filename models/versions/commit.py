"""Which code made a version."""

from __future__ import annotations

import subprocess
from pathlib import Path

PACKAGE = "models/versions/"
"""Where this module stands in a checkout."""


def git_commit() -> str:
    """Return the commit of the code that runs, or "unknown" outside a checkout of it.

    Installed in an environment inside of somebody's own repository, it lies in that one's checkout.
    """
    command = ["git", "rev-parse", "--show-prefix", "HEAD"]
    try:
        answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    except OSError:  # git is not installed
        return "unknown"
    prefix, _, commit = answer.stdout.strip().partition("\n")
    return commit if prefix == PACKAGE and commit else "unknown"

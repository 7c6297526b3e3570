"""The log on standard error: words for people, or one JSON object per line for programs (``--json``).

>>> line("info", "scoring", datetime(2026, 1, 1, tzinfo=UTC), seconds=1.2)
'{"time": "2026-01-01T00:00:00.000Z", "level": "info", "message": "scoring", "seconds": 1.2}'
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

_mode = {"structured": False}


def structure(wanted: bool) -> bool:
    """Choose the form for the command that runs; returns what it was given, as an option's callback does."""
    _mode["structured"] = wanted
    return wanted


def is_structured() -> bool:
    return _mode["structured"]


def write(level: str, message: str, **fields: Any) -> None:
    """Write one line of the structured log."""
    sys.stderr.write(line(level, message, datetime.now(UTC), **fields) + "\n")
    sys.stderr.flush()


def line(level: str, message: str, moment: datetime, **fields: Any) -> str:
    time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": time, "level": level, "message": message, **fields}, ensure_ascii=False, default=str)

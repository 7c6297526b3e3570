"""How often to look: "10s", "5m" or "1h"."""

from __future__ import annotations

import re

from data.errors import InputError

UNITS = {"s": 1, "m": 60, "h": 3600}
SHORTEST = 1
"""Seconds: more often is of no use, and burdens the CRM."""


def parse_interval(text: str) -> float:
    """Return an interval in seconds. Raises InputError for what is none, or is too short.

    >>> parse_interval("10s"), parse_interval("5m")
    (10, 300)
    """
    written = re.fullmatch(r"\s*(\d{1,6})\s*([smh])\s*", text)
    seconds = int(written[1]) * UNITS[written[2]] if written else 0
    if seconds < SHORTEST:
        raise InputError(
            "this is no interval", expected="a number of seconds, minutes or hours, as 10s or 5m", got=text
        )
    return seconds

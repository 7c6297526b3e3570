"""The moment as of which a command works: the end of the data, or the one that a user gives, read and written."""

from __future__ import annotations

import pandas as pd

from data.errors import InputError


def parse_moment(text: str) -> pd.Timestamp:
    """Read a moment given by a user; without an offset it is UTC. Raises InputError."""
    try:
        moment = pd.Timestamp(text)
    except ValueError:
        moment = pd.NaT
    if pd.isna(moment):
        raise InputError("this is no date", expected="a date such as 2026-01-31 or 2026-01-31T12:00Z", got=text)
    return (moment.tz_convert(None) if moment.tzinfo else moment).as_unit("us")


def format_moment(moment: pd.Timestamp) -> str:
    """Write a moment for people, in whole seconds.

    >>> format_moment(pd.Timestamp("2024-11-06 11:42:27.649132"))
    '2024-11-06T11:42:27Z'
    """
    return f"{moment.floor('s').isoformat()}Z"

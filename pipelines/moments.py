"""Moments: the end of the data, the one that a user gives, and when each lead is looked at."""

from __future__ import annotations

import pandas as pd

from data.dataset import Dataset
from data.errors import InputError
from data.schema import Chunk


def end_of_data(dataset: Dataset, *, to_learn: bool = False) -> pd.Timestamp:
    """Return the ``as_of`` of the settings, or the newest moment in the data: naive UTC, in whole seconds.

    To learn, moments that stand alone are passed.
    """
    stated, newest = dataset.settings.as_of, dataset.settled if to_learn else dataset.newest
    return (pd.Timestamp(stated) if stated else newest).as_unit("us").ceil("s")


def parse_moment(text: str) -> pd.Timestamp:
    """Read a moment given by a user; without an offset it is UTC. Raises InputError."""
    try:
        moment = pd.Timestamp(text)
    except ValueError:
        moment = pd.NaT
    if pd.isna(moment):
        raise InputError("this is no date", expected="a date such as 2026-01-31 or 2026-01-31T12:00Z", got=text)
    return (moment.tz_convert(None) if moment.tzinfo else moment).as_unit("us")


def moments_of(leads: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Return when each lead is looked at: at ``as_of``, or just before it closed."""
    closed = leads["closed_at"] <= as_of
    return leads["closed_at"].dt.floor("s").sub(pd.Timedelta(seconds=1)).where(closed, as_of)


def existing_at(chunk: Chunk, as_of: pd.Timestamp) -> Chunk:
    """Leave out the leads that were created later; one that was lost then, and opened again later, is lost."""
    created = chunk.leads["created_at"]
    leads = chunk.leads[created.isna() | (created <= as_of)]
    lost = (leads["lost_at"] <= as_of) & (leads["reopened_at"] > as_of)
    won, closed_at = leads["won"].mask(lost, False), leads["closed_at"].mask(lost, leads["lost_at"])
    return chunk._replace(leads=leads.assign(won=won, closed_at=closed_at))

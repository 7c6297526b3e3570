"""Moments: the end of the data, the one that a user gives, and when each lead is looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.dataset import Dataset
from data.errors import InputError
from data.schema import Chunk
from features import lost_since
from models.training import in_days


def end_of_data(dataset: Dataset, *, to_learn: bool = False) -> pd.Timestamp:
    """Return the ``as_of`` of the settings, or the newest moment in the data: naive UTC, in whole seconds.

    To learn, moments that stand alone are passed.
    """
    stated, newest = dataset.settings.as_of, dataset.newest_plausible if to_learn else dataset.newest
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


def told_moment(moment: pd.Timestamp) -> str:
    """Write a moment for people, in whole seconds.

    >>> told_moment(pd.Timestamp("2024-11-06 11:42:27.649132"))
    '2024-11-06T11:42:27Z'
    """
    return f"{moment.floor('s').isoformat()}Z"


def moments_of(leads: pd.DataFrame, as_of: pd.Timestamp) -> pd.Series:
    """Return when each lead is looked at: at ``as_of``, or just before it closed."""
    closed = leads["closed_at"] <= as_of
    return leads["closed_at"].dt.floor("s").sub(pd.Timedelta(seconds=1)).where(closed, as_of)


def existing_at(chunk: Chunk, as_of: pd.Timestamp) -> Chunk:
    """Leave out the leads that were created later; one that was lost then, and opened again later, is lost."""
    created = chunk.leads["created_at"]
    leads = chunk.leads[created.isna() | (created <= as_of)]
    lost_at = pd.Series(lost_since(leads, np.full((len(leads), 1), as_of.to_datetime64()))[:, 0], index=leads.index)
    won, closed_at = leads["won"].mask(lost_at.notna(), False), lost_at.fillna(leads["closed_at"])
    return chunk._replace(leads=leads.assign(won=won, closed_at=closed_at))


def stage_at(chunk: Chunk, as_of: pd.Timestamp) -> pd.Series:
    """Return the stage that each lead was in: the last one entered, else the one that its row names."""
    entered = chunk.stages[chunk.stages["entered_at"] <= as_of].groupby("position")["stage"].last()
    known = chunk.leads["position"].map(entered).astype("str").reset_index(drop=True)
    return known.fillna(chunk.leads["stage"].reset_index(drop=True))


def age_at(leads: pd.DataFrame, as_of: pd.Series) -> pd.Series:
    """Return the whole days since each lead was created; missing where nobody knows when that was."""
    return pd.Series(np.floor(in_days(as_of - leads["created_at"]))).astype("Int64")

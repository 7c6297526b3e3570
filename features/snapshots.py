"""Snapshots: the moments at which leads are learned from, and what became of each.

A lead is looked at at several ages, until it closes. Its label is whether it was won within the horizon after that
moment. A snapshot whose horizon is not over at the end of the data is censored, never lost: it is left out. In flat
mode the outcome is final: one snapshot per closed lead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.vocabulary import AGE_EDGES

SNAPSHOT_AGES = (0, *AGE_EDGES)
"""Days after its creation at which a lead is looked at."""


@dataclass(frozen=True)
class Snapshots:
    """Moments to learn from (``row``, ``as_of``, ``won`` as 0 or 1), and what was left out.

    ``censored`` snapshots are those whose window is not over; ``undated`` leads those that were created, or ended,
    nobody knows when.
    """

    moments: pd.DataFrame
    censored: int
    undated: int = 0


def timed_snapshots(leads: pd.DataFrame, data_end: pd.Timestamp, horizon: int) -> Snapshots:
    """Return the matured snapshots of leads with known times.

    leads: ``created_at``, ``closed_at`` (missing while open), ``won``; horizon in days.
    Leads without a creation date, and those that ended nobody knows when, have no moments to be looked at.

    >>> day = pd.Timestamp
    >>> leads = pd.DataFrame({"created_at": [day("2025-01-01")], "closed_at": [day("2025-01-05")], "won": [True]})
    >>> timed_snapshots(leads, day("2025-12-31"), 90).moments["as_of"].dt.strftime("%d %b").tolist()
    ['01 Jan', '02 Jan']
    """
    ages = np.array(SNAPSHOT_AGES, dtype="timedelta64[D]")
    created = leads["created_at"].to_numpy("datetime64[us]")
    closed = leads["closed_at"].to_numpy("datetime64[us]")
    as_of = created[:, None] + ages[None, :]
    ended = leads["won"].notna().to_numpy()
    still_open = (np.isnat(closed) & ~ended)[:, None] | (closed[:, None] > as_of)
    happened = still_open & ~np.isnat(as_of) & (as_of <= data_end.to_datetime64())
    window_end = as_of + np.timedelta64(horizon, "D")
    matured = happened & (window_end <= data_end.to_datetime64())
    won = leads["won"].fillna(False).to_numpy(bool)[:, None] & (closed[:, None] <= window_end)
    rows, _ = np.nonzero(matured)
    moments = pd.DataFrame({"row": rows, "as_of": as_of[matured], "won": won[matured].astype(int)})
    undated = np.isnat(created) | (ended & np.isnat(closed))
    return Snapshots(moments, censored=int(happened.sum() - matured.sum()), undated=int(undated.sum()))


def final_snapshots(leads: pd.DataFrame, as_of: pd.Timestamp) -> Snapshots:
    """Return one snapshot per closed lead, for outcomes without a time; open leads are not learned from."""
    closed = leads["won"].notna().to_numpy()
    won = leads["won"][closed].astype(int).to_numpy()
    moments = pd.DataFrame({"row": np.flatnonzero(closed), "as_of": as_of, "won": won})
    return Snapshots(moments, censored=0)

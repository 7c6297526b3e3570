"""Snapshots: leads as of the moments that are learned from, with the outcome of each.

There is one at each of several ages of a lead, until it closes. Its label is whether the lead was won within the
horizon after it. A snapshot whose horizon is not over at the end of the data is censored, never lost: it stands in a
table of its own. In flat mode the outcome is final: one snapshot per closed lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.vocabulary import AGE_EDGES
from features.as_of import closed_at_each, earliest, happened_by, open_at_each

SNAPSHOT_AGES = (0, *AGE_EDGES)
"""Days after the creation of a lead at which there is a snapshot of it, unless the settings name others."""
NO_CREATION, NO_CLOSING = "no date of creation", "no date of closing"
CLOSED_BEFORE = "closed by the moment of their creation"
SURELY_WON = 10.0
"""Wins that the rate of later leads foretells: where all of so many are missing, none was recorded."""


@dataclass(frozen=True)
class Snapshots:
    """Snapshots to learn from, those whose window is not over, and how many leads have none.

    ``matured`` has ``row`` (of the leads), ``as_of``, ``won`` (0 or 1), ``won_at``, missing unless the lead was won
    within the horizon, and ``ever_won_at``, missing unless it was won by the end of the data. ``censored`` has the same
    of the snapshots whose window is not over; its ``won`` is missing while the lead is open.
    ``unlearned`` are the leads that ended and have no snapshot: ``outcome`` (won or lost) and ``reason``.
    """

    matured: pd.DataFrame
    censored: pd.DataFrame
    unlearned: pd.DataFrame


def timed_snapshots(
    leads: pd.DataFrame, data_end: pd.Timestamp, horizon: int, ages: Sequence[int] = SNAPSHOT_AGES
) -> Snapshots:
    """Return the snapshots of leads with known times.

    leads: ``created_at``, ``closed_at`` (missing while open), ``won``, ``lost_spells`` (None but of leads that were
    lost and opened again: there is no snapshot in between); horizon and ages in days.
    Leads without a creation date have no snapshots, nor have wins without a date of closing. A lead that was lost
    nobody knows when has one, of its creation: it was not won within the horizon after it.

    >>> day = pd.Timestamp
    >>> leads = pd.DataFrame({"created_at": [day("2025-01-01")], "closed_at": [day("2025-01-05")], "won": [True]})
    >>> leads = leads.assign(lost_spells=None)
    >>> timed_snapshots(leads, day("2025-12-31"), 90).matured["as_of"].dt.strftime("%d %b").tolist()
    ['01 Jan', '02 Jan']
    """
    as_of, is_open = _open_at_ages(leads, data_end, ages)
    end = data_end.to_datetime64()
    unlearned = _unlearned(leads, is_open, end)
    window_end = as_of + np.timedelta64(horizon, "D")
    is_over = happened_by(window_end, end)
    won_at = _won_at(leads, as_of, window_end, end)
    ever = np.broadcast_to(_closed_won_at(leads, end), as_of.shape)

    def snapshots_at(cells: np.ndarray) -> pd.DataFrame:
        won = (~np.isnat(won_at[cells])).astype(int)
        columns = {"row": np.nonzero(cells)[0], "as_of": as_of[cells], "won": won, "won_at": won_at[cells]}
        return pd.DataFrame({**columns, "ever_won_at": ever[cells]})

    censored = snapshots_at(is_open & ~is_over)
    # How an open lead ends within its window nobody knows yet; how one that closed early did is known, if it is when.
    has_closed = closed_at_each(leads, np.array([[end]]))[:, 0] & leads["closed_at"].notna().to_numpy()
    return Snapshots(
        snapshots_at(is_open & is_over),
        censored.assign(won=censored["won"].astype(float).where(has_closed[censored["row"]])),
        unlearned,
    )


def _unlearned(leads: pd.DataFrame, is_open: np.ndarray, end: np.datetime64) -> pd.DataFrame:
    """Return the leads that ended and never were there and open at an age, and why; those of later are open still."""
    created, closed = (leads[name].to_numpy("datetime64[us]") for name in ("created_at", "closed_at"))
    was_there = np.isnat(created) | happened_by(created, end)
    ended = closed_at_each(leads, np.array([[end]]))[:, 0] & ~is_open.any(axis=1) & was_there
    reasons = np.select([np.isnat(created), np.isnat(closed)], [NO_CREATION, NO_CLOSING], CLOSED_BEFORE)
    outcomes = np.where(leads["won"].fillna(False).to_numpy(bool), "won", "lost")
    return pd.DataFrame({"outcome": outcomes[ended], "reason": reasons[ended]})


def before_records(rows: pd.DataFrame, horizon: int) -> np.ndarray:
    """Return which snapshots lie before wins were recorded at all: what appears lost there may have been won.

    rows: ``lead_id``, ``as_of``, ``ever_won_at``; horizon in days. None does unless, by the rate of later leads, at
    least ten would have been won in windows that were over before the first recorded win.
    """
    first = rows["ever_won_at"].min()
    before = (rows["as_of"] < first).to_numpy()
    over = rows["as_of"] + pd.Timedelta(days=horizon) <= first
    leads = rows.assign(is_won=rows["ever_won_at"].notna()).drop_duplicates("lead_id", keep="last")
    expected = rows["lead_id"][over].nunique() * leads["is_won"][leads["as_of"] >= first].mean()
    return before if expected >= SURELY_WON else np.zeros(len(rows), dtype=bool)


def snapshots_between(
    leads: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp, ages: Sequence[int] = SNAPSHOT_AGES
) -> pd.DataFrame:
    """Return the snapshots after ``since`` and up to ``until``, matured or not.

    Columns: ``row``, ``as_of``, and ``won_at``, missing unless the lead was won by ``until``.

    >>> day = pd.Timestamp
    >>> leads = pd.DataFrame({"created_at": [day("2025-01-01")], "closed_at": [day("2025-01-10")], "won": [True]})
    >>> leads = leads.assign(lost_spells=None)
    >>> snapshots_between(leads, day("2025-01-01"), day("2025-01-09"))["as_of"].dt.strftime("%d %b").tolist()
    ['02 Jan', '08 Jan']
    """
    as_of, is_open = _open_at_ages(leads, until, ages)
    cells = is_open & ~happened_by(as_of, since.to_datetime64())
    won_at = _won_at(leads, as_of, until.to_datetime64(), until.to_datetime64())
    return pd.DataFrame({"row": np.nonzero(cells)[0], "as_of": as_of[cells], "won_at": won_at[cells]})


def _open_at_ages(leads: pd.DataFrame, until: pd.Timestamp, ages: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return when each lead has each age (leads, ages), and at which of these moments, up to ``until``, it is open."""
    created = leads["created_at"].to_numpy("datetime64[us]")
    as_of = created[:, None] + np.array(ages, dtype="timedelta64[D]")[None, :]
    # A lead that was lost nobody knows when was open when it came; nobody knows until when.
    lost_sometime = (~leads["won"].fillna(True)).to_numpy(bool) & leads["closed_at"].isna().to_numpy()
    is_open = open_at_each(leads, as_of) | (lost_sometime[:, None] & (np.array(ages) == 0)[None, :])
    return as_of, is_open & happened_by(as_of, until.to_datetime64())


def _won_at(
    leads: pd.DataFrame, as_of: np.ndarray, window_end: np.ndarray | np.datetime64, end: np.datetime64
) -> np.ndarray:
    """Return when leads were won after each moment: missing unless it was within the window, and is known at the end.

    A win on a day without a time of day counts from the beginning of that day on, so that windows are counted in days;
    it is later than a moment of the same day all the same.
    """
    closed_won_at = np.broadcast_to(_closed_won_at(leads, end), as_of.shape)
    begins = earliest(closed_won_at)
    won_at = np.maximum(begins, np.minimum(as_of + np.timedelta64(1, "s"), closed_won_at))
    return np.where(happened_by(begins, window_end), won_at, np.datetime64("NaT"))


def _closed_won_at(leads: pd.DataFrame, end: np.datetime64) -> np.ndarray:
    """Return when leads were won, missing unless it is known at the end: (leads, 1)."""
    closed = leads["closed_at"].to_numpy("datetime64[us]")[:, None]
    won = leads["won"].fillna(False).to_numpy(bool)[:, None] & happened_by(closed, end)
    return np.where(won, closed, np.datetime64("NaT"))


def final_snapshots(leads: pd.DataFrame, as_of: pd.Timestamp) -> Snapshots:
    """Return one snapshot per lead, for outcomes without a time: that of an open lead is censored.

    >>> leads = pd.DataFrame({"won": pd.Series([True, None], dtype="boolean")})
    >>> snapshots = final_snapshots(leads, pd.Timestamp("2025-01-01"))
    >>> snapshots.matured["won"].tolist(), snapshots.censored["row"].tolist()
    ([1], [1])
    """
    never = pd.Series(pd.NaT, index=range(len(leads)), dtype="datetime64[us]")
    won = leads["won"].to_numpy("float64", na_value=np.nan)
    leads_now = pd.DataFrame({"row": never.index, "as_of": as_of, "won": won, "won_at": never, "ever_won_at": never})
    closed, still_open = (leads_now[rows].reset_index(drop=True) for rows in (~np.isnan(won), np.isnan(won)))
    return Snapshots(closed.astype({"won": int}), still_open, pd.DataFrame({"outcome": [], "reason": []}, dtype="str"))

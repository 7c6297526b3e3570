"""Histories that end otherwise than the outcome says: the outcome counts, and the report says which leads.

An outcome may be a date without a time of day, or be written a little later than the stage: so within a day the two
agree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]
DAY = np.timedelta64(1, "D")
NEVER = np.datetime64("NaT", "us")


def contradictions(
    row: Codes, place: Codes, moment: Times, leads: pd.DataFrame, as_of: pd.Timestamp, *, won: int, lost: int
) -> dict[str, Codes]:
    """Return the rows of the leads that have each problem, in order, some more than once.

    ``row`` (of ``leads``), ``place`` and ``moment`` are entries into stages, sorted by row and moment; ``won`` and
    ``lost`` the places that end a lead. A history says won at the first entry into the one, else lost where its last
    entry is into the other. ``leads`` has ``won`` (missing while open) and ``closed_at``.
    """
    won_at, lost_at = np.full(len(leads), NEVER), np.full(len(leads), NEVER)
    wins = np.flatnonzero(place == won)[::-1]
    won_at[row[wins]] = moment[wins]  # of several, the first one stays
    losses = np.flatnonzero((place == lost) & (np.diff(row, append=-1) != 0))
    lost_at[row[losses]] = moment[losses]
    ended_at = np.where(np.isnat(won_at), lost_at, won_at)
    says_won, says_lost = ~np.isnat(won_at), np.isnat(won_at) & ~np.isnat(lost_at)
    is_closed, closed_at = leads["won"].notna().to_numpy(), leads["closed_at"].to_numpy("datetime64[us]")
    is_won = leads["won"].fillna(False).to_numpy(bool)
    is_lost = is_closed & ~is_won
    agree = (says_won & is_won) | (says_lost & is_lost)
    is_early = (place >= 0) & (place < won)
    problems = {
        "were won by their history and lost by their outcome: the outcome counts": says_won & is_lost,
        "were lost by their history and won by their outcome: the outcome counts": says_lost & is_won,
        "ended by their history and are open by their outcome: the outcome counts": ~is_closed
        & (ended_at <= np.datetime64(as_of, "us") - DAY),
        "ended by their history more than a day before or after their outcome: the day of the outcome counts": agree
        & (np.abs(ended_at - closed_at) > DAY),
    }
    return {
        **{problem: np.flatnonzero(has_it) for problem, has_it in problems.items()},
        "entered an open stage more than a day after they had closed: the outcome counts": row[
            is_early & (moment - closed_at[row] > DAY)
        ],
    }

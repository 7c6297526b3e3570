"""How many leads a threshold lets through, and how many of those were won: the two sides of each.

A lead counts once, in the first of its snapshots in which it is over the threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import InputError
from models.rules.format import MOST_POINTS
from models.training_table import Rows, TrainingTable

WEEK = pd.Timedelta(days=7)
FEWEST_LEADS = 20
"""Fewer leads over a threshold than this say nothing of its precision."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LeadVolume:
    """Leads over a threshold in history, how many of them were won, and how many come in a week (None: no dates).

    Leads whose end is not known yet are among those that come in a week.

    ``precision`` is the share that was won, with its 95 % interval (Wilson's); None where there are no leads.
    """

    leads: int
    won: int
    per_week: float | None
    precision: float | None
    precision_ci: tuple[float, float] | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def volume_of(
    over: Rows, table: TrainingTable, within: Rows | None = None, waiting: pd.Series | None = None
) -> LeadVolume:
    """Count the leads that have a snapshot over a threshold; ``over`` says of each row of the table whether it is one.

    ``within`` are the rows of a time split: then only leads count that get over the threshold in it. ``waiting`` says
    when leads over the threshold came that are in no row, for nobody knows yet how they end: they count in a week, too.
    """
    from scipy import stats  # what only scores starts without it

    within = np.ones(len(table), dtype=bool) if within is None else within
    first = (~table.rows["lead_id"][over].duplicated()).reindex(table.rows.index, fill_value=False) & within
    leads, won, came = int(first.sum()), int(table.won[first].sum()), _came(table, within)
    weeks = came and max((came[1] - came[0]) / WEEK, 1.0)
    weekly = leads if waiting is None or came is None else leads + int(waiting.between(*came).sum())
    interval = stats.binomtest(won, leads).proportion_ci(method="wilson") if leads else None
    return LeadVolume(
        leads=leads,
        won=won,
        per_week=weekly / weeks if weeks else None,
        precision=won / leads if leads else None,
        precision_ci=(float(interval.low), float(interval.high)) if interval else None,
    )


def volumes_by_points(
    points: Floats, table: TrainingTable, within: Rows | None = None, waiting: tuple[Floats, pd.Series] | None = None
) -> list[LeadVolume]:
    """Return what each whole number of points from 0 to 100 gives as a threshold; see `volume_of`.

    ``waiting`` are the points and the dates of leads of which nobody knows yet how they end.
    """
    thresholds = range(MOST_POINTS + 1)
    still = [None if waiting is None else waiting[1][waiting[0] >= each] for each in thresholds]
    return [volume_of(points >= each, table, within, still[each]) for each in thresholds]


def threshold_for_capacity(by_points: Sequence[LeadVolume], per_week: float) -> int | None:
    """Return the lowest threshold that lets at most so many leads a week through; None where none does.

    ``by_points`` is what `volumes_by_points` returns. Raises InputError where the data do not say when leads came.
    """
    if by_points[0].per_week is None:
        raise InputError(
            "nothing says how many leads come in a week",
            expected="data with the date of creation of each lead",
            remedy="ask for a precision, or name the column with the date (--created)",
        )
    return next((points for points, gives in enumerate(by_points) if (gives.per_week or 0.0) <= per_week), None)


def threshold_for_precision(by_points: Sequence[LeadVolume], wanted: float) -> int | None:
    """Return the lowest threshold of at least 20 leads of which so large a share was won; None where there is none."""
    enough = ((points, gives) for points, gives in enumerate(by_points) if gives.leads >= FEWEST_LEADS)
    return next((points for points, gives in enough if (gives.precision or 0.0) >= wanted), None)


def _came(table: TrainingTable, within: Rows) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the first and the last moment of some rows; None where the data do not say when leads came."""
    moments = table.order_in_time
    if moments is None or moments.dtype.kind != "M":
        return None
    return moments[within].min(), moments[within].max()

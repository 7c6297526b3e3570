"""How many leads a bar lets through, and how many of those were won: the two sides of every threshold.

A lead counts once, at the first of its moments at which it is over the bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from data.errors import InputError
from models.rules.format import MOST_POINTS
from models.training_table import Rows, TrainingTable

WEEK = pd.Timedelta(days=7)
FEWEST_LEADS = 20
"""Fewer leads over a bar than this say nothing of its precision."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Volume:
    """Leads over a bar in history, how many of them were won, and how many come in a week (None: no dates), those whose
    end is not known yet among them.

    ``precision`` is their share, with its 95 % interval (Wilson's); None where there are no leads.
    """

    leads: int
    won: int
    per_week: float | None
    precision: float | None
    precision_ci: tuple[float, float] | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def volume(over: Rows, table: TrainingTable, within: Rows | None = None, waiting: pd.Series | None = None) -> Volume:
    """Count the leads that have a moment over a bar; ``over`` says of each row of the table whether it is one.

    ``within`` are the rows of a block: then only those count that get over the bar in it. ``waiting`` are the moments
    of leads over the bar that are in no row, for nobody knows yet how they end: they count in a week, too.
    """
    within = np.ones(len(table), dtype=bool) if within is None else within
    first = (~table.rows["lead_id"][over].duplicated()).reindex(table.rows.index, fill_value=False) & within
    leads, won, came = int(first.sum()), int(table.won[first].sum()), _came(table, within)
    weeks = came and max((came[1] - came[0]) / WEEK, 1.0)
    weekly = leads if waiting is None or came is None else leads + int(waiting.between(*came).sum())
    interval = stats.binomtest(won, leads).proportion_ci(method="wilson") if leads else None
    return Volume(
        leads=leads,
        won=won,
        per_week=weekly / weeks if weeks else None,
        precision=won / leads if leads else None,
        precision_ci=(float(interval.low), float(interval.high)) if interval else None,
    )


def volumes(
    points: Floats, table: TrainingTable, within: Rows | None = None, waiting: tuple[Floats, pd.Series] | None = None
) -> list[Volume]:
    """Return what each whole number of points from 0 to 100 gives as a bar; see `volume`.

    ``waiting`` are the points and the moments of leads of which nobody knows yet how they end.
    """
    bars = range(MOST_POINTS + 1)
    still = [None if waiting is None else waiting[1][waiting[0] >= bar] for bar in bars]
    return [volume(points >= bar, table, within, still[bar]) for bar in bars]


def bar_for_capacity(given: Sequence[Volume], per_week: float) -> int | None:
    """Return the lowest bar that lets at most so many leads a week through; None where none does.

    ``given`` is what `volumes` returns. Raises InputError where the data do not say when leads came.
    """
    if given[0].per_week is None:
        raise InputError(
            "nothing says how many leads come in a week",
            expected="data with the date of creation of each lead",
            remedy="ask for a precision, or name the column with the date (--created)",
        )
    return next((bar for bar, gives in enumerate(given) if (gives.per_week or 0.0) <= per_week), None)


def bar_for_precision(given: Sequence[Volume], wanted: float) -> int | None:
    """Return the lowest bar of whose leads so large a share was won; None where none of at least 20 leads does."""
    enough = ((bar, gives) for bar, gives in enumerate(given) if gives.leads >= FEWEST_LEADS)
    return next((bar for bar, gives in enough if (gives.precision or 0.0) >= wanted), None)


def _came(table: TrainingTable, within: Rows) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the first and the last moment of some rows; None where the data do not say when leads came."""
    moments = table.order_in_time
    if moments is None or moments.dtype.kind != "M":
        return None
    return moments[within].min(), moments[within].max()

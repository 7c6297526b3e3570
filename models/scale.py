"""From a probability to what sales sees: score, band, grade, disposition, and the points of each reason.

The scale is fixed when a model is trained and stored with it: quantiles of the reference population (the leads that
were open then) and thresholds. Bands begin at probabilities, so a fixed threshold stays a fixed threshold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter
from scipy import special

from data.config import BandThresholds
from data.errors import InputError

HOT, WARM = 3.0, 1.0
"""Bands begin at so many times the base rate …"""
HIGHEST_HOT = 0.9
"""… but never above this probability: where a third of all leads are won, three times that would never be hot."""
HIGHEST_WARM = 0.8
"""Nor is the lower one ever above this, so that there is room between the two where nearly all leads are won."""

FIT, ENGAGEMENT = "DCBA", "4321"
"""The grades of each dimension, the worst first."""

Floats = npt.NDArray[np.float64]
Grid = Mapping[str, Sequence[str]]
"""What becomes of a lead by its grades: fit → dispositions for engagement 1 to 4."""


@dataclass(frozen=True)
class Scale:
    """The thresholds of a model version.

    log_odds  101 quantiles of the reference population's raw log-odds, rising
    hot, warm  probabilities at which the bands begin
    fit, engagement  three rising thresholds of the sum of the family's contributions; empty where the model knows none
    """

    log_odds: tuple[float, ...]
    hot: float
    warm: float
    fit: tuple[float, ...] = ()
    engagement: tuple[float, ...] = ()

    def to_json(self) -> str:
        """Return the thresholds as JSON."""
        return STORED.dump_json(self, indent=1).decode()

    @classmethod
    def from_json(cls, text: str) -> Scale:
        """Read what `to_json` wrote."""
        return STORED.validate_json(text)


STORED = TypeAdapter(Scale)


def make_scale(
    raw_log_odds: Floats,
    fit: Floats | None,
    engagement: Floats | None,
    base_rate: float,
    thresholds: BandThresholds | None = None,
) -> Scale:
    """Take the scale from a reference population, its bands from ``thresholds``, else from the training's base rate.

    Raises InputError where one threshold is given and falls on the wrong side of the other.
    """
    hot, warm = _bands(base_rate, thresholds or BandThresholds())
    return Scale(
        tuple(np.quantile(raw_log_odds, np.linspace(0, 1, 101)).tolist()),
        hot=hot,
        warm=warm,
        fit=_quarters(fit),
        engagement=_quarters(engagement),
    )


def _bands(base_rate: float, agreed: BandThresholds) -> tuple[float, float]:
    hot = min(HOT * base_rate, HIGHEST_HOT) if agreed.hot is None else agreed.hot
    warm = min(WARM * base_rate, HIGHEST_WARM) if agreed.warm is None else agreed.warm
    if warm >= hot and (agreed.hot or agreed.warm):
        raise InputError(
            "these thresholds leave no room for warm leads",
            expected="hot above warm",
            got=f"hot at {hot:.3g}, warm at {warm:.3g} (base rate {base_rate:.3g})",
            where="thresholds",
            remedy="give both",
        )
    return hot, warm


def position(scale: Scale, raw_log_odds: Floats | float) -> Floats:
    """Return where log-odds stand in the reference population, 0 to 100; never falls as they rise.

    >>> ruler = Scale(tuple(np.linspace(-4, 0, 101)), hot=0.3, warm=0.1)
    >>> position(ruler, np.array([-9.0, -2.0, 3.0])).tolist()
    [0.0, 50.0, 100.0]
    """
    levels, first = np.unique(scale.log_odds, return_index=True)
    last = np.append(first[1:] - 1, len(scale.log_odds) - 1)
    return np.asarray(np.interp(raw_log_odds, levels, (first + last) / 2.0, left=0.0, right=100.0))


def scores(scale: Scale, probability: Floats) -> npt.NDArray[np.int64]:
    """Return the score, 0 to 100, of probabilities as they are written."""
    return np.rint(position(scale, special.logit(probability))).astype(np.int64)


def bands(scale: Scale, probability: Floats) -> npt.NDArray[np.str_]:
    """Return hot, warm or cold.

    >>> bands(Scale((0.0,), hot=0.3, warm=0.1), np.array([0.3, 0.2, 0.01])).tolist()
    ['hot', 'warm', 'cold']
    """
    return np.select([probability >= scale.hot, probability >= scale.warm], ["hot", "warm"], "cold")


def fit_grades(scale: Scale, values: Floats) -> npt.NDArray:
    """Return A (best quarter of the reference population) to D, or empty text where the model knows no fit."""
    return graded(scale.fit, values, FIT)


def engagement_grades(scale: Scale, values: Floats) -> npt.NDArray:
    """Return 1 (best quarter of the reference population) to 4, or empty text where the model knows no engagement."""
    return graded(scale.engagement, values, ENGAGEMENT)


def graded(thresholds: tuple[float, ...], values: Floats, letters: str) -> npt.NDArray:
    """Return the letter of each value, the last from the highest of the rising thresholds on; empty text without any.

    >>> graded((0.0, 10.0, 20.0), np.array([-1.0, 10.0, 25.0]), FIT).tolist()
    ['D', 'B', 'A']
    """
    if not thresholds:
        return np.full(len(values), "")
    return np.array(list(letters))[np.searchsorted(thresholds, values, side="right")]


def dispositions(
    band: npt.NDArray,
    fit: npt.NDArray,
    engagement: npt.NDArray,
    *,
    triggered: npt.NDArray | bool = False,
    disqualified: npt.NDArray | bool = False,
    grid: Grid | None = None,
) -> npt.NDArray[np.str_]:
    """Return ready, nurture or discard.

    By the grid where there is one and both grades are known; else ready is a hot lead of fit C or better (or of a fit
    that nobody knows), and discard a cold one of fit D. A trigger makes a lead of fit C or better ready; what is
    disqualified is discarded in any case.

    >>> dispositions(np.array(["hot", "hot", "cold", "cold"]), np.array(["C", "D", "D", ""]), np.full(4, "")).tolist()
    ['ready', 'nurture', 'discard', 'nurture']
    """
    hot_or_not = [((band == "hot") & (fit != "D"), "ready"), ((band == "cold") & (fit == "D"), "discard")]
    by_grid = [
        ((fit == letter) & (engagement == number), disposition)
        for letter, row in (grid or {}).items()
        for number, disposition in zip(reversed(ENGAGEMENT), row, strict=True)
    ]
    first = [(np.asarray(disqualified), "discard"), (np.asarray(triggered) & (fit != "D"), "ready")]
    when, what = zip(*first, *by_grid, *hot_or_not, strict=True)
    return np.select(when, what, "nurture")


def qualifies(fit: npt.NDArray | pd.Series, disqualified: npt.NDArray | pd.Series) -> npt.NDArray[np.bool_]:
    """Return which leads can be an MQL or an SQL by their score: of fit C or better, and not disqualified.

    So can leads of a fit that nobody knows.

    >>> qualifies(np.array(["C", "D", "", "A"]), np.array([False, False, False, True])).tolist()
    [True, False, True, False]
    """
    return np.asarray((fit != "D") & ~disqualified, dtype=np.bool_)


def points(scale: Scale, values: Floats, base: float) -> npt.NDArray[np.int64]:
    """Share out each row's distance from the base score among its contributions, as whole points.

    values: (rows, contributions) in log-odds. A row's points add up to the difference of the two scores.
    """
    return points_between(scale, values, np.full(len(values), base), base + values.sum(axis=1))


def points_between(scale: Scale, values: Floats, start: Floats, end: Floats) -> npt.NDArray[np.int64]:
    """Share out each row's distance between two scores among contributions, as whole points.

    values: (rows, contributions) in log-odds; start and end: log-odds of each row. With F the position on the scale,
    contribution c gets c·(F(end) − F(start)) / (end − start), with F's local slope where both are one. Rounded by
    largest remainder, so a row's points add up to the difference of the two scores.
    """
    f_start, f_end = position(scale, start), position(scale, end)
    moved = end - start
    still = np.abs(moved) < 1e-9
    slope = np.where(still, _local_slope(scale, start), (f_end - f_start) / np.where(still, 1.0, moved))
    totals = np.rint(f_end).astype(np.int64) - np.rint(f_start).astype(np.int64)
    return _largest_remainder(values * slope[:, None], totals)


def _local_slope(scale: Scale, at: Floats, step: float = 0.01) -> Floats:
    """Return the slope on both sides; at an end of the scale on the side that there is."""
    lower, upper = (np.clip(at + side, scale.log_odds[0], scale.log_odds[-1]) for side in (-step, step))
    covered = np.where(upper > lower, upper - lower, 2 * step)
    return (position(scale, at + step) - position(scale, at - step)) / covered


def _largest_remainder(shares: Floats, totals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Round each row of shares to whole numbers that add up to its total."""
    whole = np.floor(shares)
    missing = totals - whole.sum(axis=1).astype(np.int64)
    rank = np.argsort(np.argsort(whole - shares, axis=1, kind="stable"), axis=1)
    columns = shares.shape[1]
    return (whole + missing[:, None] // columns + (rank < (missing % columns)[:, None])).astype(np.int64)


def _quarters(values: Floats | None) -> tuple[float, ...]:
    """Return the quartiles; nothing where there is no feature of the family, or where all leads are alike."""
    if values is None or np.ptp(values) == 0:
        return ()
    return tuple(np.quantile(values, [0.25, 0.5, 0.75]).tolist())

"""Numbers as tables and sentences show them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a command shows its own result and need not wait for the imports of the others
    from models.metrics import Interval, Metrics

ENDLESS = 10.0
"""A log-loss that only comes of what was held to be impossible: it has no end, and is no number to compare."""


def figures(measured: Metrics) -> tuple[str, str, str]:
    return (
        with_interval(measured.auc, measured.auc_ci, 3),
        "–" if measured.log_loss >= ENDLESS else with_interval(measured.log_loss, measured.log_loss_ci, 4),
        with_interval(measured.lift_10, measured.lift_10_ci, 2),
    )


def with_interval(value: float, interval: Interval, digits: int) -> str:
    """Write a number with its interval.

    >>> with_interval(0.8123, (0.79, 0.83), 3)
    '0.812 (0.790-0.830)'
    >>> with_interval(float("nan"), (float("nan"), float("nan")), 3)
    '–'
    """
    if not math.isfinite(value):
        return "–"
    low, high = (f"{bound:.{digits}f}" if math.isfinite(bound) else "–" for bound in interval)
    return f"{value:.{digits}f} ({low}-{high})"


def with_sign(value: float, interval: Interval, digits: int) -> str:
    if not math.isfinite(value):
        return "–"
    low, high = interval
    return f"{value:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"

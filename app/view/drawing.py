"""Where the parts of a drawing stand, in the units of its view; templates draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT = 640, 120
GAUGE = 245.0
"""The length of the gauge's line: three quarters of a circle of radius 52."""


@dataclass(frozen=True)
class TrendLine:
    """A score over time: ``line`` is the path of steps, for a score holds until it changes; ``dots`` its changes."""

    line: str
    dots: list[tuple[float, float]]


def trend_line(steps: Sequence[tuple[datetime, int]], until: datetime) -> TrendLine:
    """Lay out the steps of a score, the oldest first, up to a moment.

    >>> trend_line([(datetime(2026, 1, 1), 50), (datetime(2026, 1, 3), 100)], datetime(2026, 1, 5)).line
    'M0 60 H320 V0 H640'
    """
    begun = steps[0][0]
    whole = max((until - begun).total_seconds(), 1.0)
    dots = [
        (round(WIDTH * (moment - begun).total_seconds() / whole, 1), round(HEIGHT * (1 - score / 100), 1))
        for moment, score in steps
    ]
    line = f"M{dots[0][0]:g} {dots[0][1]:g} " + "".join(f"H{x:g} V{y:g} " for x, y in dots[1:]) + f"H{WIDTH}"
    return TrendLine(line, dots)


def arc(score: int) -> float:
    """Return how much of the gauge's line a score fills.

    >>> arc(100), arc(50)
    (245.0, 122.5)
    """
    return GAUGE * score / 100

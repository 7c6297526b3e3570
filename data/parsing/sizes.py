"""The sizes that a firm, its budget or its time plan can have: all others are read as missing."""

from __future__ import annotations

from typing import NamedTuple


class Bounds(NamedTuple):
    """The least and the largest number that can be, and whether it must be whole; no largest: any size can be."""

    least: float
    largest: float | None = None
    whole: bool = False


SIZE_BOUNDS = {
    "employees": Bounds(0, 5e6, whole=True),
    "annual_revenue": Bounds(0, 1e13),
    "budget": Bounds(0),
    "timeline_days": Bounds(0),
}
"""By column of the vocabulary: the largest employers have two million people, and the largest revenue is below 1e12."""

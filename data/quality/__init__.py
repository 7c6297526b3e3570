"""Checks of what was read: wrong cells, duplicates, contradictory histories and signs of leakage, each with its rows.

Of all that they find, only impossible sizes are changed: they become missing.
"""

from data.quality.cells import find_wrong_data
from data.quality.histories import contradictory_stages, contradictory_values
from data.quality.leakage_signs import leakage_signs

__all__ = [
    "contradictory_stages",
    "contradictory_values",
    "find_wrong_data",
    "leakage_signs",
]

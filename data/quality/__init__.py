"""Checks of what was read: wrong cells, duplicates, contradictory histories, what was done in bulk, signs of leakage.

Of all that they find, with its rows, only impossible sizes are changed, which become missing, and spellings.
"""

from data.quality.bulk import done_in_bulk
from data.quality.cells import find_wrong_data
from data.quality.histories import contradictory_stages, contradictory_values
from data.quality.leakage_signs import leakage_signs
from data.quality.spellings import spell_alike

__all__ = [
    "contradictory_stages",
    "contradictory_values",
    "done_in_bulk",
    "find_wrong_data",
    "leakage_signs",
    "spell_alike",
]

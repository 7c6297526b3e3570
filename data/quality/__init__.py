"""data.quality."""

from data.quality.cells import find_wrong_data
from data.quality.duplicates import LEGAL_FORMS
from data.quality.histories import contradictory_stages, contradictory_values
from data.quality.leakage_signs import hindsight
from data.quality.sizes import IMPOSSIBLE

__all__ = [
    "IMPOSSIBLE",
    "LEGAL_FORMS",
    "contradictory_stages",
    "contradictory_values",
    "find_wrong_data",
    "hindsight",
]

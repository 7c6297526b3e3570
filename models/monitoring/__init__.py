"""models.monitoring."""

from models.monitoring.baseline import Reference, ages_of, make_reference
from models.monitoring.drift import WINDOW
from models.monitoring.verdict import Findings, Seen, find, trained_to

__all__ = [
    "WINDOW",
    "Findings",
    "Reference",
    "Seen",
    "ages_of",
    "find",
    "make_reference",
    "trained_to",
]

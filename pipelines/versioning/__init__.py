"""Versions of the model in the hands of people: listed, compared on the same leads, promoted and rolled back.

What they print is in `pipelines.cli.renderers.versions`; what a version is, in `models.versions`.
"""

from pipelines.versioning.compare import (
    Card,
    Comparison,
    as_json,
    candidate_of,
    card,
    compare,
    compared,
    missing_for,
    table_for,
)
from pipelines.versioning.listing import VersionList, list_versions
from pipelines.versioning.promote import Promotion, promote, roll_back

__all__ = [
    "Card",
    "Comparison",
    "Promotion",
    "VersionList",
    "as_json",
    "candidate_of",
    "card",
    "compare",
    "compared",
    "list_versions",
    "missing_for",
    "promote",
    "roll_back",
    "table_for",
]

"""data.dataset."""

from data.dataset.assembly import FIXED, Assembly
from data.dataset.dataset import (
    MIRROR,
    Dataset,
    OutcomeCounts,
    limits,
    open_dataset,
    remove_abandoned,
    require_outcomes,
    told_as_our_errors,
)

__all__ = [
    "FIXED",
    "MIRROR",
    "Assembly",
    "Dataset",
    "OutcomeCounts",
    "limits",
    "open_dataset",
    "remove_abandoned",
    "require_outcomes",
    "told_as_our_errors",
]

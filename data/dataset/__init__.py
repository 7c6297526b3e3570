"""A project's leads, checked and typed, with all that is known of them; streamed in chunks.

`open_dataset` reads the tables into a temporary database, which is gone once the `Dataset` is closed.
"""

from data.dataset.content import Content
from data.dataset.dataset import Dataset, OutcomeCounts, open_dataset, require_outcomes

__all__ = [
    "Content",
    "Dataset",
    "OutcomeCounts",
    "open_dataset",
    "require_outcomes",
]

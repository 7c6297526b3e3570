"""Feeds of events that came when a version was trained, and have stopped since: what leads do is unknown then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from data.dataset import Dataset
from models.versions import Stored

if TYPE_CHECKING:
    from models.monitoring import StoppedFeed


def stopped_since_training(data: Dataset, stored: Stored, as_of: pd.Timestamp) -> list[StoppedFeed]:
    """Return the feeds that have stopped by a moment; those that a version was trained without are none."""
    from models.monitoring import stopped_feeds  # what is counted with takes seconds to import

    if not data.schema.timed:
        return []
    training = stored.training
    trained_to = pd.Timestamp(training["window"]["data_end"]).tz_localize(None)
    ended = {name: trained_to - pd.Timestamp(day) for name, day in training.get("last_events", {}).items()}
    return stopped_feeds(data.event_days(), as_of, ended)

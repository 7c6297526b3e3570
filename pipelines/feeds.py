"""Feeds of events that came when a version was trained, and have stopped since: what leads do is unknown then."""

from __future__ import annotations

import pandas as pd

from data.dataset import Dataset
from models.monitoring import StoppedFeed, stopped_feeds
from models.versions import Stored


def stopped_since_training(data: Dataset, stored: Stored, as_of: pd.Timestamp) -> list[StoppedFeed]:
    """Return the feeds that have stopped by a moment; those that a version was trained without are none."""
    if not data.schema.timed:
        return []
    training = stored.training
    trained_to = pd.Timestamp(training["window"]["data_end"]).tz_localize(None)
    ended = {name: trained_to - pd.Timestamp(day) for name, day in training.get("last_events", {}).items()}
    return stopped_feeds(data.event_days(), as_of, ended)

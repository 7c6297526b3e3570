"""Has the world moved away from a model? Leads since its training are compared with the baseline that was stored then.

Features, scores, early wins and matured outcomes are compared, each with what chance explains; a verdict follows.
"""

from models.monitoring.baseline import Baseline, ages_of, make_baseline
from models.monitoring.drift import WINDOW
from models.monitoring.feeds import StoppedFeed, stopped_feeds
from models.monitoring.verdict import DriftReport, RecentSnapshots, TrainingRecord, compare_with_training

__all__ = [
    "WINDOW",
    "Baseline",
    "DriftReport",
    "RecentSnapshots",
    "StoppedFeed",
    "TrainingRecord",
    "ages_of",
    "compare_with_training",
    "make_baseline",
    "stopped_feeds",
]

"""How good a model is: beside the champion, by segment, in history, and whether columns leak the outcome into it.

Measured on the newest split, or on leads newer than what was learned from; `plots` draws the pictures of a training.
"""

from models.evaluation.comparison import (
    Candidate,
    Verdict,
    compare_versions,
    holdout_for,
    probabilities_of,
    probabilities_of_rules,
)
from models.evaluation.deciles import deciles_in_history
from models.evaluation.drivers import drivers
from models.evaluation.leakage import Leak, find_leaks, unmeasured
from models.evaluation.segments import (
    FEWEST_LEADS,
    FEWEST_OUTCOMES,
    MOST_LEVELS,
    Segment,
    measure_segments,
    segment_features,
)
from models.evaluation.signal import signal_of
from models.evaluation.thresholds import thresholds_in_history

__all__ = [
    "FEWEST_LEADS",
    "FEWEST_OUTCOMES",
    "MOST_LEVELS",
    "Candidate",
    "Leak",
    "Segment",
    "Verdict",
    "compare_versions",
    "deciles_in_history",
    "drivers",
    "find_leaks",
    "holdout_for",
    "measure_segments",
    "probabilities_of",
    "probabilities_of_rules",
    "segment_features",
    "signal_of",
    "thresholds_in_history",
    "unmeasured",
]

"""models.evaluation."""

from models.evaluation.comparison import (
    Contestant,
    Verdict,
    ground_for,
    judge,
    probabilities_of,
    probabilities_of_rules,
)
from models.evaluation.deciles import at, standing_in_history
from models.evaluation.drivers import what_closes
from models.evaluation.leakage import Leak, find_leaks, unmeasured
from models.evaluation.segments import (
    FEWEST_LEADS,
    FEWEST_OUTCOMES,
    MOST_LEVELS,
    Segment,
    measure_segments,
    segment_features,
)
from models.evaluation.thresholds import bars_in_history, history_at

__all__ = [
    "FEWEST_LEADS",
    "FEWEST_OUTCOMES",
    "MOST_LEVELS",
    "Contestant",
    "Leak",
    "Segment",
    "Verdict",
    "at",
    "bars_in_history",
    "find_leaks",
    "ground_for",
    "history_at",
    "judge",
    "measure_segments",
    "probabilities_of",
    "probabilities_of_rules",
    "segment_features",
    "standing_in_history",
    "unmeasured",
    "what_closes",
]

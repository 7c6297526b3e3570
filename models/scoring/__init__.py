"""models.scoring."""

from models.scoring.amount import FEWEST_AT_ALL, Amounts, fit_amounts, measure_amounts
from models.scoring.codec import digests, packed, unpacked, unpacked_contributions, values_in
from models.scoring.scorer import Judged, Scorer, assemble, bars_of_rules, centres_and_scale
from models.scoring.similar_deals import SimilarDeal, WonDeal, WonDeals
from models.scoring.timing import Timing, fit_timing, measure_timing

__all__ = [
    "FEWEST_AT_ALL",
    "Amounts",
    "Judged",
    "Scorer",
    "SimilarDeal",
    "Timing",
    "WonDeal",
    "WonDeals",
    "assemble",
    "bars_of_rules",
    "centres_and_scale",
    "digests",
    "fit_amounts",
    "fit_timing",
    "measure_amounts",
    "measure_timing",
    "packed",
    "unpacked",
    "unpacked_contributions",
    "values_in",
]

"""Scoring: from a chunk of leads and a trained model to probabilities, scores, grades and reasons.

`score_chunk` is the one way from leads to scores, and it is pure. Nothing here trains: see `models.fitting`.
"""

from models.scoring.amount import FEWEST_AMOUNTS, Amounts
from models.scoring.chunk import ScoredChunk, score_chunk, worded
from models.scoring.codec import decode_beginning, decode_contributions, decode_reasons, decode_values, encode
from models.scoring.recommendation import plan_week, recommend, rule_in_words, sentence_of
from models.scoring.scorer import Scorer, fit_and_engagement
from models.scoring.similar_deals import SimilarDeal, WonDeal, WonDeals
from models.scoring.timing import Floats, Line, Timing, log_odds_of_soon

__all__ = [
    "FEWEST_AMOUNTS",
    "Amounts",
    "Floats",
    "Line",
    "ScoredChunk",
    "Scorer",
    "SimilarDeal",
    "Timing",
    "WonDeal",
    "WonDeals",
    "decode_beginning",
    "decode_contributions",
    "decode_reasons",
    "decode_values",
    "encode",
    "fit_and_engagement",
    "log_odds_of_soon",
    "plan_week",
    "recommend",
    "rule_in_words",
    "score_chunk",
    "sentence_of",
    "worded",
]

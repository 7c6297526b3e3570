"""The verb score: every lead, and every account, is scored by the champion, stored and exported.

Leads that come as records are scored alike. What is older than the settings allow is erased after each run.
"""

from pipelines.score.batch import LeadFiles, ScoreResult, read_as_trained, score
from pipelines.score.records import RecordScorer

__all__ = [
    "LeadFiles",
    "RecordScorer",
    "ScoreResult",
    "read_as_trained",
    "score",
]

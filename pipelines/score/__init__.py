"""The verb score: every lead, and every account, is scored by the champion, stored and exported.

What is older than the settings allow is erased after each run.
"""

from pipelines.score.batch import LeadFiles, ScoreResult, read_as_trained, score

__all__ = [
    "LeadFiles",
    "ScoreResult",
    "read_as_trained",
    "score",
]

"""pipelines.score."""

from pipelines.score.score import LeadFiles, ScoreResult, read_as_trained, score

__all__ = [
    "LeadFiles",
    "ScoreResult",
    "read_as_trained",
    "score",
]

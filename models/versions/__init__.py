"""Model versions: what they are stored as, which one scores, and what was decided of them, when and why.

A version never changes once it is trained; thresholds, settings and decisions that come later are records beside it.
"""

from models.versions.commit import git_commit
from models.versions.decisions import Action, Decision, verdict_words, why_of, words
from models.versions.registry import Registry, Stored
from models.versions.server_store import remember_tracking, store_for
from models.versions.store import LearnedData, Version
from models.versions.thresholds import ThresholdRecord
from models.versions.training_run import TrainingRun

__all__ = [
    "Action",
    "Decision",
    "LearnedData",
    "Registry",
    "Stored",
    "ThresholdRecord",
    "TrainingRun",
    "Version",
    "git_commit",
    "remember_tracking",
    "store_for",
    "verdict_words",
    "why_of",
    "words",
]

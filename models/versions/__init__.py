"""models.versions."""

from models.versions.registry import Registry, Stored, git_commit

__all__ = [
    "Registry",
    "Stored",
    "git_commit",
]

"""data.sources."""

from data.sources.connections import (
    ATTEMPTS,
    WRITING,
    connected,
    engine_of,
    identity,
    is_absent,
    is_passing,
    require_dialect,
    require_file,
    told,
)
from data.sources.delimited import allow_long_cells
from data.sources.files import Relay, StagedFile, own_name, seen, stage
from data.sources.incremental import Mirror
from data.sources.sql import Database, reading

__all__ = [
    "ATTEMPTS",
    "WRITING",
    "Database",
    "Mirror",
    "Relay",
    "StagedFile",
    "allow_long_cells",
    "connected",
    "engine_of",
    "identity",
    "is_absent",
    "is_passing",
    "own_name",
    "reading",
    "require_dialect",
    "require_file",
    "seen",
    "stage",
    "told",
]

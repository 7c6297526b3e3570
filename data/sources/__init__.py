"""Where tables are read from: files and databases today, each kind a `TableSource` and a line in `KINDS`.

A source says which columns it has and streams its rows into DuckDB as they are; what they mean is found out later.
"""

from data.sources.base import (
    ARROW,
    ROWS,
    Relay,
    StagedFile,
    TableSource,
    batch_of,
    count_rows,
    own_name,
)
from data.sources.connections import (
    ATTEMPTS,
    WRITING,
    connected,
    database_errors,
    engine_of,
    identity,
    is_absent,
    is_passing,
    require_dialect,
    require_file,
)
from data.sources.delimited import allow_long_cells
from data.sources.files import version_of
from data.sources.kinds import KINDS, open_file, open_sources
from data.sources.replica import Replica
from data.sources.sql import Database, reading
from data.sources.state import state_of

__all__ = [
    "ARROW",
    "ATTEMPTS",
    "KINDS",
    "ROWS",
    "WRITING",
    "Database",
    "Relay",
    "Replica",
    "StagedFile",
    "TableSource",
    "allow_long_cells",
    "batch_of",
    "connected",
    "count_rows",
    "database_errors",
    "engine_of",
    "identity",
    "is_absent",
    "is_passing",
    "open_file",
    "open_sources",
    "own_name",
    "reading",
    "require_dialect",
    "require_file",
    "state_of",
    "version_of",
]

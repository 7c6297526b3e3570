"""data.sinks."""

from data.sinks.bulk import _with_hex
from data.sinks.files import ENDINGS, Write, export_to
from data.sinks.sql import ScoreTable, score_table

__all__ = [
    "ENDINGS",
    "ScoreTable",
    "Write",
    "_with_hex",
    "export_to",
    "score_table",
]

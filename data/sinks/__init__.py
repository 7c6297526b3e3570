"""Where scores go: files that are exported, and places that they are written back to, of which each kind is a sink.

A new kind of place implements `ScoreSink` in a module of its own and is named in `data.sinks.kinds`.
"""

from data.sinks import bulk
from data.sinks.base import GONE, ScoreSink
from data.sinks.files import ENDINGS, Write, export_to
from data.sinks.kinds import open_sink

__all__ = [
    "ENDINGS",
    "GONE",
    "ScoreSink",
    "Write",
    "bulk",
    "export_to",
    "open_sink",
]

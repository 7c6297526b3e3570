"""CRMs that are read and written through their own interface, each kind a `Connector` in a room of its own.

A connector says which lists of records are copied and how our tables follow from the copies; the rest is shared.
"""

from data.crm.base import Connector, CrmRights, CrmSink, Feed, Preset
from data.crm.kinds import KINDS, connect, preset_of
from data.crm.tables import reading_crm

__all__ = [
    "KINDS",
    "Connector",
    "CrmRights",
    "CrmSink",
    "Feed",
    "Preset",
    "connect",
    "preset_of",
    "reading_crm",
]

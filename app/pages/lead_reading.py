"""One lead, read again from where the leads are, in the data of the last scoring run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from app.site import Site
from data.errors import LeadscoreError
from data.schema import Schema
from pipelines.explain import FoundLead, find_lead
from pipelines.last_run import settings_in

READING = Lock()
"""One lead at a time: reading may take all the memory that there is."""
LONGEST_WAIT = 3.0
"""Seconds."""


class Busy(LeadscoreError):
    """Others keep what is asked for busy."""


@contextmanager
def alone(lock: Lock, what: str) -> Iterator[None]:
    """Wait a little for others; not for long, for then no thread would be left for other pages. Raises Busy."""
    if not lock.acquire(timeout=LONGEST_WAIT):
        raise Busy(what, remedy="try again in a minute")
    try:
        yield
    finally:
        lock.release()


def read_lead(lead_id: str, site: Site, schema: Schema | None = None) -> FoundLead:
    """Read a lead as it was at the newest run; ``schema`` is the champion's, if not given.

    Raises InputError for a lead that is not there any more, and where the data cannot be read; Busy while others read.
    """
    with alone(READING, "others are reading their leads"):
        stored = site.registry.champion()
        settings = settings_in(site.store, site.workspace) or stored.settings
        return find_lead(lead_id, site.workspace, settings, schema or stored.scorer.schema)

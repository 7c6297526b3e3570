"""One lead, read again from where the leads are, in the data of the last scoring run."""

from __future__ import annotations

from threading import Lock

from app.site import Site
from app.threads import alone
from data.schema import Schema
from pipelines.explain import LeadRecord, find_lead
from pipelines.last_run import settings_in

READING = Lock()
"""One lead at a time: reading may take all the memory that there is."""


def read_lead(lead_id: str, site: Site, schema: Schema | None = None) -> LeadRecord:
    """Read a lead as it was at the newest run; ``schema`` is the champion's by default.

    Raises InputError for a lead that is not there any more, and where the data cannot be read; Busy while others read.
    """
    with alone(READING, "others are reading their leads"):
        stored = site.registry.champion()
        settings = settings_in(site.store, site.workspace) or stored.settings
        return find_lead(lead_id, site.workspace, settings, schema or stored.scorer.schema, site.store)

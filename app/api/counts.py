"""What the API counts of itself, in the text format of Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds."""


class Counts:
    """The counts of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        here = self.registry
        by = ["method", "route", "status"]
        self._requests = Counter("leadscore_api_requests", "Requests that were answered.", by, registry=here)
        by = ["method", "route"]
        self._seconds = Histogram(
            "leadscore_api_request_seconds", "Seconds of an answer.", by, buckets=BUCKETS, registry=here
        )
        self._scored = Counter("leadscore_api_leads_scored", "Leads that were scored on demand.", registry=here)
        self._run = Gauge(
            "leadscore_last_run_timestamp_seconds", "When the newest scoring run was done.", registry=here
        )
        self._version = Gauge("leadscore_champion_version", "The version that scores.", registry=here)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer; ``route`` is that of the description, never an address with an id."""
        known = method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def scored(self, leads: int) -> None:
        """Count leads that were scored."""
        self._scored.inc(leads)

    def text(self, finished: float | None, version: str | None) -> bytes:
        """Return all counts; ``finished`` is when the newest run was done, in seconds since 1970."""
        self._run.set(finished or 0.0)
        self._version.set(float(version or 0))
        return generate_latest(self.registry)

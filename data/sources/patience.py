"""Connections to PostgreSQL that do not wait without end: for a server that stalls, or one whose machine is gone."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from typing import Any

import psycopg
from psycopg.abc import PQGen

LOG = logging.getLogger(__name__)
SILENCE = 900.0
"""Seconds without a sign from the server after which a statement is given up."""
NOTICE = 60.0
"""Seconds after which it is said what is waited for."""
KEEPALIVE = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""After a minute the system takes a machine for gone that answers no more."""
SESSION = (
    "SELECT set_config('statement_timeout', %s, false), set_config('tcp_keepalives_idle', '60', false), "
    "set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false)"
)
"""The server ends a statement by itself, and a session, with its locks, whose client is gone."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that gives up a statement once the server has said nothing for too long."""

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[Any]) -> Generator[Any, Any, Any]:
        """Hand the events of the socket on, and count the seconds without any."""
        wanted = next(gen, None)
        if wanted is None:
            return None
        heard, noticed = time.monotonic(), False
        while True:
            ready = yield wanted
            silence = time.monotonic() - heard
            if ready:
                heard, noticed = time.monotonic(), False
            elif silence > SILENCE:
                self.pgconn.finish()  # else what is done at the end would wait as long again
                raise psycopg.OperationalError(f"the server has said nothing for {silence:.0f} seconds")
            elif silence > NOTICE and not noticed:
                LOG.warning("waiting for the database on %s for %.0f seconds", self.info.host, silence)
                noticed = True
            try:
                wanted = gen.send(ready)
            except StopIteration as end:
                return end.value


def connect(*arguments: Any, **options: Any) -> PatientConnection:
    """Connect, and let the server know how long to wait; what the address says of it rules."""
    connection = PatientConnection.connect(*arguments, **{**KEEPALIVE, **options})
    if "statement_timeout" not in str(options.get("options", "")):
        connection.execute(SESSION, [f"{SILENCE:.0f}s"])
        connection.commit()
    return connection

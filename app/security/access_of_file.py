"""Who may open the pages as a settings file says it at this moment: what changes there holds at once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from data.errors import LeadscoreError

Held = TypeVar("Held")
log = logging.getLogger(__name__)


class AccessOfFile(Generic[Held]):
    """Reads who may open the pages anew as soon as ``version`` returns something else than before.

    What cannot be read, such as a file that is being written, changes nothing yet: the log says so.
    """

    def __init__(self, read: Callable[[], Held], version: Callable[[], object]) -> None:
        self._read, self._version = read, version
        self._known, self._access = version(), read()

    def __call__(self) -> Held:
        """Return who may open the pages now."""
        known = self._version()
        if known != self._known:
            self._known = known
            try:
                self._access = self._read()
            except LeadscoreError as problem:
                log.warning("The settings of the pages cannot be read; those from before hold: %s", problem)
        return self._access

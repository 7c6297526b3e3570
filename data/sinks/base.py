"""What every place for scores can do, whatever it is: a table of a database, a CRM, a file."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

GONE = "gone: deleted or merged there"
"""The reason of a sink for a record that is no longer there: it is not made anew."""


class ScoreSink(Protocol):
    """A place that scores are written back to.

    A sink is written to in batches, and each may be written again: a run that is killed between a batch and its receipt
    sends that batch once more, and the sink has each record once.
    """

    batch_size: int
    """Records that one `write` gets at most."""

    @property
    def target(self) -> str:
        """What receipts call the place and the fields that it takes; one that takes other fields is another target."""
        ...

    def set_up(self) -> bool:
        """Make the place where it is not there; return whether it was made."""
        ...

    def check(self) -> None:
        """Raise InputError where the place is not as the settings have it."""
        ...

    def is_empty(self) -> bool:
        """Return whether it holds nothing: then it was made anew, and all scores are sent again."""
        ...

    def clear(self, lead_id: str) -> int:
        """Empty the fields that are written to of a lead; return how many records it has. Raises LeadscoreError."""
        ...

    def write(self, rows: pa.Table) -> dict[str, str]:
        """Write records: the column ``lead_id`` and the fields of the settings, by the names that scores have here.

        A record that a system of its own no longer has is not made there: its reason is `GONE`.

        Returns the ids of the records that were refused, each with the reason; a bad record stops no other. Raises
        LeadscoreError where the place is lost, and stays lost after a few attempts.
        """
        ...

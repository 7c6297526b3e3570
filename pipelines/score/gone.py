"""gone: leads that the configured tables no longer have, such as those that were deleted or merged.

They are neither listed nor written back any more, and come back when they come back. Where many are missing at once it
looks like a partial export, and nobody is taken for gone until somebody says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data.dataset import Dataset
from data.quality_report import ROWS_SHOWN, Flag
from data.store import Store

MOST = 0.1
"""Share of the leads that may be gone at once."""


@dataclass(frozen=True)
class Absence:
    """Which leads are ``gone``, which were and are ``back``, and which are only ``missing`` from what may be a part.

    ``expected`` is how many leads the tables had before.
    """

    expected: int = 0
    gone: Sequence[str] = ()
    back: Sequence[str] = ()
    missing: Sequence[str] = ()

    @property
    def flags(self) -> Iterator[Flag]:
        """What is said of them."""
        if self.gone:
            problem = "gone from the source, deleted or merged: no longer listed or scored, and marked once in the CRM"
            yield _flag(self.gone, problem, "info")
        if self.back:
            yield _flag(self.back, "back in the source: listed again", "info")
        if self.missing:
            share = f"{len(self.missing) / self.expected:.0%} of the {self.expected:,} known ones"
            problem = f"missing from the source, {share}, as from a partial export: they stay as they were"
            yield _flag(self.missing, f"{problem}; if they are gone, `score --accept-missing` says so", "warning")


def _flag(leads: Sequence[str], problem: str, level: str) -> Flag:
    shown = tuple(leads[:ROWS_SHOWN])
    return Flag("leads", "lead_id", problem, len(leads), f"lead {shown[0]}", shown, level)  # type: ignore[arg-type]


def find_gone(dataset: Dataset, store: Store, *, configured: bool, accept_missing: bool) -> Absence:
    """Compare the leads of a data set with those that the store expects; only configured tables say who is gone."""
    expected = store.expected_leads()
    there = dataset.having(expected["lead_id"])
    back = sorted(expected["lead_id"][expected["gone"] & there])
    if not configured:
        return Absence(back=back)
    known = int((~expected["gone"]).sum())
    absent = sorted(expected["lead_id"][~expected["gone"] & ~there])
    if len(absent) > MOST * known and not accept_missing:
        return Absence(known, back=back, missing=absent)
    return Absence(known, gone=absent, back=back)

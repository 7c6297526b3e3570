"""The unit of everything: some leads, all their events, and for each lead its snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data.chunk import Chunk
from data.schema import Schema
from features.as_of import attribute_at


@dataclass(frozen=True)
class Batch:
    """Leads with their events and stage entries, and the snapshots to be described by features.

    leads, events, stages, changes   as in `data.chunk.Chunk`
    snapshots   one row per feature row: ``row`` (int, the row of ``leads``) and ``as_of`` (datetime64[us])
    """

    schema: Schema
    leads: pd.DataFrame
    events: pd.DataFrame
    stages: pd.DataFrame
    changes: pd.DataFrame
    snapshots: pd.DataFrame

    def attribute(self, name: str) -> pd.Series:
        """Return what an attribute was in each snapshot.

        For a lead with a history of it that is the last value known then, and missing before the first; for others
        the cell as it stands now.
        """
        if name not in self._then:
            self._then[name] = self._attribute(name)
        return self._then[name]

    @cached_property
    def _then(self) -> dict[str, pd.Series]:
        """What attributes were in each snapshot, of those that were asked for: several features ask for the same."""
        return {}

    def _attribute(self, name: str) -> pd.Series:
        rows = self.snapshots["row"].to_numpy()
        now = self.leads[name].iloc[rows].reset_index(drop=True)
        changes = self.changes if self.changes.empty else self.changes[self.changes["attribute"] == name]
        if changes.empty:
            return now
        position = self.leads["position"].to_numpy()[rows]
        return attribute_at(now, changes, position, self.snapshots["as_of"])

    @classmethod
    def at(cls, chunk: Chunk, schema: Schema, as_of: pd.Timestamp | pd.Series) -> Batch:
        """Make one snapshot of each lead of a chunk: as of one moment for all, or of one of its own each."""
        count = len(chunk.leads)
        times = np.full(count, as_of) if isinstance(as_of, pd.Timestamp) else as_of.to_numpy()
        snapshots = pd.DataFrame({"row": np.arange(count), "as_of": times.astype("datetime64[us]")})
        return cls(schema, *chunk, snapshots=snapshots)

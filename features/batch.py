"""The unit of everything: some leads, all their events, and for each lead the moments to look at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schema import Chunk, Schema


@dataclass(frozen=True)
class Batch:
    """Leads with their events and stage entries, and the moments at which they are looked at.

    leads, events, stages   as in `data.schema.Chunk`
    moments                 one row per feature row: ``row`` (int, the row of ``leads``) and ``as_of`` (datetime64[us])
    """

    schema: Schema
    leads: pd.DataFrame
    events: pd.DataFrame
    stages: pd.DataFrame
    moments: pd.DataFrame

    @classmethod
    def at(cls, chunk: Chunk, schema: Schema, as_of: pd.Timestamp | pd.Series) -> Batch:
        """Look at each lead of a chunk once: at one moment for all, or at a moment of its own."""
        count = len(chunk.leads)
        times = np.full(count, as_of) if isinstance(as_of, pd.Timestamp) else as_of.to_numpy()
        moments = pd.DataFrame({"row": np.arange(count), "as_of": times.astype("datetime64[us]")})
        return cls(schema, *chunk, moments=moments)

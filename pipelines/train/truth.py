"""The simulator's true probabilities: the best that any model could do, where the data were simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.config import Settings
from data.errors import InputError
from models.training import Learned
from models.training_table import TrainingTable


def true_probabilities(settings: Settings, table: TrainingTable, learned: Learned) -> dict[str, np.ndarray]:
    """Return the simulator's true probabilities of the test rows, where they are known; nothing else reads them."""
    if not settings.truth:
        return {}
    tested = table.rows[learned.splits.test]
    truth = pd.read_parquet(settings.truth).astype({"as_of": "datetime64[us, UTC]"})
    truth["as_of"] = truth["as_of"].dt.tz_localize(None)
    probability = tested.merge(truth, on=["lead_id", "as_of"], how="left")["probability"].to_numpy()
    if np.isnan(probability).any():
        raise InputError(
            "the truth does not cover the test block",
            expected=f"a probability for each of {len(probability):,} snapshots",
            got=f"{int(np.isnan(probability).sum()):,} without one",
            where=str(settings.truth),
        )
    return {"best possible": probability}

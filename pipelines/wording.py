"""Words for scores from the store: each in those of the model version that made it."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from data.store import Store
from models.packing import unpacked
from models.registry import Registry


class Wording:
    """Puts the reasons of stored scores into words; loads each model version once."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self.store = store
        self.narrator = lru_cache(lambda version: registry.version(version).scorer.narrator)
        self.told = lru_cache(store.told)

    def reasons(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Return ``reasons_up`` and ``reasons_down`` of each score, lists of texts as they are exported."""
        worded = pd.DataFrame(index=scores.index, columns=["reasons_up", "reasons_down"], dtype=object)
        for version, of_version in scores.groupby("model_version"):
            narrator, features = self.narrator(version), self.told(version).features
            for name, reasons in zip(worded, unpacked(of_version["reasons"], features, narrator), strict=True):
                worded.loc[of_version.index, name] = pd.Series(narrator.texts(reasons), of_version.index, dtype=object)
        return worded

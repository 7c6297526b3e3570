"""Words for scores from the store: each in those of the model version that made it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

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

    def reasons(self, scores: Sequence[dict[str, Any]]) -> list[dict[str, list[str]]]:
        """Return ``reasons_up`` and ``reasons_down`` of each score, as they are exported."""
        rows = pd.DataFrame([[row["model_version"], row["reasons"]] for row in scores], columns=["version", "reasons"])
        worded: dict[int, dict[str, list[str]]] = {}
        for version, of_version in rows.groupby("version"):
            narrator, features = self.narrator(version), self.told(version).features
            up, down = unpacked(of_version["reasons"].tolist(), features, narrator)
            texts = zip(of_version.index, narrator.texts(up), narrator.texts(down), strict=True)
            worded |= {place: {"reasons_up": ups, "reasons_down": downs} for place, ups, downs in texts}
        return [worded[place] for place in range(len(scores))]

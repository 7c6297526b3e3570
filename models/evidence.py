"""Evidence from history: how many leads with a value like this one were won.

Each feature's values are cut into bins (levels for categories); per bin the leads and the won ones are counted, each
lead once, however many snapshots it has. Learned from the training rows and stored with the model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features import Feature
from models.training_table import common_levels

MOST_BINS = 8
FEWEST_LEADS = 20
"""Fewer leads than this are no evidence."""


@dataclass(frozen=True)
class Evidence:
    """Counts per feature: ``bins`` maps its name to edges (numbers) or levels (categories), ``leads`` and ``won``.

    The last count of a feature is that of its missing values.
    """

    bins: dict[str, list]
    leads: dict[str, list[int]]
    won: dict[str, list[int]]
    all_leads: int
    all_won: int

    def to_json(self) -> str:
        return json.dumps(self.__dict__)

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        return cls(**json.loads(text))

    @property
    def overall(self) -> float:
        return self.all_won / max(self.all_leads, 1)

    def like(self, feature: Feature, values: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return, per value, how many such leads there were and how many of them were won; 0, 0 for unknown levels."""
        if feature.name not in self.bins:
            return np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.int64)
        codes = _codes(feature, values, self.bins[feature.name])
        leads, won = (np.array([*counts[feature.name], 0]) for counts in (self.leads, self.won))
        return leads[codes], won[codes]


def gather(
    features: tuple[Feature, ...], design: pd.DataFrame, won: npt.NDArray[np.int64], leads: npt.NDArray
) -> Evidence:
    """Count leads and wins per bin of each feature; ``leads`` names the lead of each row."""
    lead_codes = np.unique(leads, return_inverse=True)[1]
    bins = {feature.name: _bins(feature, design[feature.name], leads) for feature in features}
    counted = {
        feature.name: _count(_codes(feature, design[feature.name], bins[feature.name]), won, lead_codes)
        for feature in features
    }
    return Evidence(
        bins,
        leads={name: _padded(all_leads, bins[name]) for name, (all_leads, _) in counted.items()},
        won={name: _padded(winners, bins[name]) for name, (_, winners) in counted.items()},
        all_leads=int(lead_codes.max()) + 1,
        all_won=int(np.bincount(lead_codes, won).astype(bool).sum()),
    )


def _bins(feature: Feature, values: pd.Series, leads: npt.NDArray) -> list:
    if feature.categorical:
        return common_levels(values, leads)
    known = values.dropna().to_numpy()
    distinct = np.unique(known)
    if len(distinct) <= MOST_BINS:
        return distinct.tolist()
    return np.unique(np.quantile(known, np.linspace(0, 1, MOST_BINS + 1)[:-1])).tolist()


def _codes(feature: Feature, values: pd.Series, bins: list) -> npt.NDArray[np.int64]:
    """Number each value's bin; missing is the one after the last, a level that was never seen the one after that."""
    if feature.categorical:
        codes = pd.Index(bins, dtype=object).get_indexer(pd.Index(values)).astype(np.int64)
        return np.where(values.isna(), len(bins), np.where(codes < 0, len(bins) + 1, codes))
    codes = np.searchsorted(bins, values.to_numpy(np.float64), side="right") - 1
    return np.where(values.isna(), len(bins), np.clip(codes, 0, None))


def _count(codes: npt.NDArray, won: npt.NDArray, lead_codes: npt.NDArray) -> tuple[pd.Series, pd.Series]:
    """Return leads and winners per bin: a lead counts once per bin, and as won if any of its rows there was."""
    pairs = pd.DataFrame({"bin": codes, "lead": lead_codes, "won": won}).groupby(["bin", "lead"])["won"].max()
    per_bin = pairs.groupby("bin")
    return per_bin.size(), per_bin.sum()


def _padded(counts: pd.Series, bins: list) -> list[int]:
    return counts.reindex(range(len(bins) + 1), fill_value=0).astype(int).tolist()

"""Evidence from history: how many leads with a value like this one were won.

Each feature's values are cut into bins (levels for categories); per bin the leads and the won ones are counted, each
lead once, as it stood at one moment: so the bins of each feature add up to all leads, and their rates are around the
rate of all. Learned from the training rows and stored with the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from features import Feature
from models.training_table import TrainingTable, common_levels

MOST_BINS = 8
FEWEST_LEADS = 20
"""Fewer leads than this are no evidence."""
SEED = 0
"""Of the draw of the snapshots: the same leads give the same evidence, whatever else is tried."""
LEAST_DISTANCE = 1.0
"""Standard errors between the rate of such leads and that of all, below which the difference says nothing."""


@dataclass(frozen=True)
class Evidence:
    """Counts per feature: ``bins`` maps its name to edges (numbers) or levels (categories), ``leads`` and ``won``.

    The last two counts of a feature are those of its missing values, and of the levels that too few leads had.
    """

    bins: dict[str, list]
    leads: dict[str, list[int]]
    won: dict[str, list[int]]
    all_leads: int
    all_won: int

    def to_json(self) -> str:
        """Return the counts as JSON."""
        return STORED.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Evidence:
        """Read what `to_json` wrote."""
        return STORED.validate_json(text)

    @property
    def overall(self) -> float:
        """Return the share of all leads that was won."""
        return self.all_won / max(self.all_leads, 1)

    def known_share(self, name: str) -> float:
        """Return the share of the leads with a level of a category that had one that the model distinguishes.

        >>> Evidence({"source": ["ads", "fair"]}, {"source": [50, 10, 7, 20]}, {}, 87, 0).known_share("source")
        0.75
        """
        count = len(self.bins[name])
        known, rare = sum(self.leads[name][:count]), sum(self.leads[name][count + 1 :])
        return known / max(known + rare, 1)

    def like(self, feature: Feature, values: pd.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return, per value, how many such leads there were and how many of them were won; 0, 0 for unknown levels."""
        if feature.name not in self.bins:
            return np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.int64)
        codes = _codes(feature, values, self.bins[feature.name])
        # Versions that did not count the rare levels know nothing of them.
        leads, won = (np.array([*counts[feature.name], 0]) for counts in (self.leads, self.won))
        return leads[codes], won[codes]

    def speaks(self, leads: int, won: int) -> int:
        """Return +1 where such leads were won more often than all, -1 where less often, and 0 where too few are known
        or where the difference is too small to be shown or to be more than chance.

        >>> evidence = Evidence({}, {}, {}, all_leads=1000, all_won=106)
        >>> evidence.speaks(1000, 120), evidence.speaks(850, 90), evidence.speaks(40, 2), evidence.speaks(10, 9)
        (1, 0, -1, 0)
        """
        if leads < FEWEST_LEADS or percent(won / leads) == percent(self.overall):
            return 0
        error = np.sqrt(self.overall * (1 - self.overall) / leads)
        distance = won / leads - self.overall
        return int(np.sign(distance)) if abs(distance) >= LEAST_DISTANCE * error else 0


STORED = TypeAdapter(Evidence)


def percent(rate: float) -> str:
    """Return a rate as it is shown.

    >>> percent(0.1159), percent(0.005)
    ('12 %', '0.5 %')
    """
    return f"{rate:.{0 if rate >= 0.01 else 1}%}".replace("%", " %")


def gather(features: tuple[Feature, ...], table: TrainingTable) -> Evidence:
    """Count labelled leads and wins per bin of each feature, each lead at one of its snapshots."""
    labelled = table.labelled
    once = labelled.subset(labelled.draw_one_row_per_lead(SEED))
    bins = {feature.name: _bins(feature, table, once) for feature in features}
    codes = {feature.name: _codes(feature, once.features[feature.name], bins[feature.name]) for feature in features}
    return Evidence(
        bins,
        leads={name: _count(codes[name], bins[name]) for name in bins},
        won={name: _count(codes[name][once.won == 1], bins[name]) for name in bins},
        all_leads=len(once),
        all_won=int(once.won.sum()),
    )


def _bins(feature: Feature, table: TrainingTable, once: TrainingTable) -> list:
    """Return the levels that the model distinguishes, or edges for the numbers of leads at one moment."""
    if feature.categorical:
        return common_levels(table.features[feature.name], table.rows["lead_id"])
    return _edges(once.features[feature.name].dropna().to_numpy(np.float64), has_zero=bool(feature.zero))


def _edges(known: npt.NDArray[np.float64], *, has_zero: bool) -> list[float]:
    """Return where the bins of numbers begin: those that many have are bins of their own, as is a zero that is said in
    words of its own; the others are cut into as many as have leads enough.

    >>> _edges(np.array([0.0] * 60 + [*range(1, 41)]), has_zero=True)
    [0.0, 2.2250738585072014e-308, 20.5]
    """
    distinct, counts = np.unique(known, return_counts=True)
    if len(distinct) <= MOST_BINS:
        return distinct.tolist()
    alone = distinct[(counts >= len(known) / MOST_BINS) | (has_zero & (distinct == 0))]
    others = known[~np.isin(known, alone)]
    count = int(np.clip(len(others) // FEWEST_LEADS, 1, max(MOST_BINS - len(alone), 1)))
    quantiles = np.quantile(others, np.linspace(0, 1, count + 1)[1:-1])
    return np.unique([distinct[0], *alone, *map(_just_above, alone), *quantiles]).tolist()


def _just_above(value: float) -> float:
    """Return the next number; that after zero is none of those so small that some libraries take them for zero."""
    return float(np.nextafter(value, np.inf)) if value else float(np.finfo(float).tiny)


def _codes(feature: Feature, values: pd.Series, bins: list) -> npt.NDArray[np.int64]:
    """Number each value's bin; missing is the one after the last, what was never seen the one after that."""
    if feature.categorical:
        codes = pd.Index(bins, dtype=object).get_indexer(pd.Index(values)).astype(np.int64)
        return np.where(values.isna(), len(bins), np.where(codes < 0, len(bins) + 1, codes))
    codes = np.searchsorted(bins, values.to_numpy(np.float64), side="right") - 1
    return np.where(values.isna(), len(bins), np.clip(codes, 0, None) if bins else 1)


def _count(codes: npt.NDArray[np.int64], bins: list) -> list[int]:
    """Count the leads of each bin; those with a level that is not stored stand in the last."""
    return np.bincount(codes, minlength=len(bins) + 2).tolist()

"""What is learned from: features and outcomes of snapshots, and their order in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.schema import Schema
from features import SNAPSHOT_AGES

Rows = npt.NDArray[np.bool_]
RARE_LEVEL = 5
"""Levels that fewer leads have are not told apart: one teaches little, and it may name a person. At ten, what landing
pages of five to nine leads teach was lost, and public leads were ranked worse than by plain logistic regression."""


@dataclass(frozen=True)
class TrainingTable:
    """Matured snapshots, in input order.

    features  one row per snapshot
    rows    ``lead_id``, ``group`` (account where known, else lead), ``as_of``, ``won`` (0 or 1), ``won_at`` (missing
            unless won, and in flat mode), ``ever_won_at`` (the same, whenever it was), ``order`` (or missing);
            where it is timed, ``closed_at`` (missing while open), ``watched``, the days until the end of the data,
            and ``age``, the days since creation; ``sample_weight`` where not all rows weigh alike
    timed   false in flat mode, where outcomes are final
    ages    the days after creation at which leads have snapshots
    imputed  whether outcomes are imputed, for hardly any lead is labelled: rules may go by them, but nothing is
            measured by them, and nobody is shown them
    """

    schema: Schema
    features: pd.DataFrame
    rows: pd.DataFrame
    timed: bool
    horizon: int
    ages: Sequence[int] = SNAPSHOT_AGES
    imputed: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def won(self) -> npt.NDArray[np.int64]:
        """Return the outcome of each row: 1 where it was won within the horizon, else 0."""
        return self.rows["won"].to_numpy(np.int64)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Return what each row counts, 1 on average, so that no lead counts more than another in all.

        A row counts a share of as many as its lead could have had by the end of the table. How many it had depends on
        how soon it closed: weights by that would give the outcome away.

        >>> day = pd.Timestamp
        >>> as_of = [day("2025-01-01"), day("2025-01-02"), day("2025-01-08"), day("2025-01-01"), day("2025-01-08")]
        >>> rows = pd.DataFrame({"lead_id": ["a", "a", "a", "closed soon", "new"], "as_of": as_of})
        >>> TrainingTable(Schema(timed=True), pd.DataFrame(), rows, True, 90).weights.round(2).tolist()
        [0.71, 0.71, 0.71, 0.71, 2.14]
        """
        if not self.timed:
            return np.ones(len(self))
        weights = self.sample_weight / self._ages_by(self.rows["as_of"].max() - self._first)
        return weights / weights.mean()

    @property
    def sample_weight(self) -> npt.NDArray[np.float64]:
        """Return how much each row weighs, beside that its lead has others: 1 where all weigh alike."""
        return self.rows["sample_weight"].to_numpy(float) if "sample_weight" in self.rows else np.ones(len(self))

    @property
    def order_in_time(self) -> pd.Series | None:
        """Return what puts the rows in order of time, oldest first; None where the data say nothing of it."""
        if self.timed:
            return self.rows["as_of"]
        return self.rows["order"] if self.rows["order"].notna().any() else None

    @property
    def labelled(self) -> TrainingTable:
        """Return the table of the rows whose outcome is known, which may be none: an open lead is not a lost one."""
        return self.subset(np.zeros(len(self), dtype=bool)) if self.imputed else self

    def draw_one_row_per_lead(self, seed: int) -> Rows:
        """Return a mask with at most one row of each lead, drawn: its snapshot at one of the ages that it could have by
        the end of the table, each as likely as another. A lead that had closed by then has no row.

        A draw among the rows that a lead does have would give the outcome away: one that was won at once has only young
        ones, so that among the young too many were won, and among the old too few. The leads of a time stand for all
        that were open then.
        """
        if not self.timed:
            return np.ones(len(self), dtype=bool)
        _, codes = np.unique(self.rows["lead_id"].to_numpy(str), return_inverse=True)
        chance = np.random.default_rng(seed).uniform(size=codes.max(initial=-1) + 1)[codes]
        could_have = self._ages_by(self.rows["as_of"].max() - self._first)
        return self._ages_by(self.rows["as_of"] - self._first) == 1 + (chance * could_have).astype(np.int64)

    def _ages_by(self, time: pd.Series) -> npt.NDArray[np.int64]:
        """Return how many of the ages at which leads have snapshots come within a time."""
        return np.searchsorted(self.ages, time.dt.days, side="right")

    @property
    def _first(self) -> pd.Series:
        return self.rows.groupby("lead_id")["as_of"].transform("min")

    def with_sample_weight(self, weight: npt.NDArray[np.float64]) -> TrainingTable:
        """Return the table with a weight for each row."""
        return replace(self, rows=self.rows.assign(sample_weight=weight))

    def subset(self, rows: Rows) -> TrainingTable:
        """Return the table of some rows, by a mask."""
        features, outcomes = (table[rows].reset_index(drop=True) for table in (self.features, self.rows))
        return replace(self, features=features, rows=outcomes)

    def minority_count(self, rows: Rows | None = None) -> int:
        """Return how many rows have the rarer of the two outcomes."""
        won = self.won if rows is None else self.won[rows]
        return int(min(won.sum(), len(won) - won.sum()))

    def count_leads(self, outcome: Literal["won", "lost"], rows: Rows | None = None) -> int:
        """Return how many leads have a snapshot, of those rows, that was won (or lost: not won within the horizon).

        >>> rows = pd.DataFrame({"lead_id": ["a", "a", "b", "c"], "won": [1, 1, 0, 0]})
        >>> table = TrainingTable(Schema(timed=True), pd.DataFrame(), rows, True, 90)
        >>> table.count_leads("won"), table.count_leads("lost"), table.minority_count()
        (1, 2, 2)
        """
        counted = (self.won == (outcome == "won")) & (True if rows is None else rows)
        return self.rows["lead_id"][counted].nunique()


def append(table: TrainingTable, more: TrainingTable) -> TrainingTable:
    """Return a table of the rows of both."""
    features = pd.concat([table.features, more.features], ignore_index=True)
    weighted = (each.with_sample_weight(each.sample_weight).rows for each in (table, more))
    return replace(table, features=features, rows=pd.concat(weighted, ignore_index=True))


def common_levels(cells: pd.Series, leads: npt.ArrayLike) -> list[str]:
    """Return the levels of a category that at least five leads have, in alphabetical order: no others are stored.

    ``leads`` names the lead of each row: one lead with many snapshots is one.

    >>> common_levels(pd.Series(["ads"] * 5 + ["fair"] * 4 + ["mail"] * 5), [*range(9), 1, 2, 3, 4, 4])
    ['ads']
    """
    codes, levels = pd.factorize(cells)
    lead_codes, known = pd.factorize(np.asarray(leads))
    filled = codes >= 0
    once = np.unique(codes[filled] * np.int64(len(known)) + lead_codes[filled])
    counts = np.bincount(once // max(len(known), 1), minlength=len(levels))
    return sorted(levels[counts >= RARE_LEVEL])


def sample_leads(table: TrainingTable, most: int, seed: int) -> TrainingTable:
    """Return all rows of so many leads, sampled at random, that there are about ``most`` rows."""
    if len(table) <= most:
        return table
    codes = pd.factorize(table.rows["lead_id"])[0]
    order = np.random.default_rng(seed).permutation(codes.max() + 1)
    counts = np.bincount(codes)[order]
    sampled = order[np.cumsum(counts) <= most]
    return table.subset(np.isin(codes, sampled))

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

    design  the features, one row per snapshot
    rows    ``lead_id``, ``group`` (account where known, else lead), ``as_of``, ``won`` (0 or 1), ``won_at`` (missing
            unless won, and in flat mode), ``ever_won_at`` (the same, whenever it was), ``order`` (or missing);
            where it is timed, ``closed_at`` (missing while open), ``watched``, the days until the end of the data,
            and ``age``, the days since creation; ``part``, how much a row weighs where not all weigh alike
    timed   false in flat mode, where outcomes are final
    ages    the days after creation at which leads were looked at
    supposed  whether outcomes are only supposed, for hardly any lead has ended: rules may go by them, but nothing is
            measured by them, and nobody is told of them
    """

    schema: Schema
    design: pd.DataFrame
    rows: pd.DataFrame
    timed: bool
    horizon: int
    ages: Sequence[int] = SNAPSHOT_AGES
    supposed: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def won(self) -> npt.NDArray[np.int64]:
        return self.rows["won"].to_numpy(np.int64)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Return what each row counts, 1 on average, so that no lead counts more than another in all.

        A row counts one part of as many as its lead could have had by the end of the table. How many it had depends on
        how soon it closed: weights by that would tell the outcome.

        >>> day = pd.Timestamp
        >>> moments = [day("2025-01-01"), day("2025-01-02"), day("2025-01-08"), day("2025-01-01"), day("2025-01-08")]
        >>> rows = pd.DataFrame({"lead_id": ["a", "a", "a", "closed soon", "new"], "as_of": moments})
        >>> TrainingTable(Schema(timed=True), pd.DataFrame(), rows, True, 90).weights.round(2).tolist()
        [0.71, 0.71, 0.71, 0.71, 2.14]
        """
        if not self.timed:
            return np.ones(len(self))
        weights = self.parts / self._ages_by(self.rows["as_of"].max() - self._first)
        return weights / weights.mean()

    def each_lead_once(self, seed: int) -> Rows:
        """Return at most one row of each lead, drawn: as it stood at one of the ages that it could have by the end of
        the table, each as likely as another. A lead that had closed by then has no row.

        A draw among the rows that a lead does have would tell the outcome: one that was won at once has only young
        ones, so that among the young too many were won, and among the old too few. The leads of a moment stand for all
        that were open then.
        """
        if not self.timed:
            return np.ones(len(self), dtype=bool)
        _, codes = np.unique(self.rows["lead_id"].to_numpy(str), return_inverse=True)
        chance = np.random.default_rng(seed).uniform(size=codes.max(initial=-1) + 1)[codes]
        could_have = self._ages_by(self.rows["as_of"].max() - self._first)
        return self._ages_by(self.rows["as_of"] - self._first) == 1 + (chance * could_have).astype(np.int64)

    def _ages_by(self, time: pd.Series) -> npt.NDArray[np.int64]:
        """Return how many of the ages at which leads are looked at come within a time."""
        return np.searchsorted(self.ages, time.dt.days, side="right")

    @property
    def _first(self) -> pd.Series:
        return self.rows.groupby("lead_id")["as_of"].transform("min")

    @property
    def parts(self) -> npt.NDArray[np.float64]:
        """Return how much each row weighs, beside that its lead has others: 1 unless it was weighed."""
        return self.rows["part"].to_numpy(float) if "part" in self.rows else np.ones(len(self))

    @property
    def moments(self) -> pd.Series | None:
        """Return what puts the rows in order of time, oldest first; None where the data say nothing of it."""
        if self.timed:
            return self.rows["as_of"]
        return self.rows["order"] if self.rows["order"].notna().any() else None

    @property
    def ended(self) -> TrainingTable:
        """Return the table of the rows whose outcome is known, which may be none: an open lead is not a lost one."""
        return self.taken(np.zeros(len(self), dtype=bool)) if self.supposed else self

    def weighed(self, parts: npt.NDArray[np.float64]) -> TrainingTable:
        """Return the table with as many parts of each row."""
        return replace(self, rows=self.rows.assign(part=parts))

    def taken(self, rows: Rows) -> TrainingTable:
        """Return the table of some rows."""
        design, kept = (part[rows].reset_index(drop=True) for part in (self.design, self.rows))
        return replace(self, design=design, rows=kept)

    def scarcer(self, rows: Rows | None = None) -> int:
        """Return how many rows have the rarer of the two outcomes."""
        won = self.won if rows is None else self.won[rows]
        return int(min(won.sum(), len(won) - won.sum()))

    def leads_that(self, ended: Literal["won", "lost"], rows: Rows | None = None) -> int:
        """Return how many leads have a snapshot, of those rows, that was won (or lost: not won within the horizon).

        >>> rows = pd.DataFrame({"lead_id": ["a", "a", "b", "c"], "won": [1, 1, 0, 0]})
        >>> table = TrainingTable(Schema(timed=True), pd.DataFrame(), rows, True, 90)
        >>> table.leads_that("won"), table.leads_that("lost"), table.scarcer()
        (1, 2, 2)
        """
        taken = (self.won == (ended == "won")) & (True if rows is None else rows)
        return self.rows["lead_id"][taken].nunique()


def joined(table: TrainingTable, more: TrainingTable) -> TrainingTable:
    """Return a table of the rows of both."""
    design = pd.concat([table.design, more.design], ignore_index=True)
    rows = pd.concat([table.rows.assign(part=table.parts), more.rows.assign(part=more.parts)], ignore_index=True)
    return replace(table, design=design, rows=rows)


def common_levels(cells: pd.Series, leads: npt.ArrayLike) -> list[str]:
    """Return the levels of a category that at least five leads have, in alphabetical order: no others are stored.

    ``leads`` names the lead of each row: one lead with many snapshots is one.

    >>> common_levels(pd.Series(["ads"] * 5 + ["fair"] * 4 + ["mail"] * 5), [*range(9), 1, 2, 3, 4, 4])
    ['ads']
    """
    once = pd.DataFrame({"level": cells.to_numpy(), "lead": np.asarray(leads)}).drop_duplicates()
    counts = once["level"].value_counts()
    return sorted(counts.index[counts >= RARE_LEVEL])


def drawn(table: TrainingTable, most: int, seed: int) -> TrainingTable:
    """Return all rows of so many leads, drawn at random, that there are about ``most`` rows."""
    if len(table) <= most:
        return table
    codes = pd.factorize(table.rows["lead_id"])[0]
    order = np.random.default_rng(seed).permutation(codes.max() + 1)
    counts = np.bincount(codes)[order]
    kept = order[np.cumsum(counts) <= most]
    return table.taken(np.isin(codes, kept))

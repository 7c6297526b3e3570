"""What is typical of open leads at each stage: the means that reasons are relative to, learned at training and stored.

A reason says what sets a lead apart from others at its stage: what it adds to the log-odds, less the mean of that over
the leads that were open there when the model was trained. At a stage that fewer than 20 were at, no mean is to be
trusted: leads there are compared with all leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

FEWEST_AT_STAGE = 20
"""Fewer open leads than this show nothing of their stage."""
SHARED_BY = 0.75
"""An absence that this share of the leads has is no reason for any of them."""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Group:
    """Open leads of one stage, or of all.

    leads   how many there were
    days    the median of the days since they entered the stage; None where nobody knows
    means   what each column adds to their log-odds, on average: by its name; nothing where that is what all start from
    absent  the share of them that has nothing of a concept: by its name
    """

    leads: int
    days: float | None = None
    means: Mapping[str, float] = field(default_factory=dict)
    absent: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TypicalLeads:
    """The open leads of the training: those of each stage that had enough of them, and all of them together."""

    stages: Mapping[str, Group]
    everywhere: Group

    def to_json(self) -> str:
        """Return the groups as JSON."""
        return STORED.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> TypicalLeads:
        """Read what `to_json` wrote."""
        return STORED.validate_json(text)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Return the groups by their codes; all leads are the last, so that -1 means them."""
        return (*self.stages.values(), self.everywhere)

    def codes(self, stages: pd.Series) -> Codes:
        """Return the code of the group that each lead is compared with; -1 where that is all leads.

        >>> few = TypicalLeads({"mql": Group(40)}, Group(50))
        >>> few.codes(pd.Series(["mql", "sql", None])).tolist()
        [0, -1, -1]
        """
        return pd.Index([*self.stages], dtype=object).get_indexer(pd.Index(stages.astype(object))).astype(np.int64)

    def means(self, columns: Sequence[str]) -> Floats:
        """Return the means of columns, a row for each code."""
        return np.array([[group.means.get(name, 0.0) for name in columns] for group in self.groups])

    def is_shared(self, concepts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return of which concepts most leads have nothing, a row for each code."""
        return np.array([[group.absent.get(name, 0.0) >= SHARED_BY for name in concepts] for group in self.groups])


STORED = TypeAdapter(TypicalLeads)


def gather_typical(
    contributions: pd.DataFrame, absent: pd.DataFrame, stages: pd.Series, days: pd.Series
) -> TypicalLeads:
    """Return what is typical of open leads, a row each.

    contributions  what each column adds to the log-odds
    absent  whether a lead has nothing of each concept
    stages, days  the stage of each, and the days since it entered that; missing where nobody knows

    >>> some = pd.DataFrame({"visits": [0.5] * 20 + [-1.0] * 3})
    >>> stages = pd.Series(["mql"] * 20 + ["sql"] * 3)
    >>> typical = gather_typical(some, some < 0, stages, pd.Series(range(23)))
    >>> typical.stages, typical.everywhere.leads
    ({'mql': Group(leads=20, days=9.5, means={'visits': 0.5}, absent={'visits': 0.0})}, 23)
    """
    counts = stages.value_counts().sort_index()
    enough = {str(stage): (stages == stage).to_numpy() for stage in counts.index[counts >= FEWEST_AT_STAGE]}
    everywhere = Group(len(stages), absent=_means(absent)) if len(stages) >= FEWEST_AT_STAGE else Group(len(stages))
    return TypicalLeads(
        {stage: _group(contributions[rows], absent[rows], days[rows]) for stage, rows in enough.items()}, everywhere
    )


def _group(contributions: pd.DataFrame, absent: pd.DataFrame, days: pd.Series) -> Group:
    known = days.dropna()
    median = float(known.median()) if len(known) else None
    return Group(len(contributions), median, _means(contributions), _means(absent))


def _means(columns: pd.DataFrame) -> dict[str, float]:
    means = columns.to_numpy(float).mean(axis=0).tolist()
    return {str(name): mean for name, mean in zip(columns, means, strict=True)}

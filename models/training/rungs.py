"""How much can be learned from a table: all, a logistic regression beside the rules, or nothing; and what more takes.

Few outcomes bear little: with each rung less is learned, and the rules decide more.
"""

from __future__ import annotations

import math
from typing import Literal

from data.errors import InputError
from features import catalogue
from models.training.splits import TimeSplits
from models.training_table import TrainingTable

FEWEST = 100
"""Fewer wins (or losses) than this in the fit split bear no trees: more would be learned from noise. Snapshots count:
on simulated funnels a lead with snapshots at several ages taught more than one with a single snapshot."""
FEWEST_TO_CALIBRATE = 20
"""Wins (and losses) that the tune split needs."""
FEWEST_AT_ALL = 3
"""Wins (and losses) of the older splits from which on anything is learned."""

Rung = Literal["rules", "logistic", "full"]


def rung_of(table: TrainingTable, splits: TimeSplits) -> Rung:
    """Return how much there is to learn from: all, a logistic regression that departs from the rules, or nothing.

    Nothing where there are no later leads on which to show what was learned, and where no column makes a feature.
    """
    if not splits.test.any() or not catalogue(table.schema):
        return "rules"
    if table.minority_count(splits.fit) >= FEWEST and table.minority_count(splits.tune) >= FEWEST_TO_CALIBRATE:
        return "full"
    return "logistic" if table.minority_count(splits.fit | splits.tune) >= FEWEST_AT_ALL else "rules"


def shortage(table: TrainingTable, splits: TimeSplits) -> str:
    """Return, in words, of which outcome there are too few leads and how many are needed to learn everything."""
    if not catalogue(table.schema):
        return "no column tells leads apart: features need one that is filled, that varies, and that is no contact data"
    rarer = "won" if table.count_leads("won") <= table.count_leads("lost") else "lost"
    count, older = table.count_leads(rarer), splits.fit | splits.tune
    # Nothing is learned: either the outcomes are too few, or there is no newer time to show it on.
    if rung_of(table, splits) == "rules":
        leads = f"{count} {'lead was' if count == 1 else 'leads were'} {rarer}"
        if not splits.test.any():
            return f"{leads}, and {FEWEST_AT_ALL} are needed that are old enough; it takes {time_needed(table)}"
        old = table.count_leads(rarer, older)
        return f"{leads}, {old} of them old enough to learn from, and {FEWEST_AT_ALL} are needed"
    # Something is learned: how many outcomes would do grows with the split that lacks most.
    fit, tune = (table.minority_count(rows) for rows in (splits.fit, splits.tune))
    if not splits.tune.any():
        return f"{count} leads were {rarer}; to learn everything takes {time_needed(table)}"
    if not fit or not tune:
        return f"{count} leads were {rarer}; to learn everything takes some in each block, old and new"
    lift = max(FEWEST / fit, FEWEST_TO_CALIBRATE / tune)
    return f"{count} leads were {rarer}; with about {math.ceil(count * lift)} everything is learned"


def time_needed(table: TrainingTable) -> str:
    """Return, in words, what it takes to look forward in time."""
    if not table.timed:
        return f"more {'closed ' if table.imputed else ''}leads, for three blocks"
    return f"leads over more than {3 * table.horizon} days: three blocks, a horizon of {table.horizon} apart"


def require_leads(table: TrainingTable) -> None:
    """Raise InputError where there is no lead at all, not even one for rules to decide on."""
    if not len(table):
        raise InputError(
            "there is no lead to learn from",
            expected="leads that are known to have been created, and closed, at some time",
            got="none",
            remedy="check the columns and the formats of the dates of creation and of closing",
        )


def require_both_outcomes(table: TrainingTable, splits: TimeSplits) -> None:
    """Raise InputError where all snapshots ended alike, or where they span no time to look forward in."""
    if not table.minority_count():
        raise InputError(
            "there is nothing to tell won from lost leads by",
            expected="both won and lost leads",
            got=f"{int(table.won.sum())} won and {int((1 - table.won).sum())} lost snapshots",
            remedy="name the values that mean won (--won), give another --horizon, or bring more closed leads",
        )
    if not splits.test.any():
        raise InputError(
            "the data span too short a time to learn forward in time",
            expected=time_needed(table),
            got=f"{len(table.rows):,} snapshots whose window is over",
            remedy="give a shorter --horizon, or bring older leads",
        )

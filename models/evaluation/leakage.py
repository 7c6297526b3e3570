"""Columns that know the outcome, and what speaks for it.

Such a column makes a model that is right about the past and useless tomorrow. Five signs are looked for: one column
that predicts too well; values that hardly any lost lead has, and most won ones do; cells that only closed leads have; a
history that begins with the closing (both in `data.quality.leakage_signs`); and a name that speaks of what sales writes
down afterwards (`data.columns.words`). One column that is all but certain, or two signs, are sure, and the column is
left out. One sign alone makes a suspect, which stays: an income that a bank knows beforehand predicts well, and is
honest. What the settings keep stays in any case, and is reported. A personal column counts by what is derived from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from data.columns import is_post_contact_name
from data.schema import Schema
from features import catalogue
from models.blend import BOOSTING
from models.members import MEMBERS, SHALLOW_TREES, Recipe
from models.metrics import auc
from models.training import TimeSplits
from models.training_table import Rows, TrainingTable, sample_leads

CERTAIN = 0.98
"""AUC of one column alone, forward in time, from which on it is sure to know the outcome."""
TOO_WELL = 0.80
"""AUC of one column alone that is a sign: single columns that are known beforehand hardly reach it."""
TIMES_THE_ODDS = 20.0
"""Values whose odds of a win are so many times those of all leads were hardly ever lost …"""
MOST_WINS = 0.5
"""… and where more than this share of the wins have such values, no one knew them beforehand."""
FEWEST = 10
"""Wins, and losses, that older and newer rows need for an AUC to say something."""
BINS = 20
PRIOR = 10.0
"""Rows by which the rate of a value is shrunk towards the rate of all."""
MOST_ROWS = 20_000
"""Rows that the models with and without a column are fitted on; leads are drawn where there are more."""
QUICK = Recipe((BOOSTING,), {BOOSTING: {**SHALLOW_TREES, "n_estimators": 100}})

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Leak:
    """A column that knows the outcome (``excluded``), or may, and why; ``attribute`` is its canonical name.

    ``named_in_keep`` says that the settings keep it by name: someone has reviewed it, and it stays.
    ``auc_with`` and ``auc_without`` are those of a model with all columns that are not excluded, on the tune split:
    newer than what it learned from, older than the test split. None where there are too few outcomes to say.
    """

    attribute: str
    column: str
    evidence: str
    excluded: bool
    auc_with: float | None = None
    auc_without: float | None = None
    named_in_keep: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the finding as `train --json` has it, by the name of the source's column."""
        return {
            "column": self.column,
            "evidence": self.evidence,
            "excluded": self.excluded,
            "auc_with": self.auc_with,
            "auc_without": self.auc_without,
            "kept": self.named_in_keep,
        }


@dataclass(frozen=True)
class _Finding:
    attribute: str
    column: str
    signs: tuple[str, ...]
    sure: bool
    named_in_keep: bool

    @property
    def excluded(self) -> bool:
        return self.sure and not self.named_in_keep

    @property
    def evidence(self) -> str:
        return "; ".join(self.signs) + "; kept, for the settings name it" * self.named_in_keep


class _Alone(NamedTuple):
    """How well one column predicts: its AUC, and the share of the wins whose values hardly any lost lead has."""

    auc: float
    certain_wins: float

    @property
    def signs(self) -> tuple[str, ...]:
        if self.auc < TOO_WELL:
            return ()
        well = f"alone it tells won from lost leads with an AUC of {self.auc:.2f} on newer leads"
        certain = f"{self.certain_wins:.0%} of the won leads have values that hardly any lost lead has"
        return (well, certain) if self.certain_wins > MOST_WINS else (well,)


def find_leaks(
    table: TrainingTable,
    splits: TimeSplits,
    columns: Mapping[str, str],
    signs: Mapping[str, Sequence[str]],
    *,
    keep: Sequence[str] = (),
    by_name: bool = True,
    seed: int = 0,
) -> dict[str, Leak]:
    """Return the attributes and personal columns that know the outcome, or may; the sure ones first.

    ``columns`` maps them to the columns of the source, ``signs`` to those of leakage in the data; ``by_name`` counts a
    column's name as one. Columns that ``keep`` names, canonically or as the source does, are never excluded.
    The test split is not read.
    """
    halves = _halves(table, splits)
    alone = _each_alone(table, *halves) if halves else {}
    findings = [
        _finding(name, columns.get(name, name), alone, signs, keep, by_name=by_name) for name in _sources(table.schema)
    ]
    leaks = sorted((finding for finding in findings if finding.signs), key=lambda finding: not finding.excluded)
    measured = _with_and_without(leaks, table, *halves, seed) if halves and leaks else {}
    return {
        each.attribute: Leak(
            each.attribute,
            each.column,
            each.evidence,
            each.excluded,
            *measured.get(each.attribute, (None, None)),
            named_in_keep=each.named_in_keep,
        )
        for each in leaks
    }


def _sources(schema: Schema) -> list[str]:
    """Return the canonical names of the attributes, and of the personal columns from which features are derived."""
    columns = (feature.traits.column for feature in catalogue(schema) if feature.traits.column)
    return list(dict.fromkeys((*(attribute.name for attribute in schema.attributes), *columns)))


def unmeasured(table: TrainingTable, splits: TimeSplits) -> str:
    """Say why no column could be measured by how well it predicts the outcome; nothing where all were."""
    if _halves(table, splits):
        return ""
    won, lost = int(table.won.sum()), int(len(table) - table.won.sum())
    needed = f"{FEWEST} wins and {FEWEST} losses are needed among older and among newer leads"
    return f"too few outcomes ({won:,} won and {lost:,} lost {'snapshots' if table.timed else 'leads'}; {needed})"


def _halves(table: TrainingTable, splits: TimeSplits) -> tuple[Rows, Rows] | None:
    """Return older and newer rows to measure columns on: fit and tune split, or, of few leads, the halves of both.

    None where either has too few outcomes.
    """
    older = splits.fit | splits.tune
    place = np.cumsum(older) if table.order_in_time is None else table.order_in_time.rank(method="first").to_numpy()
    newer_half = older & (place > np.median(place[older])) if older.any() else older
    for newer in (splits.tune, newer_half):
        known = older & ~newer
        if min(table.minority_count(known), table.minority_count(newer)) >= FEWEST:
            return known, newer
    return None


def _finding(
    name: str,
    column: str,
    alone: Mapping[str, _Alone],
    signs: Mapping[str, Sequence[str]],
    keep: Sequence[str],
    *,
    by_name: bool,
) -> _Finding:
    reached = alone.get(name, _Alone(0.5, 0.0))
    evidence = [
        *reached.signs,
        *signs.get(name, ()),
        *(["its name speaks of what is written down after the contact"] * (by_name and is_post_contact_name(column))),
    ]
    # One sign alone may be chance, or an honest column that predicts well: it makes a suspect, which stays.
    sure = reached.auc >= CERTAIN or len(evidence) > 1
    return _Finding(name, column, tuple(evidence), sure, column in keep or name in keep)


def _each_alone(table: TrainingTable, older: Rows, newer: Rows) -> dict[str, _Alone]:
    """Return how well each column alone predicts newer rows: by the best of the features that are of it alone."""
    best: dict[str, _Alone] = {}
    for feature in catalogue(table.schema):
        name = feature.traits.column
        if name:
            reached = _feature_alone(table.features[feature.name], table.won, older, newer)
            best[name] = max(best.get(name, reached), reached)
    return best


def _feature_alone(cells: pd.Series, won: npt.NDArray[np.int64], older: Rows, newer: Rows) -> _Alone:
    levels, overall = _levels(cells, older), won[older].mean()
    of_level = pd.DataFrame({"level": levels[older], "won": won[older]}).groupby("level")["won"]
    rates = (of_level.sum() + PRIOR * overall) / (of_level.size() + PRIOR)
    expected = pd.Series(levels[newer]).map(rates).fillna(overall).to_numpy(float)
    hardly_lost = special.logit(expected) > special.logit(overall) + np.log(TIMES_THE_ODDS)
    return _Alone(auc(expected, won[newer]), float(hardly_lost[won[newer] == 1].mean()))


def _levels(cells: pd.Series, older: Rows) -> npt.NDArray[Any]:
    """Return the level of each cell: a number's is its bin among the older rows; missing is a level of its own."""
    if cells.dtype.kind != "f":
        return pd.factorize(cells)[0]
    numbers = cells.to_numpy()
    known = numbers[older & ~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.empty(0)
    return np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="right"))


def _with_and_without(
    findings: Sequence[_Finding], table: TrainingTable, older: Rows, newer: Rows, seed: int
) -> dict[str, tuple[float, float]]:
    """Return the AUC of a quick model with and without each column; all other columns that are sure stay out.

    How much of a lead is filled in stays out as well: it counts the cells of the column.
    """
    known, ahead = (sample_leads(table.subset(rows), MOST_ROWS, seed) for rows in (older, newer))
    sure = {finding.attribute for finding in findings if finding.excluded}

    def reached(columns_out: set[str]) -> float:
        left = catalogue(table.schema.without({}, columns_out))
        names = {feature.name for feature in left if not feature.traits.counts_fields}
        if not names:  # the column is the only one: without it, nothing tells won from lost
            return 0.5
        left_out = tuple(feature.name for feature in catalogue(table.schema) if feature.name not in names)
        model = MEMBERS[BOOSTING].fit(known, replace(QUICK, without=left_out), seed=seed)
        return auc(model.predict_proba(ahead.features)[:, 1], ahead.won)

    base = reached(sure)
    return {
        finding.attribute: (reached(sure - {finding.attribute}), base)
        if finding.excluded
        else (base, reached(sure | {finding.attribute}))
        for finding in findings
    }

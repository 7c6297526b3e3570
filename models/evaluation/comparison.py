"""Champion against challenger, on leads that neither of them has learned from.

The fair leads are those that came after both had stopped learning. Where too few of them have matured, the recipes are
compared instead: both are fitted on the same older splits and measured on the same newest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import StackingClassifier

from models.blend import RULES, member_names, probabilities
from models.members import Recipe
from models.metrics import Difference, Metrics, difference, evaluate_all
from models.rules import Rules, with_points
from models.training import NO_WORSE, TimeSplits, fit_recipe, outcomes_of, rule_curve, scorecard_for
from models.training_table import Rows, TrainingTable

FEWEST_FRESH = 30
"""Wins, and losses, that leads newer than both must have to be compared on."""

Floats = npt.NDArray[np.float64]
Outcome = Literal["holds", "may be worse", "ranks worse", "incomparable"]
"""How a challenger does: beside the champion; worse than it, maybe; worse than the rules; nobody can say."""


@dataclass(frozen=True)
class Candidate:
    """A version as far as it matters here: its model, its rules, its recipe, and what it was trained for and on.

    ``is_scorecard`` says that the rules were learned too; ``horizon`` is None in flat mode.
    """

    model: StackingClassifier
    rules: Rules
    is_scorecard: bool
    recipe: Recipe
    horizon: int | None
    data_end: pd.Timestamp


@dataclass(frozen=True)
class Holdout:
    """The rows that scorers are compared on; ``fresh`` where no candidate can have learned from them, else ``why``."""

    rows: Rows
    fresh: bool
    why: str = ""

    @property
    def description(self) -> str:
        """Return which leads these are, in words."""
        if self.fresh:
            return "leads newer than what was learned from"
        return f"the newest block, recipes fitted on the blocks before: {self.why}"


@dataclass(frozen=True)
class Verdict:
    """How a challenger does beside the champion; metrics of all scorers on the same rows, and how the two differ."""

    outcome: Outcome
    holdout: Holdout
    metrics: dict[str, Metrics]
    difference: Difference

    @property
    def promoted(self) -> bool:
        """Return whether the challenger takes over."""
        return self.outcome == "holds"

    @property
    def figures(self) -> dict[str, Any]:
        """Return the outcome with the numbers that it rests on, as they are stored with a decision."""
        low, high = self.difference.log_loss_ci
        aucs = {f"auc_{name}": measured.auc for name, measured in self.metrics.items()}
        return {"outcome": self.outcome, "log_loss_low": low, "log_loss_high": high, **aucs}


def holdout_for(table: TrainingTable, splits: TimeSplits, candidates: Sequence[Candidate]) -> Holdout:
    """Return the test rows whose whole window lies after the data of all candidates, if they are enough, else all.

    In flat mode nothing says when an outcome was known, and a version for another horizon says something else: then
    the recipes are compared.
    """
    if not table.timed:
        return Holdout(splits.test, fresh=False, why="nothing tells when outcomes were known")
    if any(each.horizon != table.horizon for each in candidates):
        return Holdout(splits.test, fresh=False, why="one was trained for another horizon")
    newest = max(each.data_end for each in candidates)
    fresh = splits.test & (table.rows["as_of"] >= newest).to_numpy()
    if table.minority_count(fresh) >= FEWEST_FRESH:
        return Holdout(fresh, fresh=True)
    return Holdout(splits.test, fresh=False, why="too few leads are newer than what was learned from")


def probabilities_of(
    candidate: Candidate, table: TrainingTable, splits: TimeSplits, holdout: Holdout, *, seed: int
) -> Floats:
    """Return the probabilities of the holdout by a candidate's stored model, or its recipe fitted on the older splits.

    ``table`` holds the features that the candidate knows.
    """
    table = _with_own_points(candidate, table, splits, holdout, seed)
    if holdout.fresh:
        return probabilities(candidate.model, table.features[holdout.rows])
    learned = member_names(candidate.model) != (RULES,)
    model = fit_recipe(candidate.recipe, table, splits, seed=seed) if learned else None
    return probabilities(model or rule_curve(table, splits), table.features[holdout.rows])


def probabilities_of_rules(
    candidate: Candidate, table: TrainingTable, splits: TimeSplits, holdout: Holdout, *, seed: int
) -> Floats:
    """Return the probabilities of the holdout by a curve on a candidate's rules alone, fitted on the older splits."""
    table = _with_own_points(candidate, table, splits, holdout, seed)
    return probabilities(rule_curve(table, splits), table.features[holdout.rows])


def _with_own_points(
    candidate: Candidate, table: TrainingTable, splits: TimeSplits, holdout: Holdout, seed: int
) -> TrainingTable:
    """Put the points of a candidate's rules into a table; a scorecard is learned anew unless the holdout is fresh."""
    learns_anew = candidate.is_scorecard and not holdout.fresh
    rules = scorecard_for(table, splits, seed) if learns_anew else candidate.rules
    return replace(table, features=with_points(rules, table.features))


def compare_versions(scored: dict[str, Floats], table: TrainingTable, holdout: Holdout, *, seed: int) -> Verdict:
    """Compare the probabilities of ``rules``, ``champion`` and ``challenger`` on the rows of the holdout.

    The challenger is promoted when the upper 95 % bound of its log-loss less the champion's is below +0.005 and its
    AUC is not lower than the rules'.
    """
    won, groups = outcomes_of(table, holdout.rows)
    metrics = evaluate_all(scored, won, groups, seed)
    apart = difference(scored["challenger"], scored["champion"], won, groups, seed)
    return Verdict(_outcome(metrics, apart, comparable=table.minority_count(holdout.rows) > 0), holdout, metrics, apart)


def _outcome(metrics: dict[str, Metrics], apart: Difference, *, comparable: bool) -> Outcome:
    """Return how the challenger does: it must surely not be much worse than the champion, and rank as the rules do."""
    if not comparable:
        return "incomparable"
    if apart.log_loss_ci[1] >= NO_WORSE:
        return "may be worse"
    return "ranks worse" if metrics["challenger"].auc < metrics["rules"].auc else "holds"

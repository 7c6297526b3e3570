"""Champion against challenger, on leads that neither of them has learned from.

The fair leads are those that came after both had stopped learning. Where too few of them have matured, the recipes are
compared instead: both are fitted on the same older splits and looked at on the same newest block.
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
class Contestant:
    """A version as far as it matters here: its model, its rules, its recipe, and what it was trained for and on.

    ``is_scorecard`` tells that the rules were learned too; ``horizon`` is None in flat mode.
    """

    model: StackingClassifier
    rules: Rules
    is_scorecard: bool
    recipe: Recipe
    horizon: int | None
    data_end: pd.Timestamp


@dataclass(frozen=True)
class Ground:
    """The rows that scorers are compared on; ``fresh`` where no contestant can have learned from them, else ``why``."""

    rows: Rows
    fresh: bool
    why: str = ""

    @property
    def told(self) -> str:
        if self.fresh:
            return "leads newer than what was learned from"
        return f"the newest block, recipes fitted on the splits before: {self.why}"


@dataclass(frozen=True)
class Verdict:
    """How a challenger does beside the champion; metrics of all scorers on the same rows, and how the two differ."""

    outcome: Outcome
    ground: Ground
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


def ground_for(table: TrainingTable, splits: TimeSplits, contestants: Sequence[Contestant]) -> Ground:
    """Return the test rows whose whole window lies after the data of all contestants, if they are enough, else all.

    In flat mode nothing tells when an outcome was known, and a version for another horizon says something else: then
    the recipes are compared.
    """
    if not table.timed:
        return Ground(splits.test, fresh=False, why="nothing tells when outcomes were known")
    if any(each.horizon != table.horizon for each in contestants):
        return Ground(splits.test, fresh=False, why="one was trained for another horizon")
    newest = max(each.data_end for each in contestants)
    fresh = splits.test & (table.rows["as_of"] >= newest).to_numpy()
    if table.minority_count(fresh) >= FEWEST_FRESH:
        return Ground(fresh, fresh=True)
    return Ground(splits.test, fresh=False, why="too few leads are newer than what was learned from")


def probabilities_of(
    contestant: Contestant, table: TrainingTable, splits: TimeSplits, ground: Ground, *, seed: int
) -> Floats:
    """Return what a contestant says of the ground: its stored model, or its recipe fitted on the older splits.

    ``table`` holds the features that the contestant knows.
    """
    table = _with_own_points(contestant, table, splits, ground, seed)
    if ground.fresh:
        return probabilities(contestant.model, table.features[ground.rows])
    learned = member_names(contestant.model) != (RULES,)
    model = fit_recipe(contestant.recipe, table, splits, seed=seed) if learned else None
    return probabilities(model or rule_curve(table, splits), table.features[ground.rows])


def probabilities_of_rules(
    contestant: Contestant, table: TrainingTable, splits: TimeSplits, ground: Ground, *, seed: int
) -> Floats:
    """Return what the rules of a contestant alone say of the ground, by a curve fitted on the older splits."""
    table = _with_own_points(contestant, table, splits, ground, seed)
    return probabilities(rule_curve(table, splits), table.features[ground.rows])


def _with_own_points(
    contestant: Contestant, table: TrainingTable, splits: TimeSplits, ground: Ground, seed: int
) -> TrainingTable:
    """Put the points of a contestant's rules into a table; a scorecard is learned anew unless the ground is fresh."""
    learns_anew = contestant.is_scorecard and not ground.fresh
    rules = scorecard_for(table, splits, seed) if learns_anew else contestant.rules
    return replace(table, features=with_points(rules, table.features))


def judge(told: dict[str, Floats], table: TrainingTable, ground: Ground, *, seed: int) -> Verdict:
    """Compare ``rules``, ``champion`` and ``challenger`` on the rows of the ground, and decide.

    The challenger is promoted when the upper 95 % bound of its log-loss less the champion's is below +0.005 and its
    AUC is not lower than the rules'.
    """
    won, groups = outcomes_of(table, ground.rows)
    metrics = evaluate_all(told, won, groups, seed)
    apart = difference(told["challenger"], told["champion"], won, groups, seed)
    return Verdict(_outcome(metrics, apart, comparable=table.minority_count(ground.rows) > 0), ground, metrics, apart)


def _outcome(metrics: dict[str, Metrics], apart: Difference, *, comparable: bool) -> Outcome:
    if not comparable:
        return "incomparable"
    if apart.log_loss_ci[1] >= NO_WORSE:
        return "may be worse"
    return "ranks worse" if metrics["challenger"].auc < metrics["rules"].auc else "holds"

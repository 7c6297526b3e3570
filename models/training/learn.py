"""Learning: from a training table to a model that has shown, on the newest split, that it beats the rules.

The recipe is chosen on the fit and tune splits, forward in time; its members are fitted on the fit split, blended and
calibrated on the tune split, and measured once on the test split beside the rules. What wins is refitted on all rows
with its settings, weights and calibration frozen, and on leads that closed before their window was over; of few
outcomes nothing is held out, and weights and calibration are found anew. The level alone follows the test split, where
that shows that it has moved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import StackingClassifier

from models.blend import LOGISTIC, RULES, log_odds, member_names, probabilities
from models.members import MEMBERS, Recipe, default_recipe, fit_rule_curve
from models.rules import Rules, fit_scorecard, with_points
from models.training.blend import blend, mixture, with_members, with_shift
from models.training.calendar import calendar_columns
from models.training.censoring import with_resolved
from models.training.few_outcomes import few_outcomes_recipe, fit_few_outcomes
from models.training.level import LevelShift, level_of, shift_to
from models.training.rungs import FEWEST_TO_CALIBRATE, Rung, require_leads, rung_of
from models.training.search import Effort, Search, search_recipe
from models.training.selection import Selection, select
from models.training.splits import TimeSplits, split_table
from models.training_table import TrainingTable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Learned:
    """What came of a training: the model refitted on all rows, and how its recipe did on the test split.

    ``before`` is what is served, as it was fitted on the older splits. ``selection`` says whether that is the model or
    the rules, and why. ``tested`` holds the probabilities of the test rows: by the learned recipe fitted on the older
    splits (by the rules, where there are too few outcomes to learn from), by the rules, and by the base rate of the
    older splits. ``search`` says how the recipe was chosen, and is None where there was too little to choose from.
    ``features`` are the training table's, with the points of the rules. ``resolved`` counts the snapshots of leads that
    closed before their window was over and that were learned from. ``level`` says how many of the newest leads were won
    and expected, and what was added to the log-odds therefore.
    """

    model: StackingClassifier
    before: StackingClassifier
    rules: Rules
    rules_kind: Literal["rules", "scorecard"]
    selection: Selection
    search: Search | None
    splits: TimeSplits
    tested: dict[str, Floats]
    features: pd.DataFrame
    level: LevelShift
    resolved: int = 0

    @property
    def chosen(self) -> str:
        return chosen_of(self.model)

    @property
    def why(self) -> str:
        """Return why the model, or why the rules are served, in words."""
        return self.selection.why

    @property
    def choices(self) -> list[str]:
        """Return what was chosen on the way, in words."""
        chosen = self.search.choices if self.search else []
        return [*chosen, str(self.level)] if self.level.shift else chosen

    @property
    def served(self) -> Floats:
        """Return the probabilities of the test rows by what is served."""
        return self.tested["rules" if self.chosen == "rules" else "model"]

    @cached_property
    def fitted(self) -> Floats:
        """Return the model's probabilities of all rows, of most of which it learned: a description, and no measure."""
        return probabilities(self.model, self.features)

    @property
    def recipe(self) -> Recipe:
        """Return how the served model was made."""
        served = member_names(self.model)
        return replace(self.search.recipe if self.search else default_recipe(), members=served)

    @property
    def rung(self) -> Rung:
        """Return how much was learned: all, a logistic regression beside the rules, or nothing."""
        served = {name for name in member_names(self.model) if name != RULES}
        return "full" if served - {LOGISTIC} else "logistic" if served else "rules"


def chosen_of(model: StackingClassifier) -> str:
    """Return the name of a model: that of its only member, or blend."""
    names = member_names(model)
    return names[0] if len(names) == 1 else "blend"


def learn(
    table: TrainingTable,
    rules: Rules | None,
    *,
    seed: int,
    effort: Effort,
    budget: float | None = None,
    censored: TrainingTable | None = None,
) -> Learned:
    """Learn from a table beside the given rules; without rules, beside a points scorecard fitted on the fit split.

    ``censored`` are the snapshots whose window is not over: what is served learns from those of leads that closed.
    The search for settings takes the ``effort``, and at most ``budget`` seconds.
    Where there is too little to learn from, the rules decide. Raises InputError where there is no lead at all.
    """
    require_leads(table)
    splits = split_table(table, seed)
    baseline = rules or scorecard_for(table, splits, seed)
    table = replace(table, features=with_points(baseline, table.features))
    # Everything that is chosen is chosen on the older splits.
    older, curve, rung = table.subset(splits.older), rule_curve(table, splits), rung_of(table, splits)
    search = _search(older, rung, with_rules=rules is not None, effort=effort, budget=budget, seed=seed)
    model = fit_recipe(search.recipe, table, splits, seed=seed) if search else None
    # The test split is scored once, and decides.
    newest = table.features[splits.test]
    tested = {"rules": probabilities(curve, newest), "model": probabilities(model or curve, newest)}
    selection = select(model, tested, table, splits, of_people=rules is not None, seed=seed)
    served = model if model is not None and selection.model_is_served else curve
    # What is served learns from all rows, and with all settings from leads that closed within an open window as well.
    rows = table
    if censored is not None and rung == "full" and served is model:
        rows = with_resolved(table, replace(censored, features=with_points(baseline, censored.features)))
    recipe = search.recipe if search else default_recipe()
    nothing_was_held_out = served is model and rung == "logistic"  # to find its weights
    refitted = fit_few_outcomes(recipe, table, seed=seed) if nothing_was_held_out else refit(served, recipe, rows, seed)
    model, level = _at_its_level(refitted, served, table, splits)
    return Learned(
        model=model,
        before=served,
        rules=baseline,
        rules_kind="rules" if rules else "scorecard",
        selection=selection,
        search=search,
        splits=splits,
        tested={**tested, "base rate": _base_rate(table, splits)},
        features=table.features,
        level=level,
        resolved=len(rows) - len(table),
    )


def _search(
    older: TrainingTable, rung: Rung, *, with_rules: bool, effort: Effort, budget: float | None, seed: int
) -> Search | None:
    """Choose a recipe for as much as can be learned; None where that is nothing."""
    if rung == "full":
        return search_recipe(older, with_points=with_rules, effort=effort, seed=seed, budget=budget)
    if rung == "logistic":
        return Search(few_outcomes_recipe(with_rules=with_rules), ["few outcomes: logistic regression alone"])
    return None


def fit_recipe(recipe: Recipe, table: TrainingTable, splits: TimeSplits, *, seed: int) -> StackingClassifier | None:
    """Fit a recipe on the older splits, in the way that they have outcomes for; None where nothing holds."""
    rung = rung_of(table, splits)
    if rung == "full":
        return fit_blend(recipe, table, splits, seed=seed)
    return fit_few_outcomes(recipe, table.subset(splits.older), seed=seed) if rung == "logistic" else None


def fit_blend(recipe: Recipe, table: TrainingTable, splits: TimeSplits, *, seed: int) -> StackingClassifier | None:
    """Fit a recipe's members on the fit split, and blend and calibrate them on the tune split.

    None where what they learned does not hold on the tune split.
    """
    fit = table.subset(splits.fit)
    members = {name: MEMBERS[name].fit(fit, recipe, seed=seed) for name in recipe.members}
    return blend(members, table.features[splits.tune], table.won[splits.tune], trust=recipe.trust)


def refit(model: StackingClassifier, recipe: Recipe, table: TrainingTable, seed: int) -> StackingClassifier:
    """Refit the members on all rows of a table; settings, weights and calibration stay as they were found."""
    return with_members(model, {name: MEMBERS[name].fit(table, recipe, seed=seed) for name in member_names(model)})


def scorecard_for(table: TrainingTable, splits: TimeSplits, seed: int, *, rules: int = 15) -> Rules:
    """Learn at most so many rules on the fit split; columns that only encode the calendar earn no points."""
    fit = table.subset(splits.fit)
    calendar = calendar_columns(fit)
    return fit_scorecard(
        fit.features.drop(columns=list(calendar)),
        fit.won,
        table.schema,
        leads=fit.rows["lead_id"].to_numpy(),
        rules=rules,
        seed=seed,
    )


def rule_curve(table: TrainingTable, splits: TimeSplits) -> StackingClassifier:
    """Fit the curve on the fit split and calibrate it on the tune split; on both where the tune split is scarce."""
    if table.minority_count(splits.tune) >= FEWEST_TO_CALIBRATE and table.minority_count(splits.fit):
        curve, later = fit_rule_curve(table.features[splits.fit], table.won[splits.fit]), table.features[splits.tune]
        calibrated = blend({RULES: curve}, later, table.won[splits.tune], trust=default_recipe().trust)
        if calibrated is not None:
            return calibrated
    curve = fit_rule_curve(table.features[splits.older], table.won[splits.older])
    return mixture({RULES: curve}, 0.0, np.ones(1), table.features)


def _at_its_level(
    refitted: StackingClassifier, served: StackingClassifier, table: TrainingTable, splits: TimeSplits
) -> tuple[StackingClassifier, LevelShift]:
    """Return a refitted model at the level of the newest rows, and how that has moved since the older ones.

    What moved is seen in what the served model, which has not learned from the newest rows, says of them. The refitted
    one has, and knows a part of it: it gets what is left to expect as much of them.
    Rows without an order have no newest ones.
    """
    if table.order_in_time is None or not splits.test.any():
        return refitted, LevelShift(0.0, float("nan"), float("nan"), 0)
    newest = np.flatnonzero(splits.test)
    newest = newest[np.argsort(table.order_in_time.to_numpy()[newest], kind="stable")]
    features, weights = table.features.iloc[newest], table.weights[newest]
    level = level_of(log_odds(probabilities(served, features)), table.won[newest], weights)
    if not level.shift:
        return refitted, level
    left = shift_to(level.rate * weights.sum(), log_odds(probabilities(refitted, features)), weights)
    return with_shift(refitted, left), replace(level, shift=left)


def _base_rate(table: TrainingTable, splits: TimeSplits) -> Floats:
    return np.full(splits.test.sum(), table.won[splits.older].mean())

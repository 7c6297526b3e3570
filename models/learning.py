"""Learning: from a training table to a model that has shown, on the newest block, that it beats the rules.

The recipe is chosen on the fit and tune blocks, forward in time; its members are fitted on the fit block, blended and
calibrated on the tune block, and measured once on the test block beside the rules. What wins is refitted on all matured
rows with its settings, weights and calibration frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import StackingClassifier

from data.errors import InputError
from features.catalogue import RULE_POINTS
from models.blocks import Blocks, blocks_by_order, blocks_by_time, random_blocks
from models.calendar import calendar_columns
from models.evaluation import auc, difference
from models.learned import blend, member_names, probabilities, with_members
from models.members import fit_member, fit_rule_curve
from models.recipe import RULES, Recipe
from models.rules import Rules
from models.rules import evaluate as evaluate_rules
from models.scorecard import fit_scorecard
from models.search import Search, search
from models.training_table import TrainingTable

FEWEST = 30
"""Fewer wins (or losses) than this in the fit block and the rules decide: more would be learned from noise."""
FEWEST_TO_CALIBRATE = 10
"""Wins (and losses) that the tune block needs."""
BLIND = 1e6
"""Trust with which a calibration leaves probabilities as they are."""
NO_WORSE = 0.005
"""Log-loss by which a model may be worse than the rules, at the upper end of the 95 % interval."""

Chosen = Literal["rules", "logistic", "boosting", "blend"]


@dataclass(frozen=True)
class Learned:
    """What came of a training: the model refitted on all rows, and how its recipe did on the test block.

    ``tested`` holds the probabilities of the test rows: by the learned recipe fitted on the older blocks (by the rules,
    where there are too few outcomes to learn from), by the rules, and by the base rate of the older blocks. ``found``
    says how the recipe was chosen, and is None where there was too little to choose from. ``design`` is the training
    table's, with the points of the rules.
    """

    model: StackingClassifier
    rules: Rules
    rules_kind: Literal["rules", "scorecard"]
    why: str
    found: Search | None
    blocks: Blocks
    tested: dict[str, npt.NDArray[np.float64]]
    design: pd.DataFrame

    @property
    def chosen(self) -> Chosen:
        return chosen_of(self.model)

    @property
    def served(self) -> npt.NDArray[np.float64]:
        """Return the probabilities of the test rows by what is served."""
        return self.tested["rules" if self.chosen == "rules" else "model"]

    @property
    def recipe(self) -> Recipe:
        """Return how the served model was made."""
        served = member_names(self.model)
        return replace(self.found.recipe, members=served) if self.found else Recipe(members=served)

    @property
    def rung(self) -> Literal["rules", "logistic", "full"]:
        return self.chosen if self.chosen in ("rules", "logistic") else "full"


def chosen_of(model: StackingClassifier) -> Chosen:
    """Return the name of a model: that of its only member, or blend."""
    names = member_names(model)
    return names[0] if len(names) == 1 else "blend"  # type: ignore[return-value]


def learn(table: TrainingTable, rules: Rules | None, *, seed: int, trials: int, budget: float | None = None) -> Learned:
    """Learn from a table beside the given rules; without rules, beside a points scorecard fitted on the fit block.

    ``trials`` settings of the trees are tried, in at most ``budget`` seconds.
    Raises InputError where there are not both won and lost leads to learn from.
    """
    blocks = lay_blocks(table, seed)
    require_both_outcomes(table, blocks)
    fitted = rules or scorecard_for(table, blocks, seed)
    table = replace(table, design=with_points(fitted, table.design))
    curve, model, found = rule_curve(table, blocks), None, None
    if can_learn(table, blocks):
        older = table.taken(blocks.fit | blocks.tune)
        found = search(older, with_points=rules is not None, trials=trials, seed=seed, budget=budget)
        model = fit_blend(found.recipe, table, blocks, seed=seed)
    tested = {"rules": probabilities(curve, table.design[blocks.test])}
    tested["model"] = probabilities(model or curve, table.design[blocks.test])
    beats, why = _beats_the_rules(model, tested, table, blocks, seed)
    return Learned(
        model=refit(model if model is not None and beats else curve, found.recipe if found else Recipe(), table, seed),
        rules=fitted,
        rules_kind="rules" if rules else "scorecard",
        why=why,
        found=found,
        blocks=blocks,
        tested={**tested, "base rate": _base_rate(table, blocks)},
        design=table.design,
    )


def fit_blend(recipe: Recipe, table: TrainingTable, blocks: Blocks, *, seed: int) -> StackingClassifier | None:
    """Fit a recipe's members on the fit block, and blend and calibrate them on the tune block.

    None where what they learned does not hold on the tune block.
    """
    fit = table.taken(blocks.fit)
    members = {name: fit_member(name, recipe, fit, seed=seed) for name in recipe.members}
    return blend(members, table.design[blocks.tune], table.won[blocks.tune], trust=recipe.trust)


def refit(model: StackingClassifier, recipe: Recipe, table: TrainingTable, seed: int) -> StackingClassifier:
    """Refit the members on all matured rows; settings, weights and calibration stay as they were found."""
    return with_members(model, {name: fit_member(name, recipe, table, seed=seed) for name in member_names(model)})


def scorecard_for(table: TrainingTable, blocks: Blocks, seed: int) -> Rules:
    """Learn a scorecard on the fit block; columns that only encode the calendar earn no points."""
    fit = table.taken(blocks.fit)
    calendar = calendar_columns(fit)
    return fit_scorecard(
        fit.design.drop(columns=list(calendar)),
        fit.won,
        table.schema,
        leads=fit.rows["lead_id"].to_numpy(),
        seed=seed,
    )


def with_points(rules: Rules, design: pd.DataFrame) -> pd.DataFrame:
    """Put the points of the rules beside the features."""
    return design.assign(**{RULE_POINTS.name: evaluate_rules(rules, design)["points"].to_numpy()})


def lay_blocks(table: TrainingTable, seed: int) -> Blocks:
    """Lay the blocks by time where it is known, else by the given order, else at random."""
    if table.timed:
        return blocks_by_time(table.rows["as_of"], table.horizon)
    if table.rows["order"].notna().any():
        return blocks_by_order(table.rows["order"])
    return random_blocks(len(table.rows), seed)


def require_both_outcomes(table: TrainingTable, blocks: Blocks) -> None:
    older = blocks.fit | blocks.tune
    if not older.any() or not blocks.test.any():
        raise InputError(
            "the data span too short a time to learn forward in time",
            expected=f"leads over more than {3 * table.horizon} days: three blocks, a horizon of {table.horizon} apart",
            got=f"{len(table.rows):,} snapshots whose window is over, {int(older.sum()):,} of them old enough",
            remedy="give a shorter --horizon, or bring older leads",
        )
    won = table.won[older]
    if len(np.unique(won)) < 2:
        raise InputError(
            "there is nothing to tell won from lost leads by",
            expected="both won and lost leads among the older four fifths of the data",
            got=f"{int(won.sum())} won and {int((1 - won).sum())} lost, of {len(table.rows)} in all",
            remedy="name the values that mean won (--won), or bring more closed leads",
        )


def can_learn(table: TrainingTable, blocks: Blocks) -> bool:
    """Tell whether there are enough outcomes to learn from, and some of both to calibrate on."""
    fewest = {"fit": FEWEST, "tune": FEWEST_TO_CALIBRATE}
    return all(table.scarcer(getattr(blocks, name)) >= count for name, count in fewest.items())


def rule_curve(table: TrainingTable, blocks: Blocks) -> StackingClassifier:
    """Fit the curve on the fit block and calibrate it on the tune block; on both where the tune block is scarce."""
    fit, tune = blocks.fit, blocks.tune
    if table.scarcer(tune) < FEWEST_TO_CALIBRATE or not table.scarcer(fit):
        fit = tune = fit | tune
    curve = fit_rule_curve(table.design[fit], table.won[fit])
    later = table.design[tune], table.won[tune]
    calibrated = blend({RULES: curve}, *later, trust=Recipe().trust) or blend({RULES: curve}, *later, trust=BLIND)
    assert calibrated is not None, "a member that is trusted blindly has the weight 1"
    return calibrated


def _base_rate(table: TrainingTable, blocks: Blocks) -> npt.NDArray[np.float64]:
    return np.full(blocks.test.sum(), table.won[blocks.fit | blocks.tune].mean())


def outcomes_of(table: TrainingTable, rows: npt.NDArray[np.bool_]) -> tuple[npt.NDArray, npt.NDArray]:
    """Return who won of some rows, and the account of each where it is known, else the lead."""
    return table.won[rows], table.rows["group"][rows].to_numpy()


def _beats_the_rules(
    model: StackingClassifier | None,
    tested: dict[str, npt.NDArray[np.float64]],
    table: TrainingTable,
    blocks: Blocks,
    seed: int,
) -> tuple[bool, str]:
    """Serve the model unless the rules rank better, or its log-loss may be clearly worse than the rules'."""
    if not can_learn(table, blocks):
        fit, tune = (table.scarcer(rows) for rows in (blocks.fit, blocks.tune))
        needed = f"{FEWEST} won and as many lost are needed to learn from, {FEWEST_TO_CALIBRATE} to calibrate on"
        return False, f"the rules decide: {needed}, and there are {fit} and {tune}"
    if model is None:
        return False, "the rules decide: what was learned did not hold on later leads"
    won, groups = outcomes_of(table, blocks.test)
    if not table.scarcer(blocks.test):
        return False, "the rules decide: all leads of the newest block ended alike, so that nothing can be compared"
    low, high = difference(tested["model"], tested["rules"], won, groups, seed).log_loss_ci
    ours, theirs = auc(tested["model"], won), auc(tested["rules"], won)
    if not np.ptp(tested["rules"]) and ours > theirs:
        return True, f"the model is served, for the rules tell no lead from another: AUC {ours:.3f}"
    compared = f"AUC {ours:.3f}, the rules' {theirs:.3f}; log-loss {low:+.4f} to {high:+.4f} beside theirs (95 %)"
    if ours >= theirs and high < NO_WORSE:
        return True, f"the model beats the rules: {compared}"
    return False, f"the model does not clearly beat the rules, which are served: {compared}"

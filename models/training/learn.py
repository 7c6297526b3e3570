"""Learning: from a training table to a model that has shown, on the newest block, that it beats the rules.

The recipe is chosen on the fit and tune blocks, forward in time; its members are fitted on the fit block, blended and
calibrated on the tune block, and measured once on the test block beside the rules. What wins is refitted on all rows
with its settings, weights and calibration frozen, and on leads that closed before their window was over; of few
outcomes nothing is held out, and weights and calibration are found anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import StackingClassifier

from data.errors import InputError
from features import catalogue
from models.blend import LOGISTIC, RULES, member_names, probabilities
from models.members import MEMBERS, Recipe, default_recipe, fit_rule_curve
from models.metrics import auc, difference
from models.rules import Rules, fit_scorecard, with_points
from models.training.blend import blend, mixture, with_members
from models.training.calendar import calendar_columns
from models.training.censoring import with_settled
from models.training.few_outcomes import fit_little, little_recipe
from models.training.search import Search, search_recipe
from models.training.splits import Blocks, blocks_by_order, blocks_by_time, random_blocks, undivided
from models.training_table import TrainingTable

FEWEST = 100
"""Fewer wins (or losses) than this in the fit block bear no trees: more would be learned from noise. Snapshots count:
on simulated funnels a lead looked at at several ages taught more than one looked at once."""
FEWEST_TO_CALIBRATE = 20
"""Wins (and losses) that the tune block needs."""
FEWEST_AT_ALL = 3
"""Wins (and losses) of the older blocks from which on anything is learned."""
NO_WORSE = 0.005
"""Log-loss by which a model may be worse than the rules, at the upper end of the 95 % interval."""

FEW_TO_JUDGE = 100
"""Wins (or losses) of the test block with fewer of which two good scorers can hardly be told apart."""

Step = Literal["rules", "logistic", "full"]


@dataclass(frozen=True)
class Learned:
    """What came of a training: the model refitted on all rows, and how its recipe did on the test block.

    ``before`` is what is served, as it was fitted on the older blocks. ``tested`` holds the probabilities of the test
    rows: by the learned recipe fitted on the older blocks (by the rules, where there are too few outcomes to learn
    from), by the rules, and by the base rate of the older blocks. ``found`` says how the recipe was chosen, and is None
    where there was too little to choose from. ``design`` is the training table's, with the points of the rules.
    ``settled`` counts the snapshots of leads that closed before their window was over and that were learned from.
    """

    model: StackingClassifier
    before: StackingClassifier
    rules: Rules
    rules_kind: Literal["rules", "scorecard"]
    why: str
    found: Search | None
    blocks: Blocks
    tested: dict[str, npt.NDArray[np.float64]]
    design: pd.DataFrame
    settled: int = 0

    @property
    def chosen(self) -> str:
        return chosen_of(self.model)

    @property
    def served(self) -> npt.NDArray[np.float64]:
        """Return the probabilities of the test rows by what is served."""
        return self.tested["rules" if self.chosen == "rules" else "model"]

    @cached_property
    def fitted(self) -> npt.NDArray[np.float64]:
        """Return what the model says of all rows, of most of which it learned: a description, and no measure of it."""
        return probabilities(self.model, self.design)

    @property
    def recipe(self) -> Recipe:
        """Return how the served model was made."""
        served = member_names(self.model)
        return replace(self.found.recipe if self.found else default_recipe(), members=served)

    @property
    def rung(self) -> Step:
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
    trials: int,
    budget: float | None = None,
    censored: TrainingTable | None = None,
) -> Learned:
    """Learn from a table beside the given rules; without rules, beside a points scorecard fitted on the fit block.

    ``censored`` are the snapshots whose window is not over: what is served learns from those of leads that closed.
    ``trials`` settings of the trees are tried, in at most ``budget`` seconds.
    Where there is too little to learn from, the rules decide. Raises InputError where there is no lead at all.
    """
    require_leads(table)
    blocks = lay_blocks(table, seed)
    fitted = rules or scorecard_for(table, blocks, seed)
    table = replace(table, design=with_points(fitted, table.design))
    older, curve = table.taken(blocks.fit | blocks.tune), rule_curve(table, blocks)
    step = step_of(table, blocks)
    found = _found(older, step, with_rules=rules is not None, trials=trials, budget=budget, seed=seed)
    model = fit_recipe(found.recipe, table, blocks, seed=seed) if found else None
    tested = {"rules": probabilities(curve, table.design[blocks.test])}
    tested["model"] = probabilities(model or curve, table.design[blocks.test])
    beats, why = beats_the_rules(model, tested, table, blocks, of_people=rules is not None, seed=seed)
    served = model if model is not None and beats else curve
    recipe = found.recipe if found else default_recipe()
    whole = served is model and step == "logistic"  # nothing was held out to find its weights
    last = table
    if censored is not None and step == "full" and served is model:
        last = with_settled(table, replace(censored, design=with_points(fitted, censored.design)))
    return Learned(
        model=fit_little(recipe, table, seed=seed) if whole else refit(served, recipe, last, seed),
        before=served,
        rules=fitted,
        rules_kind="rules" if rules else "scorecard",
        why=why,
        found=found,
        blocks=blocks,
        tested={**tested, "base rate": _base_rate(table, blocks)},
        design=table.design,
        settled=len(last) - len(table),
    )


def _found(
    older: TrainingTable, step: Step, *, with_rules: bool, trials: int, budget: float | None, seed: int
) -> Search | None:
    """Choose a recipe for as much as can be learned; None where that is nothing."""
    if step == "full":
        return search_recipe(older, with_points=with_rules, trials=trials, seed=seed, budget=budget)
    if step == "logistic":
        return Search(little_recipe(with_rules=with_rules), ["few outcomes: logistic regression alone"])
    return None


def step_of(table: TrainingTable, blocks: Blocks) -> Step:
    """Return how much there is to learn from: all, a logistic regression that departs from the rules, or nothing.

    Nothing where there are no later leads on which to show what was learned, and where no column makes a feature.
    """
    if not blocks.test.any() or not catalogue(table.schema):
        return "rules"
    if table.scarcer(blocks.fit) >= FEWEST and table.scarcer(blocks.tune) >= FEWEST_TO_CALIBRATE:
        return "full"
    return "logistic" if table.scarcer(blocks.fit | blocks.tune) >= FEWEST_AT_ALL else "rules"


def fit_recipe(recipe: Recipe, table: TrainingTable, blocks: Blocks, *, seed: int) -> StackingClassifier | None:
    """Fit a recipe on the older blocks, in the way that they have outcomes for; None where nothing holds."""
    step = step_of(table, blocks)
    if step == "full":
        return fit_blend(recipe, table, blocks, seed=seed)
    return fit_little(recipe, table.taken(blocks.fit | blocks.tune), seed=seed) if step == "logistic" else None


def fit_blend(recipe: Recipe, table: TrainingTable, blocks: Blocks, *, seed: int) -> StackingClassifier | None:
    """Fit a recipe's members on the fit block, and blend and calibrate them on the tune block.

    None where what they learned does not hold on the tune block.
    """
    fit = table.taken(blocks.fit)
    members = {name: MEMBERS[name].fit(fit, recipe, seed=seed) for name in recipe.members}
    return blend(members, table.design[blocks.tune], table.won[blocks.tune], trust=recipe.trust)


def refit(model: StackingClassifier, recipe: Recipe, table: TrainingTable, seed: int) -> StackingClassifier:
    """Refit the members on all rows of a table; settings, weights and calibration stay as they were found."""
    return with_members(model, {name: MEMBERS[name].fit(table, recipe, seed=seed) for name in member_names(model)})


def scorecard_for(table: TrainingTable, blocks: Blocks, seed: int, *, rules: int = 15) -> Rules:
    """Learn at most so many rules on the fit block; columns that only encode the calendar earn no points."""
    fit = table.taken(blocks.fit)
    calendar = calendar_columns(fit)
    return fit_scorecard(
        fit.design.drop(columns=list(calendar)),
        fit.won,
        table.schema,
        leads=fit.rows["lead_id"].to_numpy(),
        rules=rules,
        seed=seed,
    )


def lay_blocks(table: TrainingTable, seed: int) -> Blocks:
    """Lay the blocks by time where it is known, else by the given order, else at random.

    None are laid where one would stay empty, and where outcomes are only supposed.
    """
    blocks = undivided(len(table)) if table.supposed else _laid(table, seed)
    return blocks if (blocks.fit | blocks.tune).any() and blocks.test.any() else undivided(len(table))


def _laid(table: TrainingTable, seed: int) -> Blocks:
    if table.timed:
        return blocks_by_time(table.rows["as_of"], table.horizon)
    if table.rows["order"].notna().any():
        return blocks_by_order(table.rows["order"])
    return random_blocks(len(table.rows), seed)


def require_leads(table: TrainingTable) -> None:
    """Raise InputError where there is no lead at all, not even one for rules to decide on."""
    if not len(table):
        raise InputError(
            "there is no lead to learn from",
            expected="leads that are known to have been created, and closed, at some time",
            got="none",
            remedy="check the columns and the formats of the dates of creation and of closing",
        )


def require_both_outcomes(table: TrainingTable, blocks: Blocks) -> None:
    """Raise InputError where all snapshots ended alike, or where they span no time to look forward in."""
    if not table.scarcer():
        raise InputError(
            "there is nothing to tell won from lost leads by",
            expected="both won and lost leads",
            got=f"{int(table.won.sum())} won and {int((1 - table.won).sum())} lost snapshots",
            remedy="name the values that mean won (--won), give another --horizon, or bring more closed leads",
        )
    if not blocks.test.any():
        raise InputError(
            "the data span too short a time to learn forward in time",
            expected=_told_span(table),
            got=f"{len(table.rows):,} snapshots whose window is over",
            remedy="give a shorter --horizon, or bring older leads",
        )


def _told_span(table: TrainingTable) -> str:
    """Say what it takes to look forward in time."""
    if not table.timed:
        return f"more {'closed ' if table.supposed else ''}leads, for three blocks"
    return f"leads over more than {3 * table.horizon} days: three blocks, a horizon of {table.horizon} apart"


def _told_scarcity(table: TrainingTable, blocks: Blocks) -> str:
    """Say of which outcome there are too few leads, and what would do; or that there is nothing to learn from."""
    if not catalogue(table.schema):
        return "no column tells leads apart: features need one that is filled, that varies, and that is no contact data"
    ended = "won" if table.leads_that("won") <= table.leads_that("lost") else "lost"
    have, older = table.leads_that(ended), blocks.fit | blocks.tune
    if step_of(table, blocks) == "rules":
        were = f"{have} {'lead was' if have == 1 else 'leads were'} {ended}"
        if not blocks.test.any():
            return f"{were}, and {FEWEST_AT_ALL} are needed that are old enough; it takes {_told_span(table)}"
        return (
            f"{were}, {table.leads_that(ended, older)} of them old enough to learn from, and {FEWEST_AT_ALL} are needed"
        )
    fit, tune = (table.scarcer(rows) for rows in (blocks.fit, blocks.tune))
    if not blocks.tune.any():
        return f"{have} leads were {ended}; to learn everything takes {_told_span(table)}"
    if not fit or not tune:
        return f"{have} leads were {ended}; to learn everything takes some in each block, old and new"
    lift = max(FEWEST / fit, FEWEST_TO_CALIBRATE / tune)
    return f"{have} leads were {ended}; with about {math.ceil(have * lift)} everything is learned"


def rule_curve(table: TrainingTable, blocks: Blocks) -> StackingClassifier:
    """Fit the curve on the fit block and calibrate it on the tune block; on both where the tune block is scarce."""
    older = blocks.fit | blocks.tune
    if table.scarcer(blocks.tune) >= FEWEST_TO_CALIBRATE and table.scarcer(blocks.fit):
        curve, later = fit_rule_curve(table.design[blocks.fit], table.won[blocks.fit]), table.design[blocks.tune]
        calibrated = blend({RULES: curve}, later, table.won[blocks.tune], trust=default_recipe().trust)
        if calibrated is not None:
            return calibrated
    curve = fit_rule_curve(table.design[older], table.won[older])
    return mixture({RULES: curve}, 0.0, np.ones(1), table.design)


def _base_rate(table: TrainingTable, blocks: Blocks) -> npt.NDArray[np.float64]:
    return np.full(blocks.test.sum(), table.won[blocks.fit | blocks.tune].mean())


def outcomes_of(table: TrainingTable, rows: npt.NDArray[np.bool_]) -> tuple[npt.NDArray, npt.NDArray]:
    """Return who won of some rows, and the account of each where it is known, else the lead."""
    return table.won[rows], table.rows["group"][rows].to_numpy()


def beats_the_rules(
    model: StackingClassifier | None,
    tested: dict[str, npt.NDArray[np.float64]],
    table: TrainingTable,
    blocks: Blocks,
    *,
    of_people: bool,
    seed: int,
) -> tuple[bool, str]:
    """Tell whether the model is served, and why; ``of_people`` says that the rules were not learned themselves.

    It must rank at least as well as the rules, and its log-loss must surely not be much worse. Rules that tell no lead
    from another rank nothing: beside them a log-loss that is surely lower is enough. Few outcomes cannot show
    that: then a model that was held back for its few outcomes, or stands beside rules that were learned from the same
    few, is served unless it is surely worse.
    """
    step = step_of(table, blocks)
    if step == "rules":
        return False, f"the rules decide: {_told_scarcity(table, blocks)}"
    if model is None:
        return False, "the rules decide: what was learned did not hold on later leads"
    few = f"few outcomes bear a logistic regression: {_told_scarcity(table, blocks)}"
    if not table.scarcer(blocks.test):
        alike = "all leads of the newest block ended alike, so that nothing can be compared"
        return step == "logistic", f"{few}; {alike}" if step == "logistic" else f"the rules decide: {alike}"
    won, groups = outcomes_of(table, blocks.test)
    low, high = difference(tested["model"], tested["rules"], won, groups, seed).log_loss_ci
    ours, theirs = auc(tested["model"], won), auc(tested["rules"], won)
    compared = f"AUC {ours:.3f}, the rules' {theirs:.3f}; log-loss {low:+.4f} to {high:+.4f} beside theirs (95 %)"
    if step == "logistic":
        return low <= 0, f"{few}: {compared}" if low <= 0 else f"the rules are surely better and are served: {compared}"
    if not np.ptp(tested["rules"]) and (ours > theirs or high < 0):
        return True, f"the model is served, for the rules tell no lead from another: {compared}"
    if ours >= theirs and high < NO_WORSE:
        return True, f"the model beats the rules: {compared}"
    if low <= 0 and not of_people and table.scarcer(blocks.test) < FEW_TO_JUDGE:
        return True, f"the model is served, for the scorecard, learned from the same leads, is not better: {compared}"
    return False, f"the model does not clearly beat the rules, which are served: {compared}"

"""Learning: from a training table to a model that has shown, on the newest block, that it beats the rules.

Fitted on the fit block, stopped and calibrated on the tune block, measured once on the test block beside the rules;
what wins is refitted on all matured rows with its settings and its calibration frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import StackingClassifier

from data.errors import InputError
from data.schema import Schema
from features.catalogue import RULE_POINTS, catalogue
from models.blocks import Blocks, blocks_by_order, blocks_by_time, random_blocks
from models.evaluation import Metrics, auc, evaluate, log_loss_difference
from models.learned import (
    RULES,
    Inputs,
    affine,
    calibrate,
    fit_boosting,
    fit_rule_curve,
    probabilities,
    tree_count,
    with_member,
)
from models.rules import Rules
from models.rules import evaluate as evaluate_rules
from models.scorecard import fit_scorecard

FEWEST = 30
"""Fewer wins (or losses) than this in the fit block and the rules decide: trees would learn noise."""
FEWEST_TO_CALIBRATE = 10
"""Wins (and losses) that the tune block needs."""
NO_WORSE = 0.005
"""Log-loss by which a model may be worse than the rules, at the upper end of the 95 % interval."""


@dataclass(frozen=True)
class TrainingTable:
    """Matured snapshots, in input order.

    design  the features, one row per snapshot
    rows    ``lead_id``, ``group`` (account where known, else lead), ``as_of``, ``won`` (0 or 1), ``order`` (or missing)
    timed   false in flat mode, where outcomes are final
    """

    schema: Schema
    design: pd.DataFrame
    rows: pd.DataFrame
    timed: bool
    horizon: int

    @property
    def won(self) -> npt.NDArray[np.int64]:
        return self.rows["won"].to_numpy(np.int64)


@dataclass(frozen=True)
class Learned:
    """What came of a training: the model refitted on all rows, and how its recipe did on the test block.

    ``tested`` holds the probabilities of the test rows: by the learned recipe fitted on the older blocks (by the rules,
    where there are too few outcomes to learn from), by the rules, and by the base rate of the older blocks. ``design``
    is the training table's, with the points of the rules.
    """

    model: StackingClassifier
    rules: Rules
    rules_kind: Literal["rules", "scorecard"]
    chosen: Literal["rules", "boosting"]
    why: str
    blocks: Blocks
    tested: dict[str, npt.NDArray[np.float64]]
    design: pd.DataFrame

    @property
    def rung(self) -> Literal["rules", "full"]:
        return "rules" if self.chosen == "rules" else "full"


def learn(table: TrainingTable, rules: Rules | None, *, seed: int) -> Learned:
    """Learn from a table beside the given rules; without rules, beside a points scorecard fitted on the fit block.

    Raises InputError where there are not both won and lost leads to learn from.
    """
    blocks = lay_blocks(table, seed)
    _require_both_outcomes(table, blocks)
    fitted = rules or fit_scorecard(table.design[blocks.fit], table.won[blocks.fit], table.schema, seed=seed)
    table = replace(table, design=with_points(fitted, table.design))
    candidates = {RULES: _rule_curve(table, blocks)}
    if _enough(table, blocks):
        candidates["boosting"] = _boosting(table, blocks, seed)
    tested = {name: probabilities(model, table.design[blocks.test]) for name, model in candidates.items()}
    chosen, why = _choose(candidates, tested, table, blocks, seed)
    return Learned(
        model=_refit(candidates[chosen], chosen, table, seed),
        rules=fitted,
        rules_kind="rules" if rules else "scorecard",
        chosen=chosen,
        why=why,
        blocks=blocks,
        tested={
            "rules": tested[RULES],
            "model": tested.get("boosting", tested[RULES]),
            "base rate": _base_rate(table, blocks),
        },
        design=table.design,
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


def _require_both_outcomes(table: TrainingTable, blocks: Blocks) -> None:
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


def _enough(table: TrainingTable, blocks: Blocks) -> bool:
    """Tell whether there are enough outcomes for trees, and some of both to stop and to calibrate them on."""
    fewest = {"fit": FEWEST, "tune": FEWEST_TO_CALIBRATE}
    return all(_scarcer(table.won[getattr(blocks, name)]) >= count for name, count in fewest.items())


def _scarcer(won: npt.NDArray[np.int64]) -> int:
    return int(min(won.sum(), len(won) - won.sum()))


def _rule_curve(table: TrainingTable, blocks: Blocks) -> StackingClassifier:
    """Fit the curve on the fit block and calibrate it on the tune block; on both where the tune block is scarce."""
    fit, tune = blocks.fit, blocks.tune
    if _scarcer(table.won[tune]) < FEWEST_TO_CALIBRATE or not _scarcer(table.won[fit]):
        fit = tune = fit | tune
    curve = fit_rule_curve(table.design[fit], table.won[fit])
    return calibrate(curve, RULES, table.design[tune], table.won[tune])


def _boosting(table: TrainingTable, blocks: Blocks, seed: int) -> StackingClassifier:
    later = table.design[blocks.tune], table.won[blocks.tune]
    inputs = Inputs.of(catalogue(table.schema))
    trees = fit_boosting(inputs, table.design[blocks.fit], table.won[blocks.fit], seed=seed, stop_on=later)
    return calibrate(trees, "boosting", *later)


def _base_rate(table: TrainingTable, blocks: Blocks) -> npt.NDArray[np.float64]:
    return np.full(blocks.test.sum(), table.won[blocks.fit | blocks.tune].mean())


def measure(probability: npt.NDArray[np.float64], table: TrainingTable, blocks: Blocks, seed: int) -> Metrics:
    """Measure probabilities of the test rows; intervals resample accounts where they are known, else leads."""
    return evaluate(probability, table.won[blocks.test], table.rows["group"][blocks.test].to_numpy(), seed)


def _choose(
    candidates: dict[str, StackingClassifier],
    tested: dict[str, npt.NDArray[np.float64]],
    table: TrainingTable,
    blocks: Blocks,
    seed: int,
) -> tuple[Literal["rules", "boosting"], str]:
    """Serve the trees unless the rules rank better, or the trees' log-loss may be clearly worse than the rules'."""
    if "boosting" not in candidates:
        fit, tune = (_scarcer(table.won[rows]) for rows in (blocks.fit, blocks.tune))
        needed = f"{FEWEST} won and as many lost are needed to learn from, {FEWEST_TO_CALIBRATE} to calibrate on"
        return "rules", f"the rules decide: {needed}, and there are {fit} and {tune}"
    if affine(candidates["boosting"])[1][0] <= 0:
        return "rules", "the rules decide: what the trees learned did not hold on later leads"
    won, groups = table.won[blocks.test], table.rows["group"][blocks.test].to_numpy()
    low, high = log_loss_difference(tested["boosting"], tested["rules"], won, groups, seed)
    ours, theirs = auc(tested["boosting"], won), auc(tested["rules"], won)
    compared = f"AUC {ours:.3f}, the rules' {theirs:.3f}; log-loss {low:+.4f} to {high:+.4f} beside theirs (95 %)"
    if ours >= theirs and high < NO_WORSE:
        return "boosting", f"the model beats the rules: {compared}"
    return "rules", f"the model does not clearly beat the rules, which are served: {compared}"


def _refit(model: StackingClassifier, chosen: str, table: TrainingTable, seed: int) -> StackingClassifier:
    """Refit the member on all matured rows; its number of trees and the calibration stay as they were found."""
    if chosen == "rules":
        return with_member(model, fit_rule_curve(table.design, table.won))
    trees = tree_count(model.estimators[0][1])
    inputs = Inputs.of(catalogue(table.schema))
    return with_member(model, fit_boosting(inputs, table.design, table.won, seed=seed, trees=trees))

"""The search for a recipe: every choice is made by rolling origins on older leads, never on the newest block.

At each origin members are fitted on what was known then and judged by the log-loss of what came after. A choice leaves
its default only where it is better ahead of every origin, and by more than a standard error over all; so little data,
and one odd month, keep the defaults. The number of trees alone is the one that does best, as in early stopping.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
import pandas as pd
from joblib import Parallel, delayed
from scipy import special

from models.blend import BOOSTING, LOGISTIC, RULES, log_odds
from models.metrics import log_losses
from models.training.blend import weigh
from models.training.calendar import calendar_columns
from models.training.members import fit_member
from models.training.recipe import BENT_LINES, Recipe
from models.training.splits import Origin, rolling_origins
from models.training_table import TrainingTable, drawn

STRENGTHS = (0.01, 0.03, 0.3, 1.0)
"""Inverse regularisation of the logistic regression that is tried, beside the default one."""
BATCH = 4
"""Trials that are proposed together, whatever the number of processors: so it does not change what is found."""
MOST_ROWS_TO_SEARCH = 10_000
"""Rows to search on; leads are drawn where there are more."""
FEWEST = 10
"""Wins, and losses, that an origin must know, and see ahead."""
HALF_LIFE = 0.2
"""Share of the rows after which a row counts half, where old rows count less."""
TREES = (50, 100, 150, 200, 300, 400, 600, 800)
"""Numbers of trees that are compared; all come from one fit."""
FEW_TREES = 200
"""So many are grown first where they are counted on all rows."""
MOST_TREES_TO_SEARCH = 400
"""So many trees are more than the rows that are searched bear."""

Floats = npt.NDArray[np.float64]

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass
class Search:
    """What was chosen, and the words and figures that say why."""

    recipe: Recipe = field(default_factory=Recipe)
    choices: list[str] = field(default_factory=list)
    losses: dict[str, float] = field(default_factory=dict)
    trials: int = 0


@dataclass(frozen=True)
class _Rehearsal:
    """A table with its origins: what members say of the rows ahead of each, put one after the other.

    ``told`` keeps what has been fitted.
    """

    table: TrainingTable
    origins: Sequence[Origin]
    seed: int
    told: dict[str, Floats] = field(default_factory=dict)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Return the numbers of the rows ahead of each origin, one origin after the other."""
        return np.concatenate([np.flatnonzero(origin.ahead) for origin in self.origins])

    @property
    def origin_of(self) -> npt.NDArray[np.int64]:
        """Return the number of the origin that each of these rows is ahead of."""
        return np.repeat(np.arange(len(self.origins)), [int(origin.ahead.sum()) for origin in self.origins])

    def ahead(self, name: str, recipes: Sequence[Recipe]) -> list[Floats]:
        """Return a member's log-odds by each recipe: of shape (rows ahead, numbers of trees, else 1)."""
        new = {key: recipe for recipe in recipes if (key := _key(name, recipe)) not in self.told}
        threads = 1 if len(new) * len(self.origins) > 1 else None
        fits = [
            delayed(_ahead)(name, recipe, self.table, origin, self.seed, threads)
            for recipe in new.values()
            for origin in self.origins
        ]
        fitted, count = _in_parallel(fits), len(self.origins)
        for number, key in enumerate(new):
            self.told[key] = np.concatenate(fitted[number * count : (number + 1) * count])
        return [self.told[_key(name, recipe)] for recipe in recipes]

    def margins(self, names: Sequence[str], recipe: Recipe) -> Floats:
        """Return the log-odds of members: of shape (rows ahead, members)."""
        return np.column_stack([self.ahead(name, [recipe])[0][:, -1] for name in names])

    def losses(self, margins: Floats) -> Floats:
        """Return the log-loss of each row ahead, given its log-odds."""
        return log_losses(special.expit(margins), self.table.won[self.rows])

    def is_better(self, losses: Floats, than: Floats, some: npt.NDArray[np.bool_] | slice = slice(None)) -> bool:
        """Tell whether losses of some rows are lower ahead of each origin, and by more than a standard error over all.

        The error is over leads (or accounts). It knows nothing of how times differ; that is what each origin is for.
        """
        difference = losses - than
        if any(difference[self.origin_of[some] == number].mean() >= 0 for number in np.unique(self.origin_of[some])):
            return False
        groups = pd.factorize(self.table.rows["group"].iloc[self.rows[some]])[0]
        error = np.sqrt((np.bincount(groups, difference - difference.mean()) ** 2).sum()) / len(difference)
        return bool(difference.mean() < -error)


def search(table: TrainingTable, *, with_points: bool, trials: int, seed: int, budget: float | None = None) -> Search:
    """Choose a recipe on older rows.

    ``with_points`` lets the points of the rules into the blend. ``trials`` is the number of settings of the trees that
    are tried; with none, the other settings keep their defaults too. ``budget`` caps the trials in seconds.
    """
    began = time.monotonic()
    rehearsal = _rehearsed(drawn(table, MOST_ROWS_TO_SEARCH, seed), seed)
    found = Search()
    if len(rehearsal.origins) < 2:
        found.choices.append("too few outcomes for rolling origins: all settings are the default ones")
        return found
    _choose_columns(rehearsal, found)
    if trials:
        _choose_half_life(rehearsal, found)
        _choose_strength(rehearsal, found)
    _tune(rehearsal, found, trials, began + budget if budget is not None else None)
    _choose_blend(rehearsal, found, with_points)
    if len(rehearsal.table) < len(table) and BOOSTING in found.recipe.members:
        _count_trees(_rehearsed(table, seed), found)
    return found


def _rehearsed(table: TrainingTable, seed: int) -> _Rehearsal:
    origins = rolling_origins(table.moments, len(table), table.horizon, timed=table.timed, seed=seed)
    telling = [
        origin for origin in origins if min(table.scarcer(rows) for rows in (origin.known, origin.ahead)) >= FEWEST
    ]
    return _Rehearsal(table, telling, seed)


def _key(name: str, recipe: Recipe) -> str:
    """Tell fits of a member apart."""
    settings = {LOGISTIC: recipe.logistic, BOOSTING: recipe.boosting}.get(name)
    return repr((name, settings, recipe.without, recipe.half_life))


def _ahead(name: str, recipe: Recipe, table: TrainingTable, origin: Origin, seed: int, threads: int | None) -> Floats:
    """Fit a member on what was known at an origin; return log-odds of the rows ahead, by number of trees if it has."""
    known, ahead = table.taken(origin.known), table.design[origin.ahead]
    member = fit_member(name, recipe, known, seed=seed, threads=threads)
    if name != BOOSTING:
        return log_odds(member.predict_proba(ahead)[:, [1]])
    encoded, trees = member.named_steps["encode"].transform(ahead), member.named_steps["trees"]
    told = [trees.predict(encoded, raw_score=True, num_iteration=count) for count in _tree_counts(recipe)]
    return np.column_stack(told)


def _in_parallel(tasks: list[Any]) -> list[Floats]:
    """Fit in threads: LightGBM and the linear algebra of scikit-learn let others run meanwhile."""
    return list(Parallel(n_jobs=os.cpu_count(), prefer="threads")(tasks))  # type: ignore[arg-type]


# Choices


def _choose_columns(rehearsal: _Rehearsal, found: Search) -> None:
    """Columns that only encode the calendar stay only where they hold better ahead: levels such as months, or all."""
    calendar = calendar_columns(rehearsal.table)
    if not calendar:
        return
    numbers = tuple(name for name in calendar if rehearsal.table.design[name].dtype.kind == "f")
    found.recipe = replace(found.recipe, without=calendar)
    options = [left_out for left_out in dict.fromkeys((numbers, ())) if left_out != calendar]
    _choose(rehearsal, found, [replace(found.recipe, without=left_out) for left_out in options])
    kept = [name for name in calendar if name not in found.recipe.without]
    for said, names in (("are left out", found.recipe.without), ("hold on later leads, and stay", kept)):
        if names:
            found.choices.append(f"columns that only encode the calendar {said}: {', '.join(names)}")


def _choose_half_life(rehearsal: _Rehearsal, found: Search) -> None:
    if rehearsal.table.moments is None:
        return
    _choose(rehearsal, found, [replace(found.recipe, half_life=HALF_LIFE)])
    if found.recipe.half_life:
        found.choices.append(f"old rows count less: half after {HALF_LIFE:.0%} of all")


def _choose(rehearsal: _Rehearsal, found: Search, options: list[Recipe]) -> None:
    """Take the best of some recipes, judged by the plain mean of the learned members, if it beats the one found."""

    def losses_of(recipe: Recipe) -> Floats:
        return rehearsal.losses(rehearsal.margins((LOGISTIC, BOOSTING), recipe).mean(axis=1))

    for name in (LOGISTIC, BOOSTING):
        rehearsal.ahead(name, [found.recipe, *options])  # all at once, on all processors
    tried = [losses_of(recipe) for recipe in (found.recipe, *options)]
    best = int(np.argmin([losses.mean() for losses in tried]))
    if best and rehearsal.is_better(tried[best], tried[0]):
        found.recipe = options[best - 1]


def _choose_strength(rehearsal: _Rehearsal, found: Search) -> None:
    """Choose how strongly the logistic regression is held back."""
    options = [replace(found.recipe, logistic={**found.recipe.logistic, "C": strength}) for strength in STRENGTHS]
    judged = [losses for losses, _ in _judged(LOGISTIC, rehearsal, [found.recipe, *options])]
    best = int(np.argmin([losses.mean() for losses in judged]))
    if best and rehearsal.is_better(judged[best], judged[0]):
        found.recipe = options[best - 1]
        found.choices.append(f"logistic: C {found.recipe.logistic['C']:g} in the place of {BENT_LINES['C']:g}")


def _tune(rehearsal: _Rehearsal, found: Search, trials: int, until: float | None) -> None:
    """Try settings of the trees; those of the best trial are taken if they beat the default ones."""
    ((default, trees),) = _judged(BOOSTING, rehearsal, [found.recipe])
    best, lowest = _with_trees(found.recipe, trees), default.mean()
    sampler = optuna.samplers.TPESampler(seed=rehearsal.seed, n_startup_trials=BATCH)
    study = optuna.create_study(sampler=sampler)
    while found.trials < trials and (until is None or time.monotonic() < until):
        asked = [study.ask() for _ in range(min(BATCH, trials - found.trials))]
        proposed = [replace(best, boosting={**best.boosting, **_tree_settings(trial)}) for trial in asked]
        for trial, recipe, (losses, trees) in zip(asked, proposed, _judged(BOOSTING, rehearsal, proposed), strict=True):
            study.tell(trial, float(losses.mean()))
            if losses.mean() < lowest and rehearsal.is_better(losses, default):
                lowest, best = losses.mean(), _with_trees(recipe, trees)
        found.trials += len(asked)
    found.recipe = best
    chosen = best.boosting
    found.choices.append(
        f"boosting: {chosen['n_estimators']} trees of depth {chosen['max_depth']}, "
        f"learning rate {chosen['learning_rate']:.2g}, after {found.trials} trials"
    )
    if found.trials < trials:
        found.choices.append(f"the time was over after {found.trials} of {trials} trials: another run may find others")


def _judged(name: str, rehearsal: _Rehearsal, recipes: Sequence[Recipe]) -> list[tuple[Floats, int]]:
    """Return, per recipe, the losses ahead, and the number of trees that does best (the last one where none)."""
    judged = []
    for recipe, margins in zip(recipes, rehearsal.ahead(name, recipes), strict=True):
        losses = [rehearsal.losses(column) for column in margins.T]
        best = int(np.argmin([each.mean() for each in losses]))
        judged.append((losses[best], _tree_counts(recipe)[best]))
    return judged


def _tree_counts(recipe: Recipe) -> list[int]:
    most = recipe.boosting["n_estimators"]
    return [count for count in TREES if count < most] + [most]


def _with_trees(recipe: Recipe, count: int) -> Recipe:
    return replace(recipe, boosting={**recipe.boosting, "n_estimators": count})


def _tree_settings(trial: optuna.Trial) -> dict[str, Any]:
    depth = trial.suggest_int("max_depth", 3, 6)
    return {
        "max_depth": depth,
        "num_leaves": min(2**depth - 1, 31),
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.1, log=True),
        "n_estimators": MOST_TREES_TO_SEARCH,
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 100, log=True),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 30.0, log=True),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.2, 1.0),
    }


def _choose_blend(rehearsal: _Rehearsal, found: Search, with_points: bool) -> None:
    """Choose the members of the blend."""
    names = (LOGISTIC, BOOSTING, RULES) if with_points else (LOGISTIC, BOOSTING)
    margins = rehearsal.margins(names, found.recipe)
    others = [(LOGISTIC,), (BOOSTING,), *([names] if with_points else [])]
    options = [found.recipe, *(replace(found.recipe, members=members) for members in others)]
    tried = [_calibrated_losses(rehearsal, margins, names, recipe) for recipe in options]
    best = int(np.argmin([losses.mean() for losses in tried]))
    if best and rehearsal.is_better(tried[best], tried[0], rehearsal.origin_of > 0):
        found.recipe = options[best]
    for recipe, losses in zip(options, tried, strict=True):
        found.losses[" + ".join(recipe.members)] = float(losses.mean())
    told = ", ".join(f"{name} {loss:.4f}" for name, loss in found.losses.items())
    found.choices.append(f"members: {' + '.join(found.recipe.members)}; calibrated log-loss ahead: {told}")


def _calibrated_losses(rehearsal: _Rehearsal, margins: Floats, names: Sequence[str], recipe: Recipe) -> Floats:
    """Return the losses ahead of each origin but the first, calibrated on what was ahead of the earlier ones."""
    columns = [names.index(name) for name in recipe.members]
    losses = []
    for number in range(1, len(rehearsal.origins)):
        ahead = rehearsal.origin_of == number
        known = (rehearsal.origin_of < number) & rehearsal.origins[number].known[rehearsal.rows]
        won = rehearsal.table.won[rehearsal.rows[known]]
        kept, intercept, weights = list(recipe.members), 0.0, np.full(len(columns), 1 / len(columns))
        if min(won.sum(), len(won) - won.sum()) >= FEWEST:
            kept, intercept, weights = weigh(kept, margins[known][:, columns], won, recipe.trust)
        told = intercept + margins[ahead][:, [names.index(name) for name in kept]] @ weights
        losses.append(log_losses(special.expit(told), rehearsal.table.won[rehearsal.rows[ahead]]))
    return np.concatenate(losses)


def _count_trees(rehearsal: _Rehearsal, found: Search) -> None:
    """Count the trees anew on all rows, ahead of the newest origin: more rows bear more trees than a few of them.

    Many are grown only where a few are not enough.
    """
    newest = replace(rehearsal, origins=rehearsal.origins[-1:])
    for most in (FEW_TREES, TREES[-1]):
        ((_, trees),) = _judged(BOOSTING, newest, [_with_trees(found.recipe, most)])
        if trees < most:
            break
    found.recipe = _with_trees(found.recipe, trees)
    found.choices.append(f"boosting: {trees} trees, counted on all {len(rehearsal.table):,} rows")

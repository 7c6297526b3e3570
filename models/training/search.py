"""The search for a recipe: every choice is made by a backtest on older leads, never on the newest split.

At each rolling origin members are fitted on what was known then and scored by the log-loss of what came after. A choice
leaves its default only where it is better ahead of every origin, and by more than a standard error over all; so little
data, and one odd month, keep the defaults. Where the order was drawn, no origin is a time of its own, and only all of
them together count. The number of stages alone is the one that does best, as in early stopping.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from scipy import special

from models.members import MEMBERS, Member, Recipe, default_recipe, learners
from models.metrics import log_losses
from models.training.blend import weigh
from models.training.calendar import calendar_columns
from models.training.splits import RollingSplit, rolling_splits
from models.training_table import TrainingTable, sample_leads

BATCH = 4
"""Trials that are proposed together, whatever the number of processors: so it does not change what is found."""


@dataclass(frozen=True)
class Effort:
    """How long to search: settings of the trees to try, and rows to try them on; of more rows leads are drawn."""

    trials: int
    rows: int = 10_000

    @classmethod
    def of(cls, name: str, trials: int | None = None) -> Effort:
        """Return an effort by its name, with another number of trials where one is given.

        >>> Effort.of("fast"), Effort.of("best", 3)
        (Effort(trials=0, rows=10000), Effort(trials=3, rows=40000))
        """
        effort = EFFORTS[name]
        return effort if trials is None else replace(effort, trials=trials)


EFFORTS = {"fast": Effort(0), "standard": Effort(10), "best": Effort(40, 40_000)}
FEWEST = 10
"""Wins, and losses, that an origin must know, and see ahead."""
HALF_LIFE = 0.2
"""Share of the rows after which a row counts half, where old rows count less."""

Floats = npt.NDArray[np.float64]


@dataclass
class Search:
    """What was chosen, and the words and figures that say why."""

    recipe: Recipe = field(default_factory=default_recipe)
    choices: list[str] = field(default_factory=list)
    losses: dict[str, float] = field(default_factory=dict)
    trials: int = 0


@dataclass(frozen=True)
class Backtest:
    """A table with rolling origins: what members say of the rows ahead of each, one origin after the other.

    ``fitted`` holds the margins of what has been fitted so far.
    """

    table: TrainingTable
    origins: Sequence[RollingSplit]
    seed: int
    fitted: dict[str, Floats] = field(default_factory=dict)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Return the numbers of the rows ahead of each origin, one origin after the other."""
        return np.concatenate([np.flatnonzero(origin.ahead) for origin in self.origins])

    @property
    def origin_of(self) -> npt.NDArray[np.int64]:
        """Return the number of the origin that each of these rows is ahead of."""
        return np.repeat(np.arange(len(self.origins)), [int(origin.ahead.sum()) for origin in self.origins])

    def staged_margins(self, name: str, recipes: Sequence[Recipe]) -> list[Floats]:
        """Return a member's log-odds by each recipe: of shape (rows ahead, stages)."""
        new = {key: recipe for recipe in recipes if (key := _key(name, recipe)) not in self.fitted}
        # Where there is more than one fit they run side by side, and each of them on one processor.
        threads = 1 if len(new) * len(self.origins) > 1 else None
        fits = [
            delayed(_margins_ahead)(name, recipe, self.table, origin, self.seed, threads)
            for recipe in new.values()
            for origin in self.origins
        ]
        margins, count = _in_parallel(fits), len(self.origins)
        for number, key in enumerate(new):
            self.fitted[key] = np.concatenate(margins[number * count : (number + 1) * count])
        return [self.fitted[_key(name, recipe)] for recipe in recipes]

    def margins(self, names: Sequence[str], recipe: Recipe) -> Floats:
        """Return the log-odds of members: of shape (rows ahead, members)."""
        return np.column_stack([self.staged_margins(name, [recipe])[0][:, -1] for name in names])

    def losses(self, margins: Floats) -> Floats:
        """Return the log-loss of each row ahead, given its log-odds."""
        return log_losses(special.expit(margins), self.table.won[self.rows])

    def best_stages(self, name: str, recipes: Sequence[Recipe]) -> list[tuple[Floats, Recipe]]:
        """Return, per recipe, the losses ahead at the stage of a member that does best, and the recipe that ends there.

        A member without stages has one.
        """
        best = []
        for recipe, margins in zip(recipes, self.staged_margins(name, recipes), strict=True):
            losses = [self.losses(column) for column in margins.T]
            lowest = int(np.argmin([each.mean() for each in losses]))
            best.append((losses[lowest], recipe.changed(name, MEMBERS[name].stages(recipe.settings[name])[lowest])))
        return best

    def is_better(self, losses: Floats, than: Floats, some: npt.NDArray[np.bool_] | slice = slice(None)) -> bool:
        """Return whether losses of some rows are lower ahead of each origin, and by more than a standard error overall.

        The error is over leads (or accounts). It knows nothing of how times differ; that is what each origin is for,
        and where the rows have no order in time, origins say nothing.
        """
        difference, origins = losses - than, self.origin_of[some]
        ordered = self.table.order_in_time is not None
        if ordered and any(difference[origins == number].mean() >= 0 for number in np.unique(origins)):
            return False
        groups = pd.factorize(self.table.rows["group"].iloc[self.rows[some]])[0]
        error = np.sqrt((np.bincount(groups, difference - difference.mean()) ** 2).sum()) / len(difference)
        return bool(difference.mean() < -error)


def search_recipe(
    table: TrainingTable, *, with_points: bool, effort: Effort, seed: int, budget: float | None = None
) -> Search:
    """Choose a recipe on older rows.

    ``with_points`` lets the points of the rules into the blend. ``effort`` has the number of settings that are tried
    of each member that is tuned; with none, the other settings keep their defaults too. ``budget`` caps the trials in
    seconds.
    """
    began, learning = time.monotonic(), [MEMBERS[name] for name in learners()]
    backtest = _backtest(sample_leads(table, effort.rows, seed), seed)
    chosen = Search()
    if len(backtest.origins) < 2:
        chosen.choices.append("too few outcomes for rolling origins: all settings are the default ones")
        return chosen
    _choose_columns(backtest, chosen)
    if effort.trials:
        _choose_half_life(backtest, chosen)
        for member in learning:
            if member.alternatives:
                _choose_alternative(backtest, chosen, member)
    for member in learning:
        if member.tuned:
            _tune(backtest, chosen, member, effort.trials, began + budget if budget is not None else None)
    _choose_blend(backtest, chosen, with_points)
    # More rows bear more stages than the few that were searched, and so may rows on which the longest fit did best.
    for member in [member for member in learning if member.lengths and member.name in chosen.recipe.members]:
        if len(backtest.table) < len(table) or member.may_go_on(chosen.recipe.settings[member.name]):
            _count_stages(_backtest(table, seed), chosen, member)
    return chosen


def _backtest(table: TrainingTable, seed: int) -> Backtest:
    """Return the table with the origins that have outcomes enough on both sides to say anything."""
    origins = rolling_splits(table.order_in_time, len(table), table.horizon, timed=table.timed, seed=seed)
    usable = [
        origin
        for origin in origins
        if min(table.minority_count(rows) for rows in (origin.known, origin.ahead)) >= FEWEST
    ]
    return Backtest(table, usable, seed)


def _key(name: str, recipe: Recipe) -> str:
    """Return a text that is another where a member is fitted otherwise."""
    return repr((name, recipe.settings.get(name), recipe.without, recipe.half_life))


def _margins_ahead(
    name: str, recipe: Recipe, table: TrainingTable, origin: RollingSplit, seed: int, threads: int | None
) -> Floats:
    """Fit a member on what was known at an origin, and return its log-odds of the rows ahead by stage."""
    fitted = MEMBERS[name].fit(table.subset(origin.known), recipe, seed=seed, threads=threads)
    return MEMBERS[name].margins(fitted, table.features[origin.ahead])


def _in_parallel(tasks: list[Any]) -> list[Floats]:
    """Fit in threads: LightGBM and the linear algebra of scikit-learn let others run meanwhile."""
    return list(Parallel(n_jobs=os.cpu_count(), prefer="threads")(tasks))  # type: ignore[arg-type]


# Choices


def _choose_columns(backtest: Backtest, chosen: Search) -> None:
    """Columns that only encode the calendar stay only where they hold better ahead: levels such as months, or all."""
    calendar = calendar_columns(backtest.table)
    if not calendar:
        return
    numbers = tuple(name for name in calendar if backtest.table.features[name].dtype.kind == "f")
    chosen.recipe = replace(chosen.recipe, without=calendar)
    options = [left_out for left_out in dict.fromkeys((numbers, ())) if left_out != calendar]
    _choose(backtest, chosen, [replace(chosen.recipe, without=left_out) for left_out in options])
    stay = [name for name in calendar if name not in chosen.recipe.without]
    for outcome, names in (("are left out", chosen.recipe.without), ("hold on later leads, and stay", stay)):
        if names:
            chosen.choices.append(f"columns that only encode the calendar {outcome}: {', '.join(names)}")


def _choose_half_life(backtest: Backtest, chosen: Search) -> None:
    """Let old rows count less where that is better ahead; without an order no row is old."""
    if backtest.table.order_in_time is None:
        return
    _choose(backtest, chosen, [replace(chosen.recipe, half_life=HALF_LIFE)])
    if chosen.recipe.half_life:
        chosen.choices.append(f"old rows count less: half after {HALF_LIFE:.0%} of all")


def _choose(backtest: Backtest, chosen: Search, options: list[Recipe]) -> None:
    """Take the best of some recipes, by the plain mean of the learners' log-odds, if it beats the one chosen so far."""

    def losses_of(recipe: Recipe) -> Floats:
        return backtest.losses(backtest.margins(learners(), recipe).mean(axis=1))

    for name in learners():
        backtest.staged_margins(name, [chosen.recipe, *options])  # all at once, on all processors
    tried = [losses_of(recipe) for recipe in (chosen.recipe, *options)]
    best = int(np.argmin([losses.mean() for losses in tried]))
    if best and backtest.is_better(tried[best], tried[0]):
        chosen.recipe = options[best - 1]


def _choose_alternative(backtest: Backtest, chosen: Search, member: Member) -> None:
    """Change a member's settings to the best of its alternatives, such as another regularisation, if it beats them."""
    before = chosen.recipe.settings[member.name]
    options = [chosen.recipe.changed(member.name, changes) for changes in member.alternatives]
    tried = [losses for losses, _ in backtest.best_stages(member.name, [chosen.recipe, *options])]
    best = int(np.argmin([losses.mean() for losses in tried]))
    if best and backtest.is_better(tried[best], tried[0]):
        chosen.recipe = options[best - 1]
        changes = member.alternatives[best - 1].items()
        changed = ", ".join(f"{name} {value:g} in the place of {before[name]:g}" for name, value in changes)
        chosen.choices.append(f"{member.name}: {changed}")


def _tune(backtest: Backtest, chosen: Search, member: Member, trials: int, until: float | None) -> None:
    """Try settings of a member; those of the best trial are taken if they beat the default ones."""
    # Loaded where settings are tried: what scores needs no search, and starts without it.
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    ((default, best),) = backtest.best_stages(member.name, [chosen.recipe])
    lowest, done = default.mean(), 0
    sampler = optuna.samplers.TPESampler(seed=backtest.seed, n_startup_trials=BATCH)
    study = optuna.create_study(sampler=sampler)
    for settings in member.proposals:
        study.enqueue_trial(dict(settings))
    while done < trials and (until is None or time.monotonic() < until):
        asked = [study.ask() for _ in range(min(BATCH, trials - done))]
        proposed = [best.changed(member.name, member.suggest(trial)) for trial in asked]
        measured = backtest.best_stages(member.name, proposed)
        for trial, (losses, recipe) in zip(asked, measured, strict=True):
            study.tell(trial, float(losses.mean()))
            if losses.mean() < lowest and backtest.is_better(losses, default):
                lowest, best = losses.mean(), recipe
        done += len(asked)
    chosen.recipe, chosen.trials = best, chosen.trials + done
    settings = member.describe(best.settings[member.name])
    chosen.choices.append(f"{member.name}: {settings}, after {done} trials")
    if done < trials:
        chosen.choices.append(f"the time was over after {done} of {trials} trials: another run may find others")


def _choose_blend(backtest: Backtest, chosen: Search, with_points: bool) -> None:
    """Choose the members of the blend: all learners, one alone, or all with the points of the rules beside them."""
    names = tuple(MEMBERS) if with_points else learners()
    margins = backtest.margins(names, chosen.recipe)
    others = [*((name,) for name in learners()), *([names] if with_points else [])]
    options = [chosen.recipe, *(replace(chosen.recipe, members=members) for members in others)]
    tried = [_calibrated_losses(backtest, margins, names, recipe) for recipe in options]
    best = int(np.argmin([losses.mean() for losses in tried]))
    if best and backtest.is_better(tried[best], tried[0], backtest.origin_of > 0):
        chosen.recipe = options[best]
    for recipe, losses in zip(options, tried, strict=True):
        chosen.losses[" + ".join(recipe.members)] = float(losses.mean())
    figures = ", ".join(f"{name} {loss:.4f}" for name, loss in chosen.losses.items())
    chosen.choices.append(f"members: {' + '.join(chosen.recipe.members)}; calibrated log-loss ahead: {figures}")


def _calibrated_losses(backtest: Backtest, margins: Floats, names: Sequence[str], recipe: Recipe) -> Floats:
    """Return the losses ahead of each origin but the first, calibrated on what was ahead of the earlier ones."""
    columns = [names.index(name) for name in recipe.members]
    losses = []
    for number in range(1, len(backtest.origins)):
        ahead = backtest.origin_of == number
        known = (backtest.origin_of < number) & backtest.origins[number].known[backtest.rows]
        won = backtest.table.won[backtest.rows[known]]
        # Too few outcomes are known to weigh the members by: all have the same weight, and nothing is calibrated.
        weighted, intercept, weights = list(recipe.members), 0.0, np.full(len(columns), 1 / len(columns))
        if min(won.sum(), len(won) - won.sum()) >= FEWEST:
            weighted, intercept, weights = weigh(weighted, margins[known][:, columns], won, recipe.trust)
        calibrated = intercept + margins[ahead][:, [names.index(name) for name in weighted]] @ weights
        losses.append(log_losses(special.expit(calibrated), backtest.table.won[backtest.rows[ahead]]))
    return np.concatenate(losses)


def _count_stages(backtest: Backtest, chosen: Search, member: Member) -> None:
    """Count a member's stages anew on all rows, ahead of the newest origin.

    Many are grown only where a few are not enough.
    """
    newest, best = replace(backtest, origins=backtest.origins[-1:]), chosen.recipe
    for length in member.lengths:
        longest = chosen.recipe.changed(member.name, length)
        ((_, best),) = newest.best_stages(member.name, [longest])
        if best != longest:
            break
    chosen.recipe = best
    counted = member.describe_length(best.settings[member.name])
    chosen.choices.append(f"{member.name}: {counted}, counted on all {len(backtest.table):,} rows")

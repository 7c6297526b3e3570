"""rules suggest: points that history speaks for, ready to paste, and what each threshold gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.errors import InputError
from models.metrics import Interval
from models.metrics import evaluate as measure
from models.rules import (
    FEWEST_LEADS,
    Cells,
    Rules,
    Thresholds,
    Volume,
    bar_for_capacity,
    bar_for_precision,
    cuts_of,
    evaluate,
    holds_all,
    judged,
    usual_bars,
    volumes,
    with_grades,
)
from models.training import outcomes_of, require_both_outcomes, scorecard_for, split_table
from models.training_table import Rows, TrainingTable
from pipelines.console import step
from pipelines.rules.project import Project
from pipelines.training_data import TrainingData

MOST_RULES = 15
LADDER = range(0, 101, 10)
"""Points at which it is told what a bar there gives."""
KEPT = ("personas", "competitors", "triggers", "disqualifiers", "dispositions", "qso")
"""Parts of the rules in force that history has no better word for."""


@dataclass(frozen=True)
class Suggested:
    """A rule, and what it was learned from: the older snapshots, on which the points look at leads, too.

    ``leads`` is how many had it in a snapshot, ``won`` how many of them were won within the horizon of such a one;
    ``snapshots``, ``win_rate`` and ``others_win_rate`` are of the snapshots with it and of those without. ``woe``
    is its weight of evidence alone: log of (its share of the won snapshots / its share of the others), each with half a
    snapshot more. Points are given beside the other rules, and may pull the other way.
    """

    name: str
    dimension: str
    points: float
    leads: int
    won: int
    snapshots: int
    win_rate: float
    others_win_rate: float
    woe: float


@dataclass(frozen=True)
class Suggestion:
    """Rules learned from the older leads, and how they do on the newest fifth, which they have not seen.

    ``told`` says of each rule what it was learned from. The bars were chosen by what they gave on the older leads
    (``chosen_on``); ``thresholds`` and ``ladder`` hold what these and others give on the newest. ``why`` says what the
    bar of the SQL was chosen by.
    """

    rules: Rules
    told: Sequence[Suggested]
    rows: int
    auc: float
    auc_ci: Interval
    chosen_on: Mapping[str, Volume]
    thresholds: Mapping[str, Volume]
    ladder: Mapping[int, Volume]
    why: str

    @property
    def yaml(self) -> str:
        return self.rules.to_yaml()

    def as_json(self) -> dict[str, Any]:
        bars = self.rules.thresholds.model_dump()
        return {
            "rules": [vars(rule) for rule in self.told],
            "rows": self.rows,
            "auc": self.auc,
            "auc_ci": self.auc_ci,
            "thresholds": {
                name: {"points": bars[name], **gives.as_json(), "older": self.chosen_on[name].as_json()}
                for name, gives in self.thresholds.items()
            },
            "ladder": [{"points": points, **gives.as_json()} for points, gives in self.ladder.items()],
            "why": self.why,
            "yaml": self.yaml,
        }


def suggest(
    project: Project,
    *,
    rules: int = MOST_RULES,
    capacity: float | None = None,
    precision: float | None = None,
) -> Suggestion:
    """Propose rules from the older leads of a project, and thresholds by what they gave there.

    ``capacity`` is how many SQLs sales can take in a week, ``precision`` which share of them is to be won. Grades,
    personas, triggers and the like are those of the rules in force. Raises InputError where no threshold gives that.
    """
    in_force = project.rules().rules
    read = project.history(in_force)
    table, seed = read.table, read.settings.seed
    splits = split_table(table, seed)
    require_both_outcomes(table, splits)
    older = splits.fit | splits.tune
    with step(f"learning at most {rules} rules from the older leads"):
        points = scorecard_for(table, replace(splits, fit=older), seed, rules=rules)
        card = _beside(in_force, points, table.features[older])
    with step("looking at what each threshold gives on the newest"):
        total = evaluate(card, table.features)["points"].to_numpy()
        measured = measure(total[splits.test] / 100, *outcomes_of(table, splits.test), seed)
        before, after = (_volumes(card, read, rows) for rows in (_until(older, table), splits.test))
    bars, why = bars_for(card, before, capacity, precision)
    places = {name: round(getattr(bars, name)) for name in ("mql", "sql")}
    return Suggestion(
        rules=card.model_copy(update={"thresholds": bars}),
        told=list(evidence(points, table.subset(older))),
        rows=int(splits.test.sum()),
        auc=measured.auc,
        auc_ci=measured.auc_ci,
        chosen_on={name: before[bar] for name, bar in places.items()},
        thresholds={name: after[bar] for name, bar in places.items()},
        ladder={bar: after[bar] for bar in LADDER},
        why=why,
    )


def _beside(in_force: Rules, points: Rules, older: pd.DataFrame) -> Rules:
    """Put proposed points in the place of those in force, and keep what else was agreed.

    The points are others, so that grades begin where as large a share of the leads has each as by the rules in force.
    """
    kept = {name: getattr(in_force, name) for name in KEPT}
    taken = {rule.name for place, rule in in_force.with_places() if place[0] == "personas"}
    dimensions = {}
    for name in ("fit", "engagement"):
        own, agreed = getattr(points, name), getattr(in_force, name)
        named = (
            rule.model_copy(update={"name": f"{rule.name} (all)"}) if rule.name in taken else rule for rule in own.rules
        )
        groups = agreed.groups if in_force.personas else {}
        dimensions[name] = own.model_copy(update={"rules": tuple(named), "groups": groups})
    card = points.model_copy(update={**kept, **dimensions})
    told = evaluate(card, older)
    bars = usual_bars(told["points"].to_numpy())
    return with_grades(card.model_copy(update={"thresholds": bars}), told, _shares_below(in_force, older))


def _shares_below(rules: Rules, older: pd.DataFrame) -> dict[str, list[float]]:
    """Return which shares of some rows are below the cuts of the grades, where rules tell the rows apart."""
    told, cuts = evaluate(rules, older), cuts_of(rules)._asdict()
    below = {name: [float((told[name] < cut).mean()) for cut in cuts[name]] for name in cuts}
    return {name: shares for name, shares in below.items() if shares and 0 < shares[0] < 1}


def evidence(points: Rules, older: TrainingTable) -> Iterator[Suggested]:
    """Yield what the snapshots of a table say of each rule: those that the points were learned from, all alike."""
    cells, leads, won = Cells(older.features), older.rows["lead_id"], older.won == 1
    for place, rule in points.with_places():
        has = holds_all(rule.when, cells)
        yield Suggested(
            name=rule.name,
            dimension=str(place[0]),
            points=rule.most,
            leads=leads[has].nunique(),
            won=leads[has & won].nunique(),
            snapshots=int(has.sum()),
            win_rate=float(won[has].mean()),
            others_win_rate=float(won[~has].mean()),
            woe=_woe(int(won[has].sum()), int((~won[has]).sum()), int(won.sum()), int((~won).sum())),
        )


def _woe(won: int, lost: int, all_won: int, all_lost: int) -> float:
    """Return the weight of evidence of a rule; good leads have more than 0.

    >>> round(_woe(30, 10, 50, 150), 2), round(_woe(0, 100, 50, 150), 2)
    (2.16, -4.21)
    """
    return float(np.log((won + 0.5) / (all_won + 0.5)) - np.log((lost + 0.5) / (all_lost + 0.5)))


def _until(rows: Rows, table: TrainingTable) -> Rows:
    """Return all rows up to the last of some: a week in a purge is a week, too."""
    return (table.rows["as_of"] <= table.rows["as_of"][rows].max()).to_numpy() if table.timed else rows


def _volumes(card: Rules, read: TrainingData, rows: Rows) -> list[Volume]:
    """Return what each bar gives: of leads that fit and are not disqualified."""
    points, waiting = (_qualified_points(card, design) for design in (read.table.features, read.open_leads))
    return volumes(points, read.table, rows, (waiting, read.waiting_since))


def _qualified_points(card: Rules, design: pd.DataFrame) -> npt.NDArray[np.float64]:
    told = judged(card, design)
    return told["points"].where(told["qualifies"], -1.0).to_numpy()


def bars_for(
    card: Rules, given: list[Volume], capacity: float | None, precision: float | None
) -> tuple[Thresholds, str]:
    """Return the thresholds that are wished for, and what was wished; both wishes hold, where both are given.

    ``given`` is what each bar gives, as `volumes` returns it. Raises InputError where no bar gives that.
    """
    wishes: list[tuple[str, int]] = []
    if capacity is not None:
        wish = f"at most {capacity:g} SQLs a week"
        wishes.append((wish, _required(wish, bar_for_capacity(given, capacity), _fewest(given), "more")))
    if precision is not None:
        wish = f"at least {precision:.0%} of the SQLs won".replace("%", " %")
        wishes.append((wish, _required(wish, bar_for_precision(given, precision), _best(given), "less")))
    if not wishes:
        return card.thresholds, "the best tenth of the older leads are SQLs, the best three tenths MQLs, if they fit"
    sql = max(bar for _, bar in wishes)
    bars = Thresholds(mql=min(card.thresholds.mql, sql), sql=sql)
    return bars, " and ".join(wish for wish, _ in wishes) + ", on the older leads"


def _required(wish: str, bar: int | None, at_most: str, remedy: str) -> int:
    if bar is not None:
        return bar
    expected = "a wish that some threshold of 0 to 100 points fulfils"
    raise InputError(f"no threshold gives {wish}", expected=expected, got=at_most, remedy=f"wish for {remedy}")


def _fewest(given: list[Volume]) -> str:
    return f"{given[-1].per_week or 0.0:,.2g} a week from 100 points on, the fewest"


def _best(given: list[Volume]) -> str:
    known = [gives.precision for gives in given if gives.precision is not None and gives.leads >= FEWEST_LEADS]
    return f"at best {max(known):.0%} won".replace("%", " %") if known else "too few leads"

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
    FeatureCells,
    LeadVolume,
    Rules,
    Thresholds,
    evaluate,
    grade_thresholds,
    holds_all,
    qualify,
    threshold_for_capacity,
    threshold_for_precision,
    usual_thresholds,
    volumes_by_points,
    with_grades,
)
from models.training import outcomes_of, require_both_outcomes, scorecard_for, split_table
from models.training_table import Rows, TrainingTable
from pipelines.console import step
from pipelines.rules.project import Project
from pipelines.training_data import TrainingData

MOST_RULES = 15
LADDER = range(0, 101, 10)
"""Thresholds of which the suggestion says what each gives."""
AGREED = ("personas", "competitors", "triggers", "disqualifiers", "dispositions", "qso")
"""Parts of the rules in force that history has no better word for."""


@dataclass(frozen=True)
class RuleEvidence:
    """A rule, and what it was learned from: the older snapshots.

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
class RulesSuggestion:
    """Rules learned from the older leads, and how they do on the newest fifth, which they have not seen.

    ``evidence`` says of each rule what it was learned from. The thresholds were chosen by what they gave on the older
    leads (``chosen_on``); ``thresholds`` and ``ladder`` hold what these and others give on the newest. ``why`` says by
    what that of the SQL was chosen.
    """

    rules: Rules
    evidence: Sequence[RuleEvidence]
    rows: int
    auc: float
    auc_ci: Interval
    chosen_on: Mapping[str, LeadVolume]
    thresholds: Mapping[str, LeadVolume]
    ladder: Mapping[int, LeadVolume]
    why: str

    @property
    def yaml(self) -> str:
        return self.rules.to_yaml()

    def as_json(self) -> dict[str, Any]:
        points_of = self.rules.thresholds.model_dump()
        return {
            "rules": [vars(rule) for rule in self.evidence],
            "rows": self.rows,
            "auc": self.auc,
            "auc_ci": self.auc_ci,
            "thresholds": {
                name: {"points": points_of[name], **gives.as_json(), "older": self.chosen_on[name].as_json()}
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
) -> RulesSuggestion:
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
    thresholds, why = suggested_thresholds(card, before, capacity, precision)
    places = {name: round(getattr(thresholds, name)) for name in ("mql", "sql")}
    return RulesSuggestion(
        rules=card.model_copy(update={"thresholds": thresholds}),
        evidence=list(evidence_of(points, table.subset(older))),
        rows=int(splits.test.sum()),
        auc=measured.auc,
        auc_ci=measured.auc_ci,
        chosen_on={name: before[points] for name, points in places.items()},
        thresholds={name: after[points] for name, points in places.items()},
        ladder={points: after[points] for points in LADDER},
        why=why,
    )


def _beside(in_force: Rules, points: Rules, older: pd.DataFrame) -> Rules:
    """Put proposed points in the place of those in force, and keep what else was agreed.

    The points are others, so that grades begin where as large a share of the leads has each as by the rules in force.
    """
    agreed = {name: getattr(in_force, name) for name in AGREED}
    taken = {rule.name for place, rule in in_force.with_places() if place[0] == "personas"}
    dimensions = {}
    for name in ("fit", "engagement"):
        own, other = getattr(points, name), getattr(in_force, name)
        named = (
            rule.model_copy(update={"name": f"{rule.name} (all)"}) if rule.name in taken else rule for rule in own.rules
        )
        groups = other.groups if in_force.personas else {}
        dimensions[name] = own.model_copy(update={"rules": tuple(named), "groups": groups})
    card = points.model_copy(update={**agreed, **dimensions})
    evaluated = evaluate(card, older)
    thresholds = usual_thresholds(evaluated["points"].to_numpy())
    return with_grades(card.model_copy(update={"thresholds": thresholds}), evaluated, _shares_below(in_force, older))


def _shares_below(rules: Rules, older: pd.DataFrame) -> dict[str, list[float]]:
    """Return which shares of some rows are below the thresholds of the grades, where the rows differ by the rules."""
    evaluated, grades = evaluate(rules, older), grade_thresholds(rules)._asdict()
    below = {name: [float((evaluated[name] < points).mean()) for points in grades[name]] for name in grades}
    return {name: shares for name, shares in below.items() if shares and 0 < shares[0] < 1}


def evidence_of(points: Rules, older: TrainingTable) -> Iterator[RuleEvidence]:
    """Yield what the snapshots of a table say of each rule: those that the points were learned from, all alike."""
    cells, leads, won = FeatureCells(older.features), older.rows["lead_id"], older.won == 1
    for place, rule in points.with_places():
        has = holds_all(rule.when, cells)
        yield RuleEvidence(
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


def _volumes(card: Rules, read: TrainingData, rows: Rows) -> list[LeadVolume]:
    """Return what each threshold gives: of leads that fit and are not disqualified."""
    points, waiting = (_qualified_points(card, features) for features in (read.table.features, read.open_leads))
    return volumes_by_points(points, read.table, rows, (waiting, read.waiting_since))


def _qualified_points(card: Rules, features: pd.DataFrame) -> npt.NDArray[np.float64]:
    scores = qualify(card, features)
    return scores["points"].where(scores["qualifies"], -1.0).to_numpy()


def suggested_thresholds(
    card: Rules, by_points: list[LeadVolume], capacity: float | None, precision: float | None
) -> tuple[Thresholds, str]:
    """Return the thresholds that are wished for, and what was wished; both wishes hold, where both are given.

    ``by_points`` is what `volumes_by_points` returns. Raises InputError where no threshold gives that.
    """
    wishes: list[tuple[str, int]] = []
    if capacity is not None:
        wish = f"at most {capacity:g} SQLs a week"
        wishes.append((wish, _required(wish, threshold_for_capacity(by_points, capacity), _fewest(by_points), "more")))
    if precision is not None:
        wish = f"at least {precision:.0%} of the SQLs won".replace("%", " %")
        wishes.append((wish, _required(wish, threshold_for_precision(by_points, precision), _best(by_points), "less")))
    if not wishes:
        return card.thresholds, "the best tenth of the older leads are SQLs, the best three tenths MQLs, if they fit"
    sql = max(points for _, points in wishes)
    thresholds = Thresholds(mql=min(card.thresholds.mql, sql), sql=sql)
    return thresholds, " and ".join(wish for wish, _ in wishes) + ", on the older leads"


def _required(wish: str, points: int | None, at_most: str, remedy: str) -> int:
    if points is not None:
        return points
    expected = "a wish that some threshold of 0 to 100 points fulfils"
    raise InputError(f"no threshold gives {wish}", expected=expected, got=at_most, remedy=f"wish for {remedy}")


def _fewest(by_points: list[LeadVolume]) -> str:
    return f"{by_points[-1].per_week or 0.0:,.2g} a week from 100 points on, the fewest"


def _best(by_points: list[LeadVolume]) -> str:
    known = [gives.precision for gives in by_points if gives.precision is not None and gives.leads >= FEWEST_LEADS]
    return f"at best {max(known):.0%} won".replace("%", " %") if known else "too few leads"

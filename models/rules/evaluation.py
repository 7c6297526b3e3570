"""Points: rules evaluated on what `features.build` returns, column by column, for all leads at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.config import Place
from models.rules.cells import FeatureCells, Floats, Mask
from models.rules.format import MOST_POINTS, Condition, Dimension, Rule, Rules

LIKE_NONE = -1
"""The number of the persona of a lead that is like none."""

ROWS = 50_000
"""Rows that are evaluated at once: the columns of more do not fit into the caches, which doubles the time."""

Personas = npt.NDArray[np.int64]
DimensionName = Literal["fit", "engagement"]


@dataclass(frozen=True)
class _Sums:
    """Points of some rules, added up: good ones by group, and bad ones."""

    good: dict[str | None, Floats]
    bad: Floats

    def __add__(self, other: _Sums) -> _Sums:
        nothing = np.zeros(len(self.bad))
        names = (*self.good, *other.good)
        good = {name: self.good.get(name, nothing) + other.good.get(name, nothing) for name in names}
        return _Sums(good, self.bad + other.bad)

    @property
    def all_good(self) -> Floats:
        return sum(self.good.values(), np.zeros(len(self.bad)))

    def capped(self, dimension: Dimension) -> Floats:
        """Return the points with those of each group, and all good ones together, held back by their caps."""
        good = {
            name: np.minimum(points, dimension.groups.get(name or "", np.inf)) for name, points in self.good.items()
        }
        return np.minimum(_Sums(good, self.bad).all_good, dimension.limit) + self.bad


@dataclass(frozen=True)
class _Scored:
    """What each dimension gives to each row, and the number of the persona by which it does."""

    fit: Floats
    engagement: Floats
    persona: Personas

    @property
    def total(self) -> Floats:
        return self.fit + self.engagement

    def where_better(self, other: _Scored, eligible: Mask) -> _Scored:
        """Take over the eligible rows of another that are like no persona here, or have more points there."""
        taken = eligible & ((self.persona == LIKE_NONE) | (other.total > self.total))
        pairs = ((self.fit, other.fit), (self.engagement, other.engagement), (self.persona, other.persona))
        return _Scored(*(np.where(taken, better, own) for own, better in pairs))


def evaluate(rules: Rules, features: pd.DataFrame) -> pd.DataFrame:
    """Return ``points`` (0–100) of each row of features, what ``fit`` and ``engagement`` add to them, and the
    ``persona`` by which they do, empty for a lead that is like none.

    A rule whose column is missing is idle. A dimension may be negative: bad points always count. A persona
    counts for a lead to which its profile gives points; of several it is the one by which the lead has most.

    >>> from models.rules import load_rules
    >>> features = pd.DataFrame({"job_rank": ["C-level", "Student"], "demo_request_ever": [1.0, 1.0]})
    >>> evaluate(load_rules(), features)[["points", "fit", "engagement"]].to_numpy().tolist()
    [[52.0, 12.0, 40.0], [10.0, -30.0, 40.0]]
    """
    starts = range(0, max(len(features), 1), ROWS)
    chunks = [_evaluated(rules, features.iloc[start : start + ROWS]) for start in starts]
    return pd.concat(chunks) if len(chunks) > 1 else chunks[0]


def _evaluated(rules: Rules, features: pd.DataFrame) -> pd.DataFrame:
    scored = _scored(rules, FeatureCells(features))
    points = np.clip(rules.start + scored.total, 0, MOST_POINTS)
    names = np.array([*(persona.name for persona in rules.personas), ""], dtype=object)
    columns = pd.DataFrame({"points": points, "fit": scored.fit, "engagement": scored.engagement}, index=features.index)
    return columns.assign(persona=pd.Series(names[scored.persona], index=features.index, dtype="str"))


def fired(rules: Rules, features: pd.DataFrame) -> pd.DataFrame:
    """Return the points that each rule gives, cooled but before any cap: one column per rule, called by its name.

    The rules of a persona give them to the leads that are scored by it.
    """
    cells = FeatureCells(features)
    persona, points = personas_of(rules, cells), {}
    for place, dimension in rules.dimensions():
        for rule, gives in _points_by_rule(dimension, _silence(rules, place, cells), cells):
            points[rule.name] = np.where(counts_for(place, persona), gives, 0.0)
    return pd.DataFrame(points, index=features.index, dtype=np.float64)


def fired_within_caps(rules: Rules, features: pd.DataFrame) -> pd.DataFrame:
    """Return the points that each rule gives, with all that caps and limits hold back shared out to those that fired.

    The good points of a group, and of a dimension, are held back in proportion to what each rule gives. With the start
    they add up to the points of a lead.

    >>> from models.rules import load_rules
    >>> leads = pd.DataFrame({"demo_request_ever": [1.0, 1.0], "quote_request_ever": [0.0, 1.0]})
    >>> fired_within_caps(load_rules(), leads)[["Asked for a demo", "Asked for a quote"]].to_numpy().tolist()
    [[40.0, 0.0], [25.0, 25.0]]
    """
    gives = fired(rules, features)
    points, persona = gives.to_numpy(copy=True), personas_of(rules, FeatureCells(features))
    for number in range(LIKE_NONE, len(rules.personas)):
        rows = np.flatnonzero(persona == number)
        for kind in ("fit", "engagement"):
            _hold_back(points, rows, kind, _dimension(rules, kind, number), rules)
    return pd.DataFrame(_within_limits(points, rules.start), index=gives.index, columns=gives.columns)


def _dimension(rules: Rules, kind: DimensionName, persona: int) -> Dimension:
    """Return the caps of a dimension that hold for the leads of a persona, or for those that are like none."""
    of_all: Dimension = getattr(rules, kind)
    return of_all if persona == LIKE_NONE else merged(of_all, getattr(rules.personas[persona], kind))


def _hold_back(
    points: Floats, rows: npt.NDArray[np.intp], kind: DimensionName, dimension: Dimension, rules: Rules
) -> None:
    """Hold the good points of rows back by the caps of a dimension, group by group and then together."""
    good = [
        (column, rule.group)
        for column, (place, rule) in enumerate(rules.with_places())
        if place[-3] == kind and rule.most >= 0
    ]
    for name, cap in dimension.groups.items():
        _scale_down(points, rows, [column for column, group in good if group == name], cap)
    _scale_down(points, rows, [column for column, _ in good], dimension.limit)


def _scale_down(points: Floats, rows: npt.NDArray[np.intp], columns: Sequence[int], most: float) -> None:
    """Scale some columns of rows down so that they add up to no more than that."""
    cells = np.ix_(rows, np.array(columns, dtype=np.intp))
    together = points[cells].sum(axis=1)
    points[cells] *= np.where(together > most, most / np.maximum(together, 1e-12), 1.0)[:, None]


def _within_limits(points: Floats, start: float) -> Floats:
    """Scale the good points of a row down where a lead would have more than 100, and the bad ones where less than 0."""
    # Row by row in memory, a row adds up in the same order, to the last bit, whether it stands alone or not.
    points = np.ascontiguousarray(points)
    good, bad = (np.where(sign * points > 0, points, 0.0) for sign in (1, -1))
    total, up, down = (start + points.sum(axis=1)), good.sum(axis=1), bad.sum(axis=1)
    less_good = np.where(total > MOST_POINTS, 1 - (total - MOST_POINTS) / np.where(up > 0, up, 1.0), 1.0)
    less_bad = np.where(total < 0, 1 - total / np.where(down < 0, down, -1.0), 1.0)
    return good * less_good[:, None] + bad * less_bad[:, None]


def personas_of(rules: Rules, cells: FeatureCells) -> Personas:
    """Return the number of the persona by which each row is scored, `LIKE_NONE` where it is like none."""
    return _scored(rules, cells).persona if rules.personas else np.full(len(cells), LIKE_NONE)


def counts_for(place: Place, persona: Personas) -> Mask:
    """Return for which rows a part of the rules counts: one of a persona only for those that are scored by it."""
    return persona == place[1] if place[0] == "personas" else np.ones(len(persona), dtype=np.bool_)


def holds_on(condition: Condition, features: pd.DataFrame) -> Mask:
    """Return on which rows a condition holds; on none where its column is missing."""
    return FeatureCells(features).holds(condition)


def holds_all(conditions: Sequence[Condition], cells: FeatureCells) -> Mask:
    """Return on which rows all of at least one condition hold."""
    return np.logical_and.reduce([cells.holds(condition) for condition in conditions])


def _scored(rules: Rules, cells: FeatureCells) -> _Scored:
    """Score by the rules for all; then each persona takes over the leads that have more by it."""
    sums = {place: _summed(dimension, _silence(rules, place, cells), cells) for place, dimension in rules.dimensions()}
    of_all_fit, of_all_engagement = sums["fit",], sums["engagement",]
    nobody = np.full(len(cells), LIKE_NONE)
    scored = _Scored(of_all_fit.capped(rules.fit), of_all_engagement.capped(rules.engagement), nobody)
    for number, persona in enumerate(rules.personas):
        fit, engagement = sums["personas", number, "fit"], sums["personas", number, "engagement"]
        by_it = _Scored(
            (of_all_fit + fit).capped(merged(rules.fit, persona.fit)),
            (of_all_engagement + engagement).capped(merged(rules.engagement, persona.engagement)),
            np.full(len(cells), number),
        )
        scored = scored.where_better(by_it, eligible=fit.all_good > 0)
    return scored


def merged(of_all: Dimension, own: Dimension) -> Dimension:
    """Return the caps that hold for a persona: its own where it has them."""
    cap = of_all.cap if own.cap is None else own.cap
    return Dimension(cap=cap, groups={**of_all.groups, **own.groups})


def _silence(rules: Rules, place: Place, cells: FeatureCells) -> Floats | float:
    """Return the share of good points that silence leaves; it takes from engagement only."""
    return cells.left(("last_activity",), rules.engagement.silence_half_life) if place[-1] == "engagement" else 1.0


def _summed(dimension: Dimension, left: Floats | float, cells: FeatureCells) -> _Sums:
    good: dict[str | None, Floats] = {}
    bad = np.zeros(len(cells))
    for rule, points in _points_by_rule(dimension, left, cells):
        if rule.most < 0:
            bad += points
        else:
            good[rule.group] = good.get(rule.group, 0.0) + points
    return _Sums(good, bad)


def _points_by_rule(dimension: Dimension, left: Floats | float, cells: FeatureCells) -> Iterator[tuple[Rule, Floats]]:
    """Silence takes from the good points only: it never forgives a bad one."""
    for rule in dimension.rules:
        yield rule, _points(rule, cells) * (left if rule.most > 0 else 1.0)


def _points(rule: Rule, cells: FeatureCells) -> Floats:
    """Return what a rule gives to each row, cooled by the age of its newest event."""
    points, cooling = rule.points or 0.0, 1.0
    event = next((condition for condition in rule.when if condition.event), None)
    if event:
        cooling = cells.left(event.recencies, rule.half_life)
        if rule.each and rule.max:
            gained = abs(rule.each) * cells.counts(event).clip(max=abs(rule.max / rule.each) + 1)
            points = np.sign(rule.each) * np.minimum(gained, abs(rule.max))
    return np.where(holds_all(rule.when, cells), points * cooling, 0.0)

"""What is wrong with a file of rules: what contradicts itself, and what never moves a lead.

From the file alone: rules that cannot hold, that pull against each other, and what no points can reach. From history:
rules about what the data do not have, dead ones that never held, and ones that a cap makes idle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from data.strict_yaml import Place
from models.rules.cells import Cells, plain
from models.rules.evaluation import evaluate, holds_all, merged
from models.rules.format import MOST_POINTS, Condition, Dimension, Mark, Persona, Rule, Rules

MOST_ROWS = 5_000
"""Rows on which a rule holds that are looked at to see whether a cap takes all of it."""

Kind = Literal["contradiction", "unreachable", "no data", "dead", "idle cap"]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a part of the rules: what kind it is of, and where it stands in the file."""

    kind: Kind
    what: str
    place: Place


def findings(rules: Rules, history: pd.DataFrame | None = None) -> list[Finding]:
    """Return what is wrong with rules, in the order of the file; ``history`` is the feature frame of all known leads.

    Without a history it is only looked at what the file alone tells.
    """
    found = [*_out_of_reach(rules), *_impossible(rules), *_opposed(rules), *_cut_short(rules)]
    if history is not None:
        known = {one.place for one in found}
        found += [one for one in _idle(rules, history) if one.place not in known]
    order = [place for place, _ in (*rules.with_places(), *rules.marks())]
    return sorted(found, key=lambda one: order.index(one.place) if one.place in order else -1)


# What the file alone tells


def _impossible(rules: Rules) -> Iterator[Finding]:
    for place, mark in (*rules.with_places(), *rules.marks()):
        if clash := _clash(mark.when):
            yield Finding("contradiction", f"'{mark.name}' can never be so: {clash}", place)


def _clash(when: Sequence[Condition]) -> str:
    """Return which conditions exclude each other, or nothing.

    >>> _clash([Condition(attribute="employees", at_least=50), Condition(attribute="employees", below=10)])
    'employees is at least 50 and below 10'
    """
    asked: dict[tuple[str, ...], list[Condition]] = defaultdict(list)
    for condition in when:
        asked[tuple(map(plain, condition.columns))].append(condition)
    return next(filter(None, (_clash_of_one(conditions) for conditions in asked.values())), "")


def _clash_of_one(asked: Sequence[Condition]) -> str:
    """Return which conditions about one column exclude each other, or nothing."""
    subject = asked[0].subject
    lowest = max(one.bounds.get("at_least", -np.inf) for one in asked)
    above = [(one.bounds[name], name) for one in asked for name in ("at_most", "below") if name in one.bounds]
    highest, bound = min(above, key=lambda each: (each[0], each[1] != "below"), default=(np.inf, ""))
    if lowest > highest or (lowest == highest and bound == "below"):
        return f"{subject} is at least {lowest:g} and {bound.replace('_', ' ')} {highest:g}"
    wanted = [{text.strip().casefold() for text in one.is_} for one in asked if one.is_]
    if wanted and not set.intersection(*wanted):
        return f"{subject} is {' and '.join(one.is_[0] for one in asked if one.is_)} at once"
    if any(one.given is False for one in asked) and (wanted or above or np.isfinite(lowest)):
        return f"{subject} is not given and yet is something"
    return ""


def _opposed(rules: Rules) -> Iterator[Finding]:
    """Yield rules that ask what another asks, of the same leads, and pull the other way; and marks that do."""
    rules_of_all = [(place, rule) for place, rule in rules.with_places() if place[0] != "personas"]
    for (_, first), (place, rule) in combinations(rules_of_all, 2):
        if _asks(first) == _asks(rule) and first.most * rule.most < 0:
            yield Finding(
                "contradiction", f"'{rule.name}' asks what '{first.name}' asks, and pulls the other way", place
            )
    triggers = {_asks(mark): mark.name for mark in rules.triggers}
    for number, mark in enumerate(rules.disqualifiers):
        if _asks(mark) in triggers:
            what = f"'{mark.name}' lets go what the trigger '{triggers[_asks(mark)]}' calls sales for"
            yield Finding("contradiction", what, ("disqualifiers", number))


def _asks(mark: Mark) -> frozenset[tuple]:
    """Return what conditions ask, whatever their order and spelling."""
    return frozenset(
        (tuple(map(plain, one.columns)), frozenset(map(str.casefold, one.is_)), one.given, tuple(one.bounds.items()))
        for one in mark.when
    )


def _out_of_reach(rules: Rules) -> Iterator[Finding]:
    """Yield thresholds and grades that are more than all points together."""
    personas: list[Persona | None] = [None, *rules.personas]
    fit = [_most(rules.fit, persona and persona.fit) for persona in personas]
    engagement = [_most(rules.engagement, persona and persona.engagement) for persona in personas]
    most = min(rules.start + max(map(sum, zip(fit, engagement, strict=True))), MOST_POINTS)
    asked = [(most, getattr(rules.thresholds, name), ("thresholds", name)) for name in ("mql", "sql")]
    for name, grades, reached in (("fit", rules.grades.fit, fit), ("engagement", rules.grades.engagement, engagement)):
        asked += [
            (max(reached), cut, ("grades", name, grade)) for grade, cut in (grades.named if grades else {}).items()
        ]
    for reach, cut, place in asked:
        if cut > reach:
            what = f"no lead can reach the {cut:g} of '{place[-1]}': all rules together give {reach:g}"
            yield Finding("unreachable", what, place)


def _most(of_all: Dimension, own: Dimension | None) -> float:
    """Return the most points that a dimension gives, to a persona or to a lead that is like none."""
    both = merged(of_all, own) if own else of_all
    by_group: dict[str, float] = defaultdict(float)
    for rule in (*of_all.rules, *(own.rules if own else ())):
        by_group[rule.group or ""] += max(rule.most, 0)
    return min(sum(min(given, both.groups.get(name, np.inf)) for name, given in by_group.items()), both.limit)


def _cut_short(rules: Rules) -> Iterator[Finding]:
    """Yield rules that give more than the cap above them lets through."""
    for place, dimension in rules.dimensions():
        of_all = rules.fit if place[-1] == "fit" else rules.engagement
        caps = merged(of_all, dimension)
        for number, rule in enumerate(dimension.rules):
            cap = min(caps.limit, caps.groups.get(rule.group or "", np.inf))
            if rule.most > cap:
                what = f"'{rule.name}' gives {rule.most:g} points, of which the cap lets {cap:g} through"
                yield Finding("idle cap", what, (*place, "rules", number))


# What history tells


def _idle(rules: Rules, history: pd.DataFrame) -> Iterator[Finding]:
    cells = Cells(history)
    for place, mark in (*rules.with_places(), *rules.marks()):
        if missing := [one.columns[0] for one in mark.when if not cells.found(one.columns)]:
            yield Finding("no data", f"'{mark.name}' asks for what these data do not have: {', '.join(missing)}", place)
            continue
        holds = holds_all(mark.when, cells)
        if not holds.any():
            yield Finding("dead", f"'{mark.name}' was never so in history", place)
        elif isinstance(mark, Rule) and _changes_nothing(mark, rules, history.iloc[np.flatnonzero(holds)[:MOST_ROWS]]):
            yield Finding("idle cap", f"'{mark.name}' changes no lead's points: the caps take all that it gives", place)


def _changes_nothing(rule: Rule, rules: Rules, rows: pd.DataFrame) -> bool:
    """Tell whether the points of rows on which a rule holds are the same without it."""
    told, points = (evaluate(each, rows)["points"] for each in (rules, _without(rules, rule)))
    return bool(np.allclose(told, points, rtol=0, atol=1e-9))


def _without(rules: Rules, rule: Rule) -> Rules:
    def left(dimension: Dimension) -> Dimension:
        return dimension.model_copy(update={"rules": tuple(one for one in dimension.rules if one.name != rule.name)})

    personas = tuple(
        each.model_copy(update={"fit": left(each.fit), "engagement": left(each.engagement)}) for each in rules.personas
    )
    return rules.model_copy(update={"fit": left(rules.fit), "engagement": left(rules.engagement), "personas": personas})

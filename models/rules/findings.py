"""What is wrong with a file of rules: what contradicts itself, and what never moves a lead.

From the file alone: rules that cannot hold, that pull against each other or give nothing, and thresholds that no points
reach or that every lead is over. From history: rules about what the data do not have, dead ones that never held, and
ones that a cap makes idle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.columns import is_named
from data.config import Place
from data.errors import nearest
from data.schema import plain
from models.rules.cells import FeatureCells
from models.rules.clashes import clash
from models.rules.evaluation import counts_for, evaluate, holds_all, merged, personas_of
from models.rules.format import MOST_POINTS, Condition, Dimension, Mark, Persona, Rule, Rules
from models.rules.reach import DIMENSIONS, reach

ROWS = 50_000
"""Rows that are scored at once, with and without a rule."""
COMPARED = ["fit", "engagement", "persona"]
"""What a rule that does anything changes, before the total is clipped to 0–100."""

Kind = Literal["contradiction", "unreachable", "idle bar", "no points", "no data", "unknown name", "dead", "idle cap"]


@dataclass(frozen=True)
class RuleFinding:
    """Something that is wrong with a part of the rules: what kind it is of, and where it stands in the file."""

    kind: Kind
    what: str
    place: Place


def findings_of(rules: Rules, history: pd.DataFrame | None = None) -> list[RuleFinding]:
    """Return what is wrong with rules, in the order of the file; ``history`` are the features of all known leads.

    Without a history only the file alone is checked.
    """
    listed = [*_of_the_file(rules)]
    if history is not None:
        listed += _of_history(rules, history, {one.place for one in listed})
    order = {place: number for number, (place, _) in enumerate((*rules.with_places(), *rules.marks()))}
    return sorted(listed, key=lambda one: order.get(one.place, order.get(one.place[:-2], -1)))


def _of_the_file(rules: Rules) -> Iterator[RuleFinding]:
    for check in (_out_of_reach, _everybody_over, _impossible, _pointless, _opposed, _never_qso, _cut_short):
        yield from check(rules)


def _of_history(rules: Rules, history: pd.DataFrame, known: set[Place]) -> Iterator[RuleFinding]:
    """Yield what history shows of rules; each is named once, and by its cause where that is a word nobody has."""
    unknown = list(_unknown(rules, history))
    explained = {one.place[:-2] for one in unknown}
    yield from unknown
    for one in _idle(rules, history):
        if one.place not in known and (one.kind not in ("no data", "dead") or one.place not in explained):
            yield one


# What the file alone shows


def _impossible(rules: Rules) -> Iterator[RuleFinding]:
    for place, mark in (*rules.with_places(), *rules.marks()):
        if why := clash(mark.when):
            yield RuleFinding("contradiction", f"'{mark.name}' can never be so: {why}", place)
        elif place[0] == "personas" and (why := _excludes(mark, rules.personas[int(place[1])])):
            yield RuleFinding("contradiction", f"'{mark.name}' excludes the profile of its persona: {why}", place)


def _excludes(mark: Mark, persona: Persona) -> str:
    """Return why a rule and the profile of its persona exclude each other, or nothing."""
    clashes = [clash((*mark.when, *rule.when)) for rule in persona.fit.rules if rule.most > 0]
    return clashes[0] if all(clashes) else ""


def _opposed(rules: Rules) -> Iterator[RuleFinding]:
    """Yield rules that ask what another asks, of the same leads, and pull the other way; and marks that do."""
    for (one_place, one), (place, other) in combinations(rules.with_places(), 2):
        same_leads = _owner(one_place) == _owner(place)
        if same_leads and _asks(one.when) == _asks(other.when) and one.most * other.most < 0:
            what = f"'{other.name}' asks what '{one.name}' asks, and pulls the other way"
            yield RuleFinding("contradiction", what, place)
    triggers = {_asks(mark.when): mark.name for mark in rules.triggers}
    for number, mark in enumerate(rules.disqualifiers):
        if _asks(mark.when) in triggers:
            what = f"'{mark.name}' lets go what the trigger '{triggers[_asks(mark.when)]}' calls sales for"
            yield RuleFinding("contradiction", what, ("disqualifiers", number))


def _owner(place: Place) -> Place:
    """Return the persona that a rule is of; none of those for all."""
    return place[:2] if place[0] == "personas" else ()


def _never_qso(rules: Rules) -> Iterator[RuleFinding]:
    """Yield what keeps every lead from being a qualified opportunity."""
    if why := clash(rules.qso):
        yield RuleFinding("contradiction", f"no lead can be a QSO: {why}", ("qso", len(rules.qso) - 1))
    for number, mark in enumerate(rules.disqualifiers):
        if _asks(mark.when) <= _asks(rules.qso):
            yield RuleFinding("contradiction", f"'{mark.name}' lets every QSO go", ("disqualifiers", number))


def _asks(when: Sequence[Condition]) -> frozenset[tuple]:
    """Return what conditions ask, whatever their order and spelling."""
    return frozenset(
        (tuple(map(plain, one.columns)), frozenset(map(str.casefold, one.is_)), one.is_given, tuple(one.bounds.items()))
        for one in when
    )


def _out_of_reach(rules: Rules) -> Iterator[RuleFinding]:
    """Yield thresholds and grades that are more than all rules that can hold together give."""
    most = min(rules.start + reach(rules), MOST_POINTS)
    asked = [(most, getattr(rules.thresholds, name), ("thresholds", name)) for name in ("mql", "sql")]
    for name in DIMENSIONS:
        grades = getattr(rules.grades, name)
        by_grade = grades.by_grade if grades else {}
        asked += [(reach(rules, [name]), points, ("grades", name, grade)) for grade, points in by_grade.items()]
    for reached, points, place in asked:
        if points > reached + 1e-9:
            what = (
                f"no lead can reach the {points:g} of '{place[-1]}': all rules that can hold together give {reached:g}"
            )
            yield RuleFinding("unreachable", what, place)


def _everybody_over(rules: Rules) -> Iterator[RuleFinding]:
    """Yield thresholds that a lead has with all that speaks against it."""
    least = max(rules.start + sum(min(rule.most, 0) for _, rule in rules.with_places()), 0)
    for name, points in rules.thresholds.model_dump().items():
        if points <= least:
            what = f"every lead has the {points:g} of '{name}': none can have fewer than {least:g} points"
            yield RuleFinding("idle bar", what, ("thresholds", name))


def _pointless(rules: Rules) -> Iterator[RuleFinding]:
    for place, rule in rules.with_places():
        if not rule.most or rule.each == 0:
            yield RuleFinding("no points", f"'{rule.name}' gives no points", place)


def _cut_short(rules: Rules) -> Iterator[RuleFinding]:
    """Yield rules that give more than the cap above them lets through."""
    for place, dimension in rules.dimensions():
        of_all = rules.fit if place[-1] == "fit" else rules.engagement
        caps = merged(of_all, dimension)
        for number, rule in enumerate(dimension.rules):
            cap = min(caps.limit, caps.groups.get(rule.group or "", np.inf))
            if rule.most > cap:
                what = f"'{rule.name}' gives {rule.most:g} points, of which the cap lets {cap:g} through"
                yield RuleFinding("idle cap", what, (*place, "rules", number))


# What history shows


def _unknown(rules: Rules, history: pd.DataFrame) -> Iterator[RuleFinding]:
    """Yield assets and words that the data have others of, but not these."""
    cells = FeatureCells(history)
    for place, one in rules.conditions():
        if what := _unknown_word(one, cells) if one.is_ else _unknown_columns(one, cells):
            yield RuleFinding("unknown name", what, place)


def _unknown_columns(asked: Condition, cells: FeatureCells) -> str:
    """Return which assets, or words of a column with several in a cell, are none of the data's, or nothing."""
    words = asked.asset or asked.has
    missing = [word for word, column in zip(words, asked.columns, strict=False) if not cells.present([column])]
    known = cells.words_after(f"{asked.event or asked.last}: " if asked.asset else f"{asked.attribute}_")
    if not missing or not known:
        return ""
    near = [remedy for word in missing if (remedy := nearest(word, known))]
    return "; ".join([f"the data do not have {_quoted(missing)} among {', '.join(known)}", *near])


def _unknown_word(asked: Condition, cells: FeatureCells) -> str:
    """Return which words no lead has where a common one is spelt nearly so, or nothing."""
    counts = cells.levels(asked.columns[0])
    had, wanted = set(map(_folded, counts)), set(map(_folded, asked.is_))
    named = [level.strip() for level, count in counts.items() if is_named(level, count, len(cells))]
    known = [level for level in named if _folded(level) not in wanted]
    near = {word: remedy for word in asked.is_ if _folded(word) not in had and (remedy := _misspelt(word, known))}
    return "; ".join([f"no lead has {_quoted(near)} as its {asked.attribute}", *near.values()]) if near else ""


def _misspelt(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word; one that ends in another, as unclear does in clear, is no slip."""
    return nearest(word, [level for level in known if not _folded(word).endswith(_folded(level))])


def _folded(word: str) -> str:
    return word.strip().casefold()


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _idle(rules: Rules, history: pd.DataFrame) -> Iterator[RuleFinding]:
    cells = FeatureCells(history)
    scores, persona = evaluate(rules, history)[COMPARED], personas_of(rules, cells)
    for place, mark in (*rules.with_places(), *rules.marks()):
        if missing := [_asked(one) for one in mark.when if not cells.present(one.columns)]:
            yield RuleFinding(
                "no data", f"'{mark.name}' asks for what these data do not have: {'; '.join(missing)}", place
            )
            continue
        holds = holds_all(mark.when, cells)
        if not holds.any():
            yield RuleFinding("dead", f"'{mark.name}' was never so in history", place)
        elif not (holds & counts_for(place, persona)).any():
            yield RuleFinding("dead", f"'{mark.name}' was never so of a lead that was scored by its persona", place)
        elif isinstance(mark, Rule) and _changes_nothing(mark, rules, history, np.flatnonzero(holds), scores):
            yield RuleFinding(
                "idle cap", f"'{mark.name}' changes no lead's points: the caps take all that it gives", place
            )


def _asked(condition: Condition) -> str:
    """Write what a condition is about as the file does.

    >>> _asked(Condition(event="download", asset=("ebook", "study"))), _asked(Condition(attribute="budget", given=True))
    ('event: download, asset: [ebook, study]', 'attribute: budget')
    """
    subjects = {"attribute": condition.attribute, "event": condition.event, "last": condition.last}
    words = {"asset": condition.asset, "has": condition.has}
    lists = {key: each[0] if len(each) == 1 else f"[{', '.join(each)}]" for key, each in words.items() if each}
    return ", ".join(f"{key}: {asked}" for key, asked in (subjects | lists).items() if asked)


def _changes_nothing(
    rule: Rule, rules: Rules, history: pd.DataFrame, rows: npt.NDArray[np.intp], scores: pd.DataFrame
) -> bool:
    """Return whether fit, engagement and persona of the rows on which a rule holds are the same without it."""
    without = _without(rules, rule)
    chunks = (rows[start : start + ROWS] for start in range(0, len(rows), ROWS))
    return all(_alike(evaluate(without, history.iloc[chunk])[COMPARED], scores.iloc[chunk]) for chunk in chunks)


def _alike(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    numbers = COMPARED[:2]
    same = np.allclose(one[numbers], other[numbers], rtol=0, atol=1e-9)
    return bool(same and (one["persona"].to_numpy() == other["persona"].to_numpy()).all())


def _without(rules: Rules, rule: Rule) -> Rules:
    def left(dimension: Dimension) -> Dimension:
        return dimension.model_copy(update={"rules": tuple(one for one in dimension.rules if one.name != rule.name)})

    personas = tuple(
        each.model_copy(update={"fit": left(each.fit), "engagement": left(each.engagement)}) for each in rules.personas
    )
    return rules.model_copy(update={"fit": left(rules.fit), "engagement": left(rules.engagement), "personas": personas})

"""What is wrong with a file of rules: what contradicts itself, and what never moves a lead.

From the file alone: rules that cannot hold, that pull against each other or give nothing, and bars that no points reach
or that every lead is over. From history: rules about what the data do not have, dead ones that never held, and ones
that a cap makes idle.
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
from models.rules.cells import Cells, plain
from models.rules.clashes import clash
from models.rules.evaluation import counts_for, evaluate, holds_all, merged, personas_of
from models.rules.format import MOST_POINTS, Condition, Dimension, Mark, Persona, Rule, Rules
from models.rules.reach import DIMENSIONS, reach

ROWS = 50_000
"""Rows that are scored at once, with and without a rule."""
TELLING = ["fit", "engagement", "persona"]
"""What a rule that does anything changes, before the total is clipped to 0–100."""

Kind = Literal["contradiction", "unreachable", "idle bar", "no points", "no data", "unknown name", "dead", "idle cap"]


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
    bars = [*_out_of_reach(rules), *_everybody_over(rules)]
    found = [*bars, *_impossible(rules), *_pointless(rules), *_opposed(rules), *_never_qso(rules), *_cut_short(rules)]
    if history is not None:
        unknown, known = list(_unknown(rules, history)), {one.place for one in found}
        told = {one.place[:-2] for one in unknown}
        idle = (one for one in _idle(rules, history) if one.place not in known)
        found += [*unknown, *(one for one in idle if one.kind not in ("no data", "dead") or one.place not in told)]
    order = {place: number for number, (place, _) in enumerate((*rules.with_places(), *rules.marks()))}
    return sorted(found, key=lambda one: order.get(one.place, order.get(one.place[:-2], -1)))


# What the file alone tells


def _impossible(rules: Rules) -> Iterator[Finding]:
    for place, mark in (*rules.with_places(), *rules.marks()):
        if why := clash(mark.when):
            yield Finding("contradiction", f"'{mark.name}' can never be so: {why}", place)
        elif place[0] == "personas" and (why := _excludes(mark, rules.personas[int(place[1])])):
            yield Finding("contradiction", f"'{mark.name}' excludes the profile of its persona: {why}", place)


def _excludes(mark: Mark, persona: Persona) -> str:
    """Return why a rule and the profile of its persona exclude each other, or nothing."""
    clashes = [clash((*mark.when, *rule.when)) for rule in persona.fit.rules if rule.most > 0]
    return clashes[0] if all(clashes) else ""


def _opposed(rules: Rules) -> Iterator[Finding]:
    """Yield rules that ask what another asks, of the same leads, and pull the other way; and marks that do."""
    for (one_place, one), (place, other) in combinations(rules.with_places(), 2):
        same_leads = _owner(one_place) == _owner(place)
        if same_leads and _asks(one.when) == _asks(other.when) and one.most * other.most < 0:
            what = f"'{other.name}' asks what '{one.name}' asks, and pulls the other way"
            yield Finding("contradiction", what, place)
    triggers = {_asks(mark.when): mark.name for mark in rules.triggers}
    for number, mark in enumerate(rules.disqualifiers):
        if _asks(mark.when) in triggers:
            what = f"'{mark.name}' lets go what the trigger '{triggers[_asks(mark.when)]}' calls sales for"
            yield Finding("contradiction", what, ("disqualifiers", number))


def _owner(place: Place) -> Place:
    """Return the persona that a rule is of; none of those for all."""
    return place[:2] if place[0] == "personas" else ()


def _never_qso(rules: Rules) -> Iterator[Finding]:
    """Yield what keeps every lead from being a qualified opportunity."""
    if why := clash(rules.qso):
        yield Finding("contradiction", f"no lead can be a QSO: {why}", ("qso", len(rules.qso) - 1))
    for number, mark in enumerate(rules.disqualifiers):
        if _asks(mark.when) <= _asks(rules.qso):
            yield Finding("contradiction", f"'{mark.name}' lets every QSO go", ("disqualifiers", number))


def _asks(when: Sequence[Condition]) -> frozenset[tuple]:
    """Return what conditions ask, whatever their order and spelling."""
    return frozenset(
        (tuple(map(plain, one.columns)), frozenset(map(str.casefold, one.is_)), one.given, tuple(one.bounds.items()))
        for one in when
    )


def _out_of_reach(rules: Rules) -> Iterator[Finding]:
    """Yield thresholds and grades that are more than all rules that can hold together give."""
    most = min(rules.start + reach(rules), MOST_POINTS)
    asked = [(most, getattr(rules.thresholds, name), ("thresholds", name)) for name in ("mql", "sql")]
    for name in DIMENSIONS:
        grades = getattr(rules.grades, name)
        cuts = grades.named if grades else {}
        asked += [(reach(rules, [name]), cut, ("grades", name, grade)) for grade, cut in cuts.items()]
    for reached, cut, place in asked:
        if cut > reached + 1e-9:
            what = f"no lead can reach the {cut:g} of '{place[-1]}': all rules that can hold together give {reached:g}"
            yield Finding("unreachable", what, place)


def _everybody_over(rules: Rules) -> Iterator[Finding]:
    """Yield thresholds that a lead has with all that speaks against it."""
    least = max(rules.start + sum(min(rule.most, 0) for _, rule in rules.with_places()), 0)
    for name, bar in rules.thresholds.model_dump().items():
        if bar <= least:
            what = f"every lead has the {bar:g} of '{name}': none can have fewer than {least:g} points"
            yield Finding("idle bar", what, ("thresholds", name))


def _pointless(rules: Rules) -> Iterator[Finding]:
    for place, rule in rules.with_places():
        if not rule.most or rule.each == 0:
            yield Finding("no points", f"'{rule.name}' gives no points", place)


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


def _unknown(rules: Rules, history: pd.DataFrame) -> Iterator[Finding]:
    """Yield assets and words that the data have others of, but not these."""
    cells = Cells(history)
    for place, one in rules.conditions():
        if what := _unknown_word(one, cells) if one.is_ else _unknown_columns(one, cells):
            yield Finding("unknown name", what, place)


def _unknown_columns(asked: Condition, cells: Cells) -> str:
    """Return which assets, or words of a column with several in a cell, are none of the data's, or nothing."""
    words = asked.asset or asked.has
    missing = [word for word, column in zip(words, asked.columns, strict=False) if not cells.found([column])]
    known = cells.words_after(f"{asked.event or asked.last}: " if asked.asset else f"{asked.attribute}_")
    if not missing or not known:
        return ""
    near = [told for word in missing if (told := nearest(word, known))]
    return "; ".join([f"the data do not have {_quoted(missing)} among {', '.join(known)}", *near])


def _unknown_word(asked: Condition, cells: Cells) -> str:
    """Return which words no lead has where a common one is spelt nearly so, or nothing."""
    counts = cells.levels(asked.columns[0])
    had, wanted = set(map(_folded, counts)), set(map(_folded, asked.is_))
    named = [level.strip() for level, count in counts.items() if is_named(level, count, len(cells))]
    known = [level for level in named if _folded(level) not in wanted]
    near = {word: told for word in asked.is_ if _folded(word) not in had and (told := _misspelt(word, known))}
    return "; ".join([f"no lead has {_quoted(near)} as its {asked.attribute}", *near.values()]) if near else ""


def _misspelt(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word; one that ends in another, as unclear does in clear, is no slip."""
    return nearest(word, [level for level in known if not _folded(word).endswith(_folded(level))])


def _folded(word: str) -> str:
    return word.strip().casefold()


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _idle(rules: Rules, history: pd.DataFrame) -> Iterator[Finding]:
    cells = Cells(history)
    told, persona = evaluate(rules, history)[TELLING], personas_of(rules, cells)
    for place, mark in (*rules.with_places(), *rules.marks()):
        if missing := [_asked(one) for one in mark.when if not cells.found(one.columns)]:
            yield Finding("no data", f"'{mark.name}' asks for what these data do not have: {'; '.join(missing)}", place)
            continue
        holds = holds_all(mark.when, cells)
        if not holds.any():
            yield Finding("dead", f"'{mark.name}' was never so in history", place)
        elif not (holds & counts_for(place, persona)).any():
            yield Finding("dead", f"'{mark.name}' was never so of a lead that was scored by its persona", place)
        elif isinstance(mark, Rule) and _changes_nothing(mark, rules, history, np.flatnonzero(holds), told):
            yield Finding("idle cap", f"'{mark.name}' changes no lead's points: the caps take all that it gives", place)


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
    rule: Rule, rules: Rules, history: pd.DataFrame, rows: npt.NDArray[np.intp], told: pd.DataFrame
) -> bool:
    """Tell whether fit, engagement and persona of the rows on which a rule holds are the same without it."""
    without = _without(rules, rule)
    parts = (rows[start : start + ROWS] for start in range(0, len(rows), ROWS))
    return all(_alike(evaluate(without, history.iloc[part])[TELLING], told.iloc[part]) for part in parts)


def _alike(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    numbers = TELLING[:2]
    same = np.allclose(one[numbers], other[numbers], rtol=0, atol=1e-9)
    return bool(same and (one["persona"].to_numpy() == other["persona"].to_numpy()).all())


def _without(rules: Rules, rule: Rule) -> Rules:
    def left(dimension: Dimension) -> Dimension:
        return dimension.model_copy(update={"rules": tuple(one for one in dimension.rules if one.name != rule.name)})

    personas = tuple(
        each.model_copy(update={"fit": left(each.fit), "engagement": left(each.engagement)}) for each in rules.personas
    )
    return rules.model_copy(update={"fit": left(rules.fit), "engagement": left(rules.engagement), "personas": personas})

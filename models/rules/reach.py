"""How many points a lead can get: caps hold, and of rules that exclude each other only one gives its points."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from models.rules.clashes import clash
from models.rules.evaluation import merged
from models.rules.format import Dimension, Persona, Rule, Rules

if TYPE_CHECKING:
    from scipy import sparse

DIMENSIONS = ("fit", "engagement")


def reach(rules: Rules, dimensions: Iterable[str] = DIMENSIONS) -> float:
    """Return the most points that dimensions give together, to a lead like none or like the best persona for it.

    >>> from models.rules import load_rules
    >>> reach(load_rules()), reach(load_rules(), ["fit"])
    (100.0, 50.0)
    """
    names = tuple(dimensions)
    return max(_reach_of(rules, persona, names) for persona in (None, *rules.personas))


def _reach_of(rules: Rules, persona: Persona | None, names: tuple[str, ...]) -> float:
    """Return the most that one choice of rules gives, as a small integer programme.

    Its unknowns are whether each rule gives its points, and what each group of a dimension lets through of them.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # what only scores starts without it

    caps: dict[str, Dimension] = {name: getattr(rules, name) for name in names}
    candidates = [(name, rule) for name in names for rule in caps[name].rules]
    if persona:
        candidates += [(name, rule) for name in names for rule in getattr(persona, name).rules]
        caps = {name: merged(caps[name], getattr(persona, name)) for name in names}
    candidates = [(name, rule) for name, rule in candidates if rule.most > 0 and not clash(rule.when)]
    if not candidates:
        return 0.0
    groups = list(dict.fromkeys((name, rule.group or "") for name, rule in candidates))
    points = np.array(
        [[rule.most * ((name, rule.group or "") == group) for name, rule in candidates] for group in groups]
    )
    within = np.array([[float(group[0] == name) for group in groups] for name in names])
    nothing = np.zeros((len(names), len(candidates)))
    limits: Any = np.array([caps[name].limit for name in names])
    highest: Any = np.array(
        [*np.ones(len(candidates)), *(caps[name].groups.get(group, np.inf) for name, group in groups)]
    )
    passed = LinearConstraint(np.hstack([-points, np.eye(len(groups))]), ub=0)
    capped = LinearConstraint(np.hstack([nothing, within]), ub=limits)
    alone = LinearConstraint(_apart([rule for _, rule in candidates], len(candidates) + len(groups)), ub=1)
    sought = np.repeat([0, -1], [len(candidates), len(groups)])
    whole = np.repeat([1, 0], [len(candidates), len(groups)])
    return float(-milp(sought, integrality=whole, bounds=Bounds(0, highest), constraints=[passed, capped, alone]).fun)


def _apart(rules: list[Rule], unknowns: int) -> sparse.csr_matrix:
    """Return a row for each pair of rules that exclude each other, with a 1 for both; rules are the first unknowns."""
    from scipy import sparse

    numbered = combinations(enumerate(rules), 2)
    pairs = [(here, there) for (here, one), (there, other) in numbered if clash((*one.when, *other.when))]
    rows = np.repeat(np.arange(len(pairs)), 2)
    return sparse.csr_matrix((np.ones(len(rows)), (rows, np.array(pairs, int).ravel())), (len(pairs), unknowns))

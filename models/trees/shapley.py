"""Exact SHAP values of boosted trees by looking them up: the numbers of LightGBM's ``pred_contrib``, many times faster.

What a leaf adds to a feature depends only on which conditions of its path a row meets (path-dependent value function of
Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees"). Shallow trees
have few conditions, so all answers are computed beforehand: leaves of a tree share a *table*, with an entry for each
pattern of decisions. A row is cut to bytes once, by the thresholds of the model; for each table its pattern is put
together from those bytes, and one number for each feature is looked up and added.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from functools import cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numba
import numpy as np
import numpy.typing as npt
from lightgbm import Booster

from models.trees.paths import LEVELS, NAN, ZERO, Leaf, Split, leaves_of

MOST_DECISIONS = 8
"""Decisions that one table tells apart, so that a pattern is a byte; longer paths are left to LightGBM."""
MOST_MARKS = 254
"""Thresholds that one column of bytes tells apart, beside what is missing."""
BLOCK = 2048
"""Rows that are worked on at once: so many that a table is worth fetching, so few that their sums stay in the cache."""
ALMOST_ZERO = 1e-35
"""Numbers so near to 0 are 0 to LightGBM."""
SMALLEST_SHARE = 1e-30
"""A leaf that no training row reached has at least this share, so that one may divide by it."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Bytes(NamedTuple):
    """How rows are cut to columns of bytes, each of which tells the numbers of one feature apart by marks.

    Its byte is 0 for what is missing, else 1 more than the marks below the number; with levels, 1 for one of the marks.
    The marks of column c begin at ``first_mark[c]``, and end where those of the next begin.
    """

    feature: Integers
    missing: Integers
    first_mark: Integers
    marks: Floats


class Tables(NamedTuple):
    """The tables of a model, end to end; what belongs to table t begins at ``first_decision[t]`` and ``first_sum[t]``.

    column, least, breadth  of each decision: the answer is yes where the column's byte, less ``least``, is at most
                            ``breadth``; a byte below ``least`` wraps around to a large one, and so is a no
    feature, first_entry    of each sum: the feature that is added to, and where the entries by pattern begin
    """

    column: Integers
    least: npt.NDArray[np.uint8]
    breadth: npt.NDArray[np.uint8]
    first_decision: Integers
    feature: Integers
    first_entry: Integers
    first_sum: Integers
    entries: Floats


class Lookup(NamedTuple):
    """All that the values of a model are looked up in."""

    base: float
    bytes: Bytes
    tables: Tables


_known: WeakKeyDictionary[Booster, Lookup | None] = WeakKeyDictionary()


def tree_shap(booster: Booster, rows: Floats) -> tuple[float, Floats]:
    """Return the base of all rows, and what each feature adds to each row's log-odds: of shape (rows, features).

    ``rows`` are numbers as the booster was fitted on, of shape (rows, features), levels as their codes. The tables are
    made at the first call for a booster and kept as long as it lives. Trees with more than 8 decisions on a path, and
    trees that are averaged, have no tables: LightGBM's own ``pred_contrib`` answers for them.
    Raises ValueError for another number of features than the booster has.
    """
    if rows.shape[1] != booster.num_feature():
        raise ValueError(f"expected {booster.num_feature()} features, got {rows.shape[1]}")
    if booster not in _known:
        _known[booster] = lookup_of(booster)
    lookup = _known[booster]
    if lookup is None:
        values = np.asarray(booster.predict(rows, pred_contrib=True))
        return float(values[0, -1]), values[:, :-1]
    values = np.zeros((rows.shape[1], len(rows)))  # feature by feature, as a DataFrame keeps it
    rows = np.ascontiguousarray(rows, dtype=np.float64)
    if len(rows) <= BLOCK:  # one lead is explained before other cores would have been woken
        _of_block(rows, 0, len(rows), lookup.bytes, lookup.tables, values)
    else:
        _of_blocks(rows, lookup.bytes, lookup.tables, values)
    return lookup.base, values.T


def lookup_of(booster: Booster) -> Lookup | None:
    """Compute the tables of a booster; None where it cannot have any."""
    trees = leaves_of(booster)
    if trees is None or any(len(decisions_of([leaf])) > MOST_DECISIONS for leaves in trees for leaf in leaves):
        return None
    base = math.fsum(leaf.share * leaf.value for leaves in trees for leaf in leaves)
    groups = [group for leaves in trees for group in groups_of(leaves) if decisions_of(group)]
    cut, asked = _cut({decision for group in groups for decision in decisions_of(group)})
    return Lookup(base, cut, _tables(groups, asked))


def decisions_of(leaves: Iterable[Leaf]) -> list[Split]:
    """Return the different decisions on the paths to leaves."""
    return list(dict.fromkeys(condition.decision for leaf in leaves for condition in leaf.path))


def groups_of(leaves: Sequence[Leaf]) -> Iterator[list[Leaf]]:
    """Divide the leaves of a tree, from left to right, so that each group has a table: neighbours share decisions."""
    group: list[Leaf] = []
    for leaf in leaves:
        if len(decisions_of([*group, leaf])) > MOST_DECISIONS:
            yield group
            group = []
        group.append(leaf)
    yield group


def _cut(decisions: Iterable[Split]) -> tuple[Bytes, dict[Split, tuple[int, int, int]]]:
    """Return columns of bytes that tell decisions apart, and the column, least byte and breadth of each decision."""
    by_column: dict[tuple[int, int], list[Split]] = {}
    for decision in sorted(decisions):
        by_column.setdefault((decision.feature, decision.missing), []).append(decision)
    columns: list[tuple[int, int, Sequence[float]]] = []
    asked: dict[Split, tuple[int, int, int]] = {}
    for (feature, missing), alike in by_column.items():
        for marks, ranges in _by_levels(alike) if missing == LEVELS else _by_thresholds(alike):
            asked |= {decision: (len(columns), *of_yes) for decision, of_yes in ranges.items()}
            columns.append((feature, missing, marks))
    marks = np.array([mark for *_, marks in columns for mark in marks], dtype=np.float64)
    kinds = np.array([kind for *kind, _ in columns], dtype=np.int64).reshape(-1, 2)
    return Bytes(kinds[:, 0].copy(), kinds[:, 1].copy(), _starts(marks for *_, marks in columns), marks), asked


def _by_thresholds(decisions: Sequence[Split]) -> Iterator[tuple[Sequence[float], dict[Split, tuple[int, int]]]]:
    """Yield the marks of each column of a number, and the least byte and breadth of each decision on those marks."""
    thresholds = sorted({decision.threshold for decision in decisions})
    for start in range(0, len(thresholds), MOST_MARKS):
        marks = thresholds[start : start + MOST_MARKS]
        byte_of = {mark: place + 1 for place, mark in enumerate(marks)}
        least = {decision: int(not decision.missing_left) for decision in decisions if decision.threshold in byte_of}
        yield marks, {decision: (first, byte_of[decision.threshold] - first) for decision, first in least.items()}


def _by_levels(decisions: Sequence[Split]) -> Iterator[tuple[Sequence[float], dict[Split, tuple[int, int]]]]:
    """Yield a column for each set of levels, in which 1 is a yes."""
    for decision in decisions:
        yield decision.levels, {decision: (1, 0)}


def _tables(groups: Sequence[Sequence[Leaf]], asked: Mapping[Split, tuple[int, int, int]]) -> Tables:
    decisions = [decisions_of(group) for group in groups]
    features = [sorted({decision.feature for decision in some}) for some in decisions]
    tables = [_table(*each) for each in zip(groups, decisions, features, strict=True)]
    asked_of = np.array([asked[decision] for some in decisions for decision in some], dtype=np.int64).reshape(-1, 3)
    return Tables(
        column=asked_of[:, 0].copy(),
        least=asked_of[:, 1].astype(np.uint8),
        breadth=asked_of[:, 2].astype(np.uint8),
        first_decision=_starts(decisions),
        feature=np.array([feature for some in features for feature in some], dtype=np.int64),
        first_entry=_starts(row for table in tables for row in table),
        first_sum=_starts(features),
        entries=np.concatenate([np.empty(0), *(table.ravel() for table in tables)]),
    )


def _starts(parts: Iterable[Sized]) -> Integers:
    """Return where each part begins when they are laid end to end, and at last where the last one ends.

    >>> _starts(["ab", "cde"])
    array([0, 2, 5])
    """
    return np.cumsum([0, *map(len, parts)])


def _table(leaves: Sequence[Leaf], decisions: Sequence[Split], features: Sequence[int]) -> Floats:
    """Add up what the leaves of a group add to each feature for each pattern: of shape (features, patterns).

    Bit b of a pattern is the answer to decision b.
    """
    table = np.zeros((len(features), 2 ** len(decisions)))
    answers = (np.arange(table.shape[1]) >> np.arange(len(decisions))[:, None] & 1).astype(bool)
    for leaf in leaves:
        own = list(dict.fromkeys(condition.decision.feature for condition in leaf.path))
        met, shares = np.ones((len(own), table.shape[1]), dtype=bool), np.ones(len(own))
        for decision, answer, share in leaf.path:
            place = own.index(decision.feature)
            met[place] &= answers[decisions.index(decision)] == answer
            shares[place] *= share
        known = 2 ** np.arange(len(own)) @ met  # which features the row meets, as bits
        table[[features.index(feature) for feature in own]] += leaf.value * worths(shares)[:, known]
    return table


def worths(shares: Floats) -> Floats:
    """Return what a leaf of value 1 adds to each feature of its path: of shape (features, patterns).

    ``shares`` are those of the training rows that met each feature's conditions on the way; bit f of a pattern tells
    whether a row meets those of feature f. It is the Shapley value of a game in which a known feature counts 1 or 0, an
    unknown one its share, and the leaf their product. By Owen (1972, "Multilinear extensions of games") that is the
    integral over p of what knowing the feature changes where each other one is known with chance p: a polynomial, which
    Gauss's rule integrates exactly.

    A leaf that a quarter of the rows reach adds 3/4 where its condition is met, and takes 1/4 where it is not.

    >>> worths(np.array([0.25]))
    array([[-0.25,  0.75]])
    """
    count = len(shares)
    met = (np.arange(2**count) >> np.arange(count)[:, None] & 1).astype(float)
    shares = np.maximum(shares, SMALLEST_SHARE)[:, None]
    places, weights = _rule(count)
    chances = (1 - places) * shares + places * met
    others = chances.prod(axis=1, keepdims=True) / chances
    return (met - shares) * (weights * others).sum(axis=0)


@cache
def _rule(count: int) -> tuple[Floats, Floats]:
    """Return places and weights on [0, 1] that integrate a product of ``count - 1`` lines exactly."""
    places, weights = np.polynomial.legendre.leggauss(count // 2 + 1)
    return (places[:, None, None] + 1) / 2, weights[:, None, None] / 2


@numba.njit(parallel=True, cache=True)
def _of_blocks(rows, cut, tables, values):  # pragma: no cover - compiled
    """Explain rows block by block, on all cores."""
    for block in numba.prange((len(rows) + BLOCK - 1) // BLOCK):
        _of_block(rows, block * BLOCK, min((block + 1) * BLOCK, len(rows)), cut, tables, values)


@numba.njit(cache=True)
def _of_block(rows, start, end, cut, tables, values):  # pragma: no cover - compiled
    """Add to ``values``, of shape (features, rows), what the tables say of the rows from ``start`` to ``end``."""
    codes = _codes(rows[start:end], cut)
    pattern = np.empty(end - start, dtype=np.uint8)
    for table in range(len(tables.first_sum) - 1):
        pattern[:] = 0
        first = tables.first_decision[table]
        for decision in range(first, tables.first_decision[table + 1]):
            least, breadth = tables.least[decision], tables.breadth[decision]
            code, bit = codes[tables.column[decision]], np.uint8(1 << (decision - first))
            for row in range(len(pattern)):
                pattern[row] |= bit if np.uint8(code[row] - least) <= breadth else np.uint8(0)
        for place in range(tables.first_sum[table], tables.first_sum[table + 1]):
            entries = tables.entries[tables.first_entry[place] : tables.first_entry[place + 1]]
            total = values[tables.feature[place], start:end]
            for row in range(len(pattern)):
                total[row] += entries[pattern[row]]


@numba.njit(cache=True)
def _codes(rows, cut):  # pragma: no cover - compiled
    """Cut rows to bytes, of shape (columns, rows)."""
    codes = np.empty((len(cut.feature), len(rows)), dtype=np.uint8)
    for column in range(len(codes)):
        marks = cut.marks[cut.first_mark[column] : cut.first_mark[column + 1]]
        for row in range(len(rows)):
            codes[column, row] = _code(rows[row, cut.feature[column]], cut.missing[column], marks)
    return codes


@numba.njit(cache=True)
def _code(number, missing, marks):  # pragma: no cover - compiled
    """Return the byte of a number, by the rules by which LightGBM decides."""
    if missing == LEVELS:
        place = _below(marks, np.trunc(number))
        return place < len(marks) and marks[place] == np.trunc(number)
    if np.isnan(number):
        if missing == NAN:
            return 0
        number = 0.0
    if missing == ZERO and abs(number) <= ALMOST_ZERO:
        return 0
    return _below(marks, number) + 1


@numba.njit(cache=True)
def _below(marks, number):  # pragma: no cover - compiled
    """Count the marks below a number, by halving; without a branch, for none could be foreseen."""
    first, left = 0, len(marks)
    while left > 1:
        half = left // 2
        first += half * (marks[first + half - 1] < number)
        left -= half
    return first + (marks[first] < number)

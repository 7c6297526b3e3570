"""The paths to the leaves of boosted trees, as LightGBM writes them into the text of a model (version v4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from lightgbm import Booster

ZERO, NAN = 1, 2
"""What counts as missing, by LightGBM's numbers; where NaN does not, it is read as 0, and with 0 nothing is missing."""
LEVELS = -1
"""Stands there for a decision by levels instead of a threshold."""
CATEGORICAL, MISSING_LEFT, MISSING = 1, 2, 2
"""Two bits of LightGBM's ``decision_type``, and how far it is shifted for what counts as missing."""


class Split(NamedTuple):
    """A question with the answer yes to the left: is a number at most ``threshold``, or its whole part in ``levels``?

    What is missing is a yes where ``missing_left``; it is in no levels, and neither is a number below 0.
    """

    feature: int
    threshold: float
    missing: int
    missing_left: bool
    levels: tuple[int, ...] = ()


class PathStep(NamedTuple):
    """A decision on the way to a leaf, the answer that leads there, and the share of its training rows that gave it."""

    decision: Split
    answer: bool
    share: float


@dataclass(frozen=True)
class Leaf:
    """What a leaf adds to the log-odds, and the way there; empty where the tree is nothing but this leaf."""

    value: float
    path: tuple[PathStep, ...]

    @property
    def share(self) -> float:
        """Return the share of the training rows that came here."""
        share = 1.0
        for condition in self.path:
            share *= condition.share
        return share


def leaves_of(booster: Booster) -> list[list[Leaf]] | None:
    """Return the leaves of each tree from left to right; None where a row's log-odds are not a sum of leaves' values.

    That is so with linear leaves, with several classes, and where trees are averaged as in a random forest.
    """
    head, *blocks = booster.model_to_string().split("\nTree=")
    trees = [_entries(block.split("\n\n")[0]) for block in blocks]
    plain = "num_tree_per_iteration=1\n" in head and "average_output" not in head
    if not plain or any(tree.get("is_linear") == "1" for tree in trees):
        return None
    return [list(_leaves(_Tree(tree))) for tree in trees]


def _entries(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


class _Tree:
    """The lists of a tree by the numbers of its nodes; a child below 0 is leaf number ``-1 - child``."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        def whole(name: str) -> list[int]:
            return [int(text) for text in entries.get(name, "").split()]

        def floats(name: str) -> list[float]:
            return [float(text) for text in entries.get(name, "").split()]

        self.children = list(zip(whole("left_child"), whole("right_child"), strict=True))
        self.features, self.thresholds, self.kinds = whole("split_feature"), floats("threshold"), whole("decision_type")
        self.values, self.rows_of_leaf, self.rows = floats("leaf_value"), whole("leaf_count"), whole("internal_count")
        self.words, self.first_word = whole("cat_threshold"), whole("cat_boundaries")

    def rows_of(self, node: int) -> int:
        return self.rows[node] if node >= 0 else self.rows_of_leaf[-1 - node]

    def decision_of(self, node: int) -> Split:
        kind, feature = self.kinds[node], self.features[node]
        if kind & CATEGORICAL:
            return Split(feature, 0.0, LEVELS, False, self._levels(int(self.thresholds[node])))
        return Split(feature, self.thresholds[node], kind >> MISSING, bool(kind & MISSING_LEFT))

    def _levels(self, number: int) -> tuple[int, ...]:
        """Read a set of levels, which is kept as bits in words of 32."""
        words = self.words[self.first_word[number] : self.first_word[number + 1]]
        return tuple(32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1)


def _leaves(tree: _Tree) -> Iterator[Leaf]:
    waiting: list[tuple[int, tuple[PathStep, ...]]] = [(0 if tree.children else -1, ())]
    while waiting:
        node, path = waiting.pop()
        if node < 0:
            yield Leaf(tree.values[-1 - node], path)
            continue
        decision, rows = tree.decision_of(node), tree.rows_of(node)
        for child, answer in zip(reversed(tree.children[node]), (False, True), strict=True):
            waiting.append((child, (*path, PathStep(decision, answer, tree.rows_of(child) / rows))))

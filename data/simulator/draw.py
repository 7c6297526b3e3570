"""Ways to draw at random, for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]


def choose(rng: np.random.Generator, weights: npt.ArrayLike, rows: Ints) -> Ints:
    """For each of ``rows`` draw a column of ``weights``, in proportion to the weights of that row.

    All rows are laid end to end on one line, each of length 1, so that one binary search serves them all.

    >>> choose(np.random.default_rng(0), [[1, 0, 0], [0, 0, 5]], np.array([0, 1, 1, 0]))
    array([0, 2, 2, 0])
    """
    upto = np.cumsum(weights, axis=1, dtype=np.float64)
    count, width = upto.shape
    line = (upto / upto[:, -1:] + np.arange(count)[:, None]).ravel()
    column = np.searchsorted(line, rows + rng.random(len(rows)), side="right") - rows * width
    return np.minimum(column, width - 1)  # a draw that rounds up to the end of its row stays in it


def share_out(rng: np.random.Generator, weights: npt.ArrayLike, count: int) -> Ints:
    """Draw ``count`` times one of the ``weights``, in proportion to them.

    >>> share_out(np.random.default_rng(0), [0, 1, 0], 3)
    array([1, 1, 1])
    """
    return choose(rng, np.atleast_2d(weights), np.zeros(count, dtype=np.int64))


def choose_from(rng: np.random.Generator, lists: Sequence[Sequence[str]], rows: Ints) -> Objects:
    """For each of ``rows`` draw one member of that row's list, all members alike.

    >>> choose_from(np.random.default_rng(0), [["Paris"], ["Rome", "Milan"]], np.array([0, 1])).tolist()
    ['Paris', 'Rome']
    """
    lengths = np.array([len(members) for members in lists])
    member = (np.cumsum(lengths) - lengths)[rows] + (rng.random(len(rows)) * lengths[rows]).astype(np.int64)
    return by_code([text for members in lists for text in members], member)


def any_of(rng: np.random.Generator, members: Sequence[Any], count: int) -> Objects:
    """Draw ``count`` members, all alike.

    >>> any_of(np.random.default_rng(0), ["only"], 2).tolist()
    ['only', 'only']
    """
    return by_code(members, rng.integers(len(members), size=count))


def by_code(members: Sequence[Any], codes: Ints) -> Objects:
    """Put the member in the place of its number.

    >>> by_code(["low", "high"], np.array([1, 1, 0])).tolist()
    ['high', 'high', 'low']
    """
    return np.array(members, dtype=object)[codes]

"""What fitted encoders make of features, in one pass: the same numbers, to the last bit, many times faster.

An encoder of scikit-learn compares texts row by row, and makes a table of its own for each of its transformers. Here
the texts of a column are numbered once for all encoders, and each row is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Levels = Callable[[str], tuple[Integers, pd.Index]]
"""Returns the number of each cell of a column of texts, -1 where it is missing, and the texts behind the numbers."""


class Columns(NamedTuple):
    """How a sparse encoder writes a row: levels first, then splines, then which cells are missing.

    first_knot   where the knots of each spline begin among ``knots``, and at last where those of the last one end
    filled       what each spline reads in the place of a missing cell
    first_level, first_of_spline, of_missing  the first column of each category and spline, and each missing cell's own
    """

    categories: Sequence[str]
    levels: Sequence[npt.NDArray[np.object_]]
    numbers: Sequence[str]
    gaps: Sequence[str]
    first_level: Integers
    first_of_spline: Integers
    of_missing: Integers
    first_knot: Integers
    knots: Floats
    filled: Floats
    width: int


def encoded(encoder: ColumnTransformer, features: pd.DataFrame, levels: Levels) -> Any:
    """Return what a fitted encoder makes of features, of shape (rows, encoded columns)."""
    transformers = [(transformer, list(names)) for _, transformer, names in encoder.transformers_]
    fitted = [(transformer, names) for transformer, names in transformers if names and not isinstance(transformer, str)]
    kinds = [type(transformer).__name__ for transformer, _ in fitted]
    if kinds == ["OrdinalEncoder", "FunctionTransformer"] and fitted[1][0].func is None:
        return _numbered(fitted[0], fitted[1][1], features, levels)
    if encoder.sparse_output_ and (columns := _columns(fitted)):
        return _written(columns, features, levels)
    return encoder.transform(features)


def _numbered(categories: tuple[Any, list[str]], numbers: list[str], features: pd.DataFrame, levels: Levels) -> Floats:
    """Return categories as the numbers of their levels, and the numbers behind them."""
    ordinal, names = categories
    table = np.empty((len(features), len(names) + len(numbers)))
    for place, (name, known) in enumerate(zip(names, ordinal.categories_, strict=True)):
        table[:, place] = _places(
            known, *levels(name), missing=ordinal.encoded_missing_value, unknown=ordinal.unknown_value
        )
    for place, name in enumerate(numbers, start=len(names)):
        table[:, place] = features[name].to_numpy(np.float64)
    return table


def _places(known: npt.NDArray, codes: Integers, texts: pd.Index, *, missing: int, unknown: int) -> Integers:
    """Return the place of each cell among the levels that are known, the last of which is the missing one."""
    places = pd.Index(known[:-1], dtype=object).get_indexer(texts.astype(object))
    return np.append(np.where(places < 0, unknown, places), missing)[codes]


def _columns(fitted: Sequence[tuple[Any, list[str]]]) -> Columns | None:
    """Return how an encoder of levels, splines of straight pieces and missing cells writes a row; None for others."""
    width, categories, splines, gaps = 0, [], [], []
    for transformer, names in fitted:
        kind = type(transformer).__name__
        if kind == "OneHotEncoder" and not splines and all(pd.isna(each[-1]) for each in transformer.categories_):
            for name, levels in zip(names, transformer.categories_, strict=True):
                categories.append((width, name, levels))
                width += len(levels)
        elif kind == "Pipeline" and not gaps and _is_spline(transformer):
            imputer, spline = transformer[0], transformer[1]
            for name, median, of_number in zip(names, imputer.statistics_, spline.bsplines_, strict=True):
                splines.append((width, name, of_number.t[1:-1], median))
                width += of_number.c.shape[1]
        elif kind == "MissingIndicator" and transformer.features == "all":
            gaps += [(width + place, name) for place, name in enumerate(names)]
            width += len(names)
        else:
            return None
    knots = [of_number for _, _, of_number, _ in splines]
    return Columns(
        categories=[name for _, name, _ in categories],
        levels=[levels for *_, levels in categories],
        numbers=[name for _, name, *_ in splines],
        gaps=[name for _, name in gaps],
        first_level=np.array([first for first, *_ in categories], dtype=np.int64),
        first_of_spline=np.array([first for first, *_ in splines], dtype=np.int64),
        of_missing=np.array([column for column, _ in gaps], dtype=np.int64),
        first_knot=np.cumsum([0, *map(len, knots)]),
        knots=np.concatenate([np.empty(0), *knots]),
        filled=np.array([median for *_, median in splines], dtype=np.float64),
        width=width,
    )


def _is_spline(pipeline: Any) -> bool:
    """Return whether a pipeline fills missing cells and makes straight pieces that go on level at both ends."""
    if [type(step).__name__ for _, step in pipeline.steps] != ["SimpleImputer", "SplineTransformer"]:
        return False
    spline = pipeline[1]
    return spline.degree == 1 and spline.extrapolation == "constant" and spline.include_bias


def _written(columns: Columns, features: pd.DataFrame, levels: Levels) -> sparse.csr_matrix:
    codes = np.empty((len(features), len(columns.categories)), dtype=np.int64)
    for place, (name, known) in enumerate(zip(columns.categories, columns.levels, strict=True)):
        first, missing = columns.first_level[place], len(known) - 1
        of_each = _places(known, *levels(name), missing=missing, unknown=-1)
        codes[:, place] = np.where(of_each < 0, -1, first + of_each)
    numbers, gaps = (_cells(features, names) for names in (columns.numbers, columns.gaps))
    spans = (columns.first_of_spline, columns.first_knot, columns.knots, columns.filled, columns.of_missing)
    ends, places, values = _write(codes, numbers, gaps, *spans)
    return sparse.csr_matrix((values, places, ends), shape=(len(features), columns.width))


def _cells(features: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return columns of numbers side by side, column by column in memory, as features have them."""
    return np.array([features[name].to_numpy(np.float64) for name in names]).reshape(len(names), len(features))


@numba.njit(cache=True)
def _write(codes, numbers, gaps, firsts, first_knot, knots, filled, of_missing):  # pragma: no cover - compiled
    """Return the rows of a sparse matrix: where each ends, its columns, and the values in them."""
    rows, most = len(codes), codes.shape[1] + 2 * len(numbers) + len(gaps)
    ends, places = np.zeros(rows + 1, dtype=np.int32), np.empty(rows * most, dtype=np.int32)
    values, end = np.empty(rows * most), 0
    for row in range(rows):
        for code in codes[row]:
            if code >= 0:
                places[end], values[end] = code, 1.0
                end += 1
        for spline in range(len(numbers)):
            first, last = first_knot[spline], first_knot[spline + 1] - 1
            number = filled[spline] if np.isnan(numbers[spline, row]) else numbers[spline, row]
            number = min(max(number, knots[first]), knots[last])
            piece = first
            while piece < last - 1 and number >= knots[piece + 1]:
                piece += 1
            # As de Boor has it: another order of these would be another last bit.
            slope = 1.0 / (knots[piece + 1] - knots[piece])
            before, after = slope * (knots[piece + 1] - number), slope * (number - knots[piece])
            if before != 0.0:
                places[end], values[end] = firsts[spline] + piece - first, before
                end += 1
            if after != 0.0:
                places[end], values[end] = firsts[spline] + piece - first + 1, after
                end += 1
        for gap in range(len(gaps)):
            if np.isnan(gaps[gap, row]):
                places[end], values[end] = of_missing[gap], 1.0
                end += 1
        ends[row + 1] = end
    return ends, places[:end].copy(), values[:end].copy()

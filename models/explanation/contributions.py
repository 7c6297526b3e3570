"""Exact contributions of every feature to a lead's raw log-odds, and what they are worth in points.

Base + Σ contributions = raw log-odds, to 1e-6. Trees are explained by path-dependent SHAP values (Lundberg et al. 2020,
"From local explanations to global understanding with explainable AI for trees"), linear parts by their mean-centred
terms: both add up, and they are two value functions. The parts of a feature (levels, bends, whether it is missing) are
one contribution; weights of blend and calibration carry over because they are affine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from models.blend import BOOSTING, LOGISTIC, affine
from models.explanation.encoded import Encoded
from models.explanation.trees import tree_shap

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """What each column adds to each row's log-odds: ``values`` of shape (rows, columns), and the base of all rows."""

    columns: tuple[str, ...]
    values: Floats
    base: float

    @property
    def raw_log_odds(self) -> Floats:
        return self.base + self.values.sum(axis=1)


@dataclass(frozen=True)
class Centres:
    """Means over the training rows, about which linear parts are explained.

    lines  of what each feature adds to the log-odds of the logistic regression
    terms  of the points that each rule gives, where the points of the rules are a member
    """

    lines: Mapping[str, float]
    terms: Mapping[str, float]


def centres_of(model: StackingClassifier, design: pd.DataFrame, terms: Sequence[str]) -> Centres:
    """Take the centres from a training design, which holds the rules' ``terms`` where the rules are a member."""
    lines: dict[str, float] = {}
    for name, member in model.estimators:
        if name == LOGISTIC:
            columns, values = _lines(member, Encoded(design))
            lines = dict(zip(columns, values.mean(axis=0).tolist(), strict=True))
    return Centres(lines, {term: float(design[term].mean()) for term in terms})


def contributions(model: StackingClassifier, design: pd.DataFrame | Encoded, centres: Centres) -> Contributions:
    """Explain each row of a design: what its columns add in all members together, by the members' weights."""
    design, (intercept, weights) = Encoded.of(design), affine(model)
    base, parts = intercept, []
    for (name, member), weight in zip(model.estimators, weights, strict=True):
        columns, start, values = _explained(name, member, design, centres)
        base += weight * start
        parts.append(pd.DataFrame(weight * values, columns=columns))
    columns = tuple(dict.fromkeys(name for part in parts for name in part))
    total: Any = sum(part.reindex(columns=columns, fill_value=0.0).to_numpy() for part in parts)
    # Row by row in memory: NumPy then adds up a row in the same order, to the last bit, whether it stands alone or not.
    return Contributions(columns, np.ascontiguousarray(total), float(base))


def _explained(name: str, member: Pipeline, design: Encoded, centres: Centres) -> tuple[list[str], float, Floats]:
    """Return the columns of a member, its base, and what the columns add: of shape (rows, columns)."""
    if name == LOGISTIC:
        return _of_lines(member, design, centres.lines)
    return _of_trees(member, design.design) if name == BOOSTING else _of_curve(member, design.design, centres.terms)


def _of_trees(member: Pipeline, design: pd.DataFrame) -> tuple[list[str], float, Floats]:
    encoder, trees = member.named_steps["encode"], member.named_steps["trees"]
    base, values = tree_shap(trees.booster_, encoder.transform(design))
    return [name for _, names in _parts(encoder) for name in names], base, values


def _of_lines(member: Pipeline, design: Encoded, centres: Mapping[str, float]) -> tuple[list[str], float, Floats]:
    columns, values = _lines(member, design)
    centre = np.array([centres[name] for name in columns])
    return columns, float(member.named_steps["regression"].intercept_[0] + centre.sum()), values - centre


def _lines(member: Pipeline, design: Encoded) -> tuple[list[str], Floats]:
    """Return what each feature adds to the log-odds: its levels, bends and missing cell together."""
    encoder, weights = member.named_steps["encode"], member.named_steps["regression"].coef_[0]
    sources = source_of_each(encoder)
    columns = list(dict.fromkeys(sources))
    owner = [columns.index(name) for name in sources]
    spread = sparse.csr_matrix((weights, (np.arange(len(owner)), owner)), shape=(len(owner), len(columns)))
    added: Any = sparse.csr_matrix(design.by(encoder)) @ spread
    return columns, added.toarray()


def source_of_each(encoder: ColumnTransformer) -> list[str]:
    """Return the name of the feature that each encoded column comes from."""
    return [
        name
        for transformer, names in _parts(encoder)
        for name, width in zip(names, _widths(transformer, len(names)), strict=True)
        for _ in range(width)
    ]


def _parts(encoder: ColumnTransformer) -> list[tuple[Any, list[str]]]:
    """Return the fitted transformers that have columns, with those columns; what is dropped is none of them."""
    parts = [(transformer, list(names)) for _, transformer, names in encoder.transformers_]
    return [(transformer, names) for transformer, names in parts if names and not isinstance(transformer, str)]


def _widths(transformer: Any, features: int) -> list[int]:
    """Return how many columns a fitted transformer makes of each feature."""
    if isinstance(transformer, OneHotEncoder):
        return [len(levels) for levels in transformer.categories_]
    return [len(transformer.get_feature_names_out()) // features] * features


def _of_curve(member: Pipeline, design: pd.DataFrame, means: Mapping[str, float]) -> tuple[list[str], float, Floats]:
    curve, centre = member.named_steps["curve"], pd.Series(means)
    slope, start = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    return list(means), start + slope * float(centre.sum()), slope * (design[list(means)] - centre).to_numpy()

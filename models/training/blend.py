"""The learned models, made of third-party parts only, so that a stored one loads without this code.

A model is a `StackingClassifier` over fitted members. Its final step is a logistic regression on the members' raw
log-odds: weights of the blend and affine (Platt) calibration in one, so the log-odds of its probability are exactly
``intercept + Σ weight × raw log-odds of a member``, with no negative weight.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy, deepcopy

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special  # not its functions: skops would store `logit` as one of this module's
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import Bunch

from models.blend import log_odds
from models.members import learners

FEWEST_TRUSTED = 100
"""Expected wins (or losses) that the members' own probabilities count for at least: a small split is noise."""

Outcomes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def blend(
    members: Mapping[str, Pipeline], features: pd.DataFrame, won: Outcomes, *, trust: float = 0.0
) -> StackingClassifier | None:
    """Blend fitted members by outcomes of a later split, and calibrate the blend on them.

    Beside each outcome counts, ``trust`` times as much, what the learned members say of it themselves, and where trust
    is given at least as much as a hundred wins: so a few outcomes, or one odd month, move weights and intercept little.
    A member whose weight is not positive is left out; None where none remains.
    """
    margins = np.column_stack([log_odds(member.predict_proba(features)[:, 1]) for member in members.values()])
    names, intercept, weights = weigh(list(members), margins, won, trust)
    return mixture({name: members[name] for name in names}, intercept, weights, features) if names else None


def mixture(
    members: Mapping[str, Pipeline], intercept: float, weights: Floats, features: pd.DataFrame
) -> StackingClassifier:
    """Put fitted members together with weights that are given; ``features`` is any rows that they can read."""
    final = make_pipeline(FunctionTransformer(special.logit), LogisticRegression())
    model = StackingClassifier(list(members.items()), cv="prefit", final_estimator=final)
    some = pd.concat([features[:1]] * 2)
    model.fit(some, [0, 1])  # any outcomes: the weights are put in below
    regression = model.final_estimator_[-1]  # type: ignore[index]
    regression.coef_, regression.intercept_ = weights[None, :], np.array([intercept])
    return model


def weigh(names: list[str], margins: Floats, won: Outcomes, trust: float) -> tuple[list[str], float, Floats]:
    """Return the members with a positive weight, the intercept and those weights, on log-odds of shape (rows, members).

    Members that harm are left out one after the other, the most harmful first.
    """
    own, remaining = _own_probabilities(names, margins), list(range(len(names)))
    while remaining:
        columns, outcomes, sample_weight = _with_own_outcomes(margins[:, remaining], own, won, trust)
        fitted = LogisticRegression(C=1e6).fit(columns, outcomes, sample_weight=sample_weight)
        weights = fitted.coef_[0]
        if weights.min() > 0:
            return [names[number] for number in remaining], float(fitted.intercept_[0]), weights
        del remaining[int(weights.argmin())]
    return [], float(special.logit(won.mean())), np.empty(0)


def _own_probabilities(names: list[str], margins: Floats) -> Floats:
    """Return what the members say themselves: the mean of the learned ones', or the rules' where they are alone."""
    learned = [number for number, name in enumerate(names) if name in learners()] or [0]
    return special.expit(margins[:, learned].mean(axis=1))


def _with_own_outcomes(columns: Floats, own: Floats, won: Outcomes, trust: float) -> tuple[Floats, Outcomes, Floats]:
    """Put beside each row a won and a lost one, weighted by the members' own probability."""
    if not trust:
        return columns, won, np.ones(len(won))
    trust = max(trust, FEWEST_TRUSTED / max(min(own.sum(), (1 - own).sum()), 1.0))
    one, zero = np.ones_like(won), np.zeros_like(won)
    weights = np.concatenate([np.ones(len(won)), trust * own, trust * (1 - own)])
    return np.tile(columns, (3, 1)), np.concatenate([won, one, zero]), weights


def with_members(model: StackingClassifier, members: Mapping[str, Pipeline]) -> StackingClassifier:
    """Return a model with members that were refitted on more data, and the same weights and calibration."""
    exchanged = copy(model)
    exchanged.estimators = list(members.items())
    exchanged.estimators_ = list(members.values())
    exchanged.named_estimators_ = Bunch(**members)
    return exchanged


def with_shift(model: StackingClassifier, shift: float) -> StackingClassifier:
    """Return a model whose log-odds are those of another and a constant."""
    shifted = copy(model)
    shifted.final_estimator_ = deepcopy(model.final_estimator_)
    shifted.final_estimator_[-1].intercept_ += shift  # type: ignore[index]
    return shifted

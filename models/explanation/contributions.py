"""Exact contributions of every feature to a lead's raw log-odds, and the means that they are explained from.

Base + Σ contributions = raw log-odds, to 1e-6. Each member explains itself: trees by path-dependent SHAP values
(Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees"), linear members
by their mean-centred terms. Both add up, and they are two value functions. Weights of blend and calibration carry over
because they are affine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from models.blend import LOGISTIC, RULES, affine
from models.members import MEMBERS, Contributions, Encoded

if TYPE_CHECKING:
    from sklearn.ensemble import StackingClassifier

Centres = Mapping[str, Mapping[str, float]]
"""By member, the means over the training rows of what its columns add; empty for one that needs none."""
EARLIER_NAMES = {"lines": LOGISTIC, "terms": RULES}
"""What the centres were called by in versions that were stored before they were kept by member."""


def centres_of(model: StackingClassifier, features: pd.DataFrame, terms: Sequence[str]) -> Centres:
    """Return the centres over training features, which hold the rules' ``terms`` where the rules are a member."""
    encoded = Encoded(features)
    return {name: MEMBERS[name].centres(member, encoded, terms) for name, member in model.estimators}


def centres_from_json(content: Mapping[str, Any]) -> Centres:
    """Return the centres that were stored with a version.

    >>> centres_from_json({"lines": {"visits": 0.5}, "terms": {}})
    {'logistic': {'visits': 0.5}, 'rules': {}}
    """
    return {EARLIER_NAMES.get(name, name): means for name, means in content.items()}


def contributions(model: StackingClassifier, features: pd.DataFrame | Encoded, centres: Centres) -> Contributions:
    """Explain each row of the features: what its columns add in all members together, by the members' weights."""
    encoded, (intercept, weights) = Encoded.of(features), affine(model)
    base, weighted = intercept, []
    for (name, member), weight in zip(model.estimators, weights, strict=True):
        own = MEMBERS[name].contributions(member, encoded, centres.get(name, {}))
        base += weight * own.base
        weighted.append(pd.DataFrame(weight * own.values, columns=list(own.columns)))
    columns = tuple(dict.fromkeys(name for each in weighted for name in each))
    total: Any = sum(each.reindex(columns=columns, fill_value=0.0).to_numpy() for each in weighted)
    # Row by row in memory: NumPy then adds up a row in the same order, to the last bit, whether it stands alone or not.
    return Contributions(columns, np.ascontiguousarray(total), float(base))

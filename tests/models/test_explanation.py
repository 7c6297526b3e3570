"""Base + Σ contributions = raw log-odds, for every model and row."""

import numpy as np
import pandas as pd
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from models.explanation import contributions
from models.learned import Inputs, calibrate, fit_boosting, fit_rule_curve, probabilities


def fitted(features, design, won, trees: int):
    member = fit_boosting(Inputs.of(features), design[:2000], won[:2000], seed=0, trees=trees)
    return calibrate(member, "boosting", design[2000:], won[2000:])


@settings(deadline=None, max_examples=15)
@given(trees=st.integers(1, 60), rows=st.lists(st.integers(0, 2999), min_size=1, max_size=20), empty=st.booleans())
def test_contributions_add_up_for_any_trees_and_rows(features, design, won, trees, rows, empty):
    model, some = fitted(features, design, won, trees), design.iloc[rows].reset_index(drop=True)
    if empty:
        some = pd.concat([some, pd.DataFrame([dict.fromkeys(some)]).astype(some.dtypes)])
    told = contributions(model, Inputs.of(features), some, {})
    assert told.raw_log_odds == pytest.approx(special.logit(probabilities(model, some)), abs=1e-6)


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier")  # shap tells of a change years ago
def test_contributions_are_shaps(features, design, won):
    model, inputs = fitted(features, design, won, 40), Inputs.of(features)
    member, weight = model.estimators[0][1], model.final_estimator_[-1].coef_[0, 0]
    reference = shap.TreeExplainer(member["trees"].booster_).shap_values(member["encode"].transform(design[:50]))
    assert contributions(model, inputs, design[:50], {}).values == pytest.approx(weight * np.array(reference), abs=1e-9)


def test_the_rule_curve_adds_up_over_its_terms(features, design, won):
    model = calibrate(fit_rule_curve(design, won), "rules", design, won)
    terms = design.assign(one=design["rule_points"] - 20, other=20.0)
    told = contributions(model, Inputs.of(features), terms, {"one": 30.0, "other": 20.0})
    assert (told.columns, told.values[0, 1]) == (("one", "other"), 0)
    assert told.raw_log_odds == pytest.approx(special.logit(probabilities(model, design)), abs=1e-6)

"""Base + Σ contributions = raw log-odds, for every model and row."""

import numpy as np
import pandas as pd
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from models.blend import affine, probabilities
from models.explanation.contributions import centres_of, contributions
from models.members import SHALLOW_TREES, SPLINES
from models.members.boosting import fit_boosting
from models.members.logistic import fit_logistic
from models.members.rule_curve import fit_rule_curve
from models.training.blend import blend, mixture

TERMS = ("one", "other")


@pytest.fixture(scope="module")
def terms(design):
    """The design, with the rule points as two terms."""
    return design.assign(one=design["rule_points"] - 20, other=20.0)


def fitted(features, table, kinds, trees: int = 40):
    older = table.subset(np.arange(3000) < 2000)
    fits = {
        "logistic": lambda: fit_logistic(features, older, SPLINES),
        "boosting": lambda: fit_boosting(features, older, SHALLOW_TREES | {"n_estimators": trees}, seed=0),
        "rules": lambda: fit_rule_curve(older.features, older.won),
    }
    model = blend({kind: fits[kind]() for kind in kinds}, table.features[2000:], table.won[2000:], trust=3)
    assert model is not None
    return model


KINDS = [("logistic",), ("boosting",), ("rules",), ("logistic", "boosting"), ("logistic", "boosting", "rules")]


@settings(deadline=None, max_examples=25)
@given(
    kinds=st.sampled_from(KINDS),
    trees=st.integers(1, 60),
    rows=st.lists(st.integers(0, 2999), min_size=1, max_size=20),
    empty=st.booleans(),
)
def test_contributions_add_up_for_any_model_and_rows(features, table, terms, kinds, trees, rows, empty):
    model, some = fitted(features, table, kinds, trees), terms.iloc[rows].reset_index(drop=True)
    if empty:
        nothing = pd.DataFrame([dict.fromkeys(some)]).astype(some.dtypes)
        some = pd.concat([some, nothing.assign(rule_points=30.0, one=10.0, other=20.0)])
    told = contributions(model, some, centres_of(model, terms, TERMS))
    assert told.raw_log_odds == pytest.approx(special.logit(probabilities(model, some)), abs=1e-6)


@pytest.mark.parametrize("kinds", KINDS, ids="+".join)
def test_a_lead_alone_is_told_as_among_others_to_the_last_bit(features, table, terms, kinds):
    model = fitted(features, table, kinds)
    centres = centres_of(model, terms, TERMS)
    among = contributions(model, terms, centres)
    alone = [contributions(model, terms.iloc[[row]], centres) for row in range(5)]
    assert [told.raw_log_odds[0] for told in alone] == among.raw_log_odds[:5].tolist()


def test_trees_that_ask_nothing_leave_all_to_the_base(features, table, terms):
    constant = fit_boosting(features, table, SHALLOW_TREES | {"min_child_samples": 3000}, seed=0)
    model = mixture({"boosting": constant}, 0.5, np.array([2.0]), table.features)
    told = contributions(model, terms[:3], centres_of(model, terms, TERMS))
    assert (told.values == 0).all()
    assert told.raw_log_odds == pytest.approx(special.logit(probabilities(model, terms[:3])), abs=1e-6)


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier")  # shap tells of a change years ago
def test_contributions_of_trees_are_shaps(features, table, design):
    model = fitted(features, table, ("boosting",))
    member, weight = model.estimators[0][1], affine(model)[1][0]
    reference = shap.TreeExplainer(member["trees"].booster_).shap_values(member["encode"].transform(design[:50]))
    told = contributions(model, design[:50], centres_of(model, design, ()))
    assert told.values == pytest.approx(weight * np.array(reference), abs=1e-9)


def test_contributions_of_lines_are_shaps_linear_ones_summed_over_a_features_parts(features, table, design):
    model = fitted(features, table, ("logistic",))
    member, weight = model.estimators[0][1], affine(model)[1][0]
    encoded = member["encode"].transform(design).toarray()
    explainer = shap.LinearExplainer(member["regression"], shap.maskers.Independent(encoded, max_samples=len(encoded)))
    told = contributions(model, design[:50], centres_of(model, design, ()))
    first = told.columns.index("industry")
    levels = len(member["encode"].named_transformers_["categories"].categories_[0])
    reference = explainer.shap_values(encoded[:50])[:, :levels].sum(axis=1)
    assert told.values[:, first] == pytest.approx(weight * reference, abs=1e-9)


def test_lines_are_told_from_the_mean_lead(features, table, design):
    model = fitted(features, table, ("logistic",))
    told = contributions(model, design, centres_of(model, design, ()))
    assert told.values.mean(axis=0) == pytest.approx(0, abs=1e-9)


def test_a_feature_of_two_members_is_one_contribution(features, table, design):
    model = fitted(features, table, ("logistic", "boosting"))
    told = contributions(model, design[:1], centres_of(model, design, ()))
    assert sorted(told.columns) == sorted(feature.name for feature in features)


def test_the_rule_curve_adds_up_over_its_terms(features, table, terms):
    model = fitted(features, table, ("rules",))
    told = contributions(model, terms, centres_of(model, terms, TERMS))
    assert (told.columns, told.values[0, 1]) == (TERMS, 0)

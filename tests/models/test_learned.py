"""The learned models: of third-party parts, repeatable, and affine from margins to log-odds."""

import numpy as np
import pytest
import skops.io
from scipy import special

from models.learned import (
    Inputs,
    affine,
    calibrate,
    fit_boosting,
    fit_rule_curve,
    probabilities,
    tree_count,
    with_member,
)
from models.registry import TRUSTED_TYPES


@pytest.fixture(scope="module")
def boosting(features, design, won):
    later = design[2000:], won[2000:]
    member = fit_boosting(Inputs.of(features), design[:2000], won[:2000], seed=0, stop_on=later)
    return calibrate(member, "boosting", *later)


@pytest.fixture(scope="module")
def rules(design, won):
    return calibrate(fit_rule_curve(design[:2000], won[:2000]), "rules", design[2000:], won[2000:])


def test_log_odds_are_affine_in_the_raw_margin_of_the_trees(boosting, design):
    member = boosting.estimators[0][1]
    margin = member["trees"].predict(member["encode"].transform(design), raw_score=True)
    intercept, (weight,) = affine(boosting)
    assert special.logit(probabilities(boosting, design)) == pytest.approx(intercept + weight * margin, abs=1e-9)


def test_the_mean_probability_is_the_rate_of_the_block_it_was_calibrated_on(boosting, design, won):
    assert probabilities(boosting, design[2000:]).mean() == pytest.approx(won[2000:].mean(), abs=1e-3)


def test_the_same_rows_and_seed_give_the_same_model(features, design, won):
    fits = [fit_boosting(Inputs.of(features), design, won, seed=3, trees=20) for _ in range(2)]
    one, other = (fit.predict_proba(design)[:, 1] for fit in fits)
    assert (one == other).all()


def test_an_unseen_level_and_an_empty_row_are_scored(boosting, design):
    strange = design.head(2).copy()
    strange["industry"] = ["Never seen", None]
    strange.loc[1, ["budget", "visits_7d", "visits_30d"]] = np.nan
    assert np.isfinite(probabilities(boosting, strange)).all()


def test_a_rare_level_is_not_stored_with_the_model(features, design, won):
    rare = design.assign(industry=design["industry"].where(design.index > 5, "Erika Mustermann"))
    member = fit_boosting(Inputs.of(features), rare, won, seed=0, trees=5)
    (levels,) = member.named_steps["encode"].named_transformers_["categories"].categories_
    assert list(levels) == ["Farming", "Retail", "Software"]


def test_a_refitted_member_keeps_the_calibration(features, design, won):
    later = design[2000:], won[2000:]
    member = fit_boosting(Inputs.of(features), design[:2000], won[:2000], seed=0, stop_on=later)
    model = calibrate(member, "boosting", *later)
    before = affine(model)
    refitted = with_member(model, fit_boosting(Inputs.of(features), design, won, seed=0, trees=tree_count(member)))
    assert affine(refitted)[0] == before[0]
    assert refitted.estimators[0][1]["trees"].n_estimators == tree_count(member)


def test_more_rule_points_never_lower_the_probability(rules, design):
    ordered = design.sort_values("rule_points")
    assert (np.diff(probabilities(rules, ordered)) >= 0).all()


@pytest.mark.parametrize("name", ["boosting", "rules"])
def test_a_stored_model_holds_nothing_beyond_the_allow_list(request, name, tmp_path):
    skops.io.dump(request.getfixturevalue(name), tmp_path / "model.skops")
    assert set(skops.io.get_untrusted_types(file=tmp_path / "model.skops")) <= set(TRUSTED_TYPES)


def test_the_allow_list_is_short_and_names_no_code_of_ours():
    assert set(TRUSTED_TYPES) == {
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "scipy.special._special_ufuncs.logit",
        "sklearn.utils._bunch.Bunch",
    }

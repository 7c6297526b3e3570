"""The learned models: of third-party parts, and affine from the members' log-odds to the blend's."""

from dataclasses import replace

import numpy as np
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from models.blend import affine, member_names, probabilities
from models.members.boosting import SHALLOW_TREES, fit_boosting
from models.members.logistic import SPLINES, fit_logistic
from models.members.rule_curve import fit_rule_curve
from models.members.table import trusted_types
from models.training.blend import blend, weigh, with_members


@pytest.fixture(scope="module")
def members(features, table):
    older = table.subset(np.arange(3000) < 2000)
    return {
        "logistic": fit_logistic(features, older, SPLINES),
        "boosting": fit_boosting(features, older, SHALLOW_TREES | {"n_estimators": 40}, seed=0),
        "rules": fit_rule_curve(older.features, older.won),
    }


@pytest.fixture(scope="module")
def blended(members, design, won):
    return blend(members, design[2000:], won[2000:])


@pytest.fixture(scope="module")
def rules(members, design, won):
    return blend({"rules": members["rules"]}, design[2000:], won[2000:])


def test_log_odds_are_the_weighted_sum_of_the_members(blended, design):
    intercept, weights = affine(blended)
    margins = np.column_stack([special.logit(member.predict_proba(design)[:, 1]) for _, member in blended.estimators])
    assert len(weights) > 1
    assert special.logit(probabilities(blended, design)) == pytest.approx(intercept + margins @ weights, abs=1e-9)


def test_no_weight_is_negative(blended):
    assert affine(blended)[1].min() > 0


@pytest.fixture(scope="module")
def upside_down(features, table):
    """A member that learned the opposite of what holds."""
    older = table.subset(np.arange(3000) < 2000)
    opposite = replace(older, rows=older.rows.assign(won=1 - older.rows["won"]))
    return fit_logistic(features, opposite, SPLINES)


def test_a_member_that_harms_is_left_out(members, upside_down, design, won):
    model = blend({"rules": members["rules"], "logistic": upside_down}, design[2000:], won[2000:])
    assert member_names(model) == ("rules",)


def test_nothing_is_blended_of_members_that_all_harm(upside_down, design, won):
    assert blend({"logistic": upside_down}, design[2000:], won[2000:]) is None


def test_without_trust_the_mean_probability_is_the_rate_of_the_block(blended, design, won):
    assert probabilities(blended, design[2000:]).mean() == pytest.approx(won[2000:].mean(), abs=1e-3)


MARGINS = special.logit(np.linspace(0.05, 0.6, 2000))[:, None]


def test_members_that_are_trusted_blindly_keep_their_word():
    kept, intercept, weights = weigh(["logistic"], MARGINS, np.ones(2000, int) * (np.arange(2000) % 2), trust=1e6)
    assert (kept, intercept, weights.tolist()) == (
        ["logistic"],
        pytest.approx(0, abs=1e-3),
        pytest.approx([1], abs=1e-3),
    )


@given(st.floats(0.1, 20))
def test_the_intercept_goes_the_way_of_the_outcomes_and_not_beyond(trust):
    """All chances have doubled; the calibration follows in part, the less the more the members are trusted."""
    chance = special.expit(MARGINS[:, 0] + 0.7)
    won = (np.random.default_rng(0).uniform(size=2000) < chance).astype(int)
    _, fully, _ = weigh(["logistic"], MARGINS, won, trust=0)
    _, partly, _ = weigh(["logistic"], MARGINS, won, trust=trust)
    assert 0 < partly < fully


def test_a_handful_of_outcomes_moves_little():
    """Five wins where ten were expected may be chance: a fifth of the difference is believed, not all of it."""
    margins = np.full((100, 1), special.logit(0.1)) + np.linspace(-0.1, 0.1, 100)[:, None]
    won = (np.arange(100) % 20 == 0).astype(int)
    _, intercept, weights = weigh(["logistic"], margins, won, trust=3)
    told = special.expit(intercept + margins @ weights).mean()
    assert 0.09 < told < 0.1


def test_members_refitted_on_more_rows_keep_weights_and_calibration(features, table, members):
    model = blend({"boosting": members["boosting"]}, table.features[2000:], table.won[2000:])
    before = affine(model)
    refitted = with_members(model, {"boosting": fit_boosting(features, table, SHALLOW_TREES, seed=0)})
    assert affine(refitted) == before
    assert refitted.estimators[0][1]["trees"].n_estimators == SHALLOW_TREES["n_estimators"]


def test_more_rule_points_never_lower_the_probability(rules, design):
    ordered = design.sort_values("rule_points")
    assert (np.diff(probabilities(rules, ordered)) >= 0).all()


@pytest.mark.parametrize("name", ["blended", "rules"])
def test_a_stored_model_holds_nothing_beyond_the_allow_list(request, name, tmp_path):
    skops.io.dump(request.getfixturevalue(name), tmp_path / "model.skops")
    assert set(skops.io.get_untrusted_types(file=tmp_path / "model.skops")) <= set(trusted_types())


def test_the_allow_list_is_short_and_names_no_code_of_ours():
    assert set(trusted_types()) == {
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "numpy.dtype",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.special._special_ufuncs.logit",
        "sklearn.utils._bunch.Bunch",
    }

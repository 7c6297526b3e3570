"""What is looked up is what LightGBM's and shap's own TreeSHAP say."""

import gc
import weakref

import lightgbm
import numpy as np
import pytest
import shap
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from models.trees import shapley
from models.trees.paths import leaves_of
from models.trees.shapley import (
    BLOCK,
    MOST_DECISIONS,
    decisions_of,
    groups_of,
    lookup_of,
    tree_shap,
    worths,
)

LOOSE = {"min_data_in_leaf": 1, "min_data_in_bin": 1, "min_sum_hessian_in_leaf": 0.0, "verbose": -1, "num_threads": 1}
AND = [[0, 0], [0, 1], [1, 0], [1, 1]]


def grown(rows, targets, trees: int = 1, **given) -> lightgbm.Booster:
    categories = given.pop("categorical_feature", "auto")
    data = lightgbm.Dataset(np.array(rows, float), np.array(targets, float), categorical_feature=categories)
    return lightgbm.train(LOOSE | {"objective": "regression", "learning_rate": 1.0} | given, data, trees)


def reference(booster, rows) -> np.ndarray:
    """What LightGBM says: of shape (rows, features and base)."""
    return np.asarray(booster.predict(np.array(rows, float), pred_contrib=True))


def told(booster, rows) -> np.ndarray:
    """What the tables say, in the same shape; a booster that has none fails here."""
    assert lookup_of(booster) is not None
    base, values = tree_shap(booster, np.array(rows, float))
    return np.column_stack([values, np.full(len(values), base)])


def test_a_stump_tells_the_distance_from_the_mean():
    booster = grown([[0], [1], [1], [1]], [4, 0, 0, 0])
    assert told(booster, [[0], [1]]) == pytest.approx(np.array([[3, 1], [-1, 1]]))


def test_two_features_that_are_needed_both_share_what_they_explain():
    booster = grown(AND, [0, 0, 0, 8])
    assert told(booster, AND) == pytest.approx(np.array([[-1, -1, 2], [-3, 1, 2], [1, -3, 2], [3, 3, 2]]))


def test_a_tree_of_one_leaf_is_nothing_but_base():
    booster = grown([[0], [1]], [3, 3])
    assert told(booster, [[0], [np.nan]]) == pytest.approx(np.array([[0, 3], [0, 3]]))


def test_the_worths_of_a_leaf_add_up_to_what_it_says_less_its_share():
    shares = np.array([0.5, 0.2, 0.9])
    met = np.arange(8) == 7
    assert worths(shares).sum(axis=0) == pytest.approx(met - shares.prod())


def test_a_leaf_that_no_training_row_reached_is_worth_as_much_as_one_hardly_reached():
    assert worths(np.array([0.0, 0.5])) == pytest.approx(worths(np.array([1e-12, 0.5])))


@st.composite
def models(draw) -> lightgbm.Booster:
    """Random boosters on two sets of levels and three numbers, of all ways to treat what is missing.

    On some rows with levels and a direction LightGBM finds a split without rows on one side, and ends with an error of
    its own: there is no booster to explain then.
    """
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    rows = some_rows(random, 200)
    targets = np.nan_to_num(rows[:, 2]) - (rows[:, 0] == 2) + np.isnan(rows[:, 3]) + random.normal(size=200)
    ways = st.sampled_from([{}, {"zero_as_missing": True}, {"use_missing": False}])
    try:
        return grown(
            rows,
            targets > draw(st.sampled_from([0.0, 1.0, 99.0])),
            draw(st.integers(1, 12)),
            objective="binary",
            learning_rate=0.3,
            min_data_in_leaf=draw(st.integers(1, 20)),
            max_depth=draw(st.integers(1, MOST_DECISIONS)),
            max_cat_to_onehot=draw(st.sampled_from([1, 64])),
            min_data_per_group=1,
            monotone_constraints=[0, 0, draw(st.sampled_from([-1, 0, 1])), 0, 0],
            categorical_feature=[0, 1],
            **draw(ways),
        )
    except lightgbm.basic.LightGBMError:
        reject()


def some_rows(random, count: int) -> np.ndarray:
    """Rows with levels, a bell curve, counts and a number that is mostly 0, a tenth of them missing."""
    levels, bell = random.integers(0, [4, 40], (count, 2)), random.normal(size=count)
    rows = np.column_stack([levels, bell, random.poisson(1, count), bell * (random.uniform(size=count) < 0.3)])
    rows[random.uniform(size=rows.shape) < 0.1] = np.nan
    return rows


STRANGE = [
    [np.nan] * 5,
    [-1, -0.5, 1e-36, -1e-36, 0],
    [99, 1e6, np.inf, -np.inf, 1e300],
    [1.7, 39.9, -1e300, 0.5, 1e-20],
]


@settings(deadline=None, max_examples=100)
@given(booster=models(), seed=st.integers(0, 1000))
def test_any_model_and_rows_are_told_as_lightgbm_tells_them(booster, seed):
    rows = np.concatenate([some_rows(np.random.default_rng(seed), 30), STRANGE])
    found = told(booster, rows)
    assert found == pytest.approx(reference(booster, rows), abs=1e-9)
    assert found.sum(axis=1) == pytest.approx(booster.predict(rows, raw_score=True), abs=1e-9)


@pytest.mark.filterwarnings("ignore:LightGBM binary classifier")  # shap tells of a change years ago
def test_values_are_those_of_shap():
    rows = some_rows(np.random.default_rng(1), 300)
    booster = grown(rows, rows[:, 2] > 0.2, 20, objective="binary", learning_rate=0.1, max_depth=4)
    explainer = shap.TreeExplainer(booster)
    assert told(booster, rows)[:, :-1] == pytest.approx(explainer.shap_values(rows), abs=1e-9)
    assert told(booster, rows)[0, -1] == pytest.approx(explainer.expected_value)


def test_many_rows_are_told_as_few_are():
    rows = some_rows(np.random.default_rng(2), 2 * BLOCK + 1)
    booster = grown(rows, np.nan_to_num(rows[:, 2]), 10, max_depth=4)
    one_by_one = np.concatenate([told(booster, part) for part in np.array_split(rows, 10)])
    assert (told(booster, rows) == one_by_one).all()
    assert (told(booster, np.asfortranarray(rows)) == one_by_one).all()


def test_more_thresholds_than_a_byte_tells_apart_take_several_columns():
    rows = np.random.default_rng(3).normal(size=(4000, 1))
    booster = grown(rows, np.sin(20 * rows[:, 0]), 60, max_bin=1000, max_depth=5, learning_rate=0.3)
    assert len(lookup_of(booster).bytes.feature) > 1
    assert told(booster, rows) == pytest.approx(reference(booster, rows), abs=1e-9)


@pytest.mark.parametrize("given", [{"num_leaves": 200}, {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.9}])
def test_too_deep_and_averaged_trees_are_left_to_lightgbm(given):
    rows = np.random.default_rng(4).normal(size=(300, 3))
    booster = grown(rows, rows.prod(axis=1), **given)
    assert lookup_of(booster) is None
    base, values = tree_shap(booster, rows)
    assert np.column_stack([values, np.full(300, base)]) == pytest.approx(reference(booster, rows))


def test_each_leaf_is_in_one_group_of_few_enough_decisions():
    rows = np.random.default_rng(5).normal(size=(3000, 9))
    (leaves,) = leaves_of(grown(rows, rows[:, :6].prod(axis=1), max_depth=6, num_leaves=64))
    groups = list(groups_of(leaves))
    assert [leaf for group in groups for leaf in group] == leaves
    assert max(len(decisions_of(group)) for group in groups) <= MOST_DECISIONS < len(decisions_of(leaves))


def test_tables_are_made_once_and_go_with_their_booster(monkeypatch):
    booster, made = grown(AND, [0, 0, 0, 8]), []
    monkeypatch.setattr(shapley, "lookup_of", lambda each: made.append(1) or lookup_of(each))
    for _ in range(3):
        tree_shap(booster, np.array(AND, float))
    alive = weakref.ref(booster)
    del booster
    gc.collect()
    assert (len(made), alive()) == (1, None)


def test_rows_of_other_features_are_refused():
    with pytest.raises(ValueError, match="expected 2 features, got 1"):
        tree_shap(grown(AND, [0, 0, 0, 8]), np.zeros((1, 1)))

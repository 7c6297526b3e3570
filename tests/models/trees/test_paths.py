"""What a model's text says is read as LightGBM means it."""

import lightgbm
import numpy as np
import pytest

from models.trees.paths import LEVELS, leaves_of

EXACT = {"learning_rate": 1.0, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0, "verbose": -1}


def grown(rows, targets, trees: int = 1, **settings) -> lightgbm.Booster:
    settings = EXACT | {"objective": "regression", "min_data_in_bin": 1, "cat_smooth": 0, "cat_l2": 0} | settings
    categories = settings.pop("categorical_feature", "auto")
    data = lightgbm.Dataset(np.array(rows, float), np.array(targets, float), categorical_feature=categories)
    return lightgbm.train(settings, data, trees)


def test_a_stump_has_two_leaves_with_their_share_of_the_rows():
    ((left, right),) = leaves_of(grown([[0], [1], [1], [1]], [4, 0, 0, 0]))
    assert (left.value, right.value) == (pytest.approx(4), pytest.approx(0))
    assert (left.share, right.share) == (0.25, 0.75)
    assert left.path[0].decision == right.path[0].decision
    assert (left.path[0].answer, right.path[0].answer) == (True, False)


def test_a_tree_that_asks_nothing_is_one_leaf_without_a_path():
    ((leaf,),) = leaves_of(grown([[0], [0]], [3, 3]))
    assert (leaf.value, leaf.path, leaf.share) == (pytest.approx(3), (), 1.0)


def test_levels_are_read_from_their_bits():
    rows = [[level] for level in (1, 33, 40, 64) * 2]
    booster = grown(rows, [5, 5, 0, 0] * 2, categorical_feature=[0], max_cat_to_onehot=1, min_data_per_group=1)
    ((left, _),) = leaves_of(booster)
    decision = left.path[0].decision
    assert decision.missing == LEVELS
    assert set(decision.levels) in ({1, 33}, {40, 64})


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "multiclass", "num_class": 2},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.9},
        {"linear_tree": True},
    ],
)
def test_values_that_are_no_sum_of_leaves_have_none(settings):
    rows = np.arange(40.0)[:, None]
    assert leaves_of(grown(rows, rows[:, 0] > 20, **settings)) is None

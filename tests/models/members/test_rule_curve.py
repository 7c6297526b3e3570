"""The rule curve: more points are never worse, however few outcomes there are."""

import numpy as np
import pandas as pd
import pytest

from models.members.rule_curve import fit_rule_curve


@pytest.mark.parametrize("won", [[0, 0, 0], [1, 0, 0], [0, 1, 1, 0]])
def test_few_outcomes_do_not_turn_the_points_around(won):
    points = pd.DataFrame({"rule_points": np.linspace(0, 60, len(won))})
    curve = fit_rule_curve(points, np.array(won))
    chances = curve.predict_proba(pd.DataFrame({"rule_points": [0.0, 30.0, 60.0]}))[:, 1]
    assert (np.diff(chances) > 0).all()


def test_rows_count_by_their_weight():
    points, won = pd.DataFrame({"rule_points": [10.0] * 200}), np.repeat([0, 1], 100)
    light = fit_rule_curve(points, won, np.where(won == 1, 0.1, 1.0)).predict_proba(points[:1])[0, 1]
    assert light < 0.2 < fit_rule_curve(points, won).predict_proba(points[:1])[0, 1]


def test_more_points_are_never_less_even_where_outcomes_say_so():
    points, won = pd.DataFrame({"rule_points": [0.0] * 100 + [80.0] * 100}), np.repeat([1, 0], 100)
    low, high = fit_rule_curve(points, won).predict_proba(points.iloc[[0, 100]])[:, 1]
    assert low < high and low + high == pytest.approx(1.0, abs=0.01)  # half of them were won

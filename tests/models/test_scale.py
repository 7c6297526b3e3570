"""From probabilities to what sales sees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from models.scale import (
    Scale,
    bands,
    dispositions,
    engagement_grades,
    fit_grades,
    make_scale,
    points,
    position,
    scores,
)

RULER = Scale(tuple(np.linspace(-5, 5, 101)), hot=0.3, warm=0.1, fit=(-1.0, 0.0, 1.0))
LOG_ODDS = st.floats(-30, 30)
PARTS = arrays(float, (3, 6), elements=st.floats(-3, 3))


@given(LOG_ODDS, LOG_ODDS)
def test_a_score_never_falls_as_the_probability_rises(one, other):
    low, high = scores(RULER, expit(np.array(sorted([one, other]))))
    assert 0 <= low <= high <= 100


def test_ties_in_the_reference_share_the_middle_of_their_ranks():
    ruler = make_scale(np.array([-3.0, -3, -3, -3, 1]), None, None, 0.1)
    assert 25 < float(position(ruler, -3.0)) < 50


def test_bands_begin_at_multiples_of_the_base_rate():
    scale = make_scale(np.zeros(3), None, None, base_rate=0.1)
    assert bands(scale, np.array([0.31, 0.29, 0.1, 0.09])).tolist() == ["hot", "warm", "warm", "cold"]


def test_a_lead_can_be_hot_even_where_most_are_won():
    assert bands(make_scale(np.zeros(3), None, None, base_rate=0.4), np.array([0.95])).tolist() == ["hot"]


def test_grades_are_quarters_of_the_reference():
    assert fit_grades(RULER, np.array([-2, -0.5, 0.5, 2])).tolist() == ["D", "C", "B", "A"]


def test_a_grade_is_empty_where_the_model_knows_nothing_of_it():
    assert engagement_grades(RULER, np.array([1.0])).tolist() == [""]
    assert make_scale(np.zeros(3), np.zeros(3), None, 0.1).fit == ()


@pytest.mark.parametrize(
    ("band", "fit", "disposition"),
    [("hot", "A", "ready"), ("hot", "D", "nurture"), ("cold", "D", "discard"), ("cold", "A", "nurture")],
)
def test_dispositions(band, fit, disposition):
    assert dispositions(np.array([band]), np.array([fit]), np.array(["1"])).tolist() == [disposition]


@given(PARTS, st.floats(-4, 4))
def test_points_add_up_to_the_difference_of_the_scores(parts, base):
    total = points(RULER, parts, base).sum(axis=1)
    moved = np.rint(position(RULER, base + parts.sum(axis=1))) - round(float(position(RULER, base)))
    assert total.tolist() == moved.tolist()


@given(PARTS)
def test_a_point_never_has_the_wrong_sign_by_more_than_rounding(parts):
    worth = points(RULER, parts, 0.0)
    assert ((np.sign(parts) * worth) >= -1).all()


def test_parts_that_cancel_out_still_have_points():
    assert points(RULER, np.array([[1.0, -1.0]]), 0.0).tolist() == [[10, -10]]


def test_the_scale_comes_back_from_json():
    assert Scale.from_json(RULER.to_json()) == RULER

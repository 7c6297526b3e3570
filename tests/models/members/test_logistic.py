"""Logistic regression: a spline per number, level beyond its outermost knots."""

import numpy as np

from models.members.logistic import SPLINES, fit_logistic


def test_beyond_the_largest_number_seen_a_spline_goes_on_level(features, table):
    member = fit_logistic(features, table, SPLINES)
    far = table.features.head(2).assign(industry="Retail", visits_7d=1.0, visits_30d=2.0)
    far["budget"] = [table.features["budget"].max(), 1e12]
    assert np.ptp(member.predict_proba(far)[:, 1]) == 0

"""Boosted trees: repeatable on any number of threads, and true to the direction that a feature declares."""

from dataclasses import replace

import numpy as np

from models.members.boosting import SHALLOW_TREES, Boosting, fit_boosting

FEW_TREES = {**SHALLOW_TREES, "n_estimators": 20}


def fitted(features, table, **options):
    return fit_boosting(features, table, FEW_TREES, seed=0, **options)


def test_the_number_of_threads_changes_nothing(features, table):
    one, two = (fitted(features, table, threads=threads) for threads in (1, 2))
    assert (one.predict_proba(table.features) == two.predict_proba(table.features)).all()


def test_trees_keep_to_a_declared_direction(features, table):
    """More visits win more often here; where they are declared to be a bad sign, they may only lower."""
    declared = [replace(feature, direction=-1 if feature.name == "visits_7d" else 0) for feature in features]
    rising = table.features.head(1).loc[[0] * 8].assign(visits_7d=np.arange(8.0))
    free, held = (fitted(each, table).predict_proba(rising)[:, 1] for each in (features, declared))
    assert np.ptp(free) > 0
    assert (np.diff(held) <= 0).all()


def test_each_stage_is_a_number_of_trees_and_the_last_one_is_the_whole(features, table):
    settings = {**SHALLOW_TREES, "n_estimators": 60}
    member, boosting = fit_boosting(features, table, settings, seed=0), Boosting()
    margins = boosting.margins(member, table.features)
    assert [stage["n_estimators"] for stage in boosting.stages(settings)] == [50, 60]
    assert np.allclose(1 / (1 + np.exp(-margins[:, -1])), member.predict_proba(table.features)[:, 1])

"""The search for a recipe: forward in time, repeatable, and modest where it knows little."""

from dataclasses import replace

import numpy as np
import pytest

from models.members.boosting import TREES, Boosting
from models.members.logistic import SPLINES
from models.members.table import default_recipe
from models.training.search import BATCH, Backtest, Effort, search_recipe
from models.training.splits import rolling_splits
from models.training_table import sample_leads


def on_visits(design):
    return -3 + 0.5 * design["visits"] + (design["region"] == "South")


@pytest.fixture(scope="module")
def leads(table_of):
    return table_of(on_visits, count=2500)


def searched(table, trials=0, rows=10_000, **options):
    return search_recipe(table, with_points=False, effort=Effort(trials, rows), seed=0, **options)


@pytest.fixture(scope="module")
def found(leads):
    return searched(leads, trials=BATCH + 1)


def test_the_same_rows_and_seed_find_the_same_recipe(leads, found):
    assert searched(leads, trials=BATCH + 1) == found


def test_the_number_of_trials_is_fixed(found):
    assert found.trials == BATCH + 1


def test_each_candidate_is_measured_ahead_and_the_choice_is_said(found):
    assert found.losses.keys() == {"logistic", "boosting", "logistic + boosting"}
    assert found.choices[-1].startswith(f"members: {' + '.join(found.recipe.members)}; ")


def test_no_time_ends_the_trials_and_it_is_said(leads):
    hurried = searched(leads, trials=3, budget=0)
    assert hurried.trials == 0
    assert "the time was over after 0 of 3 trials: another run may find others" in hurried.choices


def test_too_few_outcomes_keep_the_defaults_and_it_is_said(table_of):
    found = searched(table_of(on_visits, count=30))
    assert found.recipe == default_recipe()
    assert found.choices == ["too few outcomes for rolling origins: all settings are the default ones"]


def test_a_column_that_only_says_when_is_left_out(leads):
    """It rises all the time and so do the wins; ahead of each origin it has a value never seen."""
    dated = replace(leads, features=leads.features.assign(visits=np.floor(np.arange(2500) / 50)))
    found = searched(dated)
    assert found.recipe.without == ("visits",)
    assert "columns that only encode the calendar are left out: visits" in found.choices


def test_where_the_market_has_changed_old_leads_count_less(leads):
    """Before the middle, the region counted the other way round."""
    older = np.arange(2500) < 1250
    flipped = np.where(leads.features["region"] == "South", "North", "South")
    turned = leads.features.assign(region=np.where(older, flipped, leads.features["region"]))
    found = searched(replace(leads, features=turned.astype({"region": "str"})), trials=1)
    assert found.recipe.half_life is not None
    assert any(choice.startswith("old rows count less") for choice in found.choices)


def test_without_an_order_all_rows_count_alike(leads):
    assert searched(replace(leads, rows=leads.rows.assign(order=np.nan)), trials=1).recipe.half_life is None


def test_defaults_stay_where_nothing_is_clearly_better(table_of):
    found = searched(table_of(lambda design: design["visits"] * 0 - 1, count=1500), trials=1)
    assert found.recipe.half_life is None
    assert found.recipe.settings["logistic"]["C"] <= SPLINES["C"], "pure noise is held back"


def test_where_only_some_rows_are_searched_the_trees_are_counted_on_all(table_of):
    """A wave over visits: a few hundred rows bear fewer trees than all."""
    leads = table_of(lambda design: 3 * np.sin(design["visits"]) - (design["region"] == "South"), count=4000)
    few, found = searched(sample_leads(leads, 400, seed=0)), searched(leads, rows=400)
    assert found.recipe.settings["boosting"]["n_estimators"] > few.recipe.settings["boosting"]["n_estimators"]
    trees = found.recipe.settings["boosting"]["n_estimators"]
    assert found.choices[-1] == f"boosting: {trees} trees, counted on all 4,000 rows"


def test_many_trees_are_grown_where_a_few_are_not_enough(table_of, monkeypatch):
    leads = table_of(lambda design: 3 * np.sin(design["visits"]) - (design["region"] == "South"), count=4000)
    monkeypatch.setattr(Boosting, "lengths", Boosting.lengths[1:])
    at_once = searched(leads, rows=400).recipe
    monkeypatch.setattr(Boosting, "lengths", ({"n_estimators": TREES[0]}, *Boosting.lengths))
    assert searched(leads, rows=400).recipe == at_once
    assert at_once.settings["boosting"]["n_estimators"] > TREES[0]


def two_origins(table):
    origins = rolling_splits(table.order_in_time, len(table), 0, timed=False, seed=0)
    return Backtest(table, origins[:2], seed=0)


def test_better_in_all_is_enough_only_where_no_origin_is_a_time_of_its_own(leads):
    drawn = replace(leads, rows=leads.rows.assign(order=np.nan))
    for table, better in ((leads, False), (drawn, True)):
        backtest = two_origins(table)
        losses = np.where(backtest.origin_of == 0, 0.51, 0.40)  # a little worse ahead of the first origin
        assert backtest.is_better(losses, np.full(len(losses), 0.5)) is better


def test_deep_trees_are_among_what_is_tried_first(table_of):
    """Two columns that say nothing alone and all together: shallow trees on half of the columns hardly see it."""
    table = table_of(lambda design: np.where((design["visits"] >= 2) == (design["region"] == "South"), 2.0, -2.0))
    settings = searched(table, trials=len(Boosting.proposals)).recipe.settings["boosting"]
    assert settings["colsample_bytree"] == 1.0

"""The members: repeatable, sure-footed on odd cells, and silent about rare levels."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features import SNAPSHOT_AGES
from models.blend import BOOSTING, LOGISTIC
from models.members.base import row_weights
from models.members.boosting import SHALLOW_TREES, fit_boosting
from models.members.logistic import SPLINES, fit_logistic
from models.members.table import MEMBERS, default_recipe

FEW_TREES = SHALLOW_TREES | {"n_estimators": 20}


def fitted(name, features, table, **options):
    if name == LOGISTIC:
        return fit_logistic(features, table, SPLINES, **options)
    return fit_boosting(features, table, FEW_TREES, seed=0, **options)


@pytest.fixture(scope="module", params=[LOGISTIC, BOOSTING])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def member(name, features, table):
    return fitted(name, features, table)


def test_the_same_rows_and_seed_give_the_same_member(name, member, features, table):
    again = fitted(name, features, table)
    assert (again.predict_proba(table.features) == member.predict_proba(table.features)).all()


def test_a_level_never_seen_and_an_empty_row_are_scored(member, table):
    strange = table.features.head(2).copy()
    strange["industry"] = ["Never seen", None]
    strange.loc[1, ["budget", "visits_7d", "visits_30d"]] = np.nan
    assert np.isfinite(member.predict_proba(strange)).all()


def test_rare_levels_are_scored_alike_and_not_stored(name, features, table):
    names = [f"Erika Mustermann {n}" if n < 6 else level for n, level in enumerate(table.features["industry"])]
    rare = replace(table, features=table.features.assign(industry=pd.Series(names, dtype="str")))
    encoder = fitted(name, features, rare)["encode"]
    (levels,) = encoder.named_transformers_["categories"].categories_
    assert list(levels)[:-1] == ["Farming", "Retail", "Software"]
    assert np.isnan(levels[-1]), "missing is a level of its own"


@pytest.mark.parametrize("kept", [["industry"], ["budget", "visits_7d"]])
def test_categories_alone_and_numbers_alone_are_enough(name, kept, features, table):
    some = [feature for feature in features if feature.name in kept]
    assert np.isfinite(fitted(name, some, table).predict_proba(table.features)).all()


def test_a_column_that_is_empty_or_always_the_same_is_no_trouble(name, features, table):
    dull = replace(table, features=table.features.assign(budget=np.nan, visits_30d=7.0))
    assert np.isfinite(fitted(name, features, dull).predict_proba(table.features)).all()


def test_a_row_half_a_life_older_counts_half(table):
    weights = row_weights(table, half_life=0.5)
    assert weights[-1] / weights[1499] == pytest.approx(2, rel=1e-3)
    assert weights.mean() == pytest.approx(1)
    assert row_weights(table, None) is None


def test_a_lead_that_is_looked_at_often_counts_no_more_than_another_in_all(table):
    first = [pd.Timestamp("2025-01-01")] * len(table)
    often = ["often"] * 8 + [f"closed {number}" for number in range(len(table) - 8)]
    moments = pd.Series(first) + pd.to_timedelta([*SNAPSHOT_AGES] + [0] * (len(table) - 8), unit="D")
    leads = replace(table, timed=True, rows=table.rows.assign(lead_id=often, as_of=moments))
    assert leads.weights[:8].sum() == pytest.approx(8 * leads.weights[-1])
    assert row_weights(leads, None) is None


def test_columns_that_a_recipe_leaves_out_are_not_looked_at(name, table_of):
    leads = table_of(lambda design: design["visits"] - 3, count=500)
    member = MEMBERS[name].fit(leads, replace(default_recipe(), without=("visits",)), seed=0)
    moved = leads.features.assign(visits=99.0)
    assert (member.predict_proba(moved) == member.predict_proba(leads.features)).all()


def test_learning_and_scoring_load_no_library_of_a_member_that_is_not_used():
    """LightGBM comes with the trees that are grown or read, Optuna with the search, matplotlib with a plot."""
    loaded = "import sys, models.scoring, models.training, models.evaluation; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert {"lightgbm", "optuna", "matplotlib", "mlflow", "shap"} & set(done.stdout.split()) == set()

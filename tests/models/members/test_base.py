"""A new learner is a file and a line in the table: a decision stump is blended, compared, explained and stored."""

from types import MappingProxyType

import numpy as np
import pytest
import skops.io
from scipy import special
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from models.blend import member_names, probabilities
from models.explanation import centres_of, contributions
from models.members import Contributions, Member
from models.members.table import MEMBERS, default_recipe, trusted_types
from models.training import Effort, fit_blend, search_recipe, split_table
from models.training.blend import mixture


class Stump(Member):
    """One question to one number, whose answer is all that a lead is told from."""

    name = "stump"
    defaults = MappingProxyType({"min_samples_leaf": 50})
    trusted_types = ("sklearn.tree._tree.Tree",)

    def fit(self, table, recipe, *, seed, threads=None):
        encoder = ColumnTransformer([("number", "passthrough", ["visits"])])
        tree = DecisionTreeClassifier(max_depth=1, random_state=seed, **recipe.settings[self.name])
        return Pipeline([("encode", encoder), ("tree", tree)]).fit(table.features, table.won)

    def contributions(self, fitted, features, centres):
        tree, numbers = features.behind(fitted)
        leaves = special.logit(tree.predict_proba(numbers)[:, 1])
        share = tree.tree_.n_node_samples[1:] / tree.tree_.n_node_samples[0]
        base = share @ special.logit(tree.tree_.value[1:, 0, 1])
        return Contributions(("visits",), leaves[:, None] - base, float(base))


@pytest.fixture(autouse=True)
def stump(monkeypatch):
    """The line in the table."""
    monkeypatch.setitem(MEMBERS, "stump", Stump())
    return MEMBERS["stump"]


@pytest.fixture
def leads(table_of):
    """Leads of which half a dozen visits tell all that there is to know."""
    return table_of(lambda design: np.where(design["visits"] > 3, 1.0, -2.0), count=2500)


@pytest.fixture
def model(stump, leads):
    """A stump alone, behind a calibration of its own."""
    return mixture({"stump": stump.fit(leads, default_recipe(), seed=0)}, 0.3, np.array([0.8]), leads.features)


def test_it_is_compared_with_the_others(leads):
    compared = search_recipe(leads, with_points=False, effort=Effort(0), seed=0)
    assert compared.losses.keys() == {"logistic + boosting + stump", "logistic", "boosting", "stump"}
    assert '"stump": {\n  "min_samples_leaf": 50\n }' in compared.recipe.to_json()


def test_it_is_blended_with_the_others(leads):
    model = fit_blend(default_recipe(), leads, split_table(leads, 0), seed=0)
    assert "stump" in member_names(model)
    explained = contributions(model, leads.features, centres_of(model, leads.features, ()))
    assert explained.raw_log_odds == pytest.approx(special.logit(probabilities(model, leads.features)), abs=1e-9)


def test_its_contributions_add_up_to_the_log_odds(model, leads):
    explained = contributions(model, leads.features, centres_of(model, leads.features, ()))
    assert explained.columns == ("visits",)
    assert explained.raw_log_odds == pytest.approx(special.logit(probabilities(model, leads.features)), abs=1e-9)


def test_it_is_stored_and_loaded_by_the_types_that_it_names(model, leads, tmp_path, monkeypatch):
    skops.io.dump(model, tmp_path / "model.skops")
    loaded = skops.io.load(tmp_path / "model.skops", trusted=trusted_types())
    assert (probabilities(loaded, leads.features) == probabilities(model, leads.features)).all()
    monkeypatch.delitem(MEMBERS, "stump")
    with pytest.raises(TypeError, match=r"sklearn\.tree\._tree\.Tree"):
        skops.io.load(tmp_path / "model.skops", trusted=trusted_types())

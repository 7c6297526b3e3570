"""A recipe is stored with the settings of each learner under its own name."""

import json

from models.members.recipe import Recipe

RECIPE = Recipe(("logistic", "stump"), {"logistic": {"C": 0.1}, "stump": {"depth": 1}}, without=("year",))


def test_a_recipe_is_read_as_it_was_written():
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


def test_settings_stand_under_the_name_of_their_learner():
    assert json.loads(RECIPE.to_json())["stump"] == {"depth": 1}


def test_a_change_leaves_all_other_settings():
    changed = RECIPE.changed("logistic", {"C": 1.0})
    assert (changed.settings["logistic"], changed.settings["stump"]) == ({"C": 1.0}, {"depth": 1})

"""The learners that a model is blended of: how each is fitted, what its columns add to the log-odds, how it is stored.

Each is a `Member` in a file of its own and a line in the table `MEMBERS`; a recipe says which of them a model has.
Training fits them, and explanation asks them, so both stand above this room.
"""

from models.members.base import Contributions, Member, row_weights
from models.members.boosting import SHALLOW_TREES
from models.members.encoding import Encoded, frequent_levels
from models.members.logistic import MOST_ROWS_FOR_SPLINES, SPLINES, spline_columns
from models.members.recipe import Recipe
from models.members.rule_curve import fit_rule_curve
from models.members.table import MEMBERS, default_recipe, learners, trusted_types

__all__ = [
    "MEMBERS",
    "MOST_ROWS_FOR_SPLINES",
    "SHALLOW_TREES",
    "SPLINES",
    "Contributions",
    "Encoded",
    "Member",
    "Recipe",
    "default_recipe",
    "fit_rule_curve",
    "frequent_levels",
    "learners",
    "row_weights",
    "spline_columns",
    "trusted_types",
]

"""The table of the learners that a model may be blended of: each is a line here, and a file of its own."""

from __future__ import annotations

from models.members.base import Member
from models.members.boosting import Boosting
from models.members.logistic import Logistic
from models.members.recipe import Recipe
from models.members.rule_curve import RuleCurve

MEMBERS: dict[str, Member] = {member.name: member for member in (Logistic(), Boosting(), RuleCurve())}

TRUSTED_OF_A_BLEND = (
    "numpy.dtype",
    "scipy.special._special_ufuncs.logit",
    "sklearn.utils._bunch.Bunch",
)
"""What the blend itself holds beside what skops trusts already."""


def learners() -> tuple[str, ...]:
    """Return the names of the members that learn from features: those that a model is blended of by default."""
    return tuple(name for name, member in MEMBERS.items() if member.learns_from == "features")


def default_recipe() -> Recipe:
    """Return the recipe that holds where nothing is found to be clearly better."""
    return Recipe(learners(), {name: dict(MEMBERS[name].defaults) for name in learners()})


def trusted_types() -> tuple[str, ...]:
    """Return what a stored model may hold beside what skops trusts by itself; never taken from the artefact itself."""
    of_members = (kind for member in MEMBERS.values() for kind in member.trusted_types)
    return tuple(sorted({*TRUSTED_OF_A_BLEND, *of_members}))

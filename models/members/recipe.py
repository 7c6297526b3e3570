"""How a model is made: everything that is decided on older leads, and frozen before the newest are scored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Settings = Mapping[str, Any]
"""What a learner is fitted with, by the names of its own arguments."""


@dataclass(frozen=True)
class Recipe:
    """What a model is made of and how.

    members    the names of the learners that are blended
    settings   those of each learner that has any, by its name
    without    features that are left out
    half_life  share of the rows, newest first, after which a row counts half; None: all count alike
    trust      how much the members' own probabilities weigh in the calibration, beside the outcomes of the tune split

    >>> recipe = Recipe(("logistic",), {"logistic": {"C": 0.1}}, without=("year",))
    >>> Recipe.from_json(recipe.to_json()) == recipe
    True
    """

    members: Sequence[str]
    settings: Mapping[str, Settings]
    without: tuple[str, ...] = ()
    half_life: float | None = None
    trust: float = 3.0

    def changed(self, member: str, changes: Settings) -> Recipe:
        """Return the recipe with other settings of one learner."""
        return replace(self, settings={**self.settings, member: {**self.settings[member], **changes}})

    def to_json(self) -> str:
        """Return the recipe as JSON, the settings of each learner under its own name."""
        rest = {"without": self.without, "half_life": self.half_life, "trust": self.trust}
        return json.dumps({"members": self.members, **self.settings, **rest}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        content = json.loads(text)
        members, without = (tuple(content.pop(name)) for name in ("members", "without"))
        half_life, trust = content.pop("half_life"), content.pop("trust")
        return cls(members, content, without, half_life, trust)

"""A design and what encoders make of it: each is asked once, however many models were fitted behind it.

Of one lead, encoding takes longer than all models together: when and how much are told behind the encoder of the
logistic regression that tells whether.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline


class Encoded:
    """A design, and what was made of it so far."""

    def __init__(self, design: pd.DataFrame) -> None:
        self.design = design
        self._made: dict[int, Any] = {}

    @classmethod
    def of(cls, design: pd.DataFrame | Encoded) -> Encoded:
        return design if isinstance(design, Encoded) else cls(design)

    def by(self, encoder: ColumnTransformer) -> Any:
        """Return what an encoder makes of the design."""
        if id(encoder) not in self._made:
            self._made[id(encoder)] = encoder.transform(self.design)
        return self._made[id(encoder)]

    def behind(self, pipeline: Pipeline) -> tuple[Any, Any]:
        """Return the last step of a pipeline, and what its encoder makes of the design."""
        return pipeline[-1], self.by(pipeline.named_steps["encode"])

"""How much: the amount that a win is expected to bring, and with it the expected value of a lead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, TypeAdapter

from models.members import Encoded

FEWEST_AMOUNTS = 5
"""With fewer won leads that have an amount, no amounts are predicted."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Amounts:
    """What wins bring.

    usual   the median of the logarithms of the amounts
    spread  the mean of amount / exp(prediction): the mean of a skewed amount lies above its median. Source: Duan
            (1983), "Smearing estimate: a nonparametric retransformation method"
    lowest, highest  predictions are clipped to these
    model   a pipeline that predicts the logarithm of the amount; None where there are too few wins to learn more than
            what is usual. It is stored beside the numbers
    """

    usual: float
    spread: float
    lowest: float
    highest: float
    model: Annotated[Any, Field(exclude=True)] = None

    def expected(self, features: pd.DataFrame | Encoded) -> Floats:
        """Return the amount that a win of each row is expected to bring."""
        encoded = Encoded.of(features)
        logarithm = _predicted(self.model, encoded) if self.model else np.full(len(encoded.features), self.usual)
        return np.clip(np.exp(logarithm) * self.spread, self.lowest, self.highest)

    @property
    def typical(self) -> float:
        """The amount of a win of which nothing else is known."""
        return float(np.clip(np.exp(self.usual) * self.spread, self.lowest, self.highest))

    def to_json(self) -> str:
        """Return the numbers as JSON; the model is stored beside them."""
        return STORED.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str, model: Any) -> Amounts | None:
        """Read what `to_json` wrote; None where that is null."""
        stored = STORED.validate_json(text)
        return stored and replace(stored, model=model)


STORED = TypeAdapter(Amounts | None)


def _predicted(model: Any, features: Encoded) -> Floats:
    ridge, encoded = features.behind(model)
    return ridge.predict(encoded)

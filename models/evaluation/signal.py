"""Whether a model tells won leads from lost ones at all: beside the base rate, which gives all leads one chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.metrics import difference

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Signal:
    """What a scorer adds to the base rate on leads that it has not learned from; intervals are 95 %.

    ``auc`` is the AUC, of which 0.5 is chance; ``log_loss`` is less that of the base rate, below zero where it is
    better.
    """

    auc: float
    auc_ci: tuple[float, float]
    log_loss: float
    log_loss_ci: tuple[float, float]

    @property
    def is_shown(self) -> bool:
        """Return whether there is evidence of a signal: in the ranking, or in the probabilities.

        A level that moved makes probabilities worse than the base rate where leads are still ranked well.
        """
        return self.auc_ci[0] > 0.5 or self.log_loss_ci[1] < 0

    def __str__(self) -> str:
        ranking = f"AUC {self.auc:.3f} ({self.auc_ci[0]:.3f} to {self.auc_ci[1]:.3f}, where 0.5 is chance)"
        low, high = self.log_loss_ci
        return f"{ranking}, log-loss {self.log_loss:+.4f} beside the base rate ({low:+.4f} to {high:+.4f})"

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "shown": self.is_shown, "words": str(self)}


def signal_of(
    probability: Floats, base_rate: Floats, won: npt.NDArray, groups: npt.NDArray, seed: int
) -> Signal | None:
    """Return what a scorer adds to the base rate; None where the leads all ended alike, so that nothing is measured.

    ``groups`` names the account, else the lead, of each row: intervals resample these.

    >>> won, leads = np.tile([0, 1], 200), np.arange(400)
    >>> base = np.full(400, 0.5)
    >>> signal_of(np.where(won, 0.9, 0.1), base, won, leads, seed=0).is_shown
    True
    >>> signal_of(np.tile([0.4, 0.4, 0.6, 0.6], 100), base, won, leads, seed=0).is_shown
    False
    """
    if not 0 < won.sum() < len(won):
        return None
    apart = difference(probability, base_rate, won, groups, seed)
    low, high = apart.auc_ci
    return Signal(0.5 + apart.auc, (0.5 + low, 0.5 + high), apart.log_loss, apart.log_loss_ci)

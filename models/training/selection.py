"""Which scorer a training selects, the model that it learned or the rules: the reason as data, worded in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import StackingClassifier

from models.metrics import auc, difference
from models.training.rungs import rung_of, shortage
from models.training.splits import TimeSplits
from models.training_table import TrainingTable

NO_WORSE = 0.005
"""Log-loss by which a model may be worse than the rules, at the upper end of the 95 % interval."""

Floats = npt.NDArray[np.float64]


class Cause(StrEnum):
    """Why the model, or why the rules."""

    NOTHING_LEARNED = "nothing learned"
    DOES_NOT_HOLD = "does not hold on later leads"
    ONE_OUTCOME = "one outcome on the test split"
    FEW_AND_ONE_OUTCOME = "few outcomes, and one on the test split"
    FEW_AND_NO_WORSE = "few outcomes, not surely worse"
    FEW_AND_WORSE = "few outcomes, surely worse"
    RULES_RANK_NOTHING = "the rules rank nothing"
    BETTER = "better than the rules"
    NO_WORSE = "ranks as the rules do, and surely not much worse"
    SCORECARD_NO_BETTER = "the scorecard is no better"
    SCORECARD_BETTER = "the scorecard is surely better"
    NOT_CLEARLY_BETTER = "not clearly better than the rules"


SELECT_THE_MODEL = {
    Cause.FEW_AND_ONE_OUTCOME,
    Cause.FEW_AND_NO_WORSE,
    Cause.RULES_RANK_NOTHING,
    Cause.BETTER,
    Cause.NO_WORSE,
    Cause.SCORECARD_NO_BETTER,
}
"""The reasons for which the model is served; for all others the rules are."""

ALIKE = "all leads of the newest block ended alike, so that nothing can be compared"
FEW = "few outcomes bear a logistic regression: {shortage}"
WORDS: Mapping[Cause, str] = {
    Cause.NOTHING_LEARNED: "the rules decide: {shortage}",
    Cause.DOES_NOT_HOLD: "the rules decide: what was learned did not hold on later leads",
    Cause.ONE_OUTCOME: f"the rules decide: {ALIKE}",
    Cause.FEW_AND_ONE_OUTCOME: f"{FEW}; {ALIKE}",
    Cause.FEW_AND_NO_WORSE: f"{FEW}: {{figures}}",
    Cause.FEW_AND_WORSE: "the rules are surely better and are served: {figures}",
    Cause.RULES_RANK_NOTHING: "the model is served, for the rules tell no lead from another: {figures}",
    Cause.BETTER: "the model beats the rules: {figures}",
    Cause.NO_WORSE: "the model is served, for it ranks no worse than the rules and is surely not much worse: {figures}",
    Cause.SCORECARD_NO_BETTER: (
        "the model is served, for the scorecard, learned from the same leads, is not surely better: {figures}"
    ),
    Cause.SCORECARD_BETTER: "the scorecard is surely better than the model and is served: {figures}",
    Cause.NOT_CLEARLY_BETTER: "the model does not clearly beat the rules, which are served: {figures}",
}


@dataclass(frozen=True)
class Figures:
    """How the model did beside the rules on the test split: ``log_loss_ci`` is of the difference in log-loss, 95 %."""

    auc: float
    auc_of_rules: float
    log_loss_ci: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.log_loss_ci
        ranking = f"AUC {self.auc:.3f}, the rules' {self.auc_of_rules:.3f}"
        return f"{ranking}; log-loss {low:+.4f} to {high:+.4f} beside theirs (95 %)"


@dataclass(frozen=True)
class Selection:
    """What a training selects, and why.

    shortage  in words, which outcomes more would be needed of; empty where everything was learned
    figures   how both did on the test split; None where nothing was compared
    """

    cause: Cause
    shortage: str = ""
    figures: Figures | None = None

    @property
    def model_is_served(self) -> bool:
        return self.cause in SELECT_THE_MODEL

    @property
    def why(self) -> str:
        """Return the reason in words, as people read it."""
        return WORDS[self.cause].format(shortage=self.shortage, figures=self.figures)


def select(
    model: StackingClassifier | None,
    tested: Mapping[str, Floats],
    table: TrainingTable,
    splits: TimeSplits,
    *,
    of_people: bool,
    seed: int,
) -> Selection:
    """Select the model or the rules; ``tested`` holds the probabilities of the test rows by ``model`` and ``rules``.

    Beside rules ``of_people`` the model must rank at least as well, and its log-loss must surely not be much worse.
    Rules that tell no lead from another rank nothing: beside them a log-loss that is surely lower is enough. A model
    that was held back for its few outcomes, or that stands beside a scorecard learned from the same leads, is served
    unless it is surely worse.
    """
    rung = rung_of(table, splits)
    lacks = shortage(table, splits) if rung != "full" else ""
    # Nothing was compared: there is no model, or there is nothing to compare it on.
    if rung == "rules":
        return Selection(Cause.NOTHING_LEARNED, lacks)
    if model is None:
        return Selection(Cause.DOES_NOT_HOLD, lacks)
    if not table.minority_count(splits.test):
        return Selection(Cause.FEW_AND_ONE_OUTCOME if rung == "logistic" else Cause.ONE_OUTCOME, lacks)
    figures = compare(tested, *outcomes_of(table, splits.test), seed)
    low, high = figures.log_loss_ci
    # Of few outcomes the model has departed from the rules only as far as they bear: it need not prove more.
    if rung == "logistic":
        return Selection(Cause.FEW_AND_NO_WORSE if low <= 0 else Cause.FEW_AND_WORSE, lacks, figures)
    if not np.ptp(tested["rules"]) and (figures.auc > figures.auc_of_rules or high < 0):
        return Selection(Cause.RULES_RANK_NOTHING, figures=figures)
    if figures.auc >= figures.auc_of_rules and high < NO_WORSE:
        return Selection(Cause.BETTER if high < 0 else Cause.NO_WORSE, figures=figures)
    # Rules that people agreed on keep their place until a model is clearly better; a scorecard is but another learner.
    if not of_people:
        return Selection(Cause.SCORECARD_NO_BETTER if low <= 0 else Cause.SCORECARD_BETTER, figures=figures)
    return Selection(Cause.NOT_CLEARLY_BETTER, figures=figures)


def compare(tested: Mapping[str, Floats], won: npt.NDArray, groups: npt.NDArray, seed: int) -> Figures:
    """Return how ``model`` and ``rules`` did on the same rows; ``groups`` names the account or lead of each."""
    apart = difference(tested["model"], tested["rules"], won, groups, seed)
    return Figures(auc(tested["model"], won), auc(tested["rules"], won), apart.log_loss_ci)


def outcomes_of(table: TrainingTable, rows: npt.NDArray[np.bool_]) -> tuple[npt.NDArray, npt.NDArray]:
    """Return who won of some rows, and the account of each where it is known, else the lead."""
    return table.won[rows], table.rows["group"][rows].to_numpy()

"""A trained model with everything that scoring needs: from features to probabilities, scores, grades and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from data.config import RelativeTo
from data.errors import ModelError
from data.schema import Schema
from data.vocabulary import ENGAGEMENT_FAMILIES, FIT_FAMILIES, Family
from features import Batch, Feature, build, catalogue
from models import scale as scales
from models.blend import RULES, log_odds, member_names, probabilities
from models.explanation import (
    Breakdown,
    Centres,
    Evidence,
    Narrator,
    NextQuestion,
    Question,
    Reasons,
    TypicalLeads,
    contributions,
    what_next,
)
from models.members import Contributions, Encoded
from models.rules import (
    CAPS,
    Rules,
    first_disqualifier,
    first_trigger,
    grid_of,
    is_qso,
    term_features,
    with_points,
    with_terms,
)
from models.rules import evaluate as evaluate_rules
from models.scale import Scale
from models.scoring.amount import Amounts
from models.scoring.timing import Timing, days_if_won

if TYPE_CHECKING:
    from sklearn.ensemble import StackingClassifier

Columns = dict[str, npt.NDArray]


@dataclass(frozen=True)
class Scorer:
    """A trained model, its rules, scale and evidence.

    ``centres`` are the means in training about which explanations are centred; ``horizon`` is in days, None in flat
    mode, where there is no ``timing`` either. ``amounts`` is None where no amounts of won leads are known.
    ``questions`` are what leads can be asked for, ``typical`` is what is typical of open leads at each stage; None
    where a version was trained before they were stored. Reasons are ``relative_to`` the stage of a lead, or to all.
    """

    model: StackingClassifier
    schema: Schema
    rules: Rules
    scale: Scale
    evidence: Evidence
    centres: Centres
    horizon: int | None
    version: str
    timing: Timing | None = None
    amounts: Amounts | None = None
    questions: tuple[Question, ...] | None = None
    typical: TypicalLeads | None = None
    relative_to: RelativeTo = "stage"

    @cached_property
    def catalogue(self) -> tuple[Feature, ...]:
        """The features of the schema, in the order of their columns."""
        return catalogue(self.schema)

    @cached_property
    def narrator(self) -> Narrator:
        """What puts the reasons of this version into words."""
        terms = term_features(self.rules, self.schema, within_caps=self.within_caps) if self.has_points else ()
        features = (*self.catalogue, *terms)
        # Of rules alone each reason has the points that people gave it: what caps hold back of all is none of them.
        return Narrator(features, self.evidence, self.scale, unsaid=[CAPS.concept], typical=self.typical)

    @property
    def has_points(self) -> bool:
        """Return whether the points of the rules are a member of the model."""
        return RULES in member_names(self.model)

    @property
    def within_caps(self) -> bool:
        """Return whether what caps hold back is shared out to the rules; of rules alone it is not."""
        return self.has_points and CAPS.name not in self.centres[RULES]

    def features(self, batch: Batch) -> pd.DataFrame:
        """Return the features of a batch, with what the rules say beside them."""
        return self.with_rules(build(batch))

    def with_rules(self, features: pd.DataFrame) -> pd.DataFrame:
        """Put the points of the rules beside features; and what each rule gives, where the rules are a member."""
        pointed = with_points(self.rules, features)
        return with_terms(self.rules, pointed, within_caps=self.within_caps) if self.has_points else pointed

    def contributions(self, features: pd.DataFrame | Encoded) -> Contributions:
        """Return what each column adds to each row's raw log-odds."""
        return contributions(self.model, features, self.centres)

    def score(self, features: pd.DataFrame | Encoded, contributions: Contributions | None = None) -> pd.DataFrame:
        """Score each row of features.

        ``contributions`` are those of the rows, where they are known already: they add up to the log-odds. Columns:
        probability, score, band, disposition, fit, engagement, grade, model_version; where the rules have such,
        persona, triggered_by and disqualified_by (the mark that decided), and whether it is a qso; in timed mode
        probability_30d (60, 90, 180, and the horizon) and days_if_won; where amounts are known expected_amount and
        expected_value.
        """
        encoded = Encoded.of(features)
        contributions, features = contributions or self.contributions(encoded), encoded.features
        probability = expit(contributions.raw_log_odds)
        trigger, disqualifier = first_trigger(self.rules, features), first_disqualifier(self.rules, features)
        grades = self._grades(
            probability, contributions, features, triggered=trigger != "", disqualified=disqualifier != ""
        )
        return pd.DataFrame(
            {
                "probability": probability,
                "score": scales.scores(self.scale, probability),
                **grades,
                "model_version": self.version,
                **self._persona(features),
                **self._marks(features, grades["fit"], trigger, disqualifier),
                **self._times(encoded, probability),
                **self._amounts(encoded, probability),
            }
        )

    def explain(self, features: pd.DataFrame, contributions: Contributions) -> tuple[Reasons, Reasons]:
        """Return the reasons up and the reasons down of each row of features, relative to all leads."""
        return self.narrator.reasons(contributions, features)

    def breakdown(
        self, features: pd.DataFrame, contributions: Contributions, stages: pd.Series, days: pd.Series
    ) -> Breakdown:
        """Return what the score of each row is made of, its reasons relative to its stage where the settings say so.

        ``stages`` are those of the rows, ``days`` how long each has been there.
        """
        if self.relative_to == "all":
            return self.narrator.breakdown(contributions, features)
        return self.narrator.breakdown(contributions, features, stages, days)

    @property
    def usual_value(self) -> float | None:
        """What a lead at the threshold of hot ones is usually worth; None where no amounts are known."""
        return self.scale.hot * self.amounts.typical if self.amounts else None

    def base_score(self, contributions: Contributions) -> int:
        """Return the score that a lead starts from, before any reason."""
        return round(float(scales.position(self.scale, contributions.base)))

    def what_next(self, features: pd.DataFrame) -> list[NextQuestion]:
        """Return what to ask a lead next; ``features`` are its one row.

        Raises ModelError where the version holds no answers from history.
        """
        if self.questions is None:
            raise ModelError(
                f"version {self.version} does not know what leads answer",
                expected="a version that holds the answers seen in history",
                remedy="run `leadscore train` again",
            )
        return what_next(self.questions, features, self.narrator.features, self._positions)

    def new_levels(self, attribute: str, leads: pd.Series) -> pd.Series:
        """Return the values of a category that training did not distinguish, where those that it did have become rare.

        ``leads`` counts the leads by value, the commonest first. Empty where at least half as large a share as in
        training has a value that was distinguished.
        """
        if attribute not in self.narrator.levels:
            return leads[:0]
        new = leads[~leads.index.isin(self.narrator.levels[attribute])]
        known = 1 - new.sum() / max(leads.sum(), 1)
        return new if known < self.evidence.known_share(attribute) / 2 else leads[:0]

    def _positions(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        pointed = with_points(self.rules, features)
        return scales.position(self.scale, log_odds(probabilities(self.model, pointed)))

    def _grades(
        self,
        probability: npt.NDArray,
        contributions: Contributions,
        features: pd.DataFrame,
        **marked: npt.NDArray[np.bool_],
    ) -> Columns:
        """Return the band, the grade in both dimensions, and the disposition that follows from them."""
        fit_values, engagement_values = fit_and_engagement(contributions, self.narrator.features, self.rules, features)
        band = scales.bands(self.scale, probability)
        fit = scales.fit_grades(self.scale, fit_values)
        engagement = scales.engagement_grades(self.scale, engagement_values)
        return {
            "band": band,
            "disposition": scales.dispositions(band, fit, engagement, grid=grid_of(self.rules), **marked),
            "fit": fit,
            "engagement": engagement,
            "grade": np.char.add(fit.astype(str), engagement.astype(str)),
        }

    def _persona(self, features: pd.DataFrame) -> Columns:
        """Return the persona of each lead, where the rules have any."""
        return {"persona": evaluate_rules(self.rules, features)["persona"].to_numpy()} if self.rules.personas else {}

    def _marks(
        self, features: pd.DataFrame, fit: npt.NDArray, trigger: npt.NDArray, disqualifier: npt.NDArray
    ) -> Columns:
        """Return the marks that decided, where the rules have such: a trigger does for a lead that fits.

        ``qso`` says whether the lead is a qualified sales opportunity.
        """
        marks = {}
        if self.rules.triggers:
            marks["triggered_by"] = np.where(scales.qualifies(fit, disqualifier != ""), trigger, "")
        if self.rules.disqualifiers:
            marks["disqualified_by"] = disqualifier
        if self.rules.qso:
            marks["qso"] = is_qso(self.rules, features)
        return marks

    def _times(self, features: Encoded, probability: npt.NDArray) -> Columns:
        """Return the chance of winning within each time, and the days within which half of the wins come."""
        if self.timing is None:
            return {}
        chances = self.timing.chances(features, probability)
        by_days = {f"probability_{days}d": chance for days, chance in chances.items()}
        return by_days | {"days_if_won": days_if_won(chances)}

    def _amounts(self, features: Encoded, probability: npt.NDArray) -> Columns:
        """Return the amount that a win is expected to bring, and the lead's expected value: probability × amount."""
        if self.amounts is None:
            return {}
        amount = self.amounts.expected(features)
        return {"expected_amount": amount, "expected_value": probability * amount}


def fit_and_engagement(
    contributions: Contributions, features: Mapping[str, Feature], rules: Rules, rows: pd.DataFrame
) -> tuple[npt.NDArray, npt.NDArray]:
    """Return each row's fit and engagement: their families' contributions, or the rules' own where these are alone."""
    if all(features[name].traits.from_rules for name in contributions.columns):
        points = evaluate_rules(rules, rows)
        return points["fit"].to_numpy(), points["engagement"].to_numpy()
    return _sum_of(contributions, features, FIT_FAMILIES), _sum_of(contributions, features, ENGAGEMENT_FAMILIES)


def _sum_of(
    contributions: Contributions, features: Mapping[str, Feature], families: tuple[Family, ...]
) -> npt.NDArray[np.float64]:
    return contributions.values[:, [features[name].family in families for name in contributions.columns]].sum(axis=1)

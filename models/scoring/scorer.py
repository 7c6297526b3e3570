"""A model with everything that scoring needs: from a batch to probabilities, scores, grades and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import StackingClassifier

from data.config import BandThresholds
from data.errors import ModelError
from data.schema import Schema
from data.vocabulary import ENGAGEMENT_FAMILIES, FIT_FAMILIES, Family
from features import RULE_POINTS, Batch, Feature, build, catalogue
from models import scale as scales
from models.blend import RULES, log_odds, member_names, probabilities
from models.explanation import (
    Centres,
    Contributions,
    Evidence,
    Narrator,
    NextQuestion,
    Question,
    Reasons,
    centres_of,
    contributions,
    gather,
    gather_questions,
    what_next,
)
from models.members import Encoded
from models.rules import (
    Rules,
    fired_codes,
    first_disqualifier,
    first_trigger,
    grade_thresholds,
    grid_of,
    term_features,
    with_points,
    with_terms,
)
from models.rules import evaluate as evaluate_rules
from models.scale import Scale, make_scale
from models.scoring.amount import Amounts
from models.scoring.timing import Timing, days_if_won
from models.training import Learned
from models.training_table import TrainingTable

FEWEST_REFERENCES = 200
"""Fewer open leads than this are no population to rank among: the training rows are taken, unless they are fewer."""


@dataclass(frozen=True)
class Judged:
    """Scores in numbers: ``frame`` has a row per moment, without the reasons, which are ``up`` and ``down``.

    ``fired`` are the rules that fired, as `models.rules.terms.fired_codes` has them.
    """

    frame: pd.DataFrame
    told: Contributions
    up: Reasons
    down: Reasons
    fired: Sequence[str]


@dataclass(frozen=True)
class Scorer:
    """A trained model, its rules, scale and evidence.

    ``centres`` are the means in training that explanations are told from; ``horizon`` is in days, None in flat mode,
    where there is no ``timing`` either. ``amounts`` is None where no amounts of won leads are known. ``questions`` are
    what leads can be asked for; None where a version was trained before they were stored.
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

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        return catalogue(self.schema)

    @cached_property
    def narrator(self) -> Narrator:
        terms = term_features(self.rules, self.schema) if self.has_points else ()
        return Narrator((*self.features, *terms), self.evidence, self.scale, self.horizon)

    @property
    def has_points(self) -> bool:
        """Tell whether the points of the rules are a member of the model."""
        return RULES in member_names(self.model)

    def tells_little(self, attribute: str, leads: pd.Series) -> pd.Series:
        """Return the values of a category that were not told apart in training, where the others have become rare.

        ``leads`` counts the leads by value, the commonest first. Empty where at least half as large a share as in
        training has a value that was told apart.
        """
        if attribute not in self.narrator.levels:
            return leads[:0]
        new = leads[~leads.index.isin(self.narrator.levels[attribute])]
        known = 1 - new.sum() / max(leads.sum(), 1)
        return new if known < self.evidence.known_share(attribute) / 2 else leads[:0]

    def design(self, batch: Batch) -> pd.DataFrame:
        """Return the features of a batch with the points of the rules beside them."""
        return self.beside_points(build(batch))

    def beside_points(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return features with the points of the rules beside them."""
        return self.completed(with_points(self.rules, features))

    def completed(self, design: pd.DataFrame) -> pd.DataFrame:
        """Put the terms of the rules beside features and points, where those are a member of the model."""
        return with_terms(self.rules, design) if self.has_points else design

    def contributions(self, design: pd.DataFrame | Encoded) -> Contributions:
        """Return what each column adds to each row's raw log-odds."""
        return contributions(self.model, design, self.centres)

    def base_score(self, told: Contributions) -> int:
        """Return the score that a lead starts from, before any reason."""
        return round(float(scales.position(self.scale, told.base)))

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

    def _positions(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        design = with_points(self.rules, features)
        return scales.position(self.scale, log_odds(probabilities(self.model, design)))

    def judge(self, batch: Batch) -> Judged:
        """Score and explain each moment of a batch, in numbers."""
        return self.judge_design(self.design(batch))

    def judge_design(self, design: pd.DataFrame) -> Judged:
        """Score and explain each row of a design: its contributions add up to its log-odds, so they are its score."""
        encoded = Encoded(design)
        return self.judge_told(encoded, self.contributions(encoded))

    def judge_told(self, design: pd.DataFrame | Encoded, told: Contributions) -> Judged:
        """Score rows of a design whose contributions are known."""
        encoded = Encoded.of(design)
        design = encoded.features
        probability = expit(told.raw_log_odds)
        up, down = self.narrator.reasons(told, design)
        trigger, disqualifier = first_trigger(self.rules, design), first_disqualifier(self.rules, design)
        judgement = self._judgement(probability, told, design, triggered=trigger != "", disqualified=disqualifier != "")
        frame = pd.DataFrame(
            {
                "probability": probability,
                "score": scales.scores(self.scale, probability),
                **judgement,
                "model_version": self.version,
                **self._persona(design),
                **self._decided_by(judgement["fit"], trigger, disqualifier),
                **self._when(encoded, probability),
                **self._worth(encoded, probability),
            }
        )
        return Judged(frame, told, up, down, fired_codes(self.rules, design))

    def _persona(self, design: pd.DataFrame) -> dict[str, npt.NDArray]:
        """Return the persona of each lead, where the rules have any."""
        return {"persona": evaluate_rules(self.rules, design)["persona"].to_numpy()} if self.rules.personas else {}

    def _when(self, design: Encoded, probability: npt.NDArray) -> dict[str, npt.NDArray]:
        """Return the chance of winning within each time, and the days within which half of the wins come."""
        if self.timing is None:
            return {}
        chances = self.timing.chances(design, probability)
        return {f"probability_{days}d": told for days, told in chances.items()} | {"days_if_won": days_if_won(chances)}

    def _worth(self, design: Encoded, probability: npt.NDArray) -> dict[str, npt.NDArray]:
        """Return the amount that a win is expected to bring, and the lead's expected value: probability × amount."""
        if self.amounts is None:
            return {}
        amount = self.amounts.expected(design)
        return {"expected_amount": amount, "expected_value": probability * amount}

    def score(self, batch: Batch) -> pd.DataFrame:
        """Score each moment of a batch.

        Columns: probability, score, band, disposition, fit, engagement, grade, reasons_up, reasons_down (lists of
        texts), model_version; where the rules have such, triggered_by and disqualified_by (the mark that decided), and
        persona; in timed mode probability_30d (60, 90, 180, and the horizon) and days_if_won; where
        amounts are known expected_amount and expected_value. Rows are in the order of ``batch.snapshots``.
        """
        return self.in_words(self.judge(batch))

    def in_words(self, judged: Judged) -> pd.DataFrame:
        """Return scores with the reasons as people read them."""
        frame, reasons = judged.frame, {"reasons_up": judged.up, "reasons_down": judged.down}
        texts = {name: pd.Series(self.narrator.texts(told), dtype=object) for name, told in reasons.items()}
        place = frame.columns.get_loc("model_version")
        return pd.concat([frame.iloc[:, :place], pd.DataFrame(texts), frame.iloc[:, place:]], axis="columns")

    def _judgement(
        self, probability: npt.NDArray, told: Contributions, design: pd.DataFrame, **marked: npt.NDArray[np.bool_]
    ) -> dict[str, npt.NDArray]:
        fit_values, engagement_values = fit_and_engagement(told, self.narrator.features, self.rules, design)
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

    def _decided_by(self, fit: npt.NDArray, trigger: npt.NDArray, disqualifier: npt.NDArray) -> dict[str, npt.NDArray]:
        """Return the marks that decided, where the rules have such: a trigger does for a lead that fits."""
        decided = {}
        if self.rules.triggers:
            decided["triggered_by"] = np.where(scales.qualifies(fit, disqualifier != ""), trigger, "")
        if self.rules.disqualifiers:
            decided["disqualified_by"] = disqualifier
        return decided


def assemble(
    learned: Learned,
    table: TrainingTable,
    open_leads: pd.DataFrame,
    version: str,
    thresholds: BandThresholds | None = None,
) -> Scorer:
    """Fix the scale and the evidence of a learned model; ``open_leads`` is the design of the leads open now.

    ``thresholds`` are where the bands begin, by default multiples of the base rate: of what the model says on average,
    where all leads ended alike.
    """
    features, design, terms = catalogue(table.schema), learned.features, ()
    if RULES in member_names(learned.model):
        design, terms = with_terms(learned.rules, design), term_features(learned.rules, table.schema)
    centres, scale = centres_and_scale(learned, table, open_leads, thresholds)
    return Scorer(
        model=learned.model,
        schema=table.schema,
        rules=learned.rules,
        scale=scale,
        evidence=gather((*features, *terms), replace(table, features=design)),
        centres=centres,
        horizon=table.horizon if table.timed else None,
        version=version,
        questions=gather_questions(features, table.schema, design, table.rows["lead_id"].to_numpy()),
    )


def centres_and_scale(
    learned: Learned, table: TrainingTable, open_leads: pd.DataFrame, thresholds: BandThresholds | None = None
) -> tuple[Centres, Scale]:
    """Return the means that explanations are told from, and the cut points; see `assemble`."""
    design, population, terms = learned.features, learned.features, ()
    if len(open_leads) >= min(FEWEST_REFERENCES, len(design)):
        population = with_points(learned.rules, open_leads)
    if RULES in member_names(learned.model):
        design, population = (with_terms(learned.rules, each) for each in (design, population))
        terms = term_features(learned.rules, table.schema)
    told_of = {feature.name: feature for feature in (*catalogue(table.schema), *terms)}
    centres = centres_of(learned.model, design, [term.name for term in terms])
    told = contributions(learned.model, population, centres)
    fit, engagement = fit_and_engagement(told, told_of, learned.rules, population)
    probability = probabilities(learned.model, population)
    base_rate = float((table.won if table.minority_count() else probability).mean())
    scale = make_scale(log_odds(probability), fit, engagement, base_rate, thresholds)
    return centres, _graded_by(learned.rules, scale) if learned.chosen == RULES else scale


def bars_of_rules(learned: Learned) -> BandThresholds | None:
    """Return the chances of leads that have just the points of the rules' thresholds, where a team's rules are served.

    None where a model is served, where nobody agreed on the points, or where more points are no better.
    """
    if learned.chosen != RULES or learned.rules_kind != "rules":
        return None
    agreed = [learned.rules.thresholds.mql, learned.rules.thresholds.sql]
    at_them = learned.features.iloc[[0, 0]].assign(**{RULE_POINTS.name: agreed})
    # A hair below: the terms of a lead with just so many points add up to its chance but for the last bits.
    warm, hot = probabilities(learned.model, at_them) * (1 - np.array([2e-9, 1e-9]))
    return BandThresholds(hot=hot, warm=warm) if hot > warm else None


def _graded_by(rules: Rules, scale: Scale) -> Scale:
    """Return a scale whose grades begin where the rules say."""
    return replace(scale, **grade_thresholds(rules)._asdict())


def fit_and_engagement(
    told: Contributions, features: Mapping[str, Feature], rules: Rules, design: pd.DataFrame
) -> tuple[npt.NDArray, npt.NDArray]:
    """Return each row's fit and engagement: their families' contributions, or the rules' own where these are alone."""
    if all(features[name].traits.from_rules for name in told.columns):
        points = evaluate_rules(rules, design)
        return points["fit"].to_numpy(), points["engagement"].to_numpy()
    return tuple(_sum_of(told, features, wanted) for wanted in (FIT_FAMILIES, ENGAGEMENT_FAMILIES))  # type: ignore[return-value]


def _sum_of(
    told: Contributions, features: Mapping[str, Feature], wanted: tuple[Family, ...]
) -> npt.NDArray[np.float64]:
    return told.values[:, [features[name].family in wanted for name in told.columns]].sum(axis=1)

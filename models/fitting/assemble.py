"""From what was learned to a scorer: the scale, the evidence and the questions that are fixed at training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.config import BandThresholds
from features import RULE_POINTS, catalogue
from models.blend import RULES, log_odds, member_names, probabilities
from models.explanation import (
    Centres,
    TypicalLeads,
    centres_of,
    contributions,
    gather,
    gather_questions,
    gather_typical,
)
from models.rules import CAPS, MOST_POINTS, Rules, grade_thresholds, term_features, with_points, with_terms
from models.scale import Scale, make_scale
from models.scoring import Scorer, fit_and_engagement
from models.training import Learned
from models.training_table import TrainingTable

FEWEST_REFERENCES = 200
"""Fewer open leads than this are no population to rank among: the training rows are taken, unless they are fewer."""


def assemble(
    learned: Learned,
    table: TrainingTable,
    open_leads: pd.DataFrame,
    version: str,
    thresholds: BandThresholds | None = None,
    open_stages: pd.DataFrame | None = None,
) -> Scorer:
    """Return the scorer of a learned model; ``open_leads`` are the features of the leads that are open now, and
    ``open_stages`` the stage of each with its days there, where that is known.

    ``thresholds`` are where the bands begin, by default multiples of the base rate; where all outcomes are alike, of
    the mean probability instead.
    """
    catalogued, features, terms = catalogue(table.schema), learned.features, ()
    if RULES in member_names(learned.model):
        within = _within_caps(learned)
        features = with_terms(learned.rules, features, within_caps=within)
        terms = term_features(learned.rules, table.schema, within_caps=within)
    centres, scale = centres_and_scale(learned, table, open_leads, thresholds)
    scorer = Scorer(
        model=learned.model,
        schema=table.schema,
        rules=learned.rules,
        scale=scale,
        evidence=gather((*catalogued, *terms), replace(table, features=features)),
        centres=centres,
        horizon=table.horizon if table.timed else None,
        version=version,
        questions=gather_questions(catalogued, table.schema, features, table.rows["lead_id"].to_numpy()),
    )
    # What people agreed on is explained as they agreed: a reason has the points of its rule.
    if open_stages is None or open_leads.empty or learned.chosen == RULES:
        return scorer
    return replace(scorer, typical=_typical(scorer, open_leads, open_stages))


def _typical(scorer: Scorer, open_leads: pd.DataFrame, open_stages: pd.DataFrame) -> TypicalLeads:
    """Return what is typical of the leads that are open now, by their stage."""
    features = scorer.with_rules(open_leads)
    explained, by_concept = scorer.contributions(features), scorer.narrator.by_concept
    absent = by_concept.absent(explained.columns, features)
    return gather_typical(
        pd.DataFrame(explained.values, columns=list(explained.columns)),
        pd.DataFrame(absent, columns=list(by_concept.names)),
        open_stages["stage"],
        open_stages["days"],
    )


def _within_caps(learned: Learned) -> bool:
    """Return whether what caps hold back is shared out to the rules: where they are members beside others."""
    return learned.chosen != RULES


def centres_and_scale(
    learned: Learned, table: TrainingTable, open_leads: pd.DataFrame, thresholds: BandThresholds | None = None
) -> tuple[Centres, Scale]:
    """Return what explanations are centred about, and the cut points; see `assemble`.

    Rules that people agreed on and that are served look as they were agreed: the score is their points, and a reason
    has the points of its rule. Of all else it is the means of training, and the rank among the leads.
    """
    features, population, terms = learned.features, learned.features, ()
    if len(open_leads) >= min(FEWEST_REFERENCES, len(features)):
        population = with_points(learned.rules, open_leads)
    if RULES in member_names(learned.model):
        within = _within_caps(learned)
        features, population = (with_terms(learned.rules, each, within_caps=within) for each in (features, population))
        terms = term_features(learned.rules, table.schema, within_caps=within)
    by_name = {feature.name: feature for feature in (*catalogue(table.schema), *terms)}
    centres = centres_of(learned.model, features, [term.name for term in terms])
    explained = contributions(learned.model, population, centres)
    fit, engagement = fit_and_engagement(explained, by_name, learned.rules, population)
    probability = probabilities(learned.model, population)
    base_rate = float((table.won if table.minority_count() else probability).mean())
    scale = make_scale(log_odds(probability), fit, engagement, base_rate, thresholds)
    if learned.chosen != RULES:
        return centres, scale
    graded = _graded_by(learned.rules, scale)
    by_points = _scale_of_points(learned)
    if by_points is None:
        return centres, graded
    own = {term.name: 0.0 for term in terms} | {CAPS.name: float(learned.rules.start)}
    return {RULES: own}, replace(graded, log_odds=by_points)


def _scale_of_points(learned: Learned) -> tuple[float, ...] | None:
    """Return the log-odds of leads with 0 to 100 points, so that the score is the points.

    None for rules that nobody agreed on, and where more points are no better.
    """
    if learned.rules_kind != "rules":
        return None
    levels = tuple(log_odds(_at_points(learned, range(MOST_POINTS + 1))).tolist())
    return levels if levels[-1] > levels[0] else None


def _at_points(learned: Learned, points: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return the chances of leads that have just so many points of the rules."""
    at_them = learned.features.iloc[[0] * len(points)].assign(**{RULE_POINTS.name: list(points)})
    return probabilities(learned.model, at_them.astype({RULE_POINTS.name: "float64"}))


def thresholds_of_rules(learned: Learned) -> BandThresholds | None:
    """Return the chances of leads that have just the points of the rules' thresholds, where a team's rules are served.

    None where a model is served, where nobody agreed on the points, or where more points are no better.
    """
    if learned.chosen != RULES or learned.rules_kind != "rules":
        return None
    agreed = [learned.rules.thresholds.mql, learned.rules.thresholds.sql]
    # A hair below: the terms of a lead with just so many points add up to its chance but for the last bits.
    warm, hot = _at_points(learned, agreed) * (1 - np.array([2e-9, 1e-9]))
    return BandThresholds(hot=hot, warm=warm) if hot > warm else None


def _graded_by(rules: Rules, scale: Scale) -> Scale:
    """Return a scale whose grades begin where the rules say."""
    return replace(scale, **grade_thresholds(rules)._asdict())

"""Rule points as a sum of terms, one per rule, so that served rules are explained as a model is.

The points of a lead are what each rule gives, and what caps, limits and the start add or hold back: the last term.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from data.config import Place
from data.json_arrays import json_lists, json_rows, json_texts
from data.schema import Schema, plain
from data.vocabulary import LEADS, Family
from features import COMPETITOR, DERIVED, RULE_POINTS, Feature, FromRules, catalogue, named_features
from models.rules.evaluation import evaluate, fired, fired_within_caps
from models.rules.format import Rule, Rules

PREFIX = "rule: "
CAPS = Feature(
    "rule caps", "caps of the rules", Family.QUALITY, FromRules(),
    "Caps and limits of the rules", "Caps and limits of the rules", zero="Within the caps of the rules",
)  # fmt: skip


def with_points(rules: Rules, features: pd.DataFrame) -> pd.DataFrame:
    """Put the points of the rules beside the features."""
    return features.assign(**{RULE_POINTS.name: evaluate(rules, features)["points"].to_numpy()})


def with_terms(rules: Rules, features: pd.DataFrame, *, within_caps: bool = False) -> pd.DataFrame:
    """Put the points that each rule gives beside the features; with the last term they add up to the rule points.

    ``within_caps`` shares out to the rules what caps and limits hold back: with the start they add up without a term
    for that.
    """
    if within_caps:
        return pd.concat([features, fired_within_caps(rules, features).add_prefix(PREFIX)], axis=1)
    gives = fired(rules, features).add_prefix(PREFIX)
    # Row by row in memory, a row adds up in the same order, to the last bit, whether it stands alone or not.
    held_back = (features[RULE_POINTS.name] - np.ascontiguousarray(gives).sum(axis=1)).rename(CAPS.name)
    return pd.concat([features, gives, held_back], axis=1)


def fired_codes(rules: Rules, features: pd.DataFrame) -> list[str]:
    """Return every rule that fired for each row as JSON: pairs of its place among the rules and what it gives.

    Points are rounded to hundredths: what has cooled to less is no reason any more.

    >>> from models.rules import load_rules
    >>> fired_codes(load_rules(), pd.DataFrame({"job_rank": ["VP", None], "trial_ever": [1.0, 0.0]}))
    ['[[0,12.0],[25,20.0]]', '[]']
    """
    points = fired(rules, features).round(2).to_numpy()
    rows, numbers = np.nonzero(points)
    pairs = json_rows(numbers, json_texts(points[rows, numbers]))
    return json_lists(pairs, np.count_nonzero(points, axis=1)).to_pylist()


def fired_by_name(rules: Rules, codes: str) -> dict[str, float]:
    """Return what `fired_codes` kept of a lead as points by the name of the rule."""
    names = [rule.name for _, rule in rules.with_places()]
    return {names[number]: points for number, points in json.loads(codes)}


def term_features(rules: Rules, schema: Schema, *, within_caps: bool = False) -> tuple[Feature, ...]:
    """Declare the terms, in the family of what a rule asks about.

    Each is a concept of its own, where rules alone are explained. Where they are shared out ``within_caps``, beside
    other members, a rule is of the concept of what it asks about: that is one signal, whoever counts it.
    """
    families = {plain(name): column.family for name, column in LEADS.items() if column.family}
    families |= {plain(feature.name): feature.family for feature in (*DERIVED, COMPETITOR, *catalogue(schema))}
    families |= {plain(attribute.name): attribute.family for attribute in schema.columns_to_read}
    terms = (_declared(rule, place, families) for place, rule in rules.with_places())
    if not within_caps:
        return (*terms, CAPS)
    concepts = {plain(feature.name): feature.concept for feature in (*catalogue(schema), *named_features(schema))}
    return tuple(_of_signal(term, rule, concepts) for term, (_, rule) in zip(terms, rules.with_places(), strict=True))


def _of_signal(term: Feature, rule: Rule, concepts: Mapping[str, str]) -> Feature:
    """Return the term of a rule as part of the concept that its first condition asks about, where that is one."""
    asked = (concepts.get(plain(name)) for name in rule.when[0].columns)
    return replace(term, concept=next(filter(None, asked), term.concept))


def _declared(rule: Rule, place: Place, families: Mapping[str, Family]) -> Feature:
    """A rule of a persona gives nothing where its conditions hold but the lead is scored by another."""
    of_persona, is_fit = place[0] == "personas", place[-3] == "fit"
    family = families.get(plain(rule.when[0].attribute or ""), Family.DECLARED if is_fit else Family.BEHAVIOURAL)
    zero = f"Not so, or like another persona: {rule.name}" if of_persona else f"Not so: {rule.name}"
    return Feature(PREFIX + rule.name, rule.name, family, FromRules(), rule.name, rule.name, zero=zero)


def shares_of_rules(rules: Rules, features: Mapping[str, Feature], shares: Mapping[str, float]) -> dict[str, float]:
    """Return the part of a model's explanations that speaks of what each rule asks about, and of the rule itself.

    ``features`` are those of the model by name, ``shares`` the part of each concept.
    """
    concepts = {plain(name): feature.concept for name, feature in features.items()}
    asked = {
        rule.name: {plain(PREFIX + rule.name), *(plain(name) for one in rule.when for name in one.columns)}
        for _, rule in rules.with_places()
    }
    return {
        name: sum(shares.get(concept, 0.0) for concept in {concepts[each] for each in columns & concepts.keys()})
        for name, columns in asked.items()
    }

"""Files of rules, and what of them a data set knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from data.config import Document, Place, read_yaml
from data.errors import InputError, nearest
from data.schema import Schema, plain
from data.vocabulary import EVENT_TYPES, LEADS, Kind
from features import COMPETITOR, DERIVED, catalogue, named_features
from models.rules.cells import YES_NO
from models.rules.format import ANY_EVENT, BOUNDS, Condition, Rule, Rules, rules_of

DEFAULT_RULES = Path(__file__).parents[1] / "default_rules.yaml"
SUBJECTS_TO_SPEAK = 3
"""Attributes and events that rules must find in a data set before they say enough of its leads."""


@dataclass(frozen=True)
class RulesFile:
    """Rules that know where each of their parts is written."""

    rules: Rules
    document: Document

    def where(self, place: Place) -> str:
        """Return file and line of a part."""
        return self.document.where(*place)

    def require_known(self, schema: Schema) -> None:
        """Raise InputError for a name that neither the vocabulary nor the data has, and for a column taken for another.

        The shipped rules may be idle.
        """
        if self.document.path != DEFAULT_RULES:
            _refuse_unknown_names(self, schema)
            _refuse_misfits(self, schema)


def read_rules(path: Path | None = None) -> RulesFile:
    """Read a file of rules, or the shipped one."""
    document = read_yaml(path or DEFAULT_RULES)
    return RulesFile(rules_of(document), document)


def load_rules(path: Path | None = None, *, schema: Schema | None = None) -> Rules:
    """Return the rules of a file, or the shipped ones; with the schema of the data, see `RulesFile.require_known`."""
    file = read_rules(path)
    if schema:
        file.require_known(schema)
    return file.rules


def speaks_of(rules: Rules, schema: Schema) -> bool:
    """Return whether the rules find enough in such data to be its baseline: three attributes or events."""
    subjects = {condition.subject for rule in known_to(rules, schema) for condition in rule.when}
    return len(subjects) >= SUBJECTS_TO_SPEAK


def known_to(rules: Rules, schema: Schema) -> list[Rule]:
    """Return the rules whose columns such data have, as numbers where they ask for numbers: the others are idle."""
    is_text = {plain(feature.name): feature.categorical for feature in catalogue(schema)}

    def can_hold(condition: Condition) -> bool:
        columns = [column for column in map(plain, condition.columns) if column in is_text]
        return bool(columns) and not (condition.bounds and any(is_text[column] for column in columns))

    return [rule for _, rule in rules.with_places() if all(map(can_hold, rule.when))]


def _refuse_misfits(file: RulesFile, schema: Schema) -> None:
    """Refuse numbers asked of words and the other way round: such a condition would never hold, and never say so."""
    features = (*catalogue(schema), *named_features(schema))
    is_text = {plain(feature.name): feature.categorical for feature in features}
    several = {plain(attribute.name) for attribute in schema.columns_to_read if attribute.kind is Kind.SET}
    for place, condition in file.rules.conditions():
        name = plain(condition.attribute or "")
        if wrong := _misfit(condition, is_text.get(name), name in several):
            where = file.where((*place, "attribute"))
            raise InputError(f"'{condition.attribute}' {wrong[0]}", expected=wrong[1], where=where)


def _misfit(condition: Condition, is_text: bool | None, is_several: bool) -> tuple[str, str] | None:
    """Return what a condition takes its column for in vain, and what is asked of such columns; None where it fits."""
    if is_several and not condition.has:
        return "holds several words in a cell", f"has: {condition.is_[0] if condition.is_ else 'one of them'}"
    if is_text is not None and condition.has:
        return "holds one word in a cell" if is_text else "holds numbers", "is" if is_text else ", ".join(BOUNDS)
    if is_text and condition.bounds:
        return "holds words, and is no number", "is, or given"
    if is_text is False and condition.is_ and not any(map(_is_number, condition.is_)):
        return "holds numbers, and no such words", f"{', '.join(BOUNDS)}, or is: yes (or no)"
    return None


def _is_number(text: str) -> bool:
    text = text.strip().casefold()
    return text in YES_NO or not np.isnan(pd.to_numeric(text, errors="coerce"))


def _refuse_unknown_names(file: RulesFile, schema: Schema) -> None:
    attributes = [name for name, column in LEADS.items() if column.family]
    events = [*EVENT_TYPES, *(kind.name for kind in schema.event_types), *(name for name, _ in schema.named.channels)]
    known = {
        "attribute": [
            *attributes,
            *(each.name for each in schema.columns_to_read),
            *(feature.name for feature in (*DERIVED, COMPETITOR, *catalogue(schema))),
        ],
        "event": events,
        "last": [ANY_EVENT, *events],
    }
    for place, condition in file.rules.conditions():
        key, name = next((key, name) for key in known if (name := getattr(condition, key)) is not None)
        if plain(name) not in map(plain, known[key]):
            raise InputError(
                f"unknown {'event' if key == 'last' else key} '{name}'",
                expected=", ".join(dict.fromkeys(known[key])),
                where=file.where((*place, key)),
                remedy=nearest(name, known[key]),
            )

"""Files of rules, and what of them a data set knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data import strict_yaml
from data.errors import InputError, nearest
from data.schema import Schema
from data.strict_yaml import Document, Place
from data.vocabulary import EVENT_TYPES, LEADS
from features.catalogue import COMPETITOR, DERIVED, catalogue
from models.rules.cells import plain
from models.rules.format import ANY_EVENT, Condition, Mark, Rules, rules_of, where_in

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
        return where_in(self.document, place)

    def require_known(self, schema: Schema) -> None:
        """Raise InputError for a name that neither the vocabulary nor the data has; the shipped rules may be idle."""
        if self.document.path != DEFAULT_RULES:
            _refuse_unknown_names(self, schema)


def read_rules(path: Path | None = None) -> RulesFile:
    """Read a file of rules, or the shipped one."""
    document = strict_yaml.read(path or DEFAULT_RULES)
    return RulesFile(rules_of(document), document)


def load_rules(path: Path | None = None, *, schema: Schema | None = None) -> Rules:
    """Return the rules of a file, or the shipped ones; with the schema of the data, see `RulesFile.require_known`."""
    file = read_rules(path)
    if schema:
        file.require_known(schema)
    return file.rules


def known_to(rules: Rules, schema: Schema) -> list[str]:
    """Return the names of the rules that such data can tell anything of: the others are idle on it."""
    return [rule.name for rule in _known(rules, schema)]


def speaks_of(rules: Rules, schema: Schema) -> bool:
    """Tell whether the rules find enough in such data to be its baseline: three attributes or events."""
    subjects = {condition.subject for rule in _known(rules, schema) for condition in rule.when}
    return len(subjects) >= SUBJECTS_TO_SPEAK


def _known(rules: Rules, schema: Schema) -> list[Mark]:
    is_text = {plain(feature.name): feature.categorical for feature in catalogue(schema)}

    def can_hold(condition: Condition) -> bool:
        found = [column for column in map(plain, condition.columns) if column in is_text]
        return bool(found) and not (condition.bounds and any(is_text[column] for column in found))

    return [rule for _, rule in rules.with_places() if all(map(can_hold, rule.when))]


def _refuse_unknown_names(file: RulesFile, schema: Schema) -> None:
    attributes = [name for name, column in LEADS.items() if column.family]
    events = [*EVENT_TYPES, *(kind.name for kind in schema.event_types)]
    known = {
        "attribute": [*attributes, *(feature.name for feature in (*DERIVED, COMPETITOR, *catalogue(schema)))],
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

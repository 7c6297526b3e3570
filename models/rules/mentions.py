"""What rules name: the attributes, words and events that have to be read for them, however rare they are."""

from __future__ import annotations

from data.schema import Attribute, Mentions
from data.vocabulary import LEADS, Family, Kind
from models.rules.format import ANY_EVENT, Condition, Rules


def mentions_of(rules: Rules) -> Mentions:
    """Return all that rules, personas, triggers, disqualifiers and the QSO name, each once.

    >>> from models.rules import load_rules
    >>> mentions_of(load_rules()).channels[:3]
    (('quote_request', ''), ('demo_request', ''), ('download', 'price list'))
    """
    conditions = [condition for _, condition in rules.conditions()]
    return Mentions(
        attributes=tuple({one.attribute: _attribute(one) for one in conditions if one.attribute}.values()),
        words=tuple(dict.fromkeys((one.attribute, word) for one in conditions if one.attribute for word in one.has)),
        channels=tuple(dict.fromkeys(pair for one in conditions for pair in _channels(one))),
    )


def _attribute(condition: Condition) -> Attribute:
    """Return the attribute of a condition, of the kind that it asks for: words unless it asks for numbers."""
    name = condition.attribute or ""
    known = LEADS.get(name)
    asked = Kind.NUMBER if condition.bounds else Kind.SET if condition.has else Kind.CATEGORY
    family = known.family if known and known.family else Family.FIRMOGRAPHIC
    return Attribute(name, name.replace("_", " ").capitalize(), known.kind if known else asked, family)


def _channels(condition: Condition) -> list[tuple[str, str]]:
    name = condition.event or condition.last
    if name is None or name == ANY_EVENT:
        return []
    return [(name, asset) for asset in condition.asset] or [(name, "")]

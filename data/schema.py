"""What a data set holds: its attributes with kind and family, its event types, what was left out and why.

A schema is decided once, when a model is trained, and stored with the model, so that scoring reads
the same columns in the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

from data.vocabulary import Family, Kind

RENAMED = " (lead)"
"""What is added to the name of a custom column that a name of the vocabulary would hide."""


@lru_cache(maxsize=10_000)  # one lead alone must not wait for the spelling of a thousand columns
def plain(name: str) -> str:
    """Return a name without regard to case, spaces, hyphens and underscores.

    >>> plain("Price_List") == plain("price list")
    True
    """
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


@dataclass(frozen=True)
class Attribute:
    """A column of the leads table that becomes a feature.

    ``name`` is canonical: the vocabulary's, or the source's own for a custom attribute. ``label`` is what people read,
    ``tokens`` are the members of a SET column that features are made of; of a CATEGORY column they are the spellings of
    those levels that are also written with other capitals or blanks, which are read as these. Of a BAND column they are
    the bands as they are written. ``currency`` is that of amounts, where it is known.
    """

    name: str
    label: str
    kind: Kind
    family: Family
    tokens: tuple[str, ...] = ()
    currency: str = ""

    @property
    def spellings(self) -> dict[str, str]:
        """Map levels of a category, without capitals and double blanks, to how they are spelt.

        >>> Attribute("x", "X", Kind.CATEGORY, Family.DECLARED, ("New  York",)).spellings
        {'new york': 'New  York'}
        """
        return {level_of(token): token for token in self.tokens} if self.kind is Kind.CATEGORY else {}


def level_of(text: str) -> str:
    """Return a text without capitals, blanks around and double blanks: spellings that differ in these are one level."""
    return " ".join(text.lower().split())


@dataclass(frozen=True)
class EventType:
    """A type of event that occurs in the data, the assets it is counted by, and whether its events carry a value."""

    name: str
    assets: tuple[str, ...] = ()
    has_value: bool = False


@dataclass(frozen=True)
class Mentions:
    """What rules name: it is read at training and at scoring, whatever its frequency, and however it is spelt.

    Of a schema these are what nothing is learned from: ``attributes`` without content, or alike for all leads;
    ``words``, pairs of an attribute with several members in a cell and one of them, and ``channels``, pairs of a type
    of event and an asset (empty: all its events), that few leads have.
    """

    attributes: tuple[Attribute, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    channels: tuple[tuple[str, str], ...] = ()

    def __or__(self, other: Mentions) -> Mentions:
        """Return what either names; an attribute that both name is that of the first."""
        named = {plain(attribute.name) for attribute in self.attributes}
        more = tuple(attribute for attribute in other.attributes if plain(attribute.name) not in named)
        return Mentions(
            (*self.attributes, *more),
            tuple(dict.fromkeys((*self.words, *other.words))),
            tuple(dict.fromkeys((*self.channels, *other.channels))),
        )


@dataclass(frozen=True)
class Schema:
    """The columns of a data set, as decided at training.

    ``timed`` is false in flat mode, where nothing is relative to a moment. ``personal`` names the vocabulary's
    personal columns that are there (features may be derived from them by declaration).
    ``excluded`` maps each column that is no feature to the reason. ``competitors`` are firms, by name or mail domain,
    that the rules look for among the leads, ``named`` what else they name of which no feature is learned from.
    """

    timed: bool
    attributes: tuple[Attribute, ...] = ()
    event_types: tuple[EventType, ...] = ()
    stages: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    excluded: dict[str, str] = field(default_factory=dict)
    competitors: tuple[str, ...] = ()
    named: Mentions = Mentions()

    @property
    def columns_to_read(self) -> tuple[Attribute, ...]:
        """Return the attributes that are learned from, and after them those that only the rules read."""
        return (*self.attributes, *self.named.attributes)

    def without(self, reasons: Mapping[str, str], names: Collection[str]) -> Schema:
        """Return the schema without some attributes, and without what is derived from some personal columns.

        ``names`` are canonical; ``reasons`` maps the columns of the source to why they are left out.

        >>> Schema(True, personal=("email", "company")).without({"Firm": "dropped"}, {"company"}).personal
        ('email',)
        """
        attributes, named = (
            tuple(attribute for attribute in some if attribute.name not in names)
            for some in (self.attributes, self.named.attributes)
        )
        personal = tuple(name for name in self.personal if name not in names)
        return replace(
            self,
            attributes=attributes,
            personal=personal,
            excluded={**self.excluded, **reasons},
            named=replace(self.named, attributes=named),
        )

    def in_currencies(self, currencies: Mapping[str, str]) -> Schema:
        """Return the schema with the currencies of attributes, by their names.

        >>> budget = Attribute("budget", "Budget", Kind.NUMBER, Family.DECLARED)
        >>> Schema(True, (budget,)).in_currencies({"budget": "EUR"}).attributes[0].currency
        'EUR'
        """
        attributes = (replace(each, currency=currencies.get(each.name, "")) for each in self.attributes)
        return replace(self, attributes=tuple(attributes))

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """Read what `to_json` wrote.

        >>> schema = Schema(True, (Attribute("industry", "Industry", Kind.CATEGORY, Family.FIRMOGRAPHIC),))
        >>> Schema.from_json(schema.to_json()) == schema
        True
        """
        content = json.loads(text)
        event_types = (EventType(e["name"], tuple(e["assets"]), e["has_value"]) for e in content["event_types"])
        return cls(
            timed=content["timed"],
            attributes=_attributes(content["attributes"]),
            event_types=tuple(event_types),
            stages=tuple(content["stages"]),
            personal=tuple(content["personal"]),
            excluded=content["excluded"],
            competitors=tuple(content.get("competitors", ())),
            named=_mentions(content.get("named", {})),
        )


def _attributes(content: Sequence[Mapping[str, Any]]) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(
            a["name"], a["label"], Kind(a["kind"]), Family(a["family"]), tuple(a["tokens"]), a.get("currency", "")
        )
        for a in content
    )


def _mentions(content: Mapping[str, Any]) -> Mentions:
    words, channels = (tuple((one, other) for one, other in content.get(name, ())) for name in ("words", "channels"))
    return Mentions(_attributes(content.get("attributes", ())), words, channels)

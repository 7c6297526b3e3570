"""What a data set holds: its attributes with kind and family, its event types, what was left out and why.

A schema is decided once, when a model is trained, and stored with the model, so that scoring reads
the same columns in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace

from data.vocabulary import Family, Kind

RENAMED = " (lead)"
"""What is added to the name of a custom column that a name of the vocabulary would hide."""


@dataclass(frozen=True)
class Attribute:
    """A column of the leads table that becomes a feature.

    ``name`` is canonical: the vocabulary's, or the source's own for a custom attribute. ``label`` is what people read,
    ``tokens`` are the members of a SET column that features are made of.
    """

    name: str
    label: str
    kind: Kind
    family: Family
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class EventType:
    """A type of event that occurs in the data, the assets it is counted by, and whether its events carry a value."""

    name: str
    assets: tuple[str, ...] = ()
    has_value: bool = False


@dataclass(frozen=True)
class Schema:
    """The columns of a data set, as decided at training.

    ``timed`` is false in flat mode, where nothing is relative to a moment. ``personal`` names the vocabulary's
    personal columns that are there (features may be derived from them by declaration).
    ``excluded`` maps each column that is no feature to the reason. ``competitors`` are firms, by name or mail domain,
    that the rules look for among the leads.
    """

    timed: bool
    attributes: tuple[Attribute, ...] = ()
    event_types: tuple[EventType, ...] = ()
    stages: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    excluded: dict[str, str] = field(default_factory=dict)
    competitors: tuple[str, ...] = ()

    def without(self, reasons: Mapping[str, str], names: Collection[str]) -> Schema:
        """Return the schema without some attributes, and without what is derived from some personal columns.

        ``names`` are canonical; ``reasons`` maps the columns of the source to why they are left out.

        >>> Schema(True, personal=("email", "company")).without({"Firm": "dropped"}, {"company"}).personal
        ('email',)
        """
        attributes = tuple(attribute for attribute in self.attributes if attribute.name not in names)
        personal = tuple(name for name in self.personal if name not in names)
        return replace(self, attributes=attributes, personal=personal, excluded={**self.excluded, **reasons})

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
        attributes = (
            Attribute(a["name"], a["label"], Kind(a["kind"]), Family(a["family"]), tuple(a["tokens"]))
            for a in content["attributes"]
        )
        event_types = (EventType(e["name"], tuple(e["assets"]), e["has_value"]) for e in content["event_types"])
        return cls(
            timed=content["timed"],
            attributes=tuple(attributes),
            event_types=tuple(event_types),
            stages=tuple(content["stages"]),
            personal=tuple(content["personal"]),
            excluded=content["excluded"],
            competitors=tuple(content.get("competitors", ())),
        )

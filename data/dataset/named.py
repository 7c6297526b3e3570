"""What rules name and nothing is learned from, as these data have it: it is read whatever its frequency."""

from __future__ import annotations

from collections.abc import Iterator

from data.columns import CONSTANT, EMPTY, family_of, kind_of, label_of
from data.schema import Attribute, Mentions, Schema, plain
from data.staging import Staging, sample
from data.vocabulary import EVENT_TYPES, LEADS, Kind

TYPES = "SELECT DISTINCT type FROM events"


def read_for_rules(staging: Staging, schema: Schema, mentions: Mentions) -> Mentions:
    """Return what rules mention, and what the schema does not learn from but may be read.

    An attribute is one without content, or alike for all leads, or one of the vocabulary that the leads of today do not
    have; none that is left out for another reason. Types of events are those of the vocabulary, and of the data.
    """
    attributes = tuple(_attributes(staging, schema, mentions))
    sets = [each for each in (*schema.attributes, *attributes) if each.kind is Kind.SET]
    by_name = {plain(each.name): each for each in sets}
    learned_words = {(each.name, plain(token)) for each in sets for token in each.tokens}
    words = ((by_name[plain(name)].name, word) for name, word in mentions.words if plain(name) in by_name)
    return Mentions(
        attributes=attributes,
        words=tuple((name, word) for name, word in words if (name, plain(word)) not in learned_words),
        channels=tuple(_channels(staging, schema, mentions)),
    )


def _attributes(staging: Staging, schema: Schema, mentions: Mentions) -> Iterator[Attribute]:
    """Yield each attribute once, under the name that the vocabulary or its column has."""
    known = {plain(name) for name in (*(each.name for each in schema.attributes), *schema.personal)}
    for mentioned in mentions.attributes:
        name = plain(mentioned.name)
        if name not in known and (attribute := _attribute(staging, schema, mentioned)):
            known.add(name)
            yield attribute


def _attribute(staging: Staging, schema: Schema, mentioned: Attribute) -> Attribute | None:
    canonical = next((name for name in LEADS if plain(name) == plain(mentioned.name)), "")
    if canonical and canonical not in staging.leads.columns:
        return _of_vocabulary(canonical)
    column = staging.leads.columns.get(canonical) or _column_called(staging, mentioned.name)
    if schema.excluded.get(column) not in (EMPTY, CONSTANT):
        return None
    if canonical:
        return _of_vocabulary(canonical)
    cells = sample(staging.connection, staging.leads, [column])[column]
    kind = kind_of(cells) if cells.notna().any() else mentioned.kind
    return Attribute(column, label_of(column), kind, family_of(column))


def _of_vocabulary(name: str) -> Attribute | None:
    known = LEADS[name]
    return Attribute(name, label_of(name), known.kind, known.family) if known.family else None


def _column_called(staging: Staging, name: str) -> str:
    return next((column for column in staging.leads.file.columns if plain(column) == plain(name)), "")


def _channels(staging: Staging, schema: Schema, mentions: Mentions) -> Iterator[tuple[str, str]]:
    learned = {(plain(kind.name), plain(asset)) for kind in schema.event_types for asset in ("", *kind.assets)}
    in_data = (kind for (kind,) in staging.connection.execute(TYPES).fetchall() if kind is not None)
    types = {*map(plain, EVENT_TYPES), *map(plain, in_data)}
    for event, asset in mentions.channels:
        if plain(event) in types and (plain(event), plain(asset)) not in learned:
            learned.add((plain(event), plain(asset)))
            yield event, asset

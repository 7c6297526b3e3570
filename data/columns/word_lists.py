"""The lists of words beside the code, in YAML: read once, when the first name of a column is asked about."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, ConfigDict

from data.config import CheckedPart, read_yaml
from data.vocabulary import Family


def _entries(content: Any, separator: str | None) -> list[str]:
    """Return the entries of one text, or of several. Raises ValueError for one that comes twice or has capitals."""
    parts = content if isinstance(content, list) else [content]
    # A list may name others by their anchors.
    texts = [text for part in parts for text in (part if isinstance(part, list) else [part])]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a list of words is a text, or a list of texts")
    # A text may be folded within a phrase.
    entries = [" ".join(entry.split()) for text in texts for entry in text.split(separator)]
    repeated = [entry for entry, count in Counter(entries).items() if count > 1 or not entry or entry != entry.lower()]
    if repeated:
        raise ValueError(f"empty, repeated or with capitals: {', '.join(repeated)}")
    return entries


def _words(content: Any) -> list[str]:
    return _entries(content, None)


def _phrases(content: Any) -> list[str]:
    return _entries(content, ",")


Words = Annotated[frozenset[str], BeforeValidator(_words)]
Phrases = Annotated[frozenset[str], BeforeValidator(_phrases)]
Ranked = Annotated[tuple[str, ...], BeforeValidator(_words)]
RankedPhrases = Annotated[tuple[str, ...], BeforeValidator(_phrases)]
"""In the order of the file, the best first."""


class WordLists(CheckedPart):
    """Lists of words of one file, or of a part of it."""

    model_config = ConfigDict(frozen=True)


Lists = TypeVar("Lists", bound=WordLists)


def read_lists(path: Path, model: type[Lists]) -> Lists:
    """Return the lists of a YAML file. Raises ValidationError, for the file belongs to the code."""
    return model.model_validate(read_yaml(path).content)


class ColumnNames(WordLists):
    """Names that columns of the vocabulary have elsewhere: sure ones by column, likely ones by table and column."""

    sure: dict[str, RankedPhrases]
    likely: dict[str, dict[str, RankedPhrases]]


class Protected(WordLists):
    """What law protects: ``of_persons`` counts only without ``things``, ``origins`` only without ``firms``."""

    words: Words
    phrases: Phrases
    of_persons: Words
    things: Words
    origins: Words
    firms: Words


class Personal(WordLists):
    """Whole names of columns that hold names of persons or contact data, and the words that may stand around them."""

    names_of_persons: Phrases
    columns: Phrases
    phones: Phrases
    reached_by: Phrases
    holders: Words
    endings: Words
    persons: Words


class FreeText(WordLists):
    """Whole names of columns that hold what people wrote, and words that make one of them together."""

    columns: Phrases
    endings: Words
    subjects: Words


class AfterContact(WordLists):
    """What sales writes down once it has spoken with a lead, in the singular."""

    words: Words
    phrases: Phrases
    unless_beside: dict[str, Words]
    talks: Words
    reasons: Words
    endings: Words
    bargains: Words
    facts: Words


class Moments(WordLists):
    """Words of columns that hold moments, and those beside which a column says how long or how much.

    ``changes`` are the whole names of columns that say when a row was changed.
    """

    words: Words
    changes: RankedPhrases
    lengths: Words


class Cells(WordLists):
    """What cells hold that name a person, or say of which sex one is."""

    first_names: Words
    telling_sexes: Words
    sexes: Words
    salutations: Words


class Money(WordLists):
    """What names of amounts hold, and of columns that name the currency of one."""

    currencies: Words
    beside: Words
    amounts: Words


class ColumnWords(WordLists):
    """All lists by which names of columns are understood."""

    column_names: ColumnNames
    families: dict[Family, Words]
    protected: Protected
    personal: Personal
    free_text: FreeText
    after_contact: AfterContact
    cells: Cells
    moments: Moments
    identifiers: Words
    money: Money


@cache
def column_words() -> ColumnWords:
    """Return the lists of ``words.yaml``."""
    return read_lists(Path(__file__).with_name("words.yaml"), ColumnWords)
